//! Other people's names, owners and secrets.

use super::Attempt;
use crate::e2e::tenants::scene::{board, dashboards, group, rules};

const FILE: &str = "teams/evil/tried.yaml";

/// A set with another owner, which is said in line 5.
fn owned(owner: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ namespace: evil, name: tried }}\nspec:\n  \
         owner: {owner}\n  groups: [ {{ name: stolen, rules: [ {{ alert: stolen, expr: up }} ] }} ]\n"
    )
}

/// The same by an annotation, in line 6.
fn annotated(annotation: &str) -> String {
    format!(
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: tried\n  annotations:\n    \
         {annotation}\n    trueup.dev/targets: env=prod\n\
         spec: {{ groups: [ {{ name: stolen, rules: [ {{ alert: stolen, expr: up }} ] }} ] }}\n"
    )
}

fn component(owner: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{ name: posing }}\n\
         spec: {{ type: service, lifecycle: production, owner: {owner} }}\n"
    )
}

fn routing(namespace: &str, name: &str, receivers: &str) -> String {
    format!(
        "apiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\n\
         metadata: {{ namespace: {namespace}, name: {name} }}\nspec:\n  route: {{ receiver: tried }}\n  \
         receivers:\n  - name: tried\n    {receivers}\n"
    )
}

pub(super) fn attempts() -> Vec<Attempt> {
    let mut all = owners();
    all.extend(names());
    all.extend(routes());
    all
}

fn owners() -> Vec<Attempt> {
    let cannot = "cannot own what is tenant \"evil\"'s";
    vec![
        Attempt::refused(
            "another's owner",
            FILE,
            owned("group:default/payments"),
            5,
            cannot,
        ),
        Attempt::refused(
            "another's owner, by an annotation",
            FILE,
            annotated("trueup.dev/owner: payments"),
            6,
            cannot,
        ),
        Attempt::refused(
            "an owner that nobody knows",
            FILE,
            owned("nobody"),
            5,
            cannot,
        ),
        Attempt::refused(
            "the owner of another's component",
            FILE,
            annotated("trueup.dev/component: shop"),
            6,
            cannot,
        ),
        Attempt::refused(
            "the owner of a component that it declares",
            FILE,
            annotated("trueup.dev/component: posing"),
            6,
            cannot,
        )
        .with(
            "teams/evil/component.yaml",
            component("group:default/platform"),
        ),
        Attempt::refused(
            "the parent of the platform",
            FILE,
            owned("platform"),
            5,
            cannot,
        )
        .with(
            "teams/evil/group.yaml",
            group("evil-top", "").replace("children: []", "parent: evil, children: [platform]"),
        ),
        Attempt::refused(
            "a second group of the platform's",
            "teams/evil/group.yaml",
            group("platform", ", parent: evil"),
            3,
            "declared already",
        )
        .with(FILE, owned("platform")),
        Attempt::refused(
            "a second group of another's",
            "teams/evil/group.yaml",
            group("payments", ", parent: evil"),
            3,
            "declared already",
        )
        .with(FILE, owned("payments")),
    ]
}

fn names() -> Vec<Attempt> {
    let twice = "declared twice";
    let taking = "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: { namespace: guest, name: own }\n\
                  spec: { files: [guest/rules.yaml, stolen.yaml] }\n";
    vec![
        Attempt::refused(
            "another's set of rules",
            FILE,
            rules("payments", "shop", "stolen"),
            3,
            twice,
        )
        .blaming_others(),
        Attempt::refused("another's set, with its files", FILE, taking, 3, twice)
            .with(
                "teams/evil/stolen.yaml",
                "groups: [ { name: stolen, rules: [ { alert: stolen, expr: up } ] } ]\n",
            )
            .blaming_others(),
        Attempt::refused(
            "the platform's set",
            FILE,
            rules("platform", "base", "stolen")
                .replace("trueup.dev/v1alpha1", "monitoring.coreos.com/v1")
                .replace("RuleSet", "PrometheusRule"),
            3,
            twice,
        )
        .blaming_others(),
        Attempt::harmless(
            "another's set of dashboards",
            FILE,
            dashboards("payments", "files: [tried.json]"),
            "evil-tried in \"Evil\"",
        )
        .with(
            "teams/evil/tried.json",
            board("evil-tried", "Tried", "up").to_string(),
        ),
        Attempt::harmless(
            "another's Folder by its name",
            FILE,
            "apiVersion: trueup.dev/v1alpha1\nkind: Folder\nmetadata: { name: vault }\nspec: { path: Evil/Tried }\n",
            "\"Evil / Tried\"",
        ),
    ]
}

fn routes() -> Vec<Attempt> {
    let hook = "webhookConfigs: [ { url: 'http://127.0.0.1:9/tried' } ]";
    let secret = "webhookConfigs: [ { urlSecret: { name: hook, key: url } } ]";
    vec![
        Attempt::harmless(
            "routes in another's namespace",
            FILE,
            routing("payments", "tried", hook),
            "team=\"evil\"",
        ),
        Attempt::harmless(
            "alerts of others that it inhibits",
            FILE,
            routing("evil", "tried", hook)
                + "  inhibitRules: [ { sourceMatch: [], targetMatch: [], equal: [] } ]\n",
            "  target_matchers:\n  - team=\"evil\"\n",
        ),
        Attempt::refused(
            "another's routes",
            FILE,
            routing("payments", "routing", hook),
            3,
            "declared twice",
        )
        .blaming_others(),
        Attempt::refused(
            "another's secrets",
            FILE,
            routing("payments", "tried", secret),
            3,
            "the secrets of the namespace \"payments\"",
        ),
    ]
}
