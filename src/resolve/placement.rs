//! On which targets a definition stands.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::model::definition::{Declared, ObjectDefinition};
use crate::model::target::Composing;
use crate::model::{
    Block, Code, Diagnostic, Meta, Place, ResourceKind, RuleSet, RuleSetKind, Selector, Spanned,
    Target, TargetName, Tenant,
};

/// What selectors are matched against.
#[derive(Clone, Debug)]
pub enum Placing<'a> {
    /// The targets of the settings.
    Targets(&'a [Target]),
    /// No settings are known: each distinct selector is one target, by the given name.
    EachSelector(BTreeMap<Selector, TargetName>),
}

/// The outcome of placing one definition.
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub(super) targets: Vec<TargetName>,
    pub(super) diagnostic: Option<Diagnostic>,
    pub(super) block: Option<Block>,
}

/// What is to be placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Definition<'a> {
    /// `RuleSet`, ...
    pub(super) what: &'a str,
    /// One of ours must say where it stands; a foreign kind may be there for somebody else.
    pub(super) ours: bool,
    pub(super) meta: &'a Meta,
}

impl<'a> Definition<'a> {
    pub(super) fn of_set(set: &'a RuleSet) -> Self {
        let (what, ours) = match set.kind {
            RuleSetKind::RuleSet => ("RuleSet", true),
            RuleSetKind::PrometheusRule => ("PrometheusRule", false),
        };
        Self {
            what,
            ours,
            meta: &set.meta,
        }
    }

    pub(super) fn of_object(object: &'a ObjectDefinition) -> Self {
        Self {
            what: object.origin.as_str(),
            ours: object.origin.is_ours(),
            meta: &object.meta,
        }
    }
}

impl fmt::Display for Definition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Meta {
            namespace, name, ..
        } = self.meta;
        write!(f, "{} {namespace}/{name}", self.what)
    }
}

/// Where a definition stands that does not say: where its tenant's do, else where the platform's do.
pub(super) fn default<'a>(
    declared: &'a Declared,
    tenant: Option<&'a Arc<Tenant>>,
) -> Option<&'a Spanned<Selector>> {
    let platform = declared.platform.as_ref();
    tenant
        .and_then(|tenant| tenant.targets.as_ref())
        .or_else(|| platform.and_then(|platform| platform.default_targets.as_ref()))
}

/// Places a definition by its own selector, else by the default.
pub(super) fn place(
    definition: Definition<'_>,
    default: Option<&Spanned<Selector>>,
    placing: &Placing<'_>,
    kind: ResourceKind,
) -> Placed {
    let meta = definition.meta;
    let Some(selector) = meta.targets.as_ref().or(default) else {
        return without_selector(definition);
    };
    let targets = placing.matching(&selector.value, kind);
    if !targets.is_empty() {
        return Placed {
            targets,
            ..Placed::default()
        };
    }
    // The default is for all kinds; that no target of it speaks this one is nobody's fault.
    if !definition.ours && meta.targets.is_none() && placing.matches_any(&selector.value) {
        return without_speaker(definition, kind);
    }
    let place = match &meta.targets {
        Some(own) => Place::new(meta.place.file.clone(), own.span),
        None => meta.place.clone(),
    };
    let message = format!(
        "the selector {:?} of {definition} matches no target that can hold a {kind}",
        selector.value.to_string(),
    );
    Placed {
        targets,
        block: Some(Block {
            detail: format!("{message} ({place})"),
            place: Some(place.clone()),
        }),
        diagnostic: Some(
            Diagnostic::error(Code::TargetsEmpty, place, message)
                .with_hint("match the labels of a target in the settings"),
        ),
    }
}

/// A foreign kind that no default target can hold.
fn without_speaker(definition: Definition<'_>, kind: ResourceKind) -> Placed {
    let place = definition.meta.place.clone();
    let message = format!(
        "{definition} is not applied: no target that the platform selects by default can hold a {kind}"
    );
    let hint = "leave it to whoever applies it, or name a target that can in the annotation \
                trueup.dev/targets";
    Placed {
        diagnostic: Some(Diagnostic::info(Code::Unplaced, place, message).with_hint(hint)),
        ..Placed::default()
    }
}

fn without_selector(name: Definition<'_>) -> Placed {
    let place = name.meta.place.clone();
    if !name.ours {
        let message = format!("{name} is placed on no target and is not applied");
        let diagnostic = Diagnostic::info(Code::Unplaced, place, message)
            .with_hint("set the annotation trueup.dev/targets to place it");
        return Placed {
            diagnostic: Some(diagnostic),
            ..Placed::default()
        };
    }
    let message = format!("{name} has no targets, and the platform has no default");
    let block = Block {
        detail: format!("{message} ({place})"),
        place: Some(place.clone()),
    };
    let diagnostic = Diagnostic::error(Code::TargetsMissing, place, message)
        .with_hint("set spec.targets, or spec.defaults.targets of the Platform in trueup.yaml");
    Placed {
        block: Some(block),
        diagnostic: Some(diagnostic),
        ..Placed::default()
    }
}

pub(super) fn describe(set: &RuleSet) -> String {
    Definition::of_set(set).to_string()
}

impl Placing<'_> {
    /// Pseudo-targets for every selector in use, named in order.
    pub fn each_selector(declared: &Declared) -> Placing<'static> {
        let mut named: BTreeMap<Selector, Option<TargetName>> = declared
            .rule_sets
            .iter()
            .map(|set| &*set.meta)
            .chain(declared.objects.iter().map(|object| &object.meta))
            .filter_map(|meta| {
                let tenant = || declared.tenants.of(&meta.place.file);
                let own = meta.targets.as_ref();
                own.or_else(|| default(declared, tenant()))
            })
            .map(|selector| (selector.value.clone(), None))
            .collect();
        for (index, name) in named.values_mut().enumerate() {
            *name = TargetName::new(&format!("selector-{}", index + 1));
        }
        Placing::EachSelector(
            named
                .into_iter()
                .filter_map(|(selector, name)| Some((selector, name?)))
                .collect(),
        )
    }

    /// Those of the targets that are not among the ones of `limit`. Where no settings tell the targets' labels, all
    /// are outside if the definition's own selector can match nothing of it.
    pub(super) fn outside(
        &self,
        placed: &[TargetName],
        limit: &Selector,
        meta: &Meta,
    ) -> Vec<TargetName> {
        match self {
            Self::Targets(targets) => {
                let inside = |name: &TargetName| {
                    let found = targets.iter().find(|target| target.name == *name);
                    found.is_some_and(|target| limit.matches(&target.labels))
                };
                placed
                    .iter()
                    .filter(|name| !inside(name))
                    .cloned()
                    .collect()
            }
            Self::EachSelector(_) => {
                let own = meta.targets.as_ref();
                if own.is_some_and(|own| own.value.excludes(limit)) {
                    placed.to_vec()
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// Whether dashboards there carry their owner.
    pub(super) fn shows_owners(&self, name: &TargetName) -> bool {
        match self {
            Self::Targets(targets) => {
                let found = targets.iter().find(|target| target.name == *name);
                found.is_some_and(|target| target.owner_tag)
            }
            Self::EachSelector(_) => false,
        }
    }

    /// Whether targets have the names that people know.
    pub(super) fn are_named(&self) -> bool {
        matches!(self, Self::Targets(_))
    }

    /// How the one configuration of a target is put together.
    pub(super) fn composing(&self, name: &TargetName) -> Option<&Composing> {
        match self {
            Self::Targets(targets) => {
                let found = targets.iter().find(|target| target.name == *name)?;
                found.composing.as_ref()
            }
            Self::EachSelector(_) => None,
        }
    }

    /// Whether there is a target of this selector, whatever it can hold.
    fn matches_any(&self, selector: &Selector) -> bool {
        match self {
            Self::Targets(targets) => targets
                .iter()
                .any(|target| selector.matches(&target.labels)),
            Self::EachSelector(named) => named.contains_key(selector),
        }
    }

    fn matching(&self, selector: &Selector, kind: ResourceKind) -> Vec<TargetName> {
        match self {
            Self::Targets(targets) => targets
                .iter()
                .filter(|target| target.kinds.contains(&kind) && selector.matches(&target.labels))
                .map(|target| target.name.clone())
                .collect(),
            Self::EachSelector(named) => named.get(selector).cloned().into_iter().collect(),
        }
    }
}
