//! What a definition adds, in the form of Alertmanager's file.

use super::{InhibitRule, Matcher, Part, Receiver, Route, TimeInterval, Value};

/// What one definition adds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Piece {
    pub route: Option<Value>,
    pub receivers: Vec<Value>,
    pub inhibit_rules: Vec<Value>,
    pub time_intervals: Vec<Value>,
}

impl Piece {
    pub fn of(part: &Part) -> Self {
        Self {
            route: part.route.as_ref().map(route),
            receivers: part.receivers.iter().map(receiver).collect(),
            inhibit_rules: part.inhibit_rules.iter().map(inhibit_rule).collect(),
            time_intervals: part.time_intervals.iter().map(time_interval).collect(),
        }
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
