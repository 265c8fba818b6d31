//! The commands; one file each.
//!
//! Results go to standard output, logs to standard error. Exit codes: 0 done, 1 something is wrong,
//! 2 changes are pending (`plan --exit-code`), 64 wrong usage.

mod apply;
mod catalog;
mod check;
mod codeowners;
mod completions;
mod control;
mod declared;
mod demo;
mod explain;
mod history;
mod look;
mod man;
mod open;
mod output;
mod pause;
mod plan;
mod render;
mod routes;
mod run;
mod show;
mod status;
mod sync;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Something is wrong.
const FAILED: u8 = 1;
/// Changes are pending.
const PENDING: u8 = 2;
/// Wrong usage, as `sysexits.h` has it.
const USAGE: u8 = 64;

/// Keeps live systems true to what Git says.
#[derive(Debug, Parser)]
#[command(name = "trueup", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the main job on an example, on this machine
    Demo(demo::DemoArgs),
    /// Runs the daemon
    Run(run::RunArgs),
    /// Validates files; needs no settings and no network
    Check(check::CheckArgs),
    /// Prints the desired resources; asks no live system
    Render(render::RenderArgs),
    /// Shows the difference with live; writes nothing anywhere
    Plan(plan::PlanArgs),
    /// Makes live equal what is declared, once
    Apply(apply::ApplyArgs),
    /// Shows which way an alert takes through the declared routing; asks no live system
    Routes(routes::RoutesArgs),
    /// Lists who and what there is: components, systems, groups; `catalog show REF` tells all of one
    Catalog(catalog::CatalogArgs),
    /// Prints a CODEOWNERS file made of the tenants
    Codeowners(codeowners::CodeownersArgs),
    /// Shows how every target is, what waits or fails, and why
    Status(status::StatusArgs),
    /// Shows what went live when, from which commit and by whom
    History(history::HistoryArgs),
    /// Explains one resource: where it comes from, how it is, and why it waits or fails
    Explain(explain::ExplainArgs),
    /// Lets nothing be changed on a target for a while
    Pause(pause::PauseArgs),
    /// Ends a pause
    Resume(pause::ResumeArgs),
    /// Has everything looked at, and made true, now
    Sync(sync::SyncArgs),
    /// Prints what makes a shell complete the command line
    Completions(completions::CompletionsArgs),
    /// Writes the manual pages; for packages
    #[command(hide = true)]
    Man(man::ManArgs),
}

/// The daemon's settings.
#[derive(Debug, Args)]
struct ConfigArg {
    /// Settings file
    #[arg(long, value_name = "FILE", env = "TRUEUP_CONFIG")]
    config: PathBuf,
}

/// What state of the repository is read. Without either: the head of the configured branch, fetched.
#[derive(Debug, Default, Args)]
struct SourceArgs {
    /// Branch, tag or commit of the repository
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// A work tree instead of the configured repository; with --rev a commit of it
    #[arg(long, value_name = "PATH")]
    repo: Option<PathBuf>,
}

/// Which targets take part; all without it.
#[derive(Debug, Args)]
struct TargetArgs {
    /// Only this target; may be given more than once
    #[arg(long = "target", value_name = "NAME")]
    targets: Vec<String>,
}

impl TargetArgs {
    /// Just this one.
    fn only(target: &str) -> Self {
        Self {
            targets: vec![target.to_owned()],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are what was asked for; everything else is wrong usage.
            let code = if error.use_stderr() { USAGE } else { 0 };
            let _ = error.print();
            return code.into();
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return output::fail(&format!("cannot start the runtime: {error}")),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Demo(args) => demo::run(args).await,
            Command::Run(args) => run::run(args).await,
            Command::Check(args) => check::run(args).await,
            Command::Render(args) => render::run(args).await,
            Command::Plan(args) => plan::run(args).await,
            Command::Apply(args) => apply::run(args).await,
            Command::Routes(args) => routes::run(args).await,
            Command::Catalog(args) => catalog::run(args).await,
            Command::Codeowners(args) => codeowners::run(args).await,
            Command::Status(args) => status::run(args).await,
            Command::History(args) => history::run(&args),
            Command::Explain(args) => explain::run(args).await,
            Command::Pause(args) => pause::pause(args).await,
            Command::Resume(args) => pause::resume(args).await,
            Command::Sync(args) => sync::run(args).await,
            Command::Completions(args) => completions::run(&args),
            Command::Man(args) => man::run(&args),
        }
    });
    // A blocked look-up must not keep a finished command from ending.
    runtime.shutdown_background();
    match result {
        Ok(code) => code.into(),
        Err(failure) => {
            output::fail(&failure.message);
            failure.code.into()
        }
    }
}

/// Why a command ended early.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    fn usage(message: impl Into<String>) -> Self {
        Self {
            code: USAGE,
            message: message.into(),
        }
    }
}

impl<E: std::fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            code: FAILED,
            message: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
