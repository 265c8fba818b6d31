//! Files of others, and documents that are only the platform's to write.

use super::Attempt;
use crate::e2e::tenants::scene::{board, dashboards};

const FILE: &str = "teams/evil/tried.yaml";

fn set(files: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ namespace: evil, name: tried }}\n\
         spec:\n  files: [\"{files}\"]\n"
    )
}

fn tenant(name: &str, path: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: Tenant\nmetadata: {{ name: {name} }}\n\
         spec: {{ owner: evil, paths: ['{path}'], kinds: [DataSource], metrics: {{ enforce: 'off' }} }}\n"
    )
}

/// Two rules, which are called stolen.
fn two(name: &str) -> String {
    format!(
        "groups:\n- name: {name}\n  rules:\n  - {{ alert: A, expr: up, annotations: {{ a: stolen }} }}\n  \
         - {{ alert: B, expr: up, annotations: {{ a: stolen }} }}\n"
    )
}

pub(super) fn attempts() -> Vec<Attempt> {
    let mut all = files();
    all.extend(definitions());
    all.extend(quotas());
    all
}

fn files() -> Vec<Attempt> {
    let leaves = "leaves the folder of its file";
    let takes = "which belongs to tenant \"guest\"";
    vec![
        Attempt::refused(
            "another's rules",
            FILE,
            set("../payments/rules.yaml"),
            5,
            leaves,
        ),
        Attempt::refused(
            "another's rules, by a pattern",
            FILE,
            set("../*/rules.yaml"),
            5,
            leaves,
        ),
        Attempt::refused(
            "the platform's rules",
            FILE,
            set("../../platform/raw.yaml"),
            5,
            leaves,
        ),
        Attempt::refused(
            "another's dashboards",
            FILE,
            dashboards("tried", "files: ['../payments/boards/*.json']"),
            4,
            leaves,
        ),
        Attempt::refused(
            "the rules of a tenant inside",
            FILE,
            set("guest/rules.yaml"),
            3,
            takes,
        ),
        Attempt::refused(
            "the rules of a tenant inside, by a pattern",
            FILE,
            set("**/rules.yaml"),
            3,
            takes,
        ),
        Attempt::refused(
            "files outside of the repository",
            FILE,
            set("../../../stolen.yaml"),
            5,
            leaves,
        ),
        Attempt::refused(
            "a path in other case",
            FILE,
            set("Guest/rules.yaml"),
            5,
            "matches no file",
        ),
        Attempt::refused(
            "a path that looks like another",
            FILE,
            set("guеst/rules.yaml"),
            5,
            "matches no file",
        ),
        Attempt::refused(
            "a link to another's rules",
            FILE,
            set("link.yaml"),
            0,
            "a symbolic link is not followed",
        )
        .with_link("teams/evil/link.yaml", "../payments/rules.yaml")
        .at("teams/evil/link.yaml"),
        Attempt::refused(
            "a link to another's folder",
            FILE,
            set("link/*.yaml"),
            5,
            "matches no file",
        )
        .with_link("teams/evil/link", "../payments"),
        Attempt::refused(
            "a link out of the repository",
            FILE,
            set("link.yaml"),
            0,
            "a symbolic link is not followed",
        )
        .with_link("teams/evil/link.yaml", "../../../am.yml")
        .at("teams/evil/link.yaml"),
    ]
}

fn definitions() -> Vec<Attempt> {
    let cannot = "a Tenant cannot stand in the paths of tenant \"evil\"";
    let source = "apiVersion: trueup.dev/v1alpha1\nkind: DataSource\nmetadata: { name: stolen }\n\
                  spec: { uid: stolen, type: prometheus, url: 'http://127.0.0.1:9' }\n";
    let platform = "apiVersion: trueup.dev/v1alpha1\nkind: Platform\nmetadata: { name: stolen }\n\
                    spec: { exclude: ['**'], defaults: { targets: env=ops } }\n";
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: trueup.dev/v1alpha1\n  kind: Tenant\n  \
                metadata: { name: evil }\n  spec: { owner: evil, paths: [ 'teams/evil/**' ] }\n";
    vec![
        Attempt::refused(
            "itself, wider",
            FILE,
            tenant("evil", "teams/evil/**"),
            1,
            cannot,
        )
        .with("teams/evil/source.yaml", source),
        Attempt::refused(
            "a tenant of another's path",
            FILE,
            tenant("wide", "teams/payments/**"),
            1,
            cannot,
        ),
        Attempt::refused(
            "a tenant of everything",
            FILE,
            tenant("wide", "teams/**"),
            1,
            cannot,
        ),
        Attempt::refused(
            "a tenant of the tenants' folder",
            FILE,
            tenant("wide", "platform/**"),
            1,
            "Tenant",
        )
        .blaming_others(),
        Attempt::refused("a tenant in a list", FILE, list, 4, cannot),
        Attempt::refused(
            "a tenant in JSON",
            "teams/evil/tried.json",
            "{\"apiVersion\": \"trueup.dev/v1alpha1\", \"kind\": \"Tenant\"}",
            1,
            "",
        ),
        Attempt::refused(
            "a tenant that is no YAML",
            FILE,
            "apiVersion: trueup.dev/v1alpha1\nkind: Tenant\n  x: [\n",
            3,
            "",
        ),
        Attempt::refused(
            "a Platform",
            FILE,
            platform,
            1,
            "a Platform stands only in trueup.yaml",
        ),
        Attempt::refused(
            "a Platform in a file of its name",
            "teams/evil/trueup.yaml",
            platform,
            1,
            "a Platform stands only in trueup.yaml",
        ),
    ]
}

fn quotas() -> Vec<Attempt> {
    let first = |name: &str| board(name, "stolen", "up").to_string();
    vec![
        Attempt::refused(
            "more rules than it may have, in two files",
            FILE,
            set("many-*.yaml"),
            2,
            "may have 4 rules, and declares 5",
        )
        .with("teams/evil/many-a.yaml", two("a").replace("stolen", "fits"))
        .with("teams/evil/many-b.yaml", two("b"))
        .at("teams/evil/many-b.yaml"),
        Attempt::refused(
            "more dashboards than it may have, in two sets",
            FILE,
            dashboards("tried", "files: [many/a.json, many/b.json]"),
            2,
            "may have 3 dashboards",
        )
        .with(
            "teams/evil/more.yaml",
            dashboards("more", "files: [many/c.json]"),
        )
        .with(
            "teams/evil/many/a.json",
            board("evil-a", "A", "up").to_string(),
        )
        .with(
            "teams/evil/many/b.json",
            board("evil-b", "B", "up").to_string(),
        )
        .with("teams/evil/many/c.json", first("evil-c"))
        // Without a state the last by place is one too many; with one, the newest.
        .at("teams/evil/own.json"),
    ]
}
