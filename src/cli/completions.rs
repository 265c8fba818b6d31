//! `trueup completions SHELL`: made from the command line itself, so that it cannot be out of date.

use clap::{Args, CommandFactory as _, ValueEnum};
use clap_complete::{Shell, generate};

use super::{Cli, Failure, output};

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell that is to read it
    shell: Known,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Known {
    Bash,
    Zsh,
    Fish,
}

pub(super) fn run(args: &CompletionsArgs) -> Result<u8, Failure> {
    let shell = match args.shell {
        Known::Bash => Shell::Bash,
        Known::Zsh => Shell::Zsh,
        Known::Fish => Shell::Fish,
    };
    let mut text = Vec::new();
    generate(shell, &mut Cli::command(), "trueup", &mut text);
    output::print(&String::from_utf8_lossy(&text))?;
    Ok(0)
}
