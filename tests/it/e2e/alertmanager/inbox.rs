//! Receivers of alerts: an HTTP server that keeps what it is sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::support::exchange::{Incoming, Listening, Reply};

pub type Labels = BTreeMap<String, String>;

/// How often each path was told that an alert fires.
type Told = BTreeMap<(String, Labels), usize>;

/// Every path is a receiver of its own.
pub struct Inbox {
    listening: Listening,
    told: Arc<Mutex<Told>>,
}

impl Inbox {
    pub fn start() -> Self {
        let told = Arc::new(Mutex::new(Told::new()));
        let keep = told.clone();
        let listening = Listening::start(move |mut stream| {
            let keep = keep.clone();
            async move {
                if let Some(request) = Incoming::read(&mut stream).await? {
                    note(&request, &keep);
                }
                Reply::text(200, "").write(&mut stream).await
            }
        });
        Self { listening, told }
    }

    /// The address of a receiver; `path` begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.listening.url())
    }

    /// How often each receiver was told of each alert.
    pub fn told(&self) -> Told {
        self.told.lock().unwrap().clone()
    }

    /// The receivers that were told of an alert, sorted.
    pub fn reached(&self, alert: &Labels) -> Vec<String> {
        let told = self.told();
        let told = told.keys().filter(|(_, labels)| labels == alert);
        told.map(|(path, _)| path.clone()).collect()
    }
}

fn note(request: &Incoming, told: &Mutex<Told>) {
    let end = request.bytes.windows(4).position(|end| end == b"\r\n\r\n");
    let body = &request.bytes[end.unwrap() + 4..];
    let body: Value = serde_json::from_slice(body).unwrap();
    // Slack's form has none.
    let alerts = body["alerts"].as_array().into_iter().flatten();
    let mut told = told.lock().unwrap();
    for alert in alerts.filter(|alert| alert["status"] == "firing") {
        let labels = serde_json::from_value(alert["labels"].clone()).unwrap();
        *told.entry((request.path().to_owned(), labels)).or_default() += 1;
    }
}

/// `{a=b,c=d}` without the braces.
pub fn labels(text: &str) -> Labels {
    let pairs = text.split(',').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}
