//! What libgit2 must be told once a process, before its first use.
#![allow(
    unsafe_code,
    reason = "libgit2's global options and transports are process-wide; they are set under a `OnceLock`, \
              and every path of this room into git2 comes through here first"
)]

use std::sync::OnceLock;

use git2::ConfigLevel;

use super::{SourceError, transport};

/// Makes libgit2 ready; cheap after the first call.
///
/// - No configuration outside the repository is read: an `insteadOf` or a global ignore file of whoever
///   runs Trueup would make the same input give another result.
/// - Who owns a repository does not matter: in a container every mounted one is somebody else's. That
///   check guards against hooks and commands out of a stranger's configuration, and none is ever run here.
pub(super) fn initialise() -> Result<(), SourceError> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    DONE.get_or_init(|| set_up().map_err(|error| error.message().to_owned()))
        .clone()
        .map_err(|detail| SourceError::Git {
            doing: "set up libgit2".to_owned(),
            detail,
        })
}

fn set_up() -> Result<(), git2::Error> {
    let levels = [
        ConfigLevel::ProgramData,
        ConfigLevel::System,
        ConfigLevel::XDG,
        ConfigLevel::Global,
    ];
    for level in levels {
        // SAFETY: runs once, before any other use of libgit2 in this process.
        unsafe { git2::opts::set_search_path(level, "")? };
    }
    for scheme in transport::SCHEMES {
        // SAFETY: as above. libgit2 tests custom transports before its own.
        unsafe { git2::transport::register(scheme, transport::connect)? };
    }
    // SAFETY: as above.
    unsafe { git2::opts::set_verify_owner_validation(false) }
}
