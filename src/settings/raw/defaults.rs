//! What the settings are where they are left out.

use std::path::PathBuf;

use super::{RawGuard, RawLimits, RawReconcile, RawServer, RawState};
use crate::settings::scalar::{RawDuration, RawSize};

impl Default for RawReconcile {
    fn default() -> Self {
        Self {
            interval: RawDuration::new("5m"),
            drain: RawDuration::new("30s"),
        }
    }
}

impl Default for RawGuard {
    fn default() -> Self {
        Self {
            max_deletes: 10,
            max_delete_percent: 30,
            trailer: None,
        }
    }
}

impl Default for RawLimits {
    fn default() -> Self {
        Self {
            file_size: RawSize::new("4MiB"),
            files: 200_000,
        }
    }
}

impl Default for RawState {
    fn default() -> Self {
        Self {
            path: PathBuf::from("var/trueup.db"),
            history: RawDuration::new("90d"),
        }
    }
}

impl Default for RawServer {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:9797".to_owned(),
            webhook: None,
            token_file: None,
            tls: None,
        }
    }
}

pub(super) fn name() -> String {
    "platform".to_owned()
}

pub(super) fn branch() -> String {
    "main".to_owned()
}

pub(super) fn folder() -> String {
    ".".to_owned()
}

pub(super) fn poll() -> RawDuration {
    RawDuration::new("60s")
}

pub(super) fn timeout() -> RawDuration {
    RawDuration::new("10s")
}

pub(super) fn concurrency() -> u32 {
    8
}
