//! Requests and answers, and who is told about them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One request as it ended, for metrics and logs. Each attempt of a retried request is one.
#[derive(Clone, Copy, Debug)]
pub struct RequestEvent {
    pub method: &'static str,
    /// `None` where no answer came.
    pub status: Option<u16>,
    pub duration: Duration,
}

impl RequestEvent {
    /// `2xx`, `3xx`, `4xx`, `5xx`, or `none` where no answer came.
    pub fn status_class(&self) -> &'static str {
        match self.status.map(|status| status / 100) {
            Some(1) => "1xx",
            Some(2) => "2xx",
            Some(3) => "3xx",
            Some(4) => "4xx",
            Some(5) => "5xx",
            _ => "none",
        }
    }
}

/// Who is told about each request.
pub type RequestHook = Arc<dyn Fn(&RequestEvent) + Send + Sync>;

/// Whether a request may be sent again when it failed in passing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Reads, and writes whose repetition changes nothing: those that are made only where the object still
    /// has an expected version, or does not exist yet.
    Idempotent,
    Never,
}

/// A request to be made.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub method: Method,
    /// Appended to the base address, with its query: `/api/v1/rules`.
    pub path: &'a str,
    /// The longest answer that is read, in bytes.
    pub body_limit: usize,
    pub repeat: Repeat,
    /// How many times the profile's timeout one attempt may take; 1 for all that is not known to be slow.
    pub patience: u32,
    /// JSON that is sent along.
    pub body: Option<&'a [u8]>,
    /// What in it is secret: servers repeat in their errors what they were sent.
    pub secrets: &'a [&'a str],
}

/// Without the body, which may hold secrets.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl<'a> Request<'a> {
    /// A request without a body that takes no longer than usual.
    pub fn new(method: Method, path: &'a str, body_limit: usize, repeat: Repeat) -> Self {
        Self {
            method,
            path,
            body_limit,
            repeat,
            patience: 1,
            body: None,
            secrets: &[],
        }
    }
}

/// The methods that providers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A successful answer: 2xx, read whole.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer {} of {} bytes", self.status, self.body.len())
    }
}
