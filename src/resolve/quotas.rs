//! How much a tenant may have. What goes beyond is held; what was there before it is not.

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;

use super::bounds::told;
use super::whose::Whose;
use super::{PART, Resolver, resource_name};
use crate::model::definition::{Declared, GroupDefinition, ObjectDefinition, Validity};
use crate::model::tenant::Quotas;
use crate::model::{Code, Diagnostic, Place, ResourceKind, RuleSet, Spec, Tenant, Tenants};

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

/// How much there is of each tenant, in their order.
fn sums<'d, T: Sync, I: IntoIterator<Item = Item<'d>>>(
    tenants: &Tenants,
    of: &'d [T],
    items: impl Fn(&'d T) -> I + Sync,
) -> Vec<u64> {
    let none = || vec![0; tenants.all().len()];
    let parts = of.par_chunks(PART).map(|part| {
        let (whose, mut sums) = (Whose::new(tenants), none());
        for item in part.iter().flat_map(&items) {
            if let Some(index) = whose.index(&item.place.file) {
                sums[index] += item.size;
            }
        }
        sums
    });
    parts.reduce(none, |mut one, other| {
        one.iter_mut()
            .zip(other)
            .for_each(|(sum, more)| *sum += more);
        one
    })
}

fn groups_of(set: &RuleSet) -> impl Iterator<Item = Item<'_>> {
    set.groups.iter().map(move |group| Item {
        place: &group.place,
        of: Of::Group(set, group),
        size: match (&group.validity, group.spec.as_deref()) {
            // As many, without a look at them.
            (Validity::Valid, Some(_)) => group.rules.len() as u64,
            (Validity::Invalid { .. }, Some(Spec::RuleGroup(group))) => group.rules.len() as u64,
            (Validity::Invalid { .. }, Some(_)) | (_, None) => 0,
        },
    })
}

fn dashboard(object: &ObjectDefinition) -> Option<Item<'_>> {
    (object.origin.makes() == ResourceKind::Dashboard).then_some(Item {
        place: &object.place,
        of: Of::Dashboard(&object.name),
        size: 1,
    })
}

fn is_unlimited(tenant: &Tenant) -> bool {
    let Quotas { dashboards, rules } = tenant.quotas;
    dashboards.is_none() && rules.is_none()
}

impl Resolver<'_> {
    /// Rule groups, by the place of their name, and dashboards, by theirs, that are more than a tenant may have; each
    /// with the reason.
    pub(super) fn over_quota(&mut self, declared: &Declared) -> BTreeMap<Place, String> {
        let mut refused = BTreeMap::new();
        let tenants = declared.tenants.all();
        if tenants.iter().all(|tenant| is_unlimited(tenant)) {
            return refused;
        }
        let rules = sums(&declared.tenants, &declared.rule_sets, groups_of);
        let boards = sums(&declared.tenants, &declared.objects, dashboard);
        for (index, tenant) in tenants.iter().enumerate() {
            let (have, limit) = (rules[index], tenant.quotas.rules);
            if let Some(limit) = limit.filter(|limit| have > *limit) {
                let items = self.of_tenant(index, declared.rule_sets.iter().flat_map(groups_of));
                let excess = (ResourceKind::RuleGroup, "rules", limit, have);
                self.settle(tenant, excess, items, &mut refused);
            }
            let (have, limit) = (boards[index], tenant.quotas.dashboards);
            if let Some(limit) = limit.filter(|limit| have > *limit) {
                let items = self.of_tenant(index, declared.objects.iter().filter_map(dashboard));
                let excess = (ResourceKind::Dashboard, "dashboards", limit, have);
                self.settle(tenant, excess, items, &mut refused);
            }
        }
        refused
    }

    fn of_tenant<'d>(&self, tenant: usize, items: impl Iterator<Item = Item<'d>>) -> Vec<Item<'d>> {
        let mine = items.filter(|item| self.whose.index(&item.place.file) == Some(tenant));
        mine.collect()
    }

    /// What is there already comes first, then the order of the places.
    fn settle(
        &mut self,
        tenant: &Tenant,
        (kind, what, limit, sum): (ResourceKind, &str, u64, u64),
        items: Vec<Item<'_>>,
        refused: &mut BTreeMap<Place, String>,
    ) {
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
