//! One file of a catalog changes: what that costs does not grow with the catalog.

use std::fmt::Write as _;

use super::counted::{Counted, NONE, Work};

const IN_A_FILE: usize = 50;

pub fn work_grows_with_the_change() {
    let (small, large) = (story(1_000), story(50_000));
    assert_eq!(small, large);
    let one_file = Work {
        files_parsed: 1,
        ..NONE
    };
    assert_eq!(
        small,
        Story {
            nothing_changed: NONE,
            one_file_changed: one_file,
            one_file_moved: one_file,
            one_file_gone: NONE,
        }
    );
}

#[derive(Debug, PartialEq, Eq)]
struct Story {
    nothing_changed: Work,
    one_file_changed: Work,
    one_file_moved: Work,
    one_file_gone: Work,
}

fn story(size: usize) -> Story {
    let mut world = Counted::new();
    world.git.write("trueup.yaml", PLATFORM);
    world.git.write("tenants.yaml", TENANT);
    world.git.write("teams/a/rules.yaml", RULES);
    for first in (0..size).step_by(IN_A_FILE) {
        world.git.write(&path(first), &file(first, "payments"));
    }
    world.git.commit();
    let (declaration, first) = world.declare();
    assert_eq!(declaration.catalog.len(), size);
    assert_eq!(
        first,
        Work {
            files_parsed: (size / IN_A_FILE) as u64 + 3,
            fenced: 1,
            normalised: 1,
        }
    );
    let nothing_changed = world.declare().1;

    let some = size / 2 / IN_A_FILE * IN_A_FILE;
    world.git.write(&path(some), &file(some, "ferries"));
    let one_file_changed = world.commit();

    world.git.remove(&path(some));
    world.git.write("moved.yaml", &file(some, "ferries"));
    let one_file_moved = world.commit();

    world.git.remove("moved.yaml");
    world.git.commit();
    let (declaration, one_file_gone) = world.declare();
    assert_eq!(declaration.catalog.len(), size - IN_A_FILE);
    Story {
        nothing_changed,
        one_file_changed,
        one_file_moved,
        one_file_gone,
    }
}

fn path(first: usize) -> String {
    format!("catalog/part-{first}.yaml")
}

fn file(first: usize, owner: &str) -> String {
    let mut text = String::new();
    for number in first..first + IN_A_FILE {
        let before = number.saturating_sub(IN_A_FILE);
        let _ = write!(
            text,
            "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{ name: c{number} }}\n\
             spec: {{ type: service, lifecycle: production, owner: {owner}, dependsOn: [component:c{before}] }}\n"
        );
    }
    text
}

const PLATFORM: &str = "\
apiVersion: trueup.dev/v1alpha1
kind: Platform
metadata: { name: acme }
spec: { defaults: { targets: env=prod } }
";

const TENANT: &str = "\
apiVersion: trueup.dev/v1alpha1
kind: Tenant
metadata: { name: a }
spec:
  owner: group:default/a
  paths: [teams/a/**]
  metrics: { matchers: ['team=\"a\"'], enforce: inject }
";

const RULES: &str = "\
apiVersion: trueup.dev/v1alpha1
kind: RuleSet
metadata: { name: a }
spec:
  groups:
    - name: g
      rules: [{ alert: A, expr: up == 0 }]
";
