//! A server, or what stands before it, that repeats in its answer what it was sent: the credential, and what the body
//! has of secrets.

use serde_json::json;

use super::exchange::{Incoming, Reply};

/// How the answer looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    Text(u16),
    /// `{"message": …}`
    Message(u16),
    /// An HTML page with this title.
    Page(u16),
    /// 302 to another address.
    Redirect,
    /// 200, and nothing that the API gives.
    Success,
}

impl Echo {
    pub fn reply(self, request: &Incoming) -> Reply {
        let words = words(request);
        match self {
            Self::Text(status) => Reply::text(status, &words),
            Self::Message(status) => Reply::json(status, &json!({ "message": words })),
            Self::Page(status) => {
                let mut reply = Reply::html(status);
                reply.body = format!("<html><title>{words}</title></html>").into_bytes();
                reply
            }
            Self::Redirect => {
                let to = format!("http://login.invalid/?{}", words.replace(' ', "+"));
                Reply::text(302, "").with_header("Location", &to)
            }
            Self::Success => Reply::json(200, &json!(words)),
        }
    }
}

fn words(request: &Incoming) -> String {
    let credential = request.header("authorization").unwrap_or_default();
    let whole = String::from_utf8_lossy(&request.bytes);
    let secrets = whole.find("secureJsonData").map_or("", |at| &whole[at..]);
    format!("cannot take {credential} {secrets}")
}
