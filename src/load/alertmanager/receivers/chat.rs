//! Rooms and messengers: Discord, Rocket.Chat, Telegram, Webex, `WeChat`.

use super::super::form::Form;
use super::super::http::HTTP_CONFIG;
use super::super::reader::Reader;
use super::super::table::{Rule, Table, file, flag, kube_secret, objects, row, secret, text, url};
use super::SEND_RESOLVED;
use super::direct::PATH;
use crate::load::read::Fields;
use crate::load::yaml::Node;
use crate::model::Code;

pub(super) static DISCORD: Table = Table {
    what: "a Discord configuration",
    rows: &[
        SEND_RESOLVED,
        kube_secret("apiURL", "webhook_url", file("webhook_url_file", 27)).required(),
        text("title", "title"),
        text("message", "message"),
        text("content", "content").since(28),
        text("username", "username").since(28),
        url("avatarURL", "avatar_url").since(28),
        HTTP_CONFIG,
    ],
    rules: &[],
};

pub(super) static ROCKETCHAT: Table = Table {
    what: "a Rocket.Chat configuration",
    rows: &[
        SEND_RESOLVED,
        url("apiURL", "api_url"),
        text("channel", "channel"),
        kube_secret("token", "token", file("token_file", 28)).required(),
        kube_secret("tokenID", "token_id", file("token_id_file", 28)).required(),
        text("color", "color"),
        text("emoji", "emoji"),
        row("iconURL", "icon_url", Form::UrlTemplate),
        text("text", "text"),
        text("title", "title"),
        text("titleLink", "title_link"),
        objects("fields", "fields", &ROCKETCHAT_FIELD),
        flag("shortFields", "short_fields"),
        row("imageURL", "image_url", Form::UrlTemplate),
        row("thumbURL", "thumb_url", Form::UrlTemplate),
        flag("linkNames", "link_names"),
        objects("actions", "actions", &ROCKETCHAT_ACTION),
        HTTP_CONFIG,
    ],
    rules: &[],
};

static ROCKETCHAT_FIELD: Table = Table {
    what: "a field of a Rocket.Chat message",
    rows: &[
        text("title", "title"),
        text("value", "value"),
        flag("short", "short"),
    ],
    rules: &[],
};

static ROCKETCHAT_ACTION: Table = Table {
    what: "an action of a Rocket.Chat message",
    rows: &[
        text("text", "text"),
        row("url", "url", Form::UrlTemplate),
        text("msg", "msg"),
    ],
    rules: &[],
};

const PARSE_MODES: &[(&str, &str)] = &[
    ("MarkdownV2", "MarkdownV2"),
    ("Markdown", "Markdown"),
    ("HTML", "HTML"),
];

pub(super) static TELEGRAM: Table = Table {
    what: "a Telegram configuration",
    rows: &[
        SEND_RESOLVED,
        url("apiURL", "api_url"),
        secret("botToken", "bot_token", file("bot_token_file", 26)),
        row("botTokenFile", "bot_token_file", PATH),
        row("chatID", "chat_id", Form::Number).required(),
        row("messageThreadID", "message_thread_id", Form::Number).since(28),
        text("message", "message"),
        flag("disableNotifications", "disable_notifications"),
        row("parseMode", "parse_mode", Form::Word(PARSE_MODES)),
        HTTP_CONFIG,
    ],
    rules: &[Rule::AnyOf(&["botToken", "botTokenFile"])],
};

pub(super) static WEBEX: Table = Table {
    what: "a Webex configuration",
    rows: &[
        SEND_RESOLVED,
        url("apiURL", "api_url"),
        text("message", "message"),
        text("roomID", "room_id").required(),
        HTTP_CONFIG,
    ],
    rules: &[Rule::Check(webex_is_authorized)],
};

/// Alertmanager asks for it.
fn webex_is_authorized(fields: &Fields<'_>, reader: &mut Reader<'_, '_>) {
    let http = fields.get("httpConfig");
    let authorization = http.and_then(|http| http.get("authorization"));
    if authorization.is_none_or(Node::is_null) {
        let message = "a Webex configuration needs httpConfig.authorization";
        let hint =
            "Add httpConfig: { authorization: { credentials: { name: <name>, key: <key> } } }.";
        reader
            .sink
            .error(Code::MissingField, fields.span, message, hint);
    }
}

const MESSAGE_TYPES: &[(&str, &str)] = &[("text", "text"), ("markdown", "markdown")];

pub(super) static WECHAT: Table = Table {
    what: "a WeChat configuration",
    rows: &[
        SEND_RESOLVED,
        secret("apiSecret", "api_secret", file("api_secret_file", 31)),
        url("apiURL", "api_url"),
        text("corpID", "corp_id"),
        text("agentID", "agent_id"),
        text("toUser", "to_user"),
        text("toParty", "to_party"),
        text("toTag", "to_tag"),
        text("message", "message"),
        row("messageType", "message_type", Form::Word(MESSAGE_TYPES)),
        HTTP_CONFIG,
    ],
    rules: &[],
};
