//! `trueup man DIR`: a manual page of Trueup and of each command, for those who make packages.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use super::{Cli, Failure};

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// An existing folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(args: &ManArgs) -> Result<u8, Failure> {
    clap_mangen::generate_to(Cli::command(), &args.folder).map_err(|error| {
        Failure::from(format!(
            "cannot write to {}: {error}",
            args.folder.display()
        ))
    })?;
    Ok(0)
}
