//! The source against real repositories and real servers.

use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    Vec::new()
}
