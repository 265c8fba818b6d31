//! What can go wrong with a request, told so that a person knows what to do.

use std::error::Error;
use std::time::Duration;

use crate::provider::redact::redacted;

/// How much of a server's words is shown, in characters.
const WORDS: usize = 300;

/// A request that failed. Its text has method, address, status, the server's words, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{method} {url}: {fault}")]
pub struct HttpError {
    pub method: &'static str,
    /// Without credentials.
    pub url: String,
    pub fault: HttpFault,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpFault {
    /// The client could not be made; nothing was sent.
    #[error("{0}")]
    Setup(String),
    /// A secret could not be read; nothing was sent.
    #[error("{0}")]
    Secret(String),
    /// No connection; nothing was sent.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// It may have had its effect.
    #[error("no whole answer within {after:?}")]
    Timeout { after: Duration },
    /// It may have had its effect.
    #[error("the connection broke: {0}")]
    Broken(String),
    #[error("{}", status_text(*.status, .words))]
    Status {
        status: u16,
        /// The server's own, shortened.
        words: String,
        retry_after: Option<Duration>,
    },
    #[error("{status}: redirects to {to}; give the address of the API itself as `url`")]
    Redirect { status: u16, to: String },
    #[error("the answer is longer than {limit} bytes")]
    TooLarge { limit: usize },
    #[error(
        "{status}: an HTML page where the API's answer should be; a proxy or login page may stand in front of the server, or `url` is not the server's"
    )]
    Html { status: u16 },
    #[error("the answer is not what the API gives: {0}")]
    NotJson(String),
}

impl HttpFault {
    /// Whether the same request may well succeed in a moment.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::Connect(_) => true,
            Self::Setup(_)
            | Self::Secret(_)
            | Self::Timeout { .. }
            | Self::Broken(_)
            | Self::Redirect { .. }
            | Self::TooLarge { .. }
            | Self::Html { .. }
            | Self::NotJson(_) => false,
        }
    }

    /// How long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } | Self::Redirect { status, .. } | Self::Html { status } => {
                Some(*status)
            }
            _ => None,
        }
    }

    pub(super) fn of_transport(error: &reqwest::Error, after: Duration) -> Self {
        if error.is_builder() {
            Self::Setup(root_cause(error))
        } else if error.is_connect() {
            Self::Connect(root_cause(error))
        } else if error.is_timeout() {
            Self::Timeout { after }
        } else {
            Self::Broken(root_cause(error))
        }
    }

    pub(super) fn of_body(error: &reqwest::Error, after: Duration) -> Self {
        if error.is_timeout() {
            Self::Timeout { after }
        } else {
            Self::Broken(format!("the answer broke off ({})", root_cause(error)))
        }
    }
}

/// The innermost cause says what happened; those around it repeat the address, with its credentials.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if cause.downcast_ref::<reqwest::Error>().is_some() {
        return "no further detail".into();
    }
    cause.to_string()
}

fn status_text(status: u16, words: &str) -> String {
    let reason = reqwest::StatusCode::from_u16(status)
        .ok()
        .and_then(|code| code.canonical_reason())
        .unwrap_or("unknown status");
    let mut text = format!("{status} {reason}");
    if !words.is_empty() {
        text = format!("{text}: {words}");
    }
    let hint = match status {
        401 => "give a valid credential under `auth`",
        403 => "the credential, or the server's own settings, do not allow this",
        404 => "check `url`, also its path",
        _ => return text,
    };
    format!("{text}; {hint}")
}

/// The server's words: white space folded, shortened; of a JSON object its `message`, where it has one; of an
/// HTML page only that it is one, and its title. Without the secrets that it repeats.
pub(super) fn words(content_type: Option<&str>, body: &[u8], hidden: &[&str]) -> String {
    let text = String::from_utf8_lossy(body);
    if is_html(content_type, body) {
        return match title(&text, hidden) {
            Some(title) => format!("an HTML page ({title:?}), as a proxy sends it"),
            None => "an HTML page, as a proxy sends it".into(),
        };
    }
    if let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(body)
        && let Some(message) = fields.get("message").and_then(|value| value.as_str())
    {
        return shorten(message, hidden);
    }
    shorten(&text, hidden)
}

/// Secrets go first: of one that is cut off the beginning would stay.
fn shorten(text: &str, hidden: &[&str]) -> String {
    let printable = redacted(text, hidden).replace(|c: char| c.is_control(), " ");
    let folded = printable.split_whitespace().collect::<Vec<_>>().join(" ");
    match folded.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", &folded[..end]),
        None => folded,
    }
}

pub(super) fn is_html(content_type: Option<&str>, body: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&body[..body.len().min(64)]).to_ascii_lowercase();
    let start = start.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    content_type.is_some_and(|kind| kind.starts_with("text/html"))
        || start.starts_with("<!doctype html")
        || start.starts_with("<html")
}

fn title(html: &str, hidden: &[&str]) -> Option<String> {
    // ASCII lower case keeps byte positions.
    let lower = html.to_ascii_lowercase();
    let from = lower.find("<title>")? + "<title>".len();
    let to = from + lower[from..].find("</title>")?;
    Some(shorten(&html[from..to], hidden))
}

/// An address without `user:password@`.
pub(super) fn without_userinfo(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority_end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_what_a_person_needs() {
        let error = HttpError {
            method: "GET",
            url: without_userinfo("https://u:p@h/x?q=a@b"),
            fault: HttpFault::Status {
                status: 401,
                words: words(None, b"no\n\n  such\tuser", &[]),
                retry_after: None,
            },
        };
        assert_eq!(
            error.to_string(),
            "GET https://h/x?q=a@b: 401 Unauthorized: no such user; give a valid credential under `auth`"
        );
    }

    #[test]
    fn long_words_and_pages_are_shortened() {
        assert_eq!(
            words(None, "ä".repeat(400).as_bytes(), &[]).chars().count(),
            301
        );
        let page = b"<!DOCTYPE html><html><title>502  Bad\nGateway</title>";
        assert_eq!(
            words(None, page, &[]),
            "an HTML page (\"502 Bad Gateway\"), as a proxy sends it"
        );
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let hidden = ["canary-1", "YWRtaW46Y2FuYXJ5"];
        let said = |body: &str| words(None, body.as_bytes(), &hidden);
        assert_eq!(said("no: Bearer canary-1"), "no: Bearer (secret)");
        assert_eq!(
            said(r#"{"message": "Basic YWRtaW46Y2FuYXJ5?"}"#),
            "Basic (secret)?"
        );
        assert_eq!(
            said("<html><title>canary-1 refused</title>"),
            "an HTML page (\"(secret) refused\"), as a proxy sends it"
        );
        // Nor the beginning of it, where the words are cut.
        let long = format!("{}canary-1", "x".repeat(WORDS - 4));
        assert!(!said(&long).contains("can"));
    }
}
