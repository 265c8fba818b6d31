//! One group or dashboard of a tenant changes: it alone is fenced and made canonical anew, however many there are.

use std::fmt::Write as _;

use serde_json::json;
use trueup::model::ResourceKind;

use super::counted::{Counted, NONE, Work};

/// Each tenant has so many rule groups, ten a file, and so many dashboards.
const GROUPS: usize = 90;
const BOARDS: usize = 10;

pub fn work_grows_with_the_change() {
    let (small, large) = (story(1_000), story(10_000));
    assert_eq!(small, large);
    let one = Work {
        files_parsed: 1,
        fenced: 1,
        normalised: 1,
    };
    let all_of_one = (GROUPS + BOARDS) as u64;
    assert_eq!(
        small,
        Story {
            nothing_changed: NONE,
            one_group_changed: one,
            one_dashboard_changed: one,
            after_that: NONE,
            one_entity_changed: Work {
                files_parsed: 1,
                ..NONE
            },
            one_tenant_changed: Work {
                files_parsed: 1,
                fenced: all_of_one,
                normalised: all_of_one,
            },
        }
    );
}

#[derive(Debug, PartialEq, Eq)]
struct Story {
    nothing_changed: Work,
    one_group_changed: Work,
    one_dashboard_changed: Work,
    after_that: Work,
    one_entity_changed: Work,
    one_tenant_changed: Work,
}

/// Of so many groups and dashboards.
fn story(size: usize) -> Story {
    let tenants = size / (GROUPS + BOARDS);
    let mut world = Counted::new();
    write_all(&mut world, tenants);
    world.git.commit();
    let (declaration, first) = world.declare();
    let counts = declaration.resolved.counts();
    assert_eq!(counts[&ResourceKind::RuleGroup], tenants * GROUPS);
    assert_eq!(counts[&ResourceKind::Dashboard], tenants * BOARDS);
    let folders = counts.get(&ResourceKind::Folder).copied();
    let folders = folders.unwrap_or_default();
    assert_eq!(
        (first.fenced, first.normalised),
        (size as u64, (size + folders) as u64)
    );
    let nothing_changed = world.declare().1;

    world.git.write("teams/t1/rules/0.yaml", &rules(1, 0, 7));
    let one_group_changed = world.commit();
    world
        .git
        .write("teams/t1/boards/3.json", &board(1, 3, "Changed"));
    let one_dashboard_changed = world.commit();
    let after_that = world.declare().1;
    world.git.write("org.yaml", &teams(tenants, "Changed"));
    let one_entity_changed = world.commit();
    world.git.write("tenants/t1.yaml", &tenant(1, "payments"));
    let one_tenant_changed = world.commit();
    Story {
        nothing_changed,
        one_group_changed,
        one_dashboard_changed,
        after_that,
        one_entity_changed,
        one_tenant_changed,
    }
}

fn write_all(world: &mut Counted, tenants: usize) {
    let git = &mut world.git;
    git.write(
        "trueup.yaml",
        "apiVersion: trueup.dev/v1alpha1\nkind: Platform\nmetadata: { name: acme }\n",
    );
    git.write("org.yaml", &teams(tenants, "A team"));
    for at in 0..tenants {
        git.write(&format!("tenants/t{at}.yaml"), &tenant(at, "orders"));
        git.write(&format!("teams/t{at}/sets.yaml"), &sets(at));
        for file in 0..GROUPS / 10 {
            git.write(
                &format!("teams/t{at}/rules/{file}.yaml"),
                &rules(at, file, 1),
            );
        }
        for number in 0..BOARDS {
            let text = board(at, number, "Orders");
            git.write(&format!("teams/t{at}/boards/{number}.json"), &text);
        }
    }
}

fn teams(tenants: usize, title: &str) -> String {
    (0..tenants).fold(String::new(), |mut text, at| {
        let _ = write!(
            text,
            "---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {{ name: t{at}, title: {title} }}\n\
             spec: {{ type: team, children: [] }}\n"
        );
        text
    })
}

fn tenant(at: usize, area: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: Tenant\nmetadata: {{ name: t{at} }}\nspec:\n\
         \x20 owner: group:default/t{at}\n  paths: [teams/t{at}/**]\n  targets: env=prod\n\
         \x20 grafana: {{ folder: Team {at} }}\n\
         \x20 metrics:\n    matchers: ['team=\"t{at}\"', 'area=\"{area}\"']\n    enforce: inject\n\
         \x20   labels: {{ tenant: t{at} }}\n\
         \x20 quotas: {{ rules: 100, dashboards: 10 }}\n"
    )
}

fn sets(at: usize) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ name: rules, namespace: t{at} }}\n\
         spec: {{ files: [rules/*.yaml] }}\n---\n\
         apiVersion: trueup.dev/v1alpha1\nkind: DashboardSet\nmetadata: {{ name: boards, namespace: t{at} }}\n\
         spec: {{ files: [boards/*.json] }}\n"
    )
}

/// Ten groups, of which the first depends on `limit`.
fn rules(at: usize, file: usize, limit: usize) -> String {
    (0..10).fold("groups:\n".to_owned(), |mut text, number| {
        let limit = if number == 0 { limit } else { 1 };
        let _ = write!(
            text,
            "- name: g{file}-{number}\n  rules:\n  - alert: A{at}\n    expr: orders_failed > {limit}\n"
        );
        text
    })
}

fn board(at: usize, number: usize, title: &str) -> String {
    let panel = json!({
        "id": 1, "type": "timeseries", "title": title,
        "datasource": {"type": "prometheus", "uid": "${ds}"},
        "targets": [{"refId": "A", "expr": "rate(orders_total[5m])"}]
    });
    let variable = json!({"name": "ds", "type": "datasource", "query": "prometheus"});
    json!({
        "title": format!("Board {number}"), "uid": format!("t{at}-{number}"),
        "panels": [panel], "templating": {"list": [variable]}
    })
    .to_string()
}
