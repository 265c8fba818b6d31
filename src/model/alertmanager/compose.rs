//! The whole: the platform's own file with every definition's part, each inside its fence.

use std::sync::Arc;

use super::definition::{Receiver, Routing, TimeInterval};
use super::matcher::{Matcher, Operator};
use super::route::{InhibitRule, Route};
use super::value::Value;

/// The name of the resource that is the platform's own part. No definition is called so: their names have a slash.
pub const BASE: &str = "base_file";

/// A definition on one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fenced {
    pub routing: Arc<Routing>,
    /// What every alert that it may touch has. Empty is for the platform's own definitions only.
    pub fence: Vec<Matcher>,
}

impl Fenced {
    /// What it adds to the whole.
    pub fn part(&self) -> Part {
        Part::new(&self.routing, &self.fence)
    }
}

/// The platform's own file, `base_file`: everything that is nobody's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The file as written.
    pub file: Value,
    pub route: Route,
    pub inhibit_rules: Vec<InhibitRule>,
}

/// What one definition adds, as it stands in the whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// `<namespace>/<name>` of the definition.
    pub id: String,
    pub route: Option<Route>,
    pub receivers: Vec<Receiver>,
    pub inhibit_rules: Vec<InhibitRule>,
    pub time_intervals: Vec<TimeInterval>,
}

impl Part {
    /// A definition inside its fence. Nothing it says reaches beyond: every alert that its route takes, and both
    /// sides of its inhibition rules, have the labels of the fence, and its names are its own.
    ///
    /// An empty fence is for the platform's own definitions only.
    pub fn new(routing: &Routing, fence: &[Matcher]) -> Self {
        let receivers = routing.receivers.iter().map(|receiver| Receiver {
            name: routing.qualified(&receiver.name),
            integrations: receiver.integrations.clone(),
        });
        let time_intervals = routing.time_intervals.iter().map(|interval| TimeInterval {
            name: routing.qualified(&interval.name),
            intervals: interval.intervals.clone(),
        });
        Self {
            id: routing.id(),
            route: routing.fenced_route(fence),
            receivers: receivers.collect(),
            inhibit_rules: routing.fenced_rules(fence),
            time_intervals: time_intervals.collect(),
        }
    }
}

/// What definitions are sorted by: namespace, then name. As one text, `a-b/x` would come before `a/x`.
pub fn order(id: &str) -> (&str, &str) {
    id.split_once('/').unwrap_or((id, ""))
}

/// The routes of the whole: those of the parts, in the order of their ids, before the base's own. Each of them
/// continues, so that no part ends the routing of what comes after it.
pub fn compose(base: &Base, parts: &[Part]) -> Route {
    let mut sorted: Vec<&Part> = parts.iter().collect();
    sorted.sort_by(|a, b| order(&a.id).cmp(&order(&b.id)));
    let mut whole = base.route.clone();
    let own = std::mem::take(&mut whole.routes);
    whole.routes = sorted
        .iter()
        .filter_map(|part| part.route.clone())
        .chain(own)
        .collect();
    whole
}

/// What is wrong with a base.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {detail}")]
pub struct BaseError {
    /// `route.routes[1]`
    pub at: String,
    pub detail: String,
}

impl Route {
    /// A route as a file has it.
    ///
    /// # Errors
    /// Where a matcher is none.
    pub fn of(value: &Value) -> Result<Self, BaseError> {
        base_route(value, "route")
    }
}

impl Base {
    /// Understands a file as far as routing goes.
    ///
    /// # Errors
    /// Where there is no route, or a matcher is none.
    pub fn new(file: Value) -> Result<Self, BaseError> {
        let no_route = || BaseError {
            at: "route".to_owned(),
            detail: "it is missing".to_owned(),
        };
        let route = file.get("route").ok_or_else(no_route)?;
        let route = base_route(route, "route")?;
        let rules = file.get("inhibit_rules").map_or(&[][..], Value::items);
        let rules = rules.iter().enumerate().map(|(index, rule)| {
            let at = format!("inhibit_rules[{index}]");
            Ok(InhibitRule {
                source: side(rule, "source", &at)?,
                target: side(rule, "target", &at)?,
                equal: texts(rule.get("equal")),
            })
        });
        let inhibit_rules = rules.collect::<Result<_, _>>()?;
        Ok(Self {
            file,
            route,
            inhibit_rules,
        })
    }
}

fn base_route(value: &Value, at: &str) -> Result<Route, BaseError> {
    let text = |field: &str| value.get(field).and_then(Value::as_text).map(str::to_owned);
    let mut matchers = pairs(value.get("match"), Operator::Equal, at)?;
    matchers.extend(pairs(value.get("match_re"), Operator::Matches, at)?);
    matchers.extend(written(value.get("matchers"), at)?);
    let routes = value.get("routes").map_or(&[][..], Value::items);
    let routes = routes
        .iter()
        .enumerate()
        .map(|(index, route)| base_route(route, &format!("{at}.routes[{index}]")));
    Ok(Route {
        receiver: text("receiver"),
        matchers,
        continues: value.get("continue") == Some(&Value::Bool(true)),
        group_wait: text("group_wait"),
        group_interval: text("group_interval"),
        repeat_interval: text("repeat_interval"),
        group_by: texts(value.get("group_by")),
        mute_time_intervals: texts(value.get("mute_time_intervals")),
        active_time_intervals: texts(value.get("active_time_intervals")),
        routes: routes.collect::<Result<_, _>>()?,
    })
}

/// One side of an inhibition rule: `source_match`, `source_match_re` and `source_matchers`.
fn side(rule: &Value, side: &str, at: &str) -> Result<Vec<Matcher>, BaseError> {
    let field = |end: &str| rule.get(&format!("{side}_{end}"));
    let mut matchers = pairs(field("match"), Operator::Equal, at)?;
    matchers.extend(pairs(field("match_re"), Operator::Matches, at)?);
    matchers.extend(written(field("matchers"), at)?);
    Ok(matchers)
}

fn pairs(value: Option<&Value>, operator: Operator, at: &str) -> Result<Vec<Matcher>, BaseError> {
    let entries = value.map_or(&[][..], Value::entries);
    let matchers = entries.iter().map(|(name, value)| {
        let value = match value {
            Value::Text(text) => text.clone(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => value.to_string(),
            Value::List(_) | Value::Map(_) | Value::Secret(_) => String::new(),
        };
        Matcher::new(name, operator, value).map_err(|error| error_at(at, &error))
    });
    matchers.collect()
}

fn written(value: Option<&Value>, at: &str) -> Result<Vec<Matcher>, BaseError> {
    let items = value.map_or(&[][..], Value::items);
    let texts = items.iter().filter_map(Value::as_text);
    let matchers = texts.map(|text| Matcher::parse(text).map_err(|error| error_at(at, &error)));
    matchers.collect()
}

fn error_at(at: &str, error: &super::MatcherError) -> BaseError {
    BaseError {
        at: at.to_owned(),
        detail: error.to_string(),
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.map_or(&[][..], Value::items);
    items
        .iter()
        .filter_map(Value::as_text)
        .map(str::to_owned)
        .collect()
}
