//! Bodies of what stands on an Alertmanager: what a definition adds, in the words of Alertmanager's file, with
//! names as the definition has them. Secrets are not shown.

use serde_json::{Map, Value as Json};

use crate::model::alertmanager::{
    InhibitRule, Matcher, Receiver, Route, Routing, TimeInterval, Value,
};

pub(super) fn routing(routing: &Routing) -> Json {
    let Routing {
        // Of the resource's own name.
        namespace: _,
        name: _,
        route,
        receivers,
        inhibit_rules,
        time_intervals,
        // Of the server.
        needs: _,
    } = routing;
    let mut fields = Fields::default();
    if let Some(route) = route {
        fields.add("route", self::route(route));
    }
    fields.list("receivers", receivers.iter().map(receiver));
    fields.list("inhibit_rules", inhibit_rules.iter().map(inhibit_rule));
    fields.list("time_intervals", time_intervals.iter().map(time_interval));
    Json::Object(fields.0)
}

/// Fields that say nothing are left out.
#[derive(Default)]
struct Fields(Map<String, Json>);

impl Fields {
    fn add(&mut self, name: &str, value: impl Into<Json>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn text(&mut self, name: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.add(name, text.as_str());
        }
    }

    fn list(&mut self, name: &str, items: impl Iterator<Item = Json>) {
        let items: Vec<Json> = items.collect();
        if !items.is_empty() {
            self.add(name, items);
        }
    }

    fn texts(&mut self, name: &str, texts: &[String]) {
        self.list(name, texts.iter().map(|text| text.as_str().into()));
    }

    fn matchers(&mut self, name: &str, matchers: &[Matcher]) {
        self.list(name, matchers.iter().map(|m| m.to_string().into()));
    }
}

fn route(route: &Route) -> Json {
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
        fields.add("continue", true);
    }
    fields.text("group_wait", group_wait.as_ref());
    fields.text("group_interval", group_interval.as_ref());
    fields.text("repeat_interval", repeat_interval.as_ref());
    fields.texts("mute_time_intervals", mute_time_intervals);
    fields.texts("active_time_intervals", active_time_intervals);
    fields.list("routes", routes.iter().map(self::route));
    Json::Object(fields.0)
}

fn receiver(receiver: &Receiver) -> Json {
    let Receiver { name, integrations } = receiver;
    let mut fields = Fields::default();
    fields.text("name", Some(name));
    for (kind, settings) in integrations {
        fields.list(kind, settings.iter().map(value));
    }
    Json::Object(fields.0)
}

fn inhibit_rule(rule: &InhibitRule) -> Json {
    let InhibitRule {
        source,
        target,
        equal,
    } = rule;
    let mut fields = Fields::default();
    fields.matchers("source_matchers", source);
    fields.matchers("target_matchers", target);
    fields.texts("equal", equal);
    Json::Object(fields.0)
}

fn time_interval(interval: &TimeInterval) -> Json {
    let TimeInterval { name, intervals } = interval;
    let mut fields = Fields::default();
    fields.text("name", Some(name));
    fields.add("time_intervals", value(intervals));
    Json::Object(fields.0)
}

fn value(value: &Value) -> Json {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(self::value).collect(),
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(name, value)| (name.clone(), self::value(value)));
            Json::Object(entries.collect())
        }
        Value::Secret(_) => "(secret)".into(),
    }
}
