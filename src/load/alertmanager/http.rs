//! How receivers are reached: `httpConfig`, with who asks and what is trusted.

use super::form::Form;
use super::reader::{Reader, Selector};
use super::table::{Row, Rule, Table, file, flag, kube_secret, object, row, secret, text, url};
use crate::load::read::Fields;
use crate::load::yaml::Node;
use crate::model::alertmanager::Value;

/// A field of every receiver that is reached by HTTP.
pub(super) const HTTP_CONFIG: Row = object("httpConfig", "http_config", &HTTP);

/// `optional` proxy fields, of `httpConfig` and of `oauth2`.
const PROXY: [Row; 4] = [
    row("proxyUrl", "proxy_url", Form::ProxyUrl),
    text("noProxy", "no_proxy").since(26),
    flag("proxyFromEnvironment", "proxy_from_environment").since(26),
    row(
        "proxyConnectHeader",
        "proxy_connect_header",
        Form::Other(connect_header),
    )
    .since(26),
];

static HTTP: Table = Table {
    what: "httpConfig",
    rows: &[
        object("authorization", "authorization", &AUTHORIZATION),
        object("basicAuth", "basic_auth", &BASIC_AUTH),
        object("oauth2", "oauth2", &OAUTH2),
        secret(
            "bearerTokenSecret",
            "bearer_token",
            file("bearer_token_file", 25),
        ),
        object("tlsConfig", "tls_config", &TLS),
        row("proxyURL", "proxy_url", Form::ProxyUrl),
        PROXY[0],
        PROXY[1],
        PROXY[2],
        PROXY[3],
        flag("followRedirects", "follow_redirects"),
        flag("enableHttp2", "enable_http2"),
    ],
    rules: &[
        Rule::AtMostOne(&["authorization", "basicAuth", "oauth2", "bearerTokenSecret"]),
        Rule::AtMostOne(&["proxyURL", "proxyUrl"]),
        Rule::AtMostOne(&["proxyFromEnvironment", "proxyURL"]),
        Rule::AtMostOne(&["proxyFromEnvironment", "proxyUrl"]),
        Rule::AtMostOne(&["proxyFromEnvironment", "noProxy"]),
        Rule::Needs("noProxy", &["proxyURL", "proxyUrl"]),
        Rule::Needs(
            "proxyConnectHeader",
            &["proxyURL", "proxyUrl", "proxyFromEnvironment"],
        ),
    ],
};

static AUTHORIZATION: Table = Table {
    what: "authorization",
    rows: &[
        row("type", "type", Form::Other(authorization_type)),
        kube_secret("credentials", "credentials", file("credentials_file", 25)).required(),
    ],
    rules: &[],
};

fn authorization_type(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let text = reader.sink.text(node, "type")?;
    if text.trim().eq_ignore_ascii_case("basic") {
        let message = "the type of authorization cannot be basic";
        let hint = "Use basicAuth with username and password.";
        reader.invalid(node, message, hint);
        return None;
    }
    (!text.is_empty()).then_some(Value::Text(text))
}

static BASIC_AUTH: Table = Table {
    what: "basicAuth",
    rows: &[
        kube_secret("username", "username", file("username_file", 28)).required(),
        kube_secret("password", "password", file("password_file", 25)).required(),
    ],
    rules: &[],
};

static OAUTH2: Table = Table {
    what: "oauth2",
    rows: &[
        row("clientId", "client_id", Form::Keyed(None)).required(),
        kube_secret(
            "clientSecret",
            "client_secret",
            file("client_secret_file", 25),
        )
        .required(),
        row("scopes", "scopes", Form::Texts),
        url("tokenUrl", "token_url").required(),
        row("endpointParams", "endpoint_params", Form::Map),
        object("tlsConfig", "tls_config", &TLS),
        PROXY[0],
        PROXY[1],
        PROXY[2],
        PROXY[3],
    ],
    rules: &[
        Rule::AtMostOne(&["proxyFromEnvironment", "proxyUrl"]),
        Rule::AtMostOne(&["proxyFromEnvironment", "noProxy"]),
        Rule::Needs("noProxy", &["proxyUrl"]),
        Rule::Needs("proxyConnectHeader", &["proxyUrl", "proxyFromEnvironment"]),
    ],
};

const TLS_VERSIONS: &[(&str, &str)] = &[
    ("TLS10", "TLS10"),
    ("TLS11", "TLS11"),
    ("TLS12", "TLS12"),
    ("TLS13", "TLS13"),
];

/// Certificates and keys are always files: Alertmanager 0.25 takes them in no other way.
pub(super) static TLS: Table = Table {
    what: "tlsConfig",
    rows: &[
        row("ca", "ca_file", Form::Keyed(Some(file("ca_file", 0)))),
        row("cert", "cert_file", Form::Keyed(Some(file("cert_file", 0)))),
        kube_secret("keySecret", "key_file", file("key_file", 0)),
        text("serverName", "server_name"),
        flag("insecureSkipVerify", "insecure_skip_verify"),
        row("minVersion", "min_version", Form::Word(TLS_VERSIONS)),
        row("maxVersion", "max_version", Form::Word(TLS_VERSIONS)),
    ],
    rules: &[
        Rule::Needs("cert", &["keySecret"]),
        Rule::Needs("keySecret", &["cert"]),
        Rule::Check(versions_in_order),
    ],
};

fn versions_in_order(fields: &Fields<'_>, reader: &mut Reader<'_, '_>) {
    let [least, most] = ["minVersion", "maxVersion"].map(|field| {
        let node = fields.get(field)?;
        let text = node.scalar()?.text;
        let version = TLS_VERSIONS.iter().position(|(word, _)| *word == text)?;
        Some((node, version))
    });
    if let (Some((_, least)), Some((node, most))) = (least, most)
        && least > most
    {
        let message = "maxVersion is older than minVersion";
        reader.invalid(node, message, "Raise it, or lower minVersion.");
    }
}

/// A mapping from names of headers to lists of secrets.
fn connect_header(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let fields = reader.sink.open_fields(node, "proxyConnectHeader")?;
    let mut headers = Vec::new();
    for (name, values) in fields.entries {
        let Some(name) = reader.sink.text(name, "the name of a header") else {
            continue;
        };
        let items = reader.sink.list(values, "the values of a header");
        if items.is_empty() {
            let message = format!("the header {name:?} has no value");
            reader.invalid(values, message, "Add a reference to a secret.");
        }
        let secrets = items
            .iter()
            .filter_map(|item| reader.secret(item, Selector::Kubernetes, None));
        let secrets = Value::List(secrets.collect());
        headers.push((name, secrets));
    }
    (!headers.is_empty()).then_some(Value::Map(headers))
}
