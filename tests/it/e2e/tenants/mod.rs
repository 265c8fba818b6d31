//! Tenants from outside: what each team reaches, and what it does not.

mod attempts;
mod scene;

use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    [attempts::tests()].into_iter().flatten().collect()
}
