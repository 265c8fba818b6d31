//! Microsoft Teams, by connectors and by flows.

use super::super::http::HTTP_CONFIG;
use super::super::table::{Table, file, kube_secret, text};
use super::SEND_RESOLVED;

pub(super) static TEAMS: Table = Table {
    what: "a Microsoft Teams configuration",
    rows: &[
        SEND_RESOLVED,
        kube_secret("webhookUrl", "webhook_url", file("webhook_url_file", 27)).required(),
        text("title", "title"),
        text("summary", "summary").since(27),
        text("text", "text"),
        HTTP_CONFIG,
    ],
    rules: &[],
};

pub(super) static TEAMS_FLOWS: Table = Table {
    what: "a Microsoft Teams (v2) configuration",
    rows: &[
        SEND_RESOLVED,
        kube_secret("webhookURL", "webhook_url", file("webhook_url_file", 28)).required(),
        text("title", "title"),
        text("text", "text"),
        HTTP_CONFIG,
    ],
    rules: &[],
};
