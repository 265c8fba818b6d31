//! The forms that a field's value can have.

use super::reader::{Reader, Selector};
use super::table::Table;
use super::url;
use crate::load::yaml::Node;
use crate::model::alertmanager::{SecretFile, Value};
use crate::model::nearest::nearest;
use crate::model::{Code, Span};

#[derive(Clone, Copy)]
pub(super) enum Form {
    /// An empty one is as none: Alertmanager's default holds.
    Text,
    /// As written: an empty one stands for itself.
    Verbatim,
    /// Of `http` or `https`.
    Url,
    /// Of a proxy: also of `socks5`.
    ProxyUrl,
    /// A url, or a template that becomes one.
    UrlTemplate,
    /// `host:port`.
    HostPort,
    Flag,
    /// A whole number, not below zero.
    Count,
    /// A whole number that is not zero.
    Number,
    Duration,
    Texts,
    /// What is written for each word that is known.
    Word(&'static [(&'static str, &'static str)]),
    /// A list of `{ key, value }` that becomes a mapping.
    Pairs(Keys),
    /// A mapping from texts to texts.
    Map,
    Secret(Selector, Option<SecretFile>),
    /// `{ secret: { name, key } }`, or the same of a `configMap`.
    Keyed(Option<SecretFile>),
    Object(&'static Table),
    Objects(&'static Table),
    /// Known, and not taken, for a reason.
    Refused(&'static str, &'static str),
    Other(fn(&Node<'_>, &mut Reader<'_, '_>) -> Option<Value>),
}

/// Which keys a list of `{ key, value }` may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Each once.
    Any,
    /// Each once, whatever their case.
    Headers,
    /// Each once, and none of these.
    But(&'static [&'static str]),
}

impl Form {
    /// Reads a value that is there. `None` where it says nothing, or is faulty.
    pub(super) fn read(
        self,
        node: &Node<'_>,
        field: &'static str,
        reader: &mut Reader<'_, '_>,
    ) -> Option<Value> {
        match self {
            Self::Text => non_empty(node, field, reader).map(Value::Text),
            Self::Verbatim => reader.sink.text(node, field).map(Value::Text),
            Self::Url => checked(node, field, url::check, reader),
            Self::ProxyUrl => checked(node, field, url::check_proxy, reader),
            Self::UrlTemplate => url_template(node, field, reader),
            Self::HostPort => checked(node, field, url::check_host_port, reader),
            Self::Flag => reader.flag(node, field).map(Value::Bool),
            Self::Count => integer(node, field, |value| value >= 0, "at least 0", reader),
            Self::Number => integer(node, field, |value| value != 0, "not 0", reader),
            Self::Duration => duration(node, field, reader),
            Self::Texts => {
                let texts = reader.sink.texts(node, field).into_iter();
                let texts: Vec<Value> = texts.map(|text| Value::Text(text.value)).collect();
                (!texts.is_empty()).then_some(Value::List(texts))
            }
            Self::Word(words) => word(node, field, words, reader),
            Self::Pairs(keys) => pairs(node, field, keys, reader),
            Self::Map => map(node, field, reader),
            Self::Secret(selector, file) => reader.secret(node, selector, file),
            Self::Keyed(file) => keyed(node, file, reader),
            Self::Object(table) => table.read(node, reader),
            Self::Objects(table) => objects(node, field, table, reader),
            Self::Refused(why, hint) => {
                reader.invalid(node, format!("{field} is not taken: {why}"), hint);
                None
            }
            Self::Other(read) => read(node, reader),
        }
    }
}

fn non_empty(node: &Node<'_>, field: &str, reader: &mut Reader<'_, '_>) -> Option<String> {
    let text = reader.sink.text(node, field)?;
    (!text.is_empty()).then_some(text)
}

fn checked(
    node: &Node<'_>,
    field: &str,
    check: fn(&str) -> Result<(), url::Fault>,
    reader: &mut Reader<'_, '_>,
) -> Option<Value> {
    let text = non_empty(node, field, reader)?;
    if let Err(url::Fault { detail, hint }) = check(&text) {
        reader.invalid(node, format!("{field}: {detail}"), hint);
        return None;
    }
    Some(Value::Text(text))
}

fn url_template(node: &Node<'_>, field: &str, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let text = non_empty(node, field, reader)?;
    if text.contains("{{") {
        return template_text(node, field, text, reader);
    }
    checked(node, field, url::check, reader)
}

/// A template whose delimiters close; which functions there are is Alertmanager's to say.
pub(super) fn template_text(
    node: &Node<'_>,
    field: &str,
    text: String,
    reader: &mut Reader<'_, '_>,
) -> Option<Value> {
    if text.matches("{{").count() > text.matches("}}").count() {
        let message = format!("{field} has a template that does not end");
        reader.sink.error(
            Code::TemplateInvalid,
            node.span,
            message,
            "Close it with }}.",
        );
        return None;
    }
    Some(Value::Text(text))
}

fn integer(
    node: &Node<'_>,
    field: &str,
    fits: fn(i64) -> bool,
    wanted: &str,
    reader: &mut Reader<'_, '_>,
) -> Option<Value> {
    let value = reader.sink.integer(node, field)?;
    if !fits(value) {
        let message = format!("{field} must be {wanted}, found {value}");
        reader.invalid(node, message, "Write a number that fits, or leave it out.");
        return None;
    }
    Some(Value::Int(value))
}

/// As written; Alertmanager reads durations as Prometheus does.
fn duration(node: &Node<'_>, field: &str, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let text = non_empty(node, field, reader)?;
    reader.sink.duration(node, field)?;
    Some(Value::Text(text))
}

fn word(
    node: &Node<'_>,
    field: &str,
    words: &[(&'static str, &'static str)],
    reader: &mut Reader<'_, '_>,
) -> Option<Value> {
    let text = non_empty(node, field, reader)?;
    if let Some((_, written)) = words.iter().find(|(word, _)| *word == text) {
        return Some(Value::text(*written));
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let message = format!("{field} cannot be {text:?}");
    let hint = match nearest(&text, &known) {
        Some(near) => format!("Did you mean {near:?}?"),
        None => format!("Write one of: {}.", known.join(", ")),
    };
    reader.invalid(node, message, hint);
    None
}

fn pairs(node: &Node<'_>, field: &str, keys: Keys, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let mut found: Vec<(String, Value)> = Vec::new();
    for item in reader.sink.list(node, field) {
        let Some(fields) = reader.sink.fields(item, "a pair", &["key", "value"]) else {
            continue;
        };
        let key = fields.required("key", reader.sink);
        let key = key.and_then(|node| Some((node, reader.sink.text(node, "key")?)));
        let value = fields.required("value", reader.sink);
        let value = value.and_then(|node| reader.sink.text(node, "value"));
        if let (Some((node, key)), Some(value)) = (key, value)
            && is_free(node, &key, keys, &found, reader)
        {
            found.push((key, Value::Text(value)));
        }
    }
    (!found.is_empty()).then_some(Value::Map(found))
}

/// Whether a key may stand there, with an error where it may not.
fn is_free(
    node: &Node<'_>,
    key: &str,
    keys: Keys,
    before: &[(String, Value)],
    reader: &mut Reader<'_, '_>,
) -> bool {
    let same = |other: &str| match keys {
        Keys::Headers => other.eq_ignore_ascii_case(key),
        Keys::Any | Keys::But(_) => other == key,
    };
    let mut error = |code: Code, span: Span, message: String, hint: &str| {
        reader.sink.error(code, span, message, hint);
        false
    };
    if key.is_empty() {
        let message = "the key is empty".to_owned();
        return error(Code::InvalidName, node.span, message, "Name it.");
    }
    if before.iter().any(|(other, _)| same(other)) {
        let message = format!("the key {key:?} stands twice");
        let hint = "Take one of them out.";
        return error(Code::DuplicateKey, node.span, message, hint);
    }
    if let Keys::But(reserved) = keys
        && reserved.contains(&key)
    {
        let message = format!("the key {key:?} is one that Alertmanager sets itself");
        let hint = "Use another key, or the field that sets it.";
        return error(Code::InvalidName, node.span, message, hint);
    }
    true
}

fn map(node: &Node<'_>, field: &'static str, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let fields = reader.sink.open_fields(node, field)?;
    let entries = fields.entries.iter().filter_map(|(key, value)| {
        let key = reader.sink.text(key, "a key")?;
        let value = reader.sink.text(value, "a value")?;
        Some((key, Value::Text(value)))
    });
    let entries: Vec<_> = entries.collect();
    (!entries.is_empty()).then_some(Value::Map(entries))
}

fn keyed(node: &Node<'_>, file: Option<SecretFile>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let known = ["secret", "configMap"];
    let what = "a reference to a secret or a ConfigMap";
    let fields = reader.sink.fields(node, what, &known)?;
    if let Some(node) = fields.get("configMap").filter(|node| !node.is_null()) {
        let message = "configMap is not taken: there is no Kubernetes that holds it";
        let hint = "Put its value beside the secrets of the target and write secret: { name: <name>, key: <key> }.";
        reader.invalid(node, message, hint);
        return None;
    }
    let node = fields.get("secret").filter(|node| !node.is_null())?;
    reader.secret(node, Selector::Kubernetes, file)
}

fn objects(
    node: &Node<'_>,
    field: &str,
    table: &Table,
    reader: &mut Reader<'_, '_>,
) -> Option<Value> {
    let mut found = Vec::new();
    for (index, item) in reader.sink.list(node, field).iter().enumerate() {
        found.extend(reader.item(index, |reader| table.read(item, reader)));
    }
    (!found.is_empty()).then_some(Value::List(found))
}
