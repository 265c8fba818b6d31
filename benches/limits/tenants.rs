//! What tenants cost where nothing changed: the same 10,000 rule groups with and without a boundary around each team.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use trueup::catalog::Catalog;
use trueup::load::Loaded;
use trueup::model::{Diagnostic, Inventory, ResourceKind, Target};
use trueup::resolve::{self, Against, FenceMemo, Placing, Resolved};
use trueup::settings::TargetSettings;

use super::measure::{Figure, Limit, turns};
use super::plan;
use super::repository::{self, Tree};

const TURNS: usize = 31;
const TEAMS: usize = 100;

pub(crate) fn run() -> Vec<Figure> {
    let mut files = repository::ten_thousand();
    files.push(("org/teams.yaml".to_owned(), teams()));
    let (without, nobodys) = World::new(&files);
    files.push(("org/tenants.yaml".to_owned(), tenants()));
    let (with, of_teams) = World::new(&files);
    let (fences, none) = (FenceMemo::default(), FenceMemo::default());
    let resolved = with.resolve(&fences);
    assert!(of_teams.is_empty() && nobodys.is_empty());
    assert!(resolved.diagnostics.is_empty());
    assert_eq!(resolved.counts()[&ResourceKind::RuleGroup], 10_000);
    let made = fences.made();
    assert_eq!(made, 10_000);
    let (floor, ours) = turns(TURNS, || without.resolve(&none), || with.resolve(&fences));
    assert_eq!(fences.made(), made, "nothing is fenced anew");
    vec![Figure {
        what: "resolve, nothing changed, 10,000 rule groups of 100 tenants",
        floor_is: "the same groups without tenants",
        floor,
        ours,
        limit: Limit::Ratio(1.75),
    }]
}

struct World {
    repository: Arc<str>,
    loaded: Loaded,
    catalog: Catalog,
    targets: Vec<Target>,
}

impl World {
    /// With what is wrong with it.
    fn new(files: &Tree) -> (Self, Vec<Diagnostic>) {
        let (snapshot, loaded) = repository::loaded(files);
        let declared = &loaded.declared;
        let read = |_: &_| true;
        let files = trueup::catalog::Files::new(&snapshot, &read);
        let (catalog, mut found) =
            Catalog::build(declared.entities.clone(), &files, &declared.tenants);
        found.extend(loaded.diagnostics.clone());
        let world = Self {
            repository: snapshot.repository,
            loaded,
            catalog,
            targets: targets(),
        };
        (world, found)
    }

    fn resolve(&self, fences: &FenceMemo) -> Resolved {
        let declared = &self.loaded.declared;
        let against = Against {
            placing: &Placing::Targets(&self.targets),
            inventory: &Inventory::default(),
            catalog: &self.catalog,
            fences,
        };
        resolve::resolve(&self.repository, declared, against)
    }
}

fn targets() -> Vec<Target> {
    let settings = plan::settings(Path::new("."));
    let targets = settings.targets.iter();
    targets.map(TargetSettings::to_target).collect()
}

fn teams() -> String {
    (0..TEAMS).fold(String::new(), |mut text, team| {
        let _ = write!(
            text,
            "---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {{ name: team-{team} }}\n\
             spec: {{ type: team, children: [] }}\n"
        );
        text
    })
}

fn tenants() -> String {
    (0..TEAMS).fold(String::new(), |mut text, team| {
        let _ = write!(
            text,
            "---\napiVersion: trueup.dev/v1alpha1\nkind: Tenant\nmetadata: {{ name: team-{team} }}\n\
             spec:\n  owner: group:default/team-{team}\n  paths: [\"teams/team-{team}/**\"]\n\
             \x20 targets: env=prod\n  metrics:\n    matchers: ['namespace=~\"team-{team}-.*\"']\n    enforce: inject\n\
             \x20   labels: {{ tenant: team-{team} }}\n  quotas: {{ rules: 500, dashboards: 50 }}\n"
        );
        text
    })
}
