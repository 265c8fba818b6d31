//! What needs no service with rooms or rotas: mail, push messages, SNS, webhooks.

use super::super::form::{Form, Keys};
use super::super::http::{HTTP_CONFIG, TLS};
use super::super::reader::{Reader, Selector};
use super::super::table::{Rule, Table, file, flag, object, row, secret, text};
use super::SEND_RESOLVED;
use crate::load::yaml::Node;
use crate::model::alertmanager::Value;

/// A path on Alertmanager's machine. Whoever may name one could have any file of it sent away.
pub(super) const PATH: Form = Form::Refused(
    "a path on the Alertmanager's machine could lead to another's secrets",
    "Write a reference to a secret, { name: <name>, key: <key> }, in the field without File.",
);

pub(super) static EMAIL: Table = Table {
    what: "an e-mail configuration",
    rows: &[
        SEND_RESOLVED,
        text("to", "to").required(),
        // Without one, the platform's holds.
        text("from", "from"),
        text("hello", "hello"),
        row("smarthost", "smarthost", Form::HostPort),
        text("authUsername", "auth_username"),
        secret(
            "authPassword",
            "auth_password",
            file("auth_password_file", 25),
        ),
        secret("authSecret", "auth_secret", file("auth_secret_file", 31)),
        text("authIdentity", "auth_identity"),
        row("headers", "headers", Form::Pairs(Keys::Headers)),
        row("html", "html", Form::Verbatim),
        row("text", "text", Form::Verbatim),
        flag("requireTLS", "require_tls"),
        object("tlsConfig", "tls_config", &TLS),
        flag("forceImplicitTLS", "force_implicit_tls").since(31),
        row("threading", "threading", Form::Other(threading)).since(30),
    ],
    rules: &[],
};

static THREADING: Table = Table {
    what: "threading of e-mails",
    rows: &[row(
        "threadByDate",
        "thread_by_date",
        Form::Word(&[("Daily", "daily"), ("None", "none")]),
    )
    .required()],
    rules: &[],
};

/// In Alertmanager's file it is switched on by a field of its own.
fn threading(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let said = THREADING.read(node, reader)?;
    let mut fields = vec![("enabled".to_owned(), Value::Bool(true))];
    fields.extend_from_slice(said.entries());
    Some(Value::Map(fields))
}

pub(super) static PUSHOVER: Table = Table {
    what: "a Pushover configuration",
    rows: &[
        SEND_RESOLVED,
        secret("userKey", "user_key", file("user_key_file", 26)),
        row("userKeyFile", "user_key_file", PATH),
        secret("token", "token", file("token_file", 26)),
        row("tokenFile", "token_file", PATH),
        text("title", "title"),
        text("message", "message"),
        row("url", "url", Form::UrlTemplate),
        text("urlTitle", "url_title"),
        row("ttl", "ttl", Form::Duration).since(27),
        text("device", "device").since(26),
        text("sound", "sound"),
        text("priority", "priority"),
        row("retry", "retry", Form::Duration),
        row("expire", "expire", Form::Duration),
        flag("html", "html"),
        flag("monospace", "monospace").since(29),
        HTTP_CONFIG,
    ],
    rules: &[
        Rule::AnyOf(&["userKey", "userKeyFile"]),
        Rule::AnyOf(&["token", "tokenFile"]),
        Rule::AtMostOne(&["html", "monospace"]),
    ],
};

pub(super) static SNS: Table = Table {
    what: "an SNS configuration",
    rows: &[
        SEND_RESOLVED,
        row("apiURL", "api_url", Form::UrlTemplate),
        object("sigv4", "sigv4", &SIGV4),
        text("topicARN", "topic_arn"),
        text("phoneNumber", "phone_number"),
        text("targetARN", "target_arn"),
        text("subject", "subject"),
        text("message", "message"),
        row("attributes", "attributes", Form::Map),
        flag("useAWSHTTPClient", "use_aws_http_client").since(33),
        HTTP_CONFIG,
    ],
    rules: &[
        Rule::AnyOf(&["topicARN", "phoneNumber", "targetARN"]),
        Rule::AtMostOne(&["topicARN", "phoneNumber", "targetARN"]),
    ],
};

/// A secret that no field takes the file of.
const INLINE: Form = Form::Secret(Selector::Kubernetes, None);

static SIGV4: Table = Table {
    what: "sigv4",
    rows: &[
        text("region", "region"),
        row("accessKey", "access_key", INLINE),
        row("secretKey", "secret_key", INLINE),
        text("profile", "profile"),
        text("roleArn", "role_arn"),
        text("externalId", "external_id").since(33),
        flag("useFIPSSTSEndpoint", "use_fips_sts_endpoint").since(29),
    ],
    rules: &[
        Rule::Needs("accessKey", &["secretKey"]),
        Rule::Needs("secretKey", &["accessKey"]),
        Rule::Needs("externalId", &["roleArn"]),
    ],
};

pub(super) static WEBHOOK: Table = Table {
    what: "a webhook",
    rows: &[
        SEND_RESOLVED,
        row("url", "url", Form::UrlTemplate),
        secret("urlSecret", "url", file("url_file", 26)),
        row("maxAlerts", "max_alerts", Form::Count),
        row("timeout", "timeout", Form::Duration).since(28),
        row("payload", "payload", Form::Verbatim).since(32),
        HTTP_CONFIG,
    ],
    rules: &[
        Rule::AnyOf(&["url", "urlSecret"]),
        Rule::AtMostOne(&["url", "urlSecret"]),
    ],
};
