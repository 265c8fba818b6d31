//! On which targets a definition stands.

use std::collections::BTreeMap;

use crate::model::{
    Block, Code, Diagnostic, Place, ResourceKind, RuleSet, RuleSetKind, Selector, Spanned, Target,
    TargetName,
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

/// Places `set` by its own selector, else by the platform's default.
pub(super) fn place(
    set: &RuleSet,
    default: Option<&Spanned<Selector>>,
    placing: &Placing<'_>,
    kind: ResourceKind,
) -> Placed {
    let Some(selector) = set.meta.targets.as_ref().or(default) else {
        return without_selector(set);
    };
    let targets = placing.matching(&selector.value, kind);
    if !targets.is_empty() {
        return Placed {
            targets,
            ..Placed::default()
        };
    }
    let place = match &set.meta.targets {
        Some(own) => Place::new(set.meta.place.file.clone(), own.span),
        None => set.meta.place.clone(),
    };
    let message = format!(
        "the selector {:?} of {} matches no target that can hold a {kind}",
        selector.value.to_string(),
        describe(set)
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

/// One of ours must say where it stands; a foreign kind may be there for somebody else.
fn without_selector(set: &RuleSet) -> Placed {
    let place = set.meta.place.clone();
    let name = describe(set);
    match set.kind {
        RuleSetKind::RuleSet => {
            let message = format!("{name} has no targets, and the platform has no default");
            Placed {
                block: Some(Block {
                    detail: format!("{message} ({place})"),
                    place: Some(place.clone()),
                }),
                diagnostic: Some(
                    Diagnostic::error(Code::TargetsMissing, place, message).with_hint(
                        "set spec.targets, or spec.defaults.targets of the Platform in trueup.yaml",
                    ),
                ),
                ..Placed::default()
            }
        }
        RuleSetKind::PrometheusRule => Placed {
            diagnostic: Some(
                Diagnostic::info(
                    Code::Unplaced,
                    place,
                    format!("{name} is placed on no target and is not applied"),
                )
                .with_hint("set the annotation trueup.dev/targets to place it"),
            ),
            ..Placed::default()
        },
    }
}

pub(super) fn describe(set: &RuleSet) -> String {
    let kind = match set.kind {
        RuleSetKind::RuleSet => "RuleSet",
        RuleSetKind::PrometheusRule => "PrometheusRule",
    };
    format!("{kind} {}/{}", set.meta.namespace, set.meta.name)
}

impl Placing<'_> {
    /// Pseudo-targets for every selector in use, named in order.
    pub fn each_selector(declared: &crate::model::definition::Declared) -> Placing<'static> {
        let default = declared
            .platform
            .as_ref()
            .and_then(|platform| platform.default_targets.as_ref());
        let mut named: BTreeMap<Selector, Option<TargetName>> = declared
            .rule_sets
            .iter()
            .filter_map(|set| set.meta.targets.as_ref().or(default))
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
