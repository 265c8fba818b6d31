//! All integration tests, one module a room. A test whose server or corpus is missing here is reported
//! as ignored, with what it needs.
#![allow(
    unreachable_pub,
    reason = "a binary of modules: `pub` is what a module offers to the others"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::print_stdout,
    reason = "a test fails by panicking, and may say what it measured"
)]

mod backstage;
mod check;
mod contract_grafana;
mod deploy;
mod docs;
mod e2e;
mod examples;
#[allow(dead_code, reason = "not every room needs every helper")]
mod fake;
mod fence;
mod provider;
mod rooms;
mod routing;
mod serve;
mod source;
#[allow(dead_code, reason = "not every room needs every helper")]
mod support;
mod worlds;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let tests = [
        backstage::tests(),
        check::tests(),
        contract_grafana::tests(),
        deploy::tests(),
        docs::tests(),
        e2e::tests(),
        examples::tests(),
        fence::tests(),
        provider::tests(),
        rooms::tests(),
        routing::tests(),
        serve::tests(),
        source::tests(),
        worlds::tests(),
    ]
    .into_iter()
    .flatten()
    .collect();
    libtest_mimic::run(&arguments, tests).exit_code()
}
