//! Work grows with the change, not with the repository: counted, at 1,000 and at 10,000 files.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use trueup::model::{Action, OutcomeResult};
use trueup::provider::{Depth, ReadWork};

use super::git::Git;
use super::machine::{Machine, Passed, runtime, scratch};

/// Files of one set, and so groups of one file on the target.
const IN_A_SET: usize = 100;

/// What a pass cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    files_parsed: u64,
    desired_normalised: u64,
    live: ReadWork,
}

const NONE: Work = Work {
    files_parsed: 0,
    desired_normalised: 0,
    live: ReadWork {
        files_read: 0,
        bodies_normalised: 0,
    },
};

/// The same, whatever the size: this is what is compared.
#[derive(Debug, PartialEq, Eq)]
struct Story {
    nothing_changed: Work,
    one_file_changed: Work,
    after_that: Work,
    changed_live: Work,
    one_file_gone: Work,
}

pub fn grows_with_the_change() {
    let runtime = runtime();
    let (small, large) = (story(&runtime, 1_000), story(&runtime, 10_000));
    assert_eq!(small, large);
    let one_written = Work {
        files_parsed: 1,
        desired_normalised: 1,
        live: ReadWork {
            files_read: 0,
            bodies_normalised: 1,
        },
    };
    let read_back = Work {
        live: ReadWork {
            files_read: 1,
            bodies_normalised: 0,
        },
        ..NONE
    };
    // One group of a file is found to differ, and is put back.
    let one_edited = Work {
        live: ReadWork {
            files_read: 1,
            bodies_normalised: 2,
        },
        ..NONE
    };
    assert_eq!(
        small,
        Story {
            nothing_changed: NONE,
            one_file_changed: one_written,
            // What was written is known; that it is there is looked at once.
            after_that: read_back,
            changed_live: one_edited,
            one_file_gone: NONE,
        }
    );
}

fn story(runtime: &Runtime, size: usize) -> Story {
    let folder = scratch();
    let mut git = Git::new(folder.path());
    git.write("trueup.yaml", &platform());
    for at in 0..size {
        if at % IN_A_SET == 0 {
            git.write(
                &format!("sets/{}/set.yaml", at / IN_A_SET),
                &set(at / IN_A_SET),
            );
        }
        git.write(&rule_file(at), &rules(at, 1));
    }
    git.commit();
    let mut machine = Machine::new(folder.path(), runtime, &[("eu", "env: prod")]);

    let first = machine.pass(runtime, Depth::Full);
    first.assert_done();
    assert_eq!(first.plan.changes().len(), size);
    settled(&mut machine, runtime);

    let (nothing_changed, passed) = pass(&mut machine, runtime, Depth::Quick);
    assert_eq!(
        (passed.plan.changes().len(), passed.plan.unchanged()),
        (0, size)
    );
    // The drift check reads all, and understands again only what is different.
    let (full, _) = pass(&mut machine, runtime, Depth::Full);
    let containers = (size / IN_A_SET) as u64;
    let files_read = containers;
    let read = ReadWork {
        files_read,
        bodies_normalised: 0,
    };
    assert_eq!(full, Work { live: read, ..NONE });

    git.write(&rule_file(size / 2), &rules(size / 2, 2));
    git.commit();
    let (one_file_changed, passed) = pass(&mut machine, runtime, Depth::Quick);
    assert_change(&passed, Action::Update);
    let (after_that, passed) = pass(&mut machine, runtime, Depth::Quick);
    assert!(passed.plan.changes().is_empty());
    settled(&mut machine, runtime);

    let path = folder.path().join("eu/default.s0.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("> 1", "> 7", 1)).unwrap();
    let (changed_live, passed) = pass(&mut machine, runtime, Depth::Quick);
    assert_change(&passed, Action::Update);
    settled(&mut machine, runtime);

    git.remove(&rule_file(size - 1));
    git.commit();
    let (one_file_gone, passed) = pass(&mut machine, runtime, Depth::Quick);
    assert_change(&passed, Action::Delete);

    Story {
        nothing_changed,
        one_file_changed,
        after_that,
        changed_live,
        one_file_gone,
    }
}

fn assert_change(passed: &Passed, action: Action) {
    let changes = passed.plan.changes();
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!(changes[0].action, action);
    assert_eq!(
        passed.outcomes[0].result,
        OutcomeResult::Done,
        "{:?}",
        passed.outcomes
    );
}

fn pass(machine: &mut Machine, runtime: &Runtime, depth: Depth) -> (Work, Passed) {
    let before = work(machine);
    let passed = machine.pass(runtime, depth);
    let after = work(machine);
    let spent = Work {
        files_parsed: after.files_parsed - before.files_parsed,
        desired_normalised: after.desired_normalised - before.desired_normalised,
        live: ReadWork {
            files_read: after.live.files_read - before.live.files_read,
            bodies_normalised: after.live.bodies_normalised - before.live.bodies_normalised,
        },
    };
    (spent, passed)
}

fn work(machine: &Machine) -> Work {
    Work {
        files_parsed: machine.memo.files_parsed(),
        desired_normalised: machine.lanes[0].bodies_normalised(),
        live: machine.lanes[0].read_work(),
    }
}

/// Looks until the time stamps of what was written are old enough to prove that nothing changed since.
fn settled(machine: &mut Machine, runtime: &Runtime) {
    let began = Instant::now();
    loop {
        let before = work(machine).live.files_read;
        runtime.block_on(machine.lanes[0].observe(Depth::Quick, &[]));
        if work(machine).live.files_read == before {
            return;
        }
        assert!(
            began.elapsed() < Duration::from_mins(1),
            "files are read again and again"
        );
        std::thread::yield_now();
    }
}

fn platform() -> String {
    "apiVersion: trueup.dev/v1alpha1\nkind: Platform\nmetadata: { name: acme }\n\
     spec: { defaults: { targets: env=prod } }\n"
        .to_owned()
}

fn set(number: usize) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ name: s{number} }}\n\
         spec: {{ files: [\"rules/*.yaml\"] }}\n"
    )
}

fn rule_file(at: usize) -> String {
    format!("sets/{}/rules/{at}.yaml", at / IN_A_SET)
}

fn rules(at: usize, threshold: u32) -> String {
    format!(
        "groups:\n- name: g{at}\n  rules:\n  - alert: A{at}\n    expr: up{{job=\"j{at}\"}} > {threshold}\n    \
         for: 5m\n    labels: {{ severity: page }}\n"
    )
}
