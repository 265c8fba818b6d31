//! A made-up organisation in Backstage's files: who and what there is, and how it belongs together. The same
//! numbers give the same bytes.

use std::fmt::Write as _;

use super::repository::Tree;

/// One in so many references leads to nothing.
const DANGLING: usize = 500;

/// `count` entities, at most `in_a_file` in each file: seven in ten are components, with teams, people, systems,
/// APIs and resources for them to refer to.
pub(crate) fn files(count: usize, in_a_file: usize) -> Tree {
    let mut files = Vec::with_capacity(count.div_ceil(in_a_file));
    for first in (0..count).step_by(in_a_file) {
        let numbers = first..count.min(first + in_a_file);
        let texts: Vec<String> = numbers.map(|number| entity(number, count)).collect();
        let team = first / in_a_file % 500;
        let path = format!("teams/team-{team}/part-{first}/catalog-info.yaml");
        files.push((path, texts.join("---\n")));
    }
    files
}

/// Names of others, chosen by the number of one.
#[derive(Clone, Copy)]
struct Near {
    number: usize,
    /// How many there are of each kind but the components.
    of_each: usize,
}

impl Near {
    fn some(self, stem: &str, offset: usize) -> String {
        let slip = if (self.number + offset).is_multiple_of(DANGLING) {
            "-x"
        } else {
            ""
        };
        let number = (self.number * 7 + offset) % self.of_each;
        format!("{stem}-{number}{slip}")
    }

    fn team(self) -> String {
        format!("team-{}", self.number % self.of_each.min(500))
    }

    fn component(self) -> String {
        let number = (self.number * 7 + 3) % self.of_each * 20 + 9;
        format!("service-{number}")
    }
}

fn entity(number: usize, count: usize) -> String {
    let near = Near {
        number,
        of_each: count / 20,
    };
    let team = near.team();
    match number % 20 {
        0 => {
            let children = format!("  type: team\n  parent: {}\n  children: []\n", "team-0");
            head("Group", "team", number / 20) + "spec:\n" + &children
        }
        1 => {
            let spec = format!("spec:\n  owner: {team}\n  domain: domain-{}\n", number % 9);
            head("System", "system", number / 20) + &spec
        }
        offset @ (2 | 3) => {
            let system = near.some("system", 1);
            let spec = format!(
                "spec:\n  type: openapi\n  lifecycle: production\n  owner: {team}\n  system: {system}\n\
                 \x20 definition: |\n    openapi: 3.0.3\n    info: {{ title: Orders, version: 1.0.{number} }}\n    paths: {{}}\n"
            );
            head("API", "api", number / 20 * 2 + offset - 2) + &spec
        }
        4 => {
            let system = near.some("system", 2);
            let spec = format!("spec:\n  type: database\n  owner: {team}\n  system: {system}\n");
            head("Resource", "database", number / 20) + &spec
        }
        5 => {
            let name = number / 20;
            let spec = format!(
                "spec:\n  profile:\n    displayName: Person {name}\n    email: person-{name}@example.com\n\
                 \x20 memberOf: [{team}]\n"
            );
            head("User", "person", name) + &spec
        }
        _ => head("Component", "service", number) + &component(near),
    }
}

fn component(near: Near) -> String {
    let type_ = ["service", "library", "website"][near.number % 3];
    let lifecycle = ["production", "experimental"][near.number % 2];
    format!(
        "spec:\n  type: {type_}\n  lifecycle: {lifecycle}\n  owner: {}\n  system: {}\n\
         \x20 providesApis: [{}]\n  consumesApis:\n    - {}\n    - default/{}\n\
         \x20 dependsOn:\n    - component:default/{}\n    - resource:{}\n",
        near.team(),
        near.some("system", 1),
        near.some("api", 2),
        near.some("api", 3),
        near.some("api", 4),
        near.component(),
        near.some("database", 5),
    )
}

/// All before `spec`.
fn head(kind: &str, stem: &str, number: usize) -> String {
    let name = format!("{stem}-{number}");
    let mut text = format!(
        "apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\n\
         \x20 title: {kind} number {number}\n\
         \x20 description: What handles order {number} of the ferries, from the ticket to the gate\n\
         \x20 labels:\n    example.com/tier: \"{}\"\n    example.com/region: eu-west\n",
        number % 4
    );
    let _ = write!(
        text,
        "  annotations:\n    backstage.io/techdocs-ref: dir:.\n    github.com/project-slug: example/{name}\n\
         \x20   pagerduty.com/service-id: P{number:06}\n\
         \x20   grafana/dashboard-selector: \"tags @> '{name}'\"\n\
         \x20   example.com/note: 'Errors are answered within the hour, whoever is on call'\n"
    );
    let _ = write!(
        text,
        "  tags:\n    - tag-{}\n    - tag-{}\n    - ferries\n\
         \x20 links:\n    - url: https://grafana.example.com/d/{name}\n      title: Dashboard\n      icon: dashboard\n\
         \x20   - url: https://runbooks.example.com/{name}#first-steps\n      title: Runbook\n      icon: docs\n",
        number % 50,
        50 + number % 7
    );
    text
}
