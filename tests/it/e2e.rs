//! The binary from outside: what it prints, what it leaves, and what it never does.

mod beside;
mod codes;
mod json;
mod ran;
mod repository;
mod running;
mod sources;
mod world;

use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    [
        beside::tests(),
        codes::tests(),
        json::tests(),
        sources::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
