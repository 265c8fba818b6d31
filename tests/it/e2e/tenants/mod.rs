//! Tenants from outside: what each team reaches, and what it does not.

mod attempts;
mod contradictions;
mod deletes;
mod held;
mod moves;
mod owners;
mod real;
mod scene;
mod strangers;
mod takeover;

use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    [
        attempts::tests(),
        contradictions::tests(),
        deletes::tests(),
        held::tests(),
        moves::tests(),
        owners::tests(),
        real::tests(),
        strangers::tests(),
        takeover::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
