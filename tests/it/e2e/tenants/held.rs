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
        test(
            "e2e::tenants::held::anothers_fault_holds_no_deletes",
            &[],
            deletes,
        ),
        test(
            "e2e::tenants::held::a_broken_tenant_makes_all_unknown",
            &[],
            unknown,
        ),
        test(
            "e2e::tenants::held::anothers_number_is_not_taken",
            &[],
            numbered,
        ),
        test(
            "e2e::tenants::held::a_folder_of_nobodys_is_not_taken",
            &[],
            hand_made,
        ),
    ]
}

/// Everybody's own things live; of evil's some more.
fn scene() -> Scene {
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

/// Files with which a tenant can be wrong.
fn faults() -> Vec<(&'static str, &'static str, String)> {
    let set = |spec: &str| {
        format!(
            "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ name: faulty }}\nspec: {{ {spec} }}\n"
        )
    };
    vec![
        (
            "no YAML",
            "faulty.yaml",
            "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\n  x: [\n".to_owned(),
        ),
        (
            "no JSON",
            "faulty.json",
            "{\"apiVersion\": \"trueup.dev/v1alpha1\", ".to_owned(),
        ),
        (
            "no text",
            "faulty.yaml",
            "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\n\0\n".to_owned(),
        ),
        (
            "too large",
            "faulty.yaml",
            format!("{}# {}\n", set("groups: []"), "x".repeat(70_000)),
        ),
        ("no file", "faulty.yaml", set("files: [nowhere.yaml]")),
        (
            "no target",
            "faulty.yaml",
            set("targets: env=nowhere, groups: []"),
        ),
        (
            "a wrong rule",
            "faulty.yaml",
            set("groups: [ { name: a, rules: [ { alert: A, expr: '(' } ] } ]"),
        ),
        (
            "a Tenant",
            "faulty.yaml",
            "apiVersion: trueup.dev/v1alpha1\nkind: Tenant\n  x: [\n".to_owned(),
        ),
    ]
}

fn deletes() {
    let mut scene = scene();
    scene
        .world
        .set(|setup| setup.more = "limits: { file_size: 64KiB }".to_owned());
    let world = &scene.world;
    for (what, file, text) in faults() {
        let broken = format!("teams/payments/{file}");
        world.platform.write(&broken, text);
        world.platform.remove("teams/evil/more.yaml");
        world.platform.commit(what);
        let apply = world.run("apply", &["--format", "json"]).json();
        let done = applied(&apply);
        assert_eq!(
            done,
            ["delete prom/rule_group/evil/more/all: done"],
            "{what}: {}",
            details(&apply)
        );
        world
            .platform
            .remove(&broken)
            .write("teams/evil/more.yaml", rules("evil", "more", "up > 1"));
        world.platform.commit("As before");
        world.apply();
    }
    // Its own.
    world
        .platform
        .write("teams/payments/broken.yaml", &faults()[0].2)
        .remove("teams/payments/checkout.yaml");
    world.platform.commit("Less of payments'");
    let apply = world.run("apply", &["--format", "json"]).json();
    assert_eq!(applied(&apply), [""; 0]);
    assert_eq!(
        held(&apply),
        ["delete prom/rule_group/payments/checkout/all: invalid"]
    );
    assert!(
        details(&apply).contains("teams/payments/broken.yaml"),
        "{}",
        details(&apply)
    );
    // The platform's.
    world
        .platform
        .rename("teams/payments/broken.yaml", "platform/broken.yaml");
    for path in ["teams/evil/shown.yaml", "teams/evil/shown.json"] {
        world.platform.remove(path);
    }
    world.platform.commit("Broken for all");
    let apply = world.apply_to(1, &[]);
    assert_eq!(applied(&apply), [""; 0]);
    let said = held(&apply);
    for id in [
        "grafana/dashboard/evil-shown",
        "prom/rule_group/payments/checkout/all",
    ] {
        assert!(said.contains(&format!("delete {id}: invalid")), "{said:?}");
    }
    world.platform.remove("platform/broken.yaml");
    world.platform.commit("All is well");
    let apply = world.apply();
    let mut gone = applied(&apply);
    gone.sort();
    assert_eq!(
        gone,
        [
            "delete grafana/dashboard/evil-shown: done",
            "delete grafana/folder/Evil/Shown: done",
            "delete prom/rule_group/payments/checkout/all: done",
        ]
    );
}

/// Grafana takes a dashboard by the number in its body for the one that has it.
fn numbered() {
    for flavor in [Flavor::Resource124, Flavor::Classic75] {
        let scene = Scene::new(flavor);
        scene.world.apply();
        let mut stolen = board("evil-tried", "Tried", "up");
        stolen["id"] = scene.grafana.board("pay-main").body["id"].clone();
        stolen["folderUid"] = "payments-vault".into();
        stolen["version"] = 1.into();
        scene
            .world
            .platform
            .write(
                "teams/evil/tried.yaml",
                dashboards("tried", "files: [tried.json]"),
            )
            .write("teams/evil/tried.json", stolen.to_string());
        scene.world.platform.commit("The number of another's");
        scene.world.apply();
        scene.everybody_goes_on("a number", 0);
        assert_eq!(
            scene.grafana.board("evil-tried").title,
            "Tried",
            "{flavor:?}"
        );
        assert_eq!(scene.grafana.board("pay-main").title, "Shop", "{flavor:?}");
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

/// A folder that people made has no tenant, and no tenant gets it by its uid.
fn hand_made() {
    for flavor in [Flavor::Resource124, Flavor::Classic75] {
        let scene = Scene::new(flavor);
        scene.grafana.hand_made_folder("people", "People");
        scene
            .grafana
            .hand_made("board-of-people", "Theirs", "people");
        scene
            .world
            .platform
            .write(
                "teams/evil/folder.yaml",
                "apiVersion: trueup.dev/v1alpha1\nkind: Folder\nmetadata: { name: x }\nspec: { path: Evil/x, uid: people }\n",
            )
            .write("teams/evil/tried.yaml", dashboards("tried", "folder: Evil/x, files: [tried.json]"))
            .write("teams/evil/tried.json", board("evil-tried", "Tried", "up").to_string());
        scene.world.platform.commit("A uid of somebody's");
        let apply = scene.world.run("apply", &["--format", "json"]);
        assert_eq!(
            scene.grafana.folders()["people"],
            "People",
            "{flavor:?}: {apply}"
        );
        let boards = scene.grafana.boards();
        assert!(
            apply.code == 1 && apply.stdout.contains("must begin with evil-"),
            "{apply}"
        );
        let folder = boards.get("evil-tried").map(|board| board.folder.as_str());
        assert_ne!(folder, Some("people"), "{flavor:?}: {apply}");
        scene.everybody_goes_on("a hand-made folder", 0);
    }
}
