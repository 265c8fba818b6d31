//! Other people's folders, targets, dashboards and kinds.

use serde_json::json;

use super::Attempt;
use crate::e2e::tenants::scene::{board, dashboards};

fn set(name: &'static str, spec: &str, line: u64, words: &'static str) -> Attempt {
    let text = dashboards("theft", &format!("{spec}, files: [stolen.json]"));
    Attempt::refused(name, "teams/evil/theft.yaml", text, line, words).with(
        "teams/evil/stolen.json",
        board("evil-stolen", "stolen", "up").to_string(),
    )
}

fn folder(name: &'static str, spec: &str, line: u64, words: &'static str) -> Attempt {
    Attempt::refused(
        name,
        "teams/evil/folder.yaml",
        folder_text("theft", spec),
        line,
        words,
    )
}

fn folder_text(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: Folder\nmetadata: {{ name: {name} }}\nspec: {{ {spec} }}\n"
    )
}

/// Grafana's own form, with a folder's uid in line 5.
fn own_form(folder: &str) -> String {
    format!(
        "apiVersion: dashboard.grafana.app/v1beta1\nkind: Dashboard\nmetadata:\n  name: evil-stolen\n  \
         annotations: {{ trueup.dev/targets: env=prod, grafana.app/folder: {folder} }}\n\
         spec: {{ title: stolen, panels: [] }}\n"
    )
}

pub(super) fn attempts() -> Vec<Attempt> {
    let mut all = folders();
    all.extend(folders_by_other_means());
    all.extend(kinds_and_targets());
    all.extend(dashboards_of_others());
    all
}

fn folders() -> Vec<Attempt> {
    vec![
        set(
            "another's folder, by its path",
            "folder: Payments",
            3,
            "is not below \"Evil\"",
        ),
        set(
            "another's folder, nested",
            "folder: Payments/stolen",
            3,
            "is not below \"Evil\"",
        ),
        Attempt::harmless(
            "another's folder, by two dots",
            "teams/evil/theft.yaml",
            dashboards("theft", "folder: Evil/../Payments, files: [dots.json]"),
            "evil-dots in \"Evil / .. / Payments\"",
        )
        .with(
            "teams/evil/dots.json",
            board("evil-dots", "Dots", "up").to_string(),
        ),
        set(
            "a folder that begins like its own",
            "folder: Evil2",
            3,
            "is not below \"Evil\"",
        ),
        set(
            "a folder that looks like its own",
            "folder: Еvil",
            3,
            "is not below \"Evil\"",
        ),
        set(
            "its folder in other case",
            "folder: EVIL",
            3,
            "is not below \"Evil\"",
        ),
        set(
            "a folder with a slash in its title",
            "folder: 'Evil\\/stolen'",
            3,
            "is not below \"Evil\"",
        ),
    ]
}

fn folders_by_other_means() -> Vec<Attempt> {
    vec![
        Attempt::refused(
            "another's folder, by its uid",
            "teams/evil/theft.yaml",
            own_form("payments-vault"),
            4,
            "none that tenant \"evil\" has declared",
        ),
        Attempt::refused(
            "the platform's folder, by a uid that is not declared",
            "teams/evil/theft.yaml",
            own_form("somewhere"),
            4,
            "none that tenant \"evil\" has declared",
        ),
        folder(
            "a Folder of its own folder",
            "path: Evil, title: stolen",
            3,
            "is not below \"Evil\"",
        ),
        folder(
            "a Folder of another's",
            "path: Payments/Vault, title: stolen",
            3,
            "Payments/Vault",
        ),
        folder(
            "a Folder below another's",
            "path: Payments/stolen",
            3,
            "is not below \"Evil\"",
        ),
        folder(
            "a Folder with a uid of Trueup's form",
            "path: Evil/stolen, uid: tu-a1b2c3-x",
            3,
            "must begin with evil-",
        ),
        folder(
            "a Folder with another's uid",
            "path: Evil/stolen, uid: payments-vault",
            3,
            "must begin with evil-",
        ),
        folder(
            "a Folder with the platform's uid",
            "path: Evil/stolen, uid: zone",
            3,
            "must begin with evil-",
        ),
        folder(
            "a Folder with the uid of one inside",
            "path: Evil/stolen, uid: evil-own",
            3,
            "declared twice",
        )
        .with(
            "platform/z.yaml",
            folder_text("z", "path: Evil/Zone, uid: evil-own"),
        )
        .blaming_others(),
        folder(
            "a Folder with another's title",
            "path: Evil/x, title: 'Payments / stolen'",
            3,
            "title",
        ),
        set(
            "a dashboard in a Folder with another's title",
            "folder: Evil/x",
            3,
            "title",
        )
        .with(
            "teams/evil/folder.yaml",
            folder_text("theft", "path: Evil/x, title: 'Payments / Shop'"),
        )
        .at("teams/evil/folder.yaml"),
    ]
}

fn kinds_and_targets() -> Vec<Attempt> {
    let source = "apiVersion: trueup.dev/v1alpha1\nkind: DataSource\nmetadata: { name: stolen }\n\
                  spec: { uid: stolen, type: prometheus, url: 'http://127.0.0.1:9' }\n";
    let rules = |targets: &str| {
        format!(
            "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ namespace: evil, name: theft }}\n\
             spec:\n  targets: {targets}\n  groups:\n  - name: stolen\n    rules: [ {{ alert: stolen, expr: up }} ]\n"
        )
    };
    let foreign = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: theft\n  \
                   annotations: { trueup.dev/targets: env=ops }\n\
                   spec: { groups: [ { name: stolen, rules: [ { alert: stolen, expr: up } ] } ] }\n";
    let strict_board = dashboards("theft", "folder: Strict, files: [stolen.json]");
    let file = "teams/evil/theft.yaml";
    vec![
        Attempt::refused(
            "a data source",
            file,
            source,
            3,
            "may not have a DataSource",
        ),
        Attempt::refused(
            "another's data source",
            file,
            source
                .replace("stolen, type", "prom, type")
                .replace(":9", ":9/stolen"),
            3,
            "may not have a DataSource",
        ),
        Attempt::refused(
            "a kind that is not allowed",
            "teams/strict/theft.yaml",
            strict_board,
            3,
            "may not have a DashboardSet",
        )
        .with(
            "teams/strict/stolen.json",
            board("s-stolen", "stolen", "up").to_string(),
        ),
        Attempt::refused("a target outside", file, rules("env=ops"), 5, "may not use"),
        Attempt::refused(
            "a target outside, by an annotation",
            file,
            foreign,
            5,
            "may not use",
        ),
        Attempt::refused(
            "every target",
            file,
            rules("'env in (ops,prod)'").replace("stolen", "stray"),
            5,
            "chooses ops",
        )
        .online(),
        Attempt::refused(
            "every target but its own",
            file,
            rules("'env!=prod'"),
            5,
            "may not use",
        ),
    ]
}

fn dashboards_of_others() -> Vec<Attempt> {
    let adopting = "apiVersion: trueup.dev/v1alpha1\nkind: DashboardSet\nmetadata:\n  name: theft\n  \
                    annotations: { trueup.dev/adopt: \"true\" }\nspec: { files: [stolen.json] }\n";
    let tagged = |tag: &str| {
        let mut board = board("evil-stolen", "stolen", "up");
        board["tags"] = json!(["a", tag]);
        serde_json::to_string_pretty(&board).unwrap()
    };
    let set = || dashboards("theft", "files: [stolen.json]");
    let stolen = "teams/evil/stolen.json";
    vec![
        Attempt::refused(
            "another's dashboard, by its uid",
            stolen,
            board("pay-main", "stolen", "up").to_string(),
            1,
            "declared twice",
        )
        .with("teams/evil/theft.yaml", set())
        .blaming_others()
        .online(),
        Attempt::refused(
            "somebody's dashboard, by adopting it",
            "teams/evil/theft.yaml",
            adopting,
            4,
            "trueup.dev/adopt",
        )
        .with(stolen, board("hand-made", "stolen", "up").to_string()),
        Attempt::refused(
            "a tag of Trueup's",
            stolen,
            tagged("trueup:acme"),
            6,
            "is one that Trueup sets",
        )
        .with("teams/evil/theft.yaml", set()),
        Attempt::refused(
            "a tag of another's owner",
            stolen,
            tagged("owner:group:default/payments"),
            6,
            "is one that Trueup sets",
        )
        .with("teams/evil/theft.yaml", set()),
        Attempt::harmless(
            "an annotation of another manager",
            "teams/evil/theft.yaml",
            "apiVersion: dashboard.grafana.app/v1beta1\nkind: Dashboard\nmetadata:\n  name: evil-posing\n  \
             annotations:\n    trueup.dev/targets: env=prod\n    grafana.app/managedBy: terraform\n    \
             grafana.app/managerId: 'trueup:other'\n\
             spec: { title: Posing, panels: [] }\n",
            "Posing",
        ),
    ]
}
