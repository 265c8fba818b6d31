//! The daemon's own HTTP side: who could not be answered, and what came in.

use std::path::Path;

/// A client could not be let in; it is tried again in a second.
#[derive(Debug)]
pub struct AcceptFailed<'a> {
    pub error: &'a std::io::Error,
}

/// A client and the daemon found no TLS that both speak; its own affair, but worth a look when somebody sets
/// it up.
#[derive(Debug)]
pub struct HandshakeFailed<'a> {
    pub reason: &'a str,
}

/// A secret or certificate cannot be read. Send it once for each error.
#[derive(Debug)]
pub struct FileFailed<'a> {
    pub file: &'a Path,
    pub error: &'a str,
}

/// A secret or certificate was changed, and is in use as it is now.
#[derive(Debug)]
pub struct FileRenewed<'a> {
    pub file: &'a Path,
}

/// A push to the branch that is watched.
#[derive(Debug)]
pub struct WebhookReceived {
    /// Whether it brings a look at the repository about; where not, one that waits already serves it too.
    pub looks: bool,
}

/// A webhook that is genuine, and about something else.
#[derive(Debug)]
pub struct WebhookIgnored<'a> {
    pub reason: &'a str,
}

/// A webhook that proves nothing. Not to be sent for each: anybody may send them.
#[derive(Debug)]
pub struct WebhookRefused<'a> {
    pub reason: &'a str,
    /// How many there were since this was sent last.
    pub more: u64,
}

impl AcceptFailed<'_> {
    pub fn emit(self) {
        let Self { error } = self;
        tracing::warn!(%error, "an HTTP connection could not be accepted");
    }
}

impl HandshakeFailed<'_> {
    pub fn emit(self) {
        let Self { reason } = self;
        tracing::debug!(reason, "a TLS handshake failed");
    }
}

impl FileFailed<'_> {
    pub fn emit(self) {
        let Self { file, error } = self;
        tracing::warn!(file = %file.display(), error, "a secret or certificate cannot be used");
    }
}

impl FileRenewed<'_> {
    pub fn emit(self) {
        let Self { file } = self;
        tracing::info!(file = %file.display(), "a secret or certificate was changed, and is in use");
    }
}

impl WebhookReceived {
    pub fn emit(self) {
        let Self { looks } = self;
        if looks {
            tracing::info!("webhook: a push, looking at the repository");
        } else {
            tracing::debug!("webhook: a push, which the look that waits already serves");
        }
    }
}

impl WebhookIgnored<'_> {
    pub fn emit(self) {
        let Self { reason } = self;
        tracing::debug!(reason, "webhook ignored");
    }
}

impl WebhookRefused<'_> {
    pub fn emit(self) {
        let Self { reason, more } = self;
        match more {
            0 => tracing::warn!(reason, "webhook refused"),
            more => tracing::warn!(
                reason,
                "webhook refused, and {more} more since this was said"
            ),
        }
    }
}
