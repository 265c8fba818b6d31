//! What happens, told to people and machines: one type an event.
//!
//! An event is a struct named after what happened (`ChangeEnded`, `FetchFailed`), built where it happens
//! and sent by `emit`. How it reads, how important it is and what it counts is decided there and nowhere
//! else; nobody outside this room writes a log line.
//!
//! A log line has the fields of the contract and no others: `cycle`, `revision`, `target`, `kind`, `id`,
//! `action`, `result`, `owner`, `file`, `line`, `author`, `duration_ms`, `reason`, `error`. What does not
//! apply is left out. Numbers that have no field of their own stand in the message.
//!
//! | level | says |
//! |---|---|
//! | error | something is not as declared, and stays so until somebody acts |
//! | warn | something did not work and is tried again, or waits for a decision |
//! | info | a change, a cycle, a new commit, a start or stop |
//! | debug | what repeats: the same failure again, what was not tried |

mod changes;
mod cycles;
mod daemon;
mod http;
mod init;
pub mod metrics;
mod repository;
#[cfg(test)]
mod tests;

pub use changes::{ChangeEnded, ChangeHeld, DeletesAllowed};
pub use cycles::{CycleFinished, PauseEnded, TargetFailing, TargetRecovered};
pub use daemon::{
    ControlFailed, ListenStarted, Ordered, SettingsLoaded, SettingsRefused, SettingsReloaded,
    ShuttingDown, Stopped, TargetPaused,
};
pub use http::{
    AcceptFailed, FileFailed, FileRenewed, HandshakeFailed, WebhookIgnored, WebhookReceived,
    WebhookRefused,
};
pub use init::{InitError, init, set_level};
pub use metrics::{RequestEnded, TargetSeen};
pub use repository::{DiagnosticFound, FetchFailed, FetchRecovered, Fetched, RevisionFetched};

/// Somebody else's words for a message: without the control characters that could begin a line of their
/// own or colour the terminal. (In fields the writer takes care of them.)
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}
