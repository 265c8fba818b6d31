//! How much a tenant may have. What goes beyond is held; what was there before it is not.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::bounds::told;
use super::{Resolver, resource_name};
use crate::model::definition::Declared;
use crate::model::{Code, Diagnostic, Place, ResourceKind, Spec, Tenant};

/// Something that counts.
struct Item<'a> {
    place: &'a Place,
    /// By kind and name, as the inventory knows it.
    name: String,
    size: u64,
}

impl Resolver<'_> {
    /// Rule groups, by the place of their name, and dashboards, by theirs, that are more than a tenant may have; each
    /// with the reason.
    pub(super) fn over_quota(&mut self, declared: &Declared) -> BTreeMap<Place, String> {
        let mut refused = BTreeMap::new();
        for tenant in declared.tenants.all() {
            let limits = [
                (ResourceKind::RuleGroup, "rules", tenant.quotas.rules),
                (
                    ResourceKind::Dashboard,
                    "dashboards",
                    tenant.quotas.dashboards,
                ),
            ];
            for (kind, what, limit) in limits {
                let Some(limit) = limit else { continue };
                let items = self.items(declared, tenant, kind);
                self.settle(tenant, kind, (what, limit), items, &mut refused);
            }
        }
        refused
    }

    fn items<'d>(
        &self,
        declared: &'d Declared,
        tenant: &Tenant,
        kind: ResourceKind,
    ) -> Vec<Item<'d>> {
        let mine = |place: &Place| {
            let owner = self.tenant(&place.file);
            owner.is_some_and(|owner| owner.name == tenant.name)
        };
        if kind == ResourceKind::RuleGroup {
            let groups = declared.rule_sets.iter().flat_map(|set| {
                let groups = set.groups.iter();
                groups.map(move |group| (resource_name(set, group), group))
            });
            let mine = groups.filter(|(_, group)| mine(&group.place));
            return mine
                .map(|(name, group)| Item {
                    place: &group.place,
                    name,
                    size: match group.spec.as_deref() {
                        Some(Spec::RuleGroup(group)) => group.rules.len() as u64,
                        _ => 0,
                    },
                })
                .collect();
        }
        let objects = declared.objects.iter();
        let objects = objects.filter(|object| object.origin.makes() == kind && mine(&object.place));
        objects
            .map(|object| Item {
                place: &object.place,
                name: object.name.clone(),
                size: 1,
            })
            .collect()
    }

    /// What is there already comes first, then the order of the places.
    fn settle(
        &mut self,
        tenant: &Tenant,
        kind: ResourceKind,
        (what, limit): (&str, u64),
        mut items: Vec<Item<'_>>,
        refused: &mut BTreeMap<Place, String>,
    ) {
        let sum: u64 = items.iter().map(|item| item.size).sum();
        if sum <= limit {
            return;
        }
        let known: HashSet<&str> = {
            let names: BTreeSet<&str> = items.iter().map(|item| &*item.name).collect();
            let ids = self.world.inventory.entries.keys();
            ids.filter(|id| id.kind == kind)
                .map(|id| &*id.name)
                .filter(|name| names.contains(name))
                .collect()
        };
        items.sort_by_key(|item| (!known.contains(&*item.name), item.place));
        let mut have = 0;
        let mut told_of = false;
        for item in items {
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
