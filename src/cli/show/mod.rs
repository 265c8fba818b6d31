//! What the state of a daemon looks like on a terminal.

pub(super) mod history;
pub(super) mod status;
mod time;
