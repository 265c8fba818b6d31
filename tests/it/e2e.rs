//! The binary from outside: what it prints, what it leaves, and what it never does.

mod absence;
mod alerts;
mod beside;
mod codes;
mod corpus;
mod instances;
mod json;
mod ran;
mod repository;
mod running;
mod sources;
mod unknown;
mod world;

use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    [
        absence::tests(),
        alerts::tests(),
        beside::tests(),
        codes::tests(),
        corpus::tests(),
        instances::tests(),
        json::tests(),
        sources::tests(),
        unknown::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
