//! How long a remote may take.

use std::time::Duration;

/// Limits on talking to a remote. They are four things: a server may need a minute to pack before its
/// first byte, and may then send for many minutes, but never be silent for long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until there is a connection.
    pub connect: Duration,
    /// From a request until its answer begins.
    pub answer: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// For all of a fetch.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(90),
            idle: Duration::from_secs(30),
            total: Duration::from_mins(15),
        }
    }
}
