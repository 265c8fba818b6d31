//! Services that wake people: Opsgenie, `PagerDuty`, `VictorOps`.

use super::super::form::{Form, Keys, template_text};
use super::super::http::HTTP_CONFIG;
use super::super::reader::{Api, Reader};
use super::super::table::{Rule, Table, file, flag, objects, row, secret, text, url};
use super::SEND_RESOLVED;
use crate::load::yaml::Node;
use crate::model::alertmanager::Value;

pub(super) static OPSGENIE: Table = Table {
    what: "an Opsgenie configuration",
    rows: &[
        SEND_RESOLVED,
        secret("apiKey", "api_key", file("api_key_file", 25)),
        url("apiURL", "api_url"),
        text("message", "message"),
        text("description", "description"),
        text("source", "source"),
        text("tags", "tags"),
        text("note", "note"),
        text("priority", "priority"),
        flag("updateAlerts", "update_alerts").only(Api::V1Alpha1),
        row("details", "details", Form::Pairs(Keys::Any)),
        objects("responders", "responders", &RESPONDER),
        text("entity", "entity"),
        text("actions", "actions"),
        HTTP_CONFIG,
    ],
    rules: &[],
};

static RESPONDER: Table = Table {
    what: "an Opsgenie responder",
    rows: &[
        text("id", "id"),
        text("name", "name"),
        text("username", "username"),
        row("type", "type", Form::Other(responder_type)).required(),
    ],
    rules: &[Rule::AnyOf(&["id", "name", "username"])],
};

const RESPONDERS: [&str; 5] = ["team", "teams", "user", "escalation", "schedule"];

/// One of the words, in any case, or a template.
fn responder_type(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let text = reader.sink.text(node, "type")?;
    if text.contains("{{") {
        return template_text(node, "type", text, reader);
    }
    let lower = text.to_lowercase();
    if RESPONDERS.contains(&lower.as_str()) {
        return Some(Value::Text(lower));
    }
    let message = format!("the type of a responder cannot be {text:?}");
    let hint = format!("Write one of: {}.", RESPONDERS.join(", "));
    reader.invalid(node, message, hint);
    None
}

pub(super) static PAGERDUTY: Table = Table {
    what: "a PagerDuty configuration",
    rows: &[
        SEND_RESOLVED,
        secret("routingKey", "routing_key", file("routing_key_file", 25)),
        secret("serviceKey", "service_key", file("service_key_file", 25)),
        url("url", "url"),
        text("client", "client"),
        row("clientURL", "client_url", Form::UrlTemplate),
        text("description", "description"),
        text("severity", "severity"),
        text("class", "class"),
        text("group", "group"),
        text("component", "component"),
        row("details", "details", Form::Pairs(Keys::Any)),
        objects("pagerDutyImageConfigs", "images", &IMAGE),
        objects("pagerDutyLinkConfigs", "links", &LINK),
        text("source", "source"),
        row("timeout", "timeout", Form::Duration).since(30),
        HTTP_CONFIG,
    ],
    rules: &[Rule::AnyOf(&["routingKey", "serviceKey"])],
};

static IMAGE: Table = Table {
    what: "a PagerDuty image",
    rows: &[
        text("src", "src"),
        row("href", "href", Form::UrlTemplate),
        text("alt", "alt"),
    ],
    rules: &[],
};

static LINK: Table = Table {
    what: "a PagerDuty link",
    rows: &[
        row("href", "href", Form::UrlTemplate),
        // The operator's own name for it.
        text("alt", "text"),
    ],
    rules: &[],
};

/// Fields that Alertmanager sets itself.
const RESERVED: &[&str] = &[
    "routing_key",
    "message_type",
    "state_message",
    "entity_display_name",
    "monitoring_tool",
    "entity_id",
    "entity_state",
];

pub(super) static VICTOROPS: Table = Table {
    what: "a VictorOps configuration",
    rows: &[
        SEND_RESOLVED,
        secret("apiKey", "api_key", file("api_key_file", 25)),
        url("apiUrl", "api_url"),
        text("routingKey", "routing_key").required(),
        text("messageType", "message_type"),
        text("entityDisplayName", "entity_display_name"),
        text("stateMessage", "state_message"),
        text("monitoringTool", "monitoring_tool"),
        row(
            "customFields",
            "custom_fields",
            Form::Pairs(Keys::But(RESERVED)),
        ),
        HTTP_CONFIG,
    ],
    rules: &[],
};
