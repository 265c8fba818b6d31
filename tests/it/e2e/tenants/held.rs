//! What goes beyond a tenant's bounds is held as it was: nothing of it is deleted, and nobody else is held with it.

use libtest_mimic::Trial;

use super::scene::{Scene, TENANTS, board, dashboards, rules};
use crate::e2e::ran::{applied, changes, details, held, same, touches};
use crate::fake::grafana::Flavor;
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "e2e::tenants::held::what_breaks_a_bound_stays_as_it_was",
            &[],
            bounds,
        ),
        test(
            "e2e::tenants::held::narrower_bounds_delete_nothing",
            &[],
            narrower,
        ),
        test("e2e::tenants::held::who_is_held_is_not_robbed", &[], robbed),
        test(
            "e2e::tenants::held::a_broken_tenant_makes_all_unknown",
            &[],
            unknown,
        ),
    ]
}

/// Everybody's own things live; of evil's some more.
pub fn scene() -> Scene {
    let scene = Scene::new(Flavor::Resource124);
    scene
        .world
        .platform
        .write("teams/evil/more.yaml", rules("evil", "more", "up > 1"))
        .write(
            "teams/evil/shown.yaml",
            dashboards("shown", "folder: Evil/Shown, files: [shown.json]"),
        )
        .write(
            "teams/evil/shown.json",
            board("evil-shown", "Shown", "up").to_string(),
        );
    scene.world.platform.commit("More of evil's");
    scene.world.apply();
    scene
}

fn bounds() {
    let scene = scene();
    let world = &scene.world;
    let file = world.rules("prom").join("evil.more.yaml");
    let (more, shown) = ("teams/evil/more.yaml", "teams/evil/shown.yaml");
    let group = "prom/rule_group/evil/more/all";
    let board = "grafana/dashboard/evil-shown";
    let many = "    - { alert: Many, expr: up }\n".repeat(4);
    let breaches: [(&str, &str, String, &str, &str); 6] = [
        (
            "fence",
            more,
            rules("evil", "more", "up{namespace=\"payments-a\"}"),
            group,
            "selects nothing",
        ),
        (
            "label",
            more,
            rules("evil", "more", "up").replace("up'", "up', labels: { team: payments }"),
            group,
            "cannot set the label",
        ),
        (
            "quota",
            more,
            rules("evil", "more", "up > 2") + &many,
            group,
            "may have 4 rules",
        ),
        (
            "target",
            more,
            rules("evil", "more", "up").replace("spec:", "spec:\n  targets: env=ops"),
            group,
            "may not use",
        ),
        (
            "owner",
            more,
            rules("evil", "more", "up").replace("spec:", "spec:\n  owner: payments"),
            group,
            "cannot own",
        ),
        (
            "folder",
            shown,
            dashboards("shown", "folder: Payments/Shown, files: [shown.json]"),
            board,
            "is not below",
        ),
    ];
    for (round, (what, path, text, id, words)) in (1..).zip(breaches) {
        let good = world.platform.read(path);
        let (before, shown_before) = (touches(&file), scene.grafana.board("evil-shown"));
        let bytes = std::fs::read(&file).unwrap();
        scene.write_round(round);
        world.platform.write(path, text);
        world.platform.commit(what);
        let apply = world.apply_to(1, &[]);
        let said = held(&apply);
        assert!(
            said.iter().any(|line| line.contains(id)),
            "{what}: {said:?}"
        );
        assert!(
            details(&apply).contains(words),
            "{what}: {}",
            details(&apply)
        );
        assert!(
            !applied(&apply)
                .iter()
                .any(|line| line.starts_with("delete")),
            "{what}: {:?}",
            applied(&apply)
        );
        assert!(
            !applied(&apply).iter().any(|line| line.contains(id)),
            "{what}: {:?}",
            applied(&apply)
        );
        same(&before, &touches(&file));
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "{what}");
        assert_eq!(scene.grafana.board("evil-shown"), shown_before, "{what}");
        scene.everybody_goes_on(what, round);
        world.platform.write(path, good);
    }
    scene.world.platform.commit("All is well");
    let apply = world.apply();
    assert_eq!(held(&apply), [""; 0]);
}

/// The platform takes something away from a tenant.
fn narrower() {
    let scene = scene();
    let world = &scene.world;
    let evil = |from: &str, to: &str| {
        assert!(TENANTS.contains(from), "{from}");
        TENANTS.replacen(from, to, 1)
    };
    let narrower = [
        (
            "kinds",
            evil(
                "  grafana: { folder: Evil }",
                "  kinds: [Folder]\n  grafana: { folder: Evil }",
            ),
        ),
        (
            "quotas",
            evil("rules: 4, dashboards: 3", "rules: 0, dashboards: 0"),
        ),
        ("folder", evil("folder: Evil", "folder: Elsewhere")),
        ("no folder", evil("  grafana: { folder: Evil }\n", "")),
        (
            "targets",
            evil(
                "paths: [\"teams/evil/**\"]\n  targets: env=prod",
                "paths: [\"teams/evil/**\"]\n  targets: env=nowhere",
            ),
        ),
    ];
    let files = world.files("prom");
    for (what, tenants) in narrower {
        world.platform.write("platform/tenants.yaml", tenants);
        world.platform.commit(what);
        let plan = world.plan(&[]);
        let deletes: Vec<String> = changes(&plan)
            .into_iter()
            .filter(|line| line.starts_with("delete"))
            .collect();
        assert_eq!(deletes, [""; 0], "{what}");
        world.run("apply", &[]);
        assert_eq!(
            world.files("prom").keys().collect::<Vec<_>>(),
            files.keys().collect::<Vec<_>>(),
            "{what}"
        );
        let boards = scene.grafana.boards();
        assert!(
            boards.contains_key("evil-own") && boards.contains_key("evil-shown"),
            "{what}"
        );
        world.platform.write("platform/tenants.yaml", TENANTS);
        world.platform.commit("As before");
        world.apply();
    }
}

fn unknown() {
    let scene = scene();
    let world = &scene.world;
    let broken = [
        ("no YAML", TENANTS.replace("kinds: [", "kinds: [[")),
        (
            "an unknown field",
            TENANTS.replacen("  owner:", "  owners: 1\n  owner:", 1),
        ),
        (
            "no fence",
            TENANTS.replace("namespace=~\"evil-.*\"", "namespace=~\"evil-(\""),
        ),
        (
            "a fence of everything",
            TENANTS.replace("namespace=~\"evil-.*\"", "namespace=~\".*\""),
        ),
        (
            "one path twice",
            TENANTS.replace("teams/strict/**", "teams/evil/**"),
        ),
        (
            "one folder in another",
            TENANTS.replace("folder: Strict", "folder: payments/strict"),
        ),
        (
            "one label for two",
            TENANTS.replace("team: strict", "team: evil"),
        ),
        (
            "no owner",
            TENANTS.replacen("  owner: group:default/evil\n", "", 1),
        ),
    ];
    for (round, (what, tenants)) in (1..).zip(broken) {
        assert_ne!(tenants, TENANTS, "{what}");
        let (prom, boards) = (touches(&world.rules("prom")), scene.grafana.boards());
        scene.grafana.proxy.take();
        scene.write_round(round);
        world
            .platform
            .write("platform/tenants.yaml", tenants)
            .remove("teams/evil/more.yaml");
        world.platform.commit(what);
        let apply = world.apply_to(1, &[]);
        assert_eq!(changes(&apply), [""; 0], "{what}");
        let said = held(&apply);
        assert!(
            !said.is_empty() && said.iter().all(|line| line.ends_with("scope_unknown")),
            "{what}: {said:?}"
        );
        assert!(
            details(&apply).contains("platform/tenants.yaml"),
            "{what}: {}",
            details(&apply)
        );
        same(&prom, &touches(&world.rules("prom")));
        assert_eq!(scene.grafana.proxy.take_writes(), [], "{what}");
        assert_eq!(scene.grafana.boards(), boards, "{what}");
        world
            .platform
            .write("platform/tenants.yaml", TENANTS)
            .write("teams/evil/more.yaml", rules("evil", "more", "up > 1"));
    }
}

/// What is held has its owner still: nobody else gets it by its uid or name.
fn robbed() {
    let scene = scene();
    let world = &scene.world;
    let claims = [
        (
            "a dashboard",
            vec![
                (
                    "teams/payments/boards/main.json",
                    board("pay-main", "Shop", "up{namespace=\"evil-a\"}").to_string(),
                ),
                (
                    "teams/evil/tried.json",
                    board("pay-main", "stolen", "up").to_string(),
                ),
                (
                    "teams/evil/tried.yaml",
                    dashboards("tried", "files: [tried.json]"),
                ),
            ],
        ),
        (
            "the dashboards of a set",
            vec![
                (
                    "teams/payments/boards.yaml",
                    dashboards("payments", "folder: Elsewhere, files: ['boards/*.json']"),
                ),
                (
                    "teams/evil/tried.json",
                    board("pay-main", "stolen", "up").to_string(),
                ),
                (
                    "teams/evil/tried.yaml",
                    dashboards("tried", "files: [tried.json]"),
                ),
            ],
        ),
        (
            "rules",
            vec![
                (
                    "teams/payments/checkout.yaml",
                    rules("payments", "checkout", "up{namespace=\"evil-a\"}"),
                ),
                (
                    "teams/evil/tried.yaml",
                    rules("payments", "checkout", "stolen"),
                ),
            ],
        ),
    ];
    for (what, files) in claims {
        let before = scene.live();
        for (path, text) in &files {
            world.platform.write(path, text);
        }
        world.platform.commit(what);
        let apply = world.apply_to(1, &[]);
        let done = applied(&apply);
        assert_eq!(done, [""; 0], "{what}");
        assert_eq!(scene.live(), before, "{what}");
        for path in ["teams/evil/tried.json", "teams/evil/tried.yaml"] {
            if world.platform.folder().join(path).exists() {
                world.platform.remove(path);
            }
        }
        scene.write_round(0);
        world.platform.write(
            "teams/payments/boards.yaml",
            dashboards(
                "payments",
                "folder: Payments/Shop, files: ['boards/*.json']",
            ),
        );
        world.platform.commit("As before");
        world.apply();
    }
}
