//! Where alerts go: the whole by whom its routes belong to, and the alerts that fire.

use std::collections::{BTreeMap, BTreeSet};

use super::compose::Base;
use super::matcher::Labels;
use super::route::Route;

/// What a server routes by now, and what it has to route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRouting {
    pub whole: Whole,
    /// Those that fire and are neither silenced nor inhibited, sorted; `None` where the server did not say.
    pub alerts: Option<Vec<Labels>>,
}

/// The routes of a configuration by whom they belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// The platform's own, without those of definitions.
    pub base: Route,
    /// By the name of the definition.
    pub parts: BTreeMap<String, Route>,
}

/// One way that an alert takes, by whose route it ends in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way<'a> {
    /// The definition; `None` is the platform.
    pub part: Option<&'a str>,
    /// Positions below the definition's route, or below the root.
    pub path: Vec<usize>,
    pub receiver: &'a str,
}

impl Whole {
    pub fn new(base: &Base) -> Self {
        Self {
            base: base.route.clone(),
            parts: BTreeMap::new(),
        }
    }

    /// The ways that an alert takes, in the order of the whole.
    pub fn ways(&self, labels: &Labels) -> Vec<Way<'_>> {
        let mut found = Vec::new();
        let root = self.base.receiver.as_deref().unwrap_or_default();
        for (part, route) in &self.parts {
            let below = route.ways_below(labels, root);
            found.extend(below.into_iter().map(|step| Way {
                part: Some(part),
                path: step.path,
                receiver: step.receiver,
            }));
        }
        let own = self.base.ways(labels);
        // The root is where an alert ends that nobody else takes.
        let own = own
            .into_iter()
            .filter(|step| found.is_empty() || !step.path.is_empty());
        let own: Vec<Way<'_>> = own
            .map(|step| Way {
                part: None,
                path: step.path,
                receiver: step.receiver,
            })
            .collect();
        found.extend(own);
        found
    }

    /// Who is notified of an alert.
    pub fn receivers(&self, labels: &Labels) -> BTreeSet<&str> {
        self.ways(labels).iter().map(|way| way.receiver).collect()
    }

    /// Whether nobody takes an alert, so that it reaches only the receiver of what nobody takes.
    pub fn only_default(&self, labels: &Labels) -> bool {
        let ways = self.ways(labels);
        ways.iter()
            .all(|way| way.part.is_none() && way.path.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::super::compose::{Part, compose};
    use super::super::matcher::Matcher;
    use super::*;

    fn route(receiver: &str, matcher: &str) -> Route {
        Route {
            receiver: Some(receiver.to_owned()),
            matchers: vec![Matcher::parse(matcher).unwrap()],
            continues: true,
            ..Route::default()
        }
    }

    fn whole() -> Whole {
        Whole {
            base: Route {
                receiver: Some("default".to_owned()),
                routes: vec![route("audit", "audit=yes")],
                ..Route::default()
            },
            parts: BTreeMap::from([
                ("a/x".to_owned(), route("a/x/r", "team=a")),
                ("b/x".to_owned(), route("b/x/r", "team=b")),
            ]),
        }
    }

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn is_the_routing_of_the_composed_whole() {
        let whole = whole();
        let base = Base {
            file: super::super::Value::default(),
            route: whole.base.clone(),
            inhibit_rules: Vec::new(),
        };
        let parts = whole.parts.iter().map(|(id, route)| Part {
            id: id.clone(),
            route: Some(route.clone()),
            receivers: Vec::new(),
            inhibit_rules: Vec::new(),
            time_intervals: Vec::new(),
        });
        let composed = compose(&base, &parts.collect::<Vec<_>>());
        for team in ["a", "b", "c"] {
            for audit in ["yes", "no"] {
                let alert = labels(&[("team", team), ("audit", audit)]);
                let ways = composed.ways(&alert);
                let expected: Vec<&str> = ways.iter().map(|step| step.receiver).collect();
                let ways = whole.ways(&alert);
                let found: Vec<&str> = ways.iter().map(|way| way.receiver).collect();
                assert_eq!(found, expected, "{alert:?}");
            }
        }
    }

    #[test]
    fn only_what_nobody_takes_reaches_only_the_default() {
        let whole = whole();
        assert!(whole.only_default(&labels(&[("team", "c")])));
        assert!(!whole.only_default(&labels(&[("team", "a")])));
        assert!(!whole.only_default(&labels(&[("audit", "yes")])));
    }
}
