//! What goes wrong with a request.

use std::time::Duration;

use super::answer::{locked, message, message_with_status};
use crate::support::exchange::Reply;

#[derive(Clone, Debug)]
pub enum Fault {
    /// This answer, and nothing is done.
    Reply(Reply),
    /// It is done, and half of the answer is sent.
    Half,
    /// It is done after a while.
    Delay(Duration),
    /// The connection is closed, and nothing is done.
    Close,
    /// It is done, and the connection is closed.
    CloseAfter,
}

impl Fault {
    /// An answer of the server's own with this status: 401, 403, 412, 500, 503, …
    pub fn status(status: u16) -> Self {
        if status == 412 {
            // 7.5 on SQLite says so of a save that met another one, too.
            let text = "The dashboard has been changed by someone else";
            return Self::Reply(message_with_status(412, text, "version-mismatch"));
        }
        let text = match status {
            401 => "Unauthorized",
            403 => "Permission denied",
            404 => "Not found",
            503 => "Service Unavailable",
            _ => "Internal server error",
        };
        Self::Reply(message(status, text))
    }

    /// 429, with `Retry-After`.
    pub fn too_many(seconds: u32) -> Self {
        let reply = message(429, "Too many requests");
        Self::Reply(reply.with_header("Retry-After", &seconds.to_string()))
    }

    /// SQLite's refusal of a second writer.
    pub fn locked() -> Self {
        Self::Reply(locked())
    }

    /// The page of a proxy in front of the server: a sign-in with 200, or its own failure with 502.
    pub fn html(status: u16) -> Self {
        Self::Reply(Reply::html(status))
    }
}
