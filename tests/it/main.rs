//! All integration tests, one module a room. A test whose server or corpus is missing here is reported
//! as ignored, with what it needs.
#![allow(
    unreachable_pub,
    reason = "a binary of modules: `pub` is what a module offers to the others"
)]

mod check;
mod source;
#[allow(dead_code, reason = "not every room needs every helper")]
mod support;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let tests = [check::tests(), source::tests()]
        .into_iter()
        .flatten()
        .collect();
    libtest_mimic::run(&arguments, tests).exit_code()
}
