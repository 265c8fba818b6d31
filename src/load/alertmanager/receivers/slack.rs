//! Slack.

use super::super::form::Form;
use super::super::http::HTTP_CONFIG;
use super::super::table::{Rule, Table, file, flag, object, objects, row, secret, text};
use super::SEND_RESOLVED;

pub(super) static SLACK: Table = Table {
    what: "a Slack configuration",
    rows: &[
        SEND_RESOLVED,
        // Without it the one of the platform's file holds.
        secret("apiURL", "api_url", file("api_url_file", 25)),
        text("channel", "channel"),
        text("username", "username"),
        text("color", "color"),
        text("title", "title"),
        text("titleLink", "title_link"),
        text("pretext", "pretext"),
        text("text", "text"),
        objects("fields", "fields", &FIELD),
        flag("shortFields", "short_fields"),
        text("footer", "footer"),
        text("fallback", "fallback"),
        text("callbackId", "callback_id"),
        text("iconEmoji", "icon_emoji"),
        text("iconURL", "icon_url"),
        text("imageURL", "image_url"),
        text("thumbURL", "thumb_url"),
        flag("linkNames", "link_names"),
        row("mrkdwnIn", "mrkdwn_in", Form::Texts),
        objects("actions", "actions", &ACTION),
        row("timeout", "timeout", Form::Duration).since(30),
        text("messageText", "message_text").since(31),
        flag("updateMessage", "update_message").since(32),
        HTTP_CONFIG,
    ],
    rules: &[],
};

static FIELD: Table = Table {
    what: "a field of a Slack message",
    rows: &[
        text("title", "title").required(),
        text("value", "value").required(),
        flag("short", "short"),
    ],
    rules: &[],
};

static ACTION: Table = Table {
    what: "an action of a Slack message",
    rows: &[
        text("type", "type").required(),
        text("text", "text").required(),
        text("url", "url"),
        text("style", "style"),
        text("name", "name"),
        text("value", "value"),
        object("confirm", "confirm", &CONFIRM),
    ],
    rules: &[Rule::AnyOf(&["url", "name"])],
};

static CONFIRM: Table = Table {
    what: "the confirmation of a Slack action",
    rows: &[
        text("text", "text").required(),
        text("title", "title"),
        text("okText", "ok_text"),
        text("dismissText", "dismiss_text"),
    ],
    rules: &[],
};
