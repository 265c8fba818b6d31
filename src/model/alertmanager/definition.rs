//! What one `AlertmanagerConfig` declares.

use std::sync::Arc;

use super::matcher::Matcher;
use super::route::{InhibitRule, Route};
use super::value::Value;
use crate::model::Version;

/// The routing that one definition adds. Names are the definition's own; in the whole they stand as
/// `<namespace>/<name>/<x>`.
#[derive(Clone, Debug, PartialEq)]
pub struct Routing {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    /// Absent where the definition only inhibits.
    pub route: Option<Route>,
    pub receivers: Vec<Receiver>,
    pub inhibit_rules: Vec<InhibitRule>,
    pub time_intervals: Vec<TimeInterval>,
    /// Fields that not every Alertmanager knows.
    pub needs: Vec<Need>,
}

/// Whom to notify.
#[derive(Clone, Debug, PartialEq)]
pub struct Receiver {
    pub name: String,
    /// `webhook_configs` and the like, each with its list.
    pub integrations: Vec<(&'static str, Vec<Value>)>,
}

/// When notifications are muted, or not.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeInterval {
    pub name: String,
    /// `time_intervals` of Alertmanager's file.
    pub intervals: Value,
}

/// A field that came with a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// As written: `receivers[0].webhookConfigs[0].urlSecret`.
    pub field: String,
    pub since: Version,
}

impl Routing {
    /// `<namespace>/<name>`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// A name of the definition as it stands in the whole.
    pub fn qualified(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.namespace, self.name)
    }

    /// The route as it stands in the whole: it takes only what the fence lets in, and what comes after it is
    /// tried in any case.
    pub(super) fn fenced_route(&self, fence: &[Matcher]) -> Option<Route> {
        let mut route = self.qualify(self.route.as_ref()?);
        route.matchers.splice(0..0, fence.iter().cloned());
        route.continues = true;
        Some(route)
    }

    fn qualify(&self, route: &Route) -> Route {
        let names = |names: &[String]| names.iter().map(|name| self.qualified(name)).collect();
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
        Route {
            receiver: receiver.as_deref().map(|name| self.qualified(name)),
            matchers: matchers.clone(),
            continues: *continues,
            group_wait: group_wait.clone(),
            group_interval: group_interval.clone(),
            repeat_interval: repeat_interval.clone(),
            group_by: group_by.clone(),
            mute_time_intervals: names(mute_time_intervals),
            active_time_intervals: names(active_time_intervals),
            routes: routes.iter().map(|route| self.qualify(route)).collect(),
        }
    }

    /// The inhibition rules as they stand in the whole: both sides are inside the fence.
    pub(super) fn fenced_rules(&self, fence: &[Matcher]) -> Vec<InhibitRule> {
        let within = |matchers: &[Matcher]| [fence, matchers].concat();
        let rules = self.inhibit_rules.iter().map(|rule| InhibitRule {
            source: within(&rule.source),
            target: within(&rule.target),
            equal: rule.equal.clone(),
        });
        rules.collect()
    }
}
