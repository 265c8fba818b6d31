//! How much a tenant may have. What goes beyond is held; what was there before it is not.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::bounds::told;
use super::{Resolver, resource_name};
use crate::model::definition::{Declared, GroupDefinition};
use crate::model::tenant::Quotas;
use crate::model::{Code, Diagnostic, Place, ResourceKind, RuleSet, Spec, Tenant};

/// Something that counts.
struct Item<'a> {
    place: &'a Place,
    of: Of<'a>,
    size: u64,
}

enum Of<'a> {
    Group(&'a RuleSet, &'a GroupDefinition),
    Dashboard(&'a str),
}

impl Item<'_> {
    /// As the inventory knows it. Only asked of a tenant that has too many.
    fn name(&self) -> String {
        match self.of {
            Of::Group(set, group) => resource_name(set, group),
            Of::Dashboard(name) => name.to_owned(),
        }
    }
}

fn is_unlimited(tenant: &Arc<Tenant>) -> bool {
    let Quotas { dashboards, rules } = tenant.quotas;
    dashboards.is_none() && rules.is_none()
}

/// What counts of each tenant, by its name.
type Items<'a> = HashMap<&'a str, Vec<Item<'a>>>;

impl<'a> Resolver<'a> {
    /// Rule groups, by the place of their name, and dashboards, by theirs, that are more than a tenant may have; each
    /// with the reason.
    pub(super) fn over_quota(&mut self, declared: &Declared) -> BTreeMap<Place, String> {
        let mut refused = BTreeMap::new();
        if declared.tenants.all().iter().all(is_unlimited) {
            return refused;
        }
        let (mut groups, mut dashboards) = (self.groups(declared), self.dashboards(declared));
        for tenant in declared.tenants.all() {
            let limits = [
                (
                    ResourceKind::RuleGroup,
                    "rules",
                    tenant.quotas.rules,
                    &mut groups,
                ),
                (
                    ResourceKind::Dashboard,
                    "dashboards",
                    tenant.quotas.dashboards,
                    &mut dashboards,
                ),
            ];
            for (kind, what, limit, items) in limits {
                let items = items.remove(&*tenant.name).unwrap_or_default();
                if let Some(limit) = limit {
                    self.settle(tenant, kind, (what, limit), items, &mut refused);
                }
            }
        }
        refused
    }

    fn groups<'d>(&self, declared: &'d Declared) -> Items<'d>
    where
        'a: 'd,
    {
        let mut items = Items::new();
        for set in &declared.rule_sets {
            for group in &set.groups {
                let Some(tenant) = self.tenant(&group.place.file) else {
                    continue;
                };
                let size = match group.spec.as_deref() {
                    Some(Spec::RuleGroup(group)) => group.rules.len() as u64,
                    _ => 0,
                };
                items.entry(&*tenant.name).or_default().push(Item {
                    place: &group.place,
                    of: Of::Group(set, group),
                    size,
                });
            }
        }
        items
    }

    fn dashboards<'d>(&self, declared: &'d Declared) -> Items<'d>
    where
        'a: 'd,
    {
        let mut items = Items::new();
        let objects = declared.objects.iter();
        for object in objects.filter(|object| object.origin.makes() == ResourceKind::Dashboard) {
            let Some(tenant) = self.tenant(&object.place.file) else {
                continue;
            };
            items.entry(&*tenant.name).or_default().push(Item {
                place: &object.place,
                of: Of::Dashboard(&object.name),
                size: 1,
            });
        }
        items
    }

    /// What is there already comes first, then the order of the places.
    fn settle(
        &mut self,
        tenant: &Tenant,
        kind: ResourceKind,
        (what, limit): (&str, u64),
        items: Vec<Item<'_>>,
        refused: &mut BTreeMap<Place, String>,
    ) {
        let sum: u64 = items.iter().map(|item| item.size).sum();
        if sum <= limit {
            return;
        }
        let ids = self.world.inventory.entries.keys();
        let known = ids.filter(|id| id.kind == kind).map(|id| &*id.name);
        let known: HashSet<&str> = known.collect();
        let ranked = items
            .into_iter()
            .map(|item| (!known.contains(&*item.name()), item));
        let mut items: Vec<(bool, Item<'_>)> = ranked.collect();
        items.sort_by_key(|(is_new, item)| (*is_new, item.place));
        let mut have = 0;
        let mut told_of = false;
        for (_, item) in items {
            if item.size == 0 || have + item.size <= limit {
                have += item.size;
                continue;
            }
            let message = format!(
                "tenant {:?} may have {limit} {what}, and declares {sum}",
                tenant.name
            );
            let hint = format!(
                "Take some out; the platform can raise quotas.{what} of the Tenant ({}).",
                tenant.place
            );
            let diagnostic =
                Diagnostic::error(Code::TenantQuota, item.place.clone(), message).with_hint(hint);
            refused.insert(item.place.clone(), told(&diagnostic));
            // One is enough to know that there are too many.
            if !told_of {
                self.out.diagnostics.push(diagnostic);
                told_of = true;
            }
        }
    }
}
