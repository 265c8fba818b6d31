//! Which receivers an alert reaches: the routing of Alertmanager (`dispatch/route.go` of 0.25), as data.

use super::matcher::{Labels, Matcher, all_match};

/// Whether an alert is for somebody to be woken: by the value of `severity` that it has in most rules.
pub fn is_page(labels: &Labels) -> bool {
    let severity = labels.get("severity").map(String::as_str);
    matches!(severity, Some("page" | "critical"))
}

/// A route with those below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The parent's where there is none; the root has one.
    pub receiver: Option<String>,
    pub matchers: Vec<Matcher>,
    /// Whether the routes after this one are tried, too, where it matches.
    pub continues: bool,
    /// Durations in Alertmanager's form; the parent's where there is none.
    pub group_wait: Option<String>,
    pub group_interval: Option<String>,
    pub repeat_interval: Option<String>,
    /// Labels; the parent's where there are none.
    pub group_by: Vec<String>,
    pub mute_time_intervals: Vec<String>,
    pub active_time_intervals: Vec<String>,
    pub routes: Vec<Route>,
}

/// One way that an alert takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Positions among the siblings, from the root's children down; the root has none.
    pub path: Vec<usize>,
    pub receiver: &'a str,
}

impl Route {
    /// The ends of the ways that an alert takes, in order: whoever stands there is notified. As the root matches
    /// everything, there is at least one.
    pub fn ways<'a>(&'a self, labels: &Labels) -> Vec<Step<'a>> {
        let mut steps = Vec::new();
        let root = self.receiver.as_deref().unwrap_or_default();
        self.descend(labels, root, &mut Vec::new(), &mut steps);
        steps
    }

    /// The same of a route that stands below another, whose receiver is `inherited`: none where it does not match.
    pub fn ways_below<'a>(&'a self, labels: &Labels, inherited: &'a str) -> Vec<Step<'a>> {
        let mut steps = Vec::new();
        if all_match(&self.matchers, labels) {
            self.descend(labels, inherited, &mut Vec::new(), &mut steps);
        }
        steps
    }

    /// Adds the ways below; whether there is any.
    fn descend<'a>(
        &'a self,
        labels: &Labels,
        inherited: &'a str,
        path: &mut Vec<usize>,
        steps: &mut Vec<Step<'a>>,
    ) -> bool {
        let matches = path.is_empty() || all_match(&self.matchers, labels);
        if !matches {
            return false;
        }
        let receiver = self.receiver.as_deref().unwrap_or(inherited);
        let mut taken = false;
        for (index, child) in self.routes.iter().enumerate() {
            path.push(index);
            let found = child.descend(labels, receiver, path, steps);
            path.pop();
            taken |= found;
            if found && !child.continues {
                break;
            }
        }
        if !taken {
            let path = path.clone();
            steps.push(Step { path, receiver });
        }
        true
    }

    /// The route at a path.
    pub fn at(&self, path: &[usize]) -> Option<&Self> {
        match path {
            [] => Some(self),
            [first, rest @ ..] => self.routes.get(*first)?.at(rest),
        }
    }

    /// It and all below it, parents first.
    pub fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        let mut next = 0;
        while let Some(route) = all.get(next).copied() {
            all.extend(&route.routes);
            next += 1;
        }
        all
    }
}

/// While an alert that matches the source fires, those that match the target, and have the same values of the
/// equal labels, are not notified about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InhibitRule {
    pub source: Vec<Matcher>,
    pub target: Vec<Matcher>,
    pub equal: Vec<String>,
}

impl InhibitRule {
    /// Whether `source`, while it fires, silences `target` (`inhibit/inhibit.go` of 0.25): an alert that matches
    /// both sides is not silenced by another that does.
    pub fn inhibits(&self, source: &Labels, target: &Labels) -> bool {
        let is_source = |labels| all_match(&self.source, labels);
        let is_target = |labels| all_match(&self.target, labels);
        let both = is_source(target) && is_target(target);
        is_source(source)
            && is_target(target)
            && !(both && is_target(source))
            && self.equal.iter().all(|label| {
                let value = |labels: &Labels| labels.get(label).cloned().unwrap_or_default();
                value(source) == value(target)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(receiver: &str, matcher: &str, continues: bool, routes: Vec<Route>) -> Route {
        Route {
            receiver: (!receiver.is_empty()).then(|| receiver.to_owned()),
            matchers: vec![Matcher::parse(matcher).unwrap()],
            continues,
            routes,
            ..Route::default()
        }
    }

    fn labels(text: &str) -> Labels {
        let pairs = text.split(',').map(|pair| pair.split_once('=').unwrap());
        pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    fn root() -> Route {
        let a = route(
            "a",
            "team=a",
            true,
            vec![route("", "page=1", false, vec![])],
        );
        let all = route("all", "team=~.+", false, vec![]);
        let late = route("late", "team=a", false, vec![]);
        Route {
            receiver: Some("default".to_owned()),
            routes: vec![a, all, late],
            ..Route::default()
        }
    }

    fn reached(alert: &str) -> Vec<(Vec<usize>, String)> {
        let root = root();
        let steps = root.ways(&labels(alert));
        steps
            .into_iter()
            .map(|step| (step.path, step.receiver.to_owned()))
            .collect()
    }

    #[test]
    fn goes_on_after_a_route_that_continues() {
        let expected = [(vec![0, 0], "a".to_owned()), (vec![1], "all".to_owned())];
        assert_eq!(reached("team=a,page=1"), expected);
        let expected = [(vec![0], "a".to_owned()), (vec![1], "all".to_owned())];
        assert_eq!(reached("team=a"), expected);
    }

    #[test]
    fn what_no_route_takes_reaches_the_root() {
        assert_eq!(reached("other=x"), [(vec![], "default".to_owned())]);
    }

    #[test]
    fn an_alert_of_both_sides_is_not_silenced_by_another() {
        let rule = InhibitRule {
            source: vec![Matcher::parse("severity=~critical|both").unwrap()],
            target: vec![Matcher::parse("severity=~warning|both").unwrap()],
            equal: vec!["job".to_owned()],
        };
        let (critical, warning, both) = (
            labels("severity=critical,job=x"),
            labels("severity=warning,job=x"),
            labels("severity=both,job=x"),
        );
        assert!(rule.inhibits(&critical, &warning));
        assert!(rule.inhibits(&critical, &both));
        assert!(!rule.inhibits(&both, &both));
        assert!(!rule.inhibits(&critical, &labels("severity=warning,job=y")));
        assert!(!rule.inhibits(&warning, &critical));
    }
}
