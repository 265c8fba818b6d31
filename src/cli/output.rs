//! Where results and failures go.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use serde_json::Value;

use super::{FAILED, Failure};
use crate::model::{Diagnostic, Severity};

/// Prints a result. A reader that went away is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::from(
            format!("cannot write to standard output: {error}"),
        )),
        _ => Ok(()),
    }
}

pub(super) fn print_json(value: &Value) -> Result<(), Failure> {
    print(&format!("{value:#}\n"))
}

/// What is worth a place above a plan: errors and warnings; `check` and the JSON have all.
pub(super) fn worth_showing(found: &[Diagnostic]) -> Vec<Diagnostic> {
    let shown = found.iter().filter(|d| d.severity != Severity::Info);
    shown.cloned().collect()
}

/// Findings that stand above a result, with an empty line between.
pub(super) fn above(findings: &str) -> String {
    match findings.trim_end_matches('\n') {
        "" => String::new(),
        findings => format!("{findings}\n\n"),
    }
}

/// Says what went wrong on standard error.
pub(super) fn fail(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "trueup: {message}");
    FAILED.into()
}

/// Whether standard output wants colour: only on a terminal, and `NO_COLOR` is honoured.
pub(super) fn colour() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && std::io::stdout().is_terminal()
}

/// How many columns the terminal has; none where there is no terminal, or it does not say.
pub(super) fn width() -> Option<usize> {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&stdout).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Prints findings beside a result, on standard error.
pub(super) fn log(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
