//! The text of the composed file.
//!
//! The platform's fields come in the order in which `base_file` has them. In each list that definitions add to,
//! their items stand under a comment with the definition's name, sorted by it: routes before the platform's own,
//! everything else after. The same input gives the same bytes.

use serde_yaml::Value as Yaml;

use crate::model::alertmanager::{
    Base, InhibitRule, Matcher, Part, Receiver, Route, SecretValue, TimeInterval, Value,
};

/// How a secret comes into the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Its value, in its own field.
    Value(String),
    /// The path of a file that holds it, in the field of that.
    File { field: String, path: String },
}

/// What stands in for secrets.
pub type Secrets<'a> = &'a dyn Fn(&SecretValue) -> Written;

/// The whole file. `head` is put before everything, as comment lines.
pub fn write(head: &[String], base: &Base, parts: &[Part], secrets: Secrets<'_>) -> String {
    let mut parts: Vec<&Part> = parts.iter().collect();
    parts.sort_by(|a, b| a.id.cmp(&b.id));
    let mut writer = Writer {
        out: String::new(),
        parts,
        secrets,
    };
    for line in head {
        writer.line(&format!("# {line}"));
    }
    for (field, value) in base.file.entries() {
        match field.as_str() {
            "route" => writer.route(value),
            name => match Section::of(name) {
                Some(section) => writer.section(section, value.items()),
                None => writer.field(name, value),
            },
        }
    }
    for section in Section::ALL {
        if base.file.get(section.field()).is_none() {
            writer.section(*section, &[]);
        }
    }
    writer.out
}

/// The lists that definitions add to, but for the routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Receivers,
    InhibitRules,
    TimeIntervals,
}

impl Section {
    const ALL: &'static [Self] = &[Self::Receivers, Self::InhibitRules, Self::TimeIntervals];

    fn of(field: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|section| section.field() == field)
    }

    fn field(self) -> &'static str {
        match self {
            Self::Receivers => "receivers",
            Self::InhibitRules => "inhibit_rules",
            Self::TimeIntervals => "time_intervals",
        }
    }

    fn items(self, part: &Part) -> Vec<Value> {
        match self {
            Self::Receivers => part.receivers.iter().map(receiver).collect(),
            Self::InhibitRules => part.inhibit_rules.iter().map(inhibit_rule).collect(),
            Self::TimeIntervals => part.time_intervals.iter().map(time_interval).collect(),
        }
    }
}

struct Writer<'a> {
    out: String,
    /// Sorted.
    parts: Vec<&'a Part>,
    secrets: Secrets<'a>,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn field(&mut self, name: &str, value: &Value) {
        let entry = Value::Map(vec![(name.to_owned(), value.clone())]);
        self.block("", &entry);
    }

    /// A list with the platform's items first.
    fn section(&mut self, section: Section, own: &[Value]) {
        let parts: Vec<(String, Vec<Value>)> = self
            .parts
            .iter()
            .map(|part| (part.id.clone(), section.items(part)))
            .filter(|(_, items)| !items.is_empty())
            .collect();
        if own.is_empty() && parts.is_empty() {
            return;
        }
        self.line(&format!("{}:", section.field()));
        for item in own {
            self.block("", &Value::List(vec![item.clone()]));
        }
        for (id, items) in parts {
            self.line(&format!("# {id}"));
            self.block("", &Value::List(items));
        }
    }

    /// The root with the definitions' routes before the platform's own.
    fn route(&mut self, root: &Value) {
        self.line("route:");
        let rest = root.entries().iter().filter(|(name, _)| name != "routes");
        let rest: Vec<_> = rest.cloned().collect();
        if !rest.is_empty() {
            self.block("  ", &Value::Map(rest));
        }
        let own = root.get("routes").map_or(&[][..], Value::items);
        let parts: Vec<(String, Value)> = self
            .parts
            .iter()
            .filter_map(|part| Some((part.id.clone(), route(part.route.as_ref()?))))
            .collect();
        if own.is_empty() && parts.is_empty() {
            return;
        }
        self.line("  routes:");
        for (id, route) in parts {
            self.line(&format!("  # {id}"));
            self.block("  ", &Value::List(vec![route]));
        }
        if !own.is_empty() {
            self.line("  # base_file");
            self.block("  ", &Value::List(own.to_vec()));
        }
    }

    /// Writes a value, indented.
    fn block(&mut self, indent: &str, value: &Value) {
        let yaml = yaml(value, self.secrets);
        // A tree of texts, numbers, lists and mappings with text keys can always be written.
        let text = serde_yaml::to_string(&yaml).unwrap_or_default();
        for line in text.lines() {
            if line.is_empty() {
                self.line("");
            } else {
                self.line(&format!("{indent}{line}"));
            }
        }
    }
}

fn yaml(value: &Value, secrets: Secrets<'_>) -> Yaml {
    match value {
        Value::Bool(value) => Yaml::Bool(*value),
        Value::Int(value) => Yaml::Number((*value).into()),
        Value::Float(value) => Yaml::Number((*value).into()),
        Value::Text(text) => Yaml::String(text.clone()),
        Value::List(items) => items.iter().map(|item| yaml(item, secrets)).collect(),
        Value::Map(fields) => {
            let fields = fields.iter().map(|(name, value)| match value {
                Value::Secret(secret) => match secrets(secret) {
                    Written::Value(value) => (Yaml::String(name.clone()), Yaml::String(value)),
                    Written::File { field, path } => (Yaml::String(field), Yaml::String(path)),
                },
                other => (Yaml::String(name.clone()), yaml(other, secrets)),
            });
            Yaml::Mapping(fields.collect())
        }
        // Only fields hold secrets.
        Value::Secret(secret) => match secrets(secret) {
            Written::Value(value) | Written::File { path: value, .. } => Yaml::String(value),
        },
    }
}

/// Fields in the order of Alertmanager's documentation; those that say nothing are left out.
#[derive(Default)]
struct Fields(Vec<(String, Value)>);

impl Fields {
    fn add(&mut self, name: &str, value: Value) {
        self.0.push((name.to_owned(), value));
    }

    fn text(&mut self, name: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.add(name, Value::text(text));
        }
    }

    fn texts(&mut self, name: &str, texts: &[String]) {
        if !texts.is_empty() {
            self.add(name, Value::texts(texts));
        }
    }

    fn matchers(&mut self, name: &str, matchers: &[Matcher]) {
        if !matchers.is_empty() {
            let texts = matchers
                .iter()
                .map(|matcher| Value::text(matcher.to_string()));
            self.add(name, Value::List(texts.collect()));
        }
    }
}

fn route(route: &Route) -> Value {
    let Route {
        receiver,
        matchers,
        continues,
        group_wait,
        group_interval,
        repeat_interval,
        group_by,
        mute_time_intervals,
        active_time_intervals,
        routes,
    } = route;
    let mut fields = Fields::default();
    fields.text("receiver", receiver.as_ref());
    fields.texts("group_by", group_by);
    fields.matchers("matchers", matchers);
    if *continues {
        fields.add("continue", Value::Bool(true));
    }
    fields.text("group_wait", group_wait.as_ref());
    fields.text("group_interval", group_interval.as_ref());
    fields.text("repeat_interval", repeat_interval.as_ref());
    fields.texts("mute_time_intervals", mute_time_intervals);
    fields.texts("active_time_intervals", active_time_intervals);
    if !routes.is_empty() {
        fields.add(
            "routes",
            Value::List(routes.iter().map(self::route).collect()),
        );
    }
    Value::Map(fields.0)
}

fn receiver(receiver: &Receiver) -> Value {
    let mut fields = Fields::default();
    fields.add("name", Value::text(&receiver.name));
    for (kind, settings) in &receiver.integrations {
        fields.add(kind, Value::List(settings.clone()));
    }
    Value::Map(fields.0)
}

fn inhibit_rule(rule: &InhibitRule) -> Value {
    let mut fields = Fields::default();
    fields.matchers("source_matchers", &rule.source);
    fields.matchers("target_matchers", &rule.target);
    fields.texts("equal", &rule.equal);
    Value::Map(fields.0)
}

fn time_interval(interval: &TimeInterval) -> Value {
    let mut fields = Fields::default();
    fields.add("name", Value::text(&interval.name));
    fields.add("time_intervals", interval.intervals.clone());
    Value::Map(fields.0)
}
