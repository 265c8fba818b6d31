//! The binary from outside: what it prints, what it leaves, and what it never does.

mod absence;
mod adoption;
pub mod alertmanager;
mod alerts;
mod beside;
mod catalog;
mod codes;
mod corpus;
mod crash;
mod culprit;
mod daemon;
mod demo;
pub mod grafana;
mod guard;
mod http;
mod instances;
mod json;
mod moves;
mod oncall;
mod ran;
mod repository;
mod running;
mod sources;
mod tenants;
mod unknown;
mod world;

use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    [
        absence::tests(),
        adoption::tests(),
        alertmanager::tests(),
        alerts::tests(),
        beside::tests(),
        catalog::tests(),
        codes::tests(),
        corpus::tests(),
        crash::tests(),
        culprit::tests(),
        daemon::tests(),
        demo::tests(),
        grafana::tests(),
        guard::tests(),
        http::tests(),
        instances::tests(),
        json::tests(),
        moves::tests(),
        oncall::tests(),
        sources::tests(),
        tenants::tests(),
        unknown::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
