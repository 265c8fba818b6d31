//! The metrics fence: what a tenant's rules read, and how what they make is marked.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::model::grafana::{Dashboard, DashboardBody};
use crate::model::grafana_fence::{DashboardFault, TypeOf, fence_dashboard};
use crate::model::promql::fence::{self, Fence, FenceFault, written_labels};
use crate::model::tenant::Enforce;
use crate::model::{Hash, Rule, RuleGroup, Tenant, Tenants, template};

/// What holds for all queries and rules of one tenant.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    pub(super) tenant: Arc<Tenant>,
    /// Labels that mark what other tenants make: this one may not have them.
    reserved: BTreeSet<String>,
    /// Whether alerts of others name their owner, and those of this tenant do not: then it may not name one either.
    others_name_owners: bool,
    /// Of all that the outcome depends on.
    pub(super) key: Hash,
}

/// Something that reaches beyond the fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) at: At,
    pub(super) message: String,
    pub(super) hint: String,
}

/// Where it is in its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// A label of the group itself.
    Group,
    Expr {
        rule: usize,
        from: usize,
        to: usize,
    },
    Label {
        rule: usize,
        /// Among the rule's labels, in the order of their names.
        index: usize,
    },
    /// Somewhere in a rule.
    Rule(usize),
}

/// The bounds of every tenant, in the order of the tenants.
pub(super) fn bounds(tenants: &Tenants) -> Vec<Bounds> {
    let fixed = tenants.all().iter().flat_map(|t| t.metrics.labels.keys());
    let fixed: BTreeSet<&String> = fixed.collect();
    let owners = tenants.all().iter().any(|t| t.metrics.owner_label);
    let of = |tenant: &Arc<Tenant>| {
        let own = &tenant.metrics.labels;
        let others = fixed.iter().filter(|label| !own.contains_key(**label));
        let reserved: BTreeSet<String> = others.map(|label| (*label).clone()).collect();
        let metrics = &tenant.metrics;
        let matchers: Vec<&str> = metrics.matchers.iter().map(|m| &*m.value).collect();
        let all = format!(
            "{matchers:?}{:?}{own:?}{reserved:?}{}{owners}{}",
            metrics.enforce, metrics.owner_label, tenant.name
        );
        Bounds {
            tenant: tenant.clone(),
            reserved,
            others_name_owners: owners && !metrics.owner_label && !own.contains_key(OWNER),
            key: Hash::of(all.as_bytes()),
        }
    };
    tenants.all().iter().map(of).collect()
}

impl Bounds {
    /// The fence, where it is kept.
    pub(super) fn fence(&self) -> Option<&Fence> {
        let metrics = &self.tenant.metrics;
        let kept = match metrics.enforce {
            Enforce::Inject | Enforce::Require => metrics.fence.as_deref(),
            Enforce::Off => None,
        };
        kept.filter(|fence| !fence.is_empty())
    }

    /// A group inside the bounds, its alerts and series marked as the tenant's; else all that is not.
    pub(super) fn group(
        &self,
        group: &RuleGroup,
        owner: Option<&str>,
    ) -> Result<RuleGroup, Vec<Found>> {
        let mut found = Vec::new();
        for (name, value) in &group.labels {
            found.extend(self.label(name, value, owner).map(|(message, hint)| Found {
                at: At::Group,
                message,
                hint,
            }));
        }
        let rules = group.rules.iter().enumerate();
        let rules = rules.map(|(index, rule)| self.rule(index, rule, owner, &mut found));
        let fenced = RuleGroup {
            rules: rules.collect(),
            ..group.clone()
        };
        if found.is_empty() {
            Ok(fenced)
        } else {
            Err(found)
        }
    }

    /// A dashboard's body inside the fence, with its inputs put in.
    pub(super) fn dashboard(
        &self,
        dashboard: &Dashboard,
        type_of: TypeOf<'_>,
    ) -> Result<Arc<DashboardBody>, Arc<[DashboardFault]>> {
        let before = dashboard.rendered();
        let mut found = posing_tags(&before);
        let mut json = before.clone();
        let mode = match self.tenant.metrics.enforce {
            Enforce::Inject => Some(fence::Enforce::Inject),
            Enforce::Require => Some(fence::Enforce::Require),
            Enforce::Off => None,
        };
        if let (Some(fence), Some(mode)) = (self.fence(), mode) {
            found.extend(fence_dashboard(&mut json, fence, mode, type_of));
        }
        if !found.is_empty() {
            return Err(found.into());
        }
        if json == before && dashboard.inputs.is_empty() {
            return Ok(dashboard.body.clone());
        }
        let format = dashboard.body.format.clone();
        Ok(Arc::new(DashboardBody::new(format, &json)))
    }

    fn rule(&self, index: usize, rule: &Rule, owner: Option<&str>, found: &mut Vec<Found>) -> Rule {
        for (at, (name, value)) in rule.labels.iter().enumerate() {
            found.extend(self.label(name, value, owner).map(|(message, hint)| Found {
                at: At::Label {
                    rule: index,
                    index: at,
                },
                message,
                hint,
            }));
        }
        if self.fence().is_some() {
            found.extend(asking(index, rule));
        }
        let faults = |faults: Vec<FenceFault>| {
            faults.into_iter().map(move |fault| Found {
                at: At::Expr {
                    rule: index,
                    from: fault.from,
                    to: fault.to,
                },
                message: fault.message,
                hint: fault.hint,
            })
        };
        let expr = match self.expr(&rule.expr) {
            Ok(expr) => expr,
            Err(wrong) => {
                found.extend(faults(wrong));
                rule.expr.clone()
            }
        };
        let mut labels = rule.labels.clone();
        // A series may bring a label that marks another tenant's: an empty one takes it away.
        labels.extend(
            self.reserved
                .iter()
                .map(|name| (name.clone(), String::new())),
        );
        labels.extend(self.tenant.metrics.labels.clone());
        if let Some(owner) = owner.filter(|_| self.tenant.metrics.owner_label) {
            labels.insert(OWNER.to_owned(), owner.to_owned());
        }
        Rule {
            expr,
            labels,
            ..rule.clone()
        }
    }

    /// An expression inside the fence. What it writes into labels is not one of those that tell tenants apart.
    fn expr(&self, expr: &str) -> Result<String, Vec<FenceFault>> {
        let guarded = self.guarded();
        if guarded.is_empty() {
            return Ok(expr.to_owned());
        }
        let written = written_labels(expr)?;
        let beyond = written
            .into_iter()
            .filter(|written| guarded.contains(&*written.label) || written.label == "__name__");
        let mut faults: Vec<FenceFault> = beyond
            .map(|written| FenceFault {
                from: written.from,
                to: written.to,
                message: format!(
                    "the label {:?} tells whose a series is, and an expression may not write it",
                    written.label
                ),
                hint: "Write another label.".to_owned(),
            })
            .collect();
        let fenced = match (self.fence(), self.tenant.metrics.enforce) {
            (None, _) | (Some(_), Enforce::Off) => Ok(expr.to_owned()),
            (Some(fence), Enforce::Inject) => fence.inject(expr).map(std::borrow::Cow::into_owned),
            (Some(fence), Enforce::Require) => fence.require(expr).map(|()| expr.to_owned()),
        };
        match fenced {
            Ok(fenced) if faults.is_empty() => Ok(fenced),
            Ok(_) => Err(faults),
            Err(wrong) => {
                faults.extend(wrong);
                faults.sort_by_key(|fault| fault.from);
                Err(faults)
            }
        }
    }

    /// The labels that tell tenants apart.
    fn guarded(&self) -> BTreeSet<&str> {
        let fence = self.fence().map(Fence::labels).unwrap_or_default();
        let fixed = self.tenant.metrics.labels.keys();
        let all = fixed.chain(&self.reserved).map(String::as_str);
        let owner = self.others_name_owners.then_some(OWNER);
        all.chain(fence).chain(owner).collect()
    }

    /// What is wrong with a label that a rule or a group sets.
    fn label(&self, name: &str, value: &str, owner: Option<&str>) -> Option<(String, String)> {
        let metrics = &self.tenant.metrics;
        let who = &self.tenant.name;
        let fixed = match owner.filter(|_| metrics.owner_label && name == OWNER) {
            Some(owner) => Some(owner),
            None => metrics.labels.get(name).map(String::as_str),
        };
        if let Some(fixed) = fixed {
            return (value != fixed).then(|| {
                (
                    format!(
                        "tenant {who:?} cannot set the label {name:?} to {value:?}: it is {fixed:?}"
                    ),
                    "Take it out: the label is set for you.".to_owned(),
                )
            });
        }
        if self.reserved.contains(name) || self.others_name_owners && name == OWNER {
            return Some((
                format!(
                    "the label {name:?} marks what other tenants make, and tenant {who:?} may not set it"
                ),
                "Use a label of another name.".to_owned(),
            ));
        }
        let template = value.contains("{{");
        let inside = self.fence()?.admits(name, value)?;
        (template || !inside).then(|| {
            (
                format!("the label {name:?} with the value {value:?} is outside the fence of tenant {who:?}"),
                "Write a value that the tenant's matchers let in, or leave the label to the expression."
                    .to_owned(),
            )
        })
    }
}

/// Templates of a rule that ask for series of their own, which no fence holds.
fn asking(index: usize, rule: &Rule) -> Vec<Found> {
    let labels = rule.labels.iter().enumerate();
    let labels = labels.map(|(at, (name, text))| {
        let at = At::Label {
            rule: index,
            index: at,
        };
        (at, "label", name, text)
    });
    let annotations = rule.annotations.iter();
    let annotations = annotations.map(|(name, text)| (At::Rule(index), "annotation", name, text));
    let asking = labels
        .chain(annotations)
        .filter(|(_, _, _, text)| template::queries(text));
    let found = asking.map(|(at, what, name, _)| Found {
        at,
        message: format!(
            "the {what} {name:?} asks for series with query, which a fence cannot hold"
        ),
        hint: "Let the expression select what is to be said.".to_owned(),
    });
    found.collect()
}

/// Tags with which a dashboard would pass for another's: Trueup's own markers, and owners.
fn posing_tags(json: &Value) -> Vec<DashboardFault> {
    let tags = json.get("tags").and_then(Value::as_array);
    let tags = tags.into_iter().flatten().enumerate();
    let posing = tags.filter_map(|(index, tag)| {
        let tag = tag.as_str()?;
        (tag.starts_with("trueup:") || tag.starts_with("owner:")).then(|| DashboardFault {
            pointer: format!("/tags/{index}"),
            message: format!("the tag {tag:?} is one that Trueup sets"),
            hint: "Take it out.".to_owned(),
        })
    });
    posing.collect()
}

/// The label that names the owner of an alert, where the tenant asks for it.
const OWNER: &str = "owner";
