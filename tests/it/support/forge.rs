//! What forges send to webhooks.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// The HMAC-SHA256 of a body, in hexadecimal digits.
pub fn signature(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}

/// A push as GitHub sends it, with what is read of it.
pub fn push(clone_url: &str, reference: &str) -> Value {
    json!({
        "ref": reference,
        "before": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
        "after": "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c",
        "repository": { "full_name": "nobody/knows", "clone_url": clone_url },
        "commits": [],
    })
}

/// GitHub's headers for a body.
pub fn github(event: &str, secret: &str, body: &str) -> [(&'static str, String); 3] {
    [
        ("Content-Type", "application/json".to_owned()),
        ("X-GitHub-Event", event.to_owned()),
        (
            "X-Hub-Signature-256",
            format!("sha256={}", signature(secret, body)),
        ),
    ]
}
