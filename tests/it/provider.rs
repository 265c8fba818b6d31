//! The Prometheus provider: against real servers what they do, against the fake what they do by accident.

mod crash;
mod faults;
mod files;
mod real;
mod refusal;
mod vmalert;
mod world;

use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    let modules = [
        files::tests(),
        faults::tests(),
        refusal::tests(),
        crash::tests(),
        real::tests(),
        vmalert::tests(),
    ];
    modules.into_iter().flatten().collect()
}
