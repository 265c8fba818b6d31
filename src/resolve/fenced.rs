//! Rules and dashboards of tenants, inside their fences.

use std::sync::Arc;

use super::Resolver;
use super::bounds::told;
use super::fence::{At, Bounds, Found};
use crate::model::definition::{GroupDefinition, ObjectDefinition, ObjectOrigin};
use crate::model::grafana::Dashboard;
use crate::model::grafana_fence::DashboardFault;
use crate::model::{Code, Diagnostic, Hash, Locus, Place, RepoPath, RuleGroup, Spec, Unlocated};

impl<'a> Resolver<'a> {
    /// The bounds of the tenant that a file belongs to.
    pub(super) fn bounds(&self, file: &RepoPath) -> Option<&'a Bounds> {
        self.world.bounds.get(self.whose.index(file)?)
    }

    /// A group as its tenant may have it; `Err` says why it may not.
    pub(super) fn fenced_group(
        &mut self,
        group: &GroupDefinition,
        owner: Option<&str>,
    ) -> Result<Option<Arc<Spec>>, String> {
        let Some(spec) = &group.spec else {
            return Ok(None);
        };
        let Some(bounds) = self.bounds(&group.place.file) else {
            return Ok(Some(spec.clone()));
        };
        let key = match owner.filter(|_| bounds.tenant.metrics.owner_label) {
            Some(owner) => Hash::of(format!("{}{owner}", bounds.key).as_bytes()),
            None => bounds.key,
        };
        let memo = self.world.fences;
        let fenced = memo.group(&mut self.new, (spec, key), || {
            let Spec::RuleGroup(rules) = &**spec else {
                return Ok(spec.clone());
            };
            let inside = bounds.group(rules, owner);
            let inside = inside.map(|group| Arc::new(Spec::RuleGroup(group)));
            inside.map_err(Arc::from)
        });
        match (fenced, &**spec) {
            (Err(found), Spec::RuleGroup(rules)) => Err(self.beyond(group, rules, bounds, &found)),
            (fenced, _) => Ok(fenced.ok()),
        }
    }

    /// A dashboard as its tenant may have it; nothing where that is as it is. `Err` says why it may not stand.
    pub(super) fn fenced_dashboard(
        &mut self,
        object: &ObjectDefinition,
        dashboard: &Dashboard,
    ) -> Result<Option<Dashboard>, String> {
        let Some(bounds) = self.bounds(&object.place.file) else {
            return Ok(None);
        };
        let sources = self.world.sources;
        let key = format!("{}{:?}{}", bounds.key, dashboard.inputs, sources.key);
        let key = Hash::of(key.as_bytes());
        let memo = self.world.fences;
        let body = memo.dashboard(&mut self.new, (&dashboard.body, key), || {
            bounds.dashboard(dashboard, &|name| sources.types.get(name).cloned())
        });
        let body = body.map_err(|found| self.beyond_dashboard(object, bounds, &found))?;
        if Arc::ptr_eq(&body, &dashboard.body) {
            return Ok(None);
        }
        Ok(Some(Dashboard {
            // They are in it.
            inputs: Arc::default(),
            body,
            ..dashboard.clone()
        }))
    }

    fn beyond_dashboard(
        &mut self,
        object: &ObjectDefinition,
        bounds: &Bounds,
        found: &[DashboardFault],
    ) -> String {
        let mut first = None;
        for DashboardFault {
            pointer,
            message,
            hint,
        } in found
        {
            let message = format!("{pointer}: {message}");
            let hint = format!("{hint} The fence stands at {}.", bounds.tenant.place);
            let diagnostic =
                Diagnostic::error(Code::TenantFence, object.place.clone(), message).with_hint(hint);
            first.get_or_insert_with(|| told(&diagnostic));
            let pointer = match object.origin {
                ObjectOrigin::Dashboard => format!("/spec{pointer}"),
                ObjectOrigin::DashboardSet
                | ObjectOrigin::Folder
                | ObjectOrigin::DataSource
                | ObjectOrigin::AlertmanagerConfig => pointer.clone(),
            };
            let locus = Locus::Pointer(pointer);
            self.out.unlocated.push(Unlocated { diagnostic, locus });
        }
        first.unwrap_or_default()
    }

    /// Reports what of a group is beyond its tenant's fence; the first of it in one line.
    fn beyond(
        &mut self,
        group: &GroupDefinition,
        rules: &RuleGroup,
        bounds: &Bounds,
        found: &[Found],
    ) -> String {
        let mut first = None;
        for Found { at, message, hint } in found {
            let message = match at {
                At::Group => message.clone(),
                At::Expr { rule, .. } | At::Label { rule, .. } | At::Rule(rule) => {
                    let name = rules.rules.get(*rule).map(|rule| &rule.name);
                    let name = name.map(|name| format!("{} {}: ", name.field(), name.as_str()));
                    format!("{}{message}", name.unwrap_or_default())
                }
            };
            let (place, locus) = whereabouts(group, rules, at);
            let hint = format!("{hint} The fence stands at {}.", bounds.tenant.place);
            let diagnostic = Diagnostic::error(Code::TenantFence, place, message).with_hint(hint);
            first.get_or_insert_with(|| told(&diagnostic));
            match locus {
                Some(locus) => self.out.unlocated.push(Unlocated { diagnostic, locus }),
                None => self.out.diagnostics.push(diagnostic),
            }
        }
        first.unwrap_or_default()
    }
}

/// Where something in a group stands; with what its exact place is found by, where that takes the text.
fn whereabouts(group: &GroupDefinition, rules: &RuleGroup, at: &At) -> (Place, Option<Locus>) {
    let file = &group.place.file;
    // What stands at its last good text has other places than the text of today.
    let places = |rule: usize| group.rules.get(rule).filter(|_| group.validity.is_valid());
    match at {
        At::Group => (group.place.clone(), None),
        At::Label { rule, index } => {
            let span = places(*rule).and_then(|places| places.labels.get(*index));
            let place = span.map(|span| Place::new(file.clone(), *span));
            (place.unwrap_or_else(|| group.place.clone()), None)
        }
        At::Rule(rule) => {
            let start = places(*rule).map(|places| places.expr);
            let place = start
                .map(|start| Place::new(file.clone(), crate::model::Span { start, end: start }));
            (place.unwrap_or_else(|| group.place.clone()), None)
        }
        At::Expr { rule, from, to } => {
            let Some(places) = places(*rule) else {
                return (group.place.clone(), None);
            };
            let start = places.expr;
            let place = Place::new(file.clone(), crate::model::Span { start, end: start });
            let value = rules.rules.get(*rule).map(|rule| rule.expr.clone());
            let locus = Locus::Inside {
                start,
                value: value.unwrap_or_default(),
                from: *from,
                to: *to,
            };
            (place, Some(locus))
        }
    }
}
