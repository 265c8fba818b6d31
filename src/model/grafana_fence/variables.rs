//! The variables that a dashboard declares, and what they can stand for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::TypeOf;
use super::source::{self, Around, Source};

/// By name; one that is declared twice has both.
#[derive(Debug, Default)]
pub(super) struct Variables {
    all: BTreeMap<String, Vec<Variable>>,
}

/// A variable.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) values: Values,
    /// Every text in its declaration that may come to stand for it.
    pub(super) written: Vec<String>,
    /// Whether it may stand for several values at once.
    pub(super) several: bool,
}

/// Where its values come from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// They are all in the declaration: one choice each.
    Listed(Vec<String>),
    /// A query that is fenced itself gives them.
    Series,
    /// Names of data sources of this plugin.
    Sources(String),
    /// Something else.
    Foreign(String),
}

impl Variables {
    pub(super) fn of(body: &Value, type_of: TypeOf<'_>) -> Self {
        let mut declared = Vec::new();
        collect(body, &mut declared);
        let mut variables = Self::default();
        // Sources first: the others refer to them.
        for queries in [false, true] {
            for (kind, spec) in &declared {
                if (*kind == "query") != queries {
                    continue;
                }
                let Some(Value::String(name)) = spec.get("name") else {
                    continue;
                };
                let variable = variable(kind, spec, &variables, type_of);
                variables
                    .all
                    .entry(name.clone())
                    .or_default()
                    .push(variable);
            }
        }
        variables
    }

    pub(super) fn get(&self, name: &str) -> &[Variable] {
        self.all.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// The plugins whose data sources `$x`, `${x}` or `[[x]]` stands for.
    pub(super) fn source_kinds(&self, reference: &str) -> Vec<&str> {
        let inner = |open: &str, close: &str| reference.strip_prefix(open)?.strip_suffix(close);
        let name = inner("${", "}")
            .or_else(|| inner("[[", "]]"))
            .or_else(|| reference.strip_prefix('$'));
        let declared = name.map_or(&[][..], |name| self.get(name));
        let kinds = declared
            .iter()
            .filter_map(|variable| match &variable.values {
                Values::Sources(kind) => Some(kind.as_str()),
                Values::Listed(_) | Values::Series | Values::Foreign(_) => None,
            });
        kinds.collect()
    }
}

/// Whether an object is the declaration of a variable that queries, in the classic schema.
pub(super) fn is_query(fields: &Map<String, Value>) -> bool {
    let kind = fields.get("type").and_then(Value::as_str);
    kind == Some("query") && fields.get("name").is_some_and(Value::is_string)
}

/// The same in `dashboard.grafana.app`: what it specifies.
pub(super) fn query_spec(fields: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    let kind = fields.get("kind").and_then(Value::as_str);
    if kind != Some("QueryVariable") {
        return None;
    }
    fields.get_mut("spec")?.as_object_mut()
}

/// The texts that Grafana reads of a variable's query, and where they are in it.
pub(super) fn texts_of_query(query: &mut Value, see: &mut dyn FnMut(&str, &mut String)) {
    const READ: [&str; 2] = ["query", "__legacyStringValue"];
    match query {
        Value::String(text) => see("", text),
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match value {
                    Value::String(text) if READ.contains(&key.as_str()) => {
                        see(&format!("/{key}"), text);
                    }
                    Value::Object(spec) if key == "spec" => {
                        for key in READ {
                            if let Some(Value::String(text)) = spec.get_mut(key) {
                                see(&format!("/spec/{key}"), text);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
    }
}

/// Declarations anywhere: newer schemas have them in rows and tabs too.
fn collect<'b>(value: &'b Value, found: &mut Vec<(&'b str, &'b Map<String, Value>)>) {
    match value {
        Value::Object(fields) => {
            let text = |key: &str| fields.get(key).and_then(Value::as_str);
            if let (Some(kind), Some(Value::Object(spec))) = (text("kind"), fields.get("spec"))
                && let Some(kind) = resource_kind(kind)
            {
                found.push((kind, spec));
            }
            for (key, value) in fields {
                if key == "templating"
                    && let Some(Value::Array(list)) = value.get("list")
                {
                    let declared = list.iter().filter_map(Value::as_object);
                    found.extend(declared.map(|fields| {
                        let kind = fields.get("type").and_then(Value::as_str);
                        (kind.unwrap_or_default(), fields)
                    }));
                }
                collect(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn resource_kind(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "QueryVariable" => "query",
        "CustomVariable" => "custom",
        "ConstantVariable" => "constant",
        "IntervalVariable" => "interval",
        "TextVariable" => "textbox",
        "DatasourceVariable" => "datasource",
        "AdhocVariable" => "adhoc",
        "GroupByVariable" => "groupby",
        "SwitchVariable" => "switch",
        _ => return None,
    })
}

fn variable(
    kind: &str,
    spec: &Map<String, Value>,
    known: &Variables,
    type_of: TypeOf<'_>,
) -> Variable {
    let mut written = Vec::new();
    for key in [
        "current",
        "options",
        "allValue",
        "defaultValue",
        "enabledValue",
        "disabledValue",
    ] {
        texts(spec.get(key), &mut written);
    }
    let query = spec
        .get("query")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let flag = |key: &str| spec.get(key).and_then(Value::as_bool) == Some(true);
    // A list that is saved as chosen is put in as a list, whatever the flags say.
    let saved = spec.get("current").and_then(|current| current.get("value"));
    let list = saved
        .and_then(Value::as_array)
        .is_some_and(|list| list.len() != 1);
    let several = flag("multi") || flag("includeAll") || list;
    let values = match kind {
        "custom" | "interval" => {
            written.push(query.to_owned());
            let mut choices: Vec<String> = query.split(',').map(choice).collect();
            if query.is_empty() {
                choices.clear();
            }
            choices.extend(chosen(spec));
            Values::Listed(choices)
        }
        "constant" | "textbox" => {
            written.push(query.to_owned());
            texts(spec.get("originalQuery"), &mut written);
            Values::Listed(
                std::iter::once(query.to_owned())
                    .chain(chosen(spec))
                    .collect(),
            )
        }
        "switch" => Values::Listed(written.clone()),
        "datasource" => {
            let plugin = spec.get("pluginId").and_then(Value::as_str);
            Values::Sources(plugin.unwrap_or(query).to_owned())
        }
        "query" => {
            let own = source::of(spec, known, type_of);
            let inner = spec.get("query").and_then(Value::as_object);
            let inner = inner.map_or(Around::Nothing, |query| source::of(query, known, type_of));
            match inner.within(own) {
                Source::Prometheus => Values::Series,
                Source::Other | Source::Perhaps => Values::Foreign(
                    "its values come of a data source that is not fenced".to_owned(),
                ),
            }
        }
        kind => Values::Foreign(format!(
            "it is of type {kind:?}, whose values are not known"
        )),
    };
    Variable {
        values,
        written,
        several,
    }
}

/// `text : value` stands for the value.
fn choice(option: &str) -> String {
    let value = option.split_once(" : ").map_or(option, |(_, value)| value);
    value.trim().to_owned()
}

/// The values that are saved as chosen or to choose from.
fn chosen(spec: &Map<String, Value>) -> Vec<String> {
    let mut values = Vec::new();
    texts(
        spec.get("current").and_then(|current| current.get("value")),
        &mut values,
    );
    for option in spec
        .get("options")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        texts(option.get("value"), &mut values);
    }
    values
}

fn texts(value: Option<&Value>, found: &mut Vec<String>) {
    match value {
        Some(Value::String(text)) => found.push(text.clone()),
        Some(Value::Array(items)) => items.iter().for_each(|item| texts(Some(item), found)),
        Some(Value::Object(fields)) => fields
            .iter()
            .for_each(|(_, value)| texts(Some(value), found)),
        Some(Value::Number(number)) => found.push(number.to_string()),
        Some(Value::Null | Value::Bool(_)) | None => {}
    }
}
