//! What was changed by hand is seen, told by whom it belongs to, and put right.

use std::fs;

use crate::e2e::ran::{applied, changes, details, held};
use crate::support::exchange::ask;

use super::scene::{BASE, Scene, file};

fn scene() -> Scene {
    let scene = Scene::new();
    for name in ["a", "b", "c"] {
        scene.write_team("team", name);
    }
    scene.live();
    scene.proxy.take();
    scene
}

/// Edits the file, and has the server load that.
fn edit(scene: &Scene, from: &str, to: &str) {
    let text = scene.text();
    assert!(text.contains(from), "{text}");
    fs::write(scene.file(), text.replacen(from, to, 1)).unwrap();
    assert_eq!(ask(scene.server.port, "POST", "/-/reload").unwrap().0, 200);
}

pub fn by_hand() {
    let scene = scene();
    let good = scene.text();
    for (from, to, id, path) in [
        (
            "  - receiver: team/b/x\n",
            "  - receiver: team/b/x\n    group_wait: 9s\n",
            "team/b",
            "/route/group_wait",
        ),
        (
            "- namespace=\"team\"",
            "- namespace=~\".*\"",
            "team/a",
            "/route/matchers/0",
        ),
        (
            "/team/c\n",
            "/elsewhere\n",
            "team/c",
            "/receivers/name=team~1c~1x/webhook_configs/0/url",
        ),
        (
            "group_wait: 10ms",
            "group_wait: 11ms",
            "base_file",
            "/route/group_wait",
        ),
        (
            "# team/c\n- name: team/c/x\n",
            "# team/c\n- name: by-hand\n- name: team/c/x\n",
            "team/c",
            "/receivers/name=by-hand",
        ),
        (
            "receivers:\n",
            "receivers:\n- name: by-hand\n",
            "base_file",
            "/receivers/name=by-hand",
        ),
    ] {
        edit(&scene, from, to);
        let plan = scene.world.plan(&[]);
        assert_eq!(changes(&plan), [format!("update am/route/{id}")], "{to}");
        let fields = plan["changes"][0]["fields"].as_array().unwrap();
        let [field] = &fields[..] else {
            panic!("{to}: {fields:#?}");
        };
        assert_eq!(field["path"], path);
        scene.world.apply();
        assert_eq!(scene.text(), good, "{to}");
        assert_eq!(scene.take_reloads(), [Some(200)], "{to}");
        scene.is_quiet();
    }
}

/// Nobody can tell any more what belongs to whom: the whole file is written anew.
pub fn beyond_telling() {
    let scene = scene();
    let good = scene.text();
    for (from, to) in [
        (
            "# team/b\n- name: team/b/x\n",
            "# team/a\n- name: team/b/x\n",
        ),
        ("  # team/b\n", "  # team/a\n"),
        ("# team/c\n- name: team/c/x\n", "- name: team/c/x\n"),
        ("  # base_file\n", ""),
    ] {
        edit(&scene, from, to);
        scene.world.apply();
        assert_eq!(scene.text(), good, "{to}");
        scene.is_quiet();
    }
    // Also where it is no file that a server takes.
    fs::write(scene.file(), format!("{good}: [")).unwrap();
    scene.world.apply();
    assert_eq!(scene.text(), good);
    scene.is_quiet();
    // What nobody declares any more does not go with the rest: nobody has planned that.
    let team = scene.world.platform.read(&file("team", "c"));
    scene.remove("team", "c");
    scene.world.platform.commit("One team less");
    edit(&scene, "  # team/b\n", "  # team/a\n");
    let damaged = scene.text();
    let apply = scene.world.apply_to(1, &[]);
    assert_eq!(applied(&apply), [""; 0], "{apply:#}");
    assert!(
        details(&apply).contains("am/route/team/c, which is not declared any more"),
        "{apply:#}"
    );
    assert_eq!(scene.text(), damaged);
    scene.world.platform.write(&file("team", "c"), team);
    scene.world.platform.commit("It is back");
    scene.world.apply();
    assert_eq!(scene.text(), good);
    // Without our mark it may be anybody's.
    for text in ["", "x", "- a\n"] {
        fs::write(scene.file(), text).unwrap();
        let apply = scene.world.apply_to(0, &[]);
        assert!(details(&apply).contains("repair or remove it"), "{apply:#}");
        assert_eq!(scene.text(), text);
    }
    fs::remove_file(scene.file()).unwrap();
    scene.world.apply();
    assert_eq!(scene.text(), good);
    scene.is_quiet();
}

/// The file is as it should be, and the server runs another.
pub fn not_loaded() {
    let scene = scene();
    let good = scene.text();
    edit(&scene, "group_wait: 10ms", "group_wait: 11ms");
    fs::write(scene.file(), &good).unwrap();
    let before = scene.touch();
    assert!(!scene.runs_the_file());
    let plan = scene.world.plan(&[]);
    assert_eq!(changes(&plan), ["update am/route/base_file"]);
    assert_eq!(plan["changes"][0]["fields"][0]["path"], "/loaded");
    let apply = scene.world.apply();
    assert_eq!(applied(&apply), ["update am/route/base_file: done"]);
    assert_eq!(scene.take_reloads(), [Some(200)]);
    assert_eq!(scene.touch(), before);
    scene.is_quiet();
}

pub fn reported() {
    let mut scene = scene();
    scene.set_target("drift: report");
    edit(&scene, "/team/b\n", "/elsewhere\n");
    let edited = scene.text();
    scene.proxy.take();
    let apply = scene.world.apply_to(0, &[]);
    assert_eq!(changes(&apply), [""; 0]);
    assert_eq!(held(&apply), ["update am/route/team/b: paused"]);
    assert!(
        details(&apply).contains("/webhook_configs/0/url"),
        "{apply:#}"
    );
    assert_eq!(scene.text(), edited);
    assert_eq!(scene.take_reloads(), []);
    // What a commit changes is applied, and the rest stays as it is.
    let team = super::scene::file("team", "a");
    scene.world.platform.replace(
        &team,
        "route: { receiver: x }",
        "route: { receiver: x, groupWait: 5s }",
    );
    scene.world.platform.commit("Slower");
    let apply = scene.world.apply_to(0, &[]);
    assert_eq!(applied(&apply), ["update am/route/team/a: done"]);
    let text = scene.text();
    assert!(
        text.contains("/elsewhere\n") && text.contains("group_wait: 5s"),
        "{text}"
    );
    scene.set_target("drift: revert");
    scene.world.apply();
    assert!(!scene.text().contains("/elsewhere\n"));
    scene.is_quiet();
}

/// Whatever becomes of the platform's own part in a commit, nothing of anybody is lost.
pub fn base_is_broken() {
    let scene = scene();
    let good = scene.text();
    let base = scene.world.platform.read(BASE);
    let broken: &[(&str, Option<String>)] = &[
        ("no YAML", Some(format!("{base}\n: ["))),
        (
            "no receiver",
            Some(base.replace("receiver: default", "receiver: nobody")),
        ),
        (
            "no route",
            Some("receivers: [ { name: default } ]\n".into()),
        ),
        ("empty", Some(String::new())),
        (
            "another kind",
            Some("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n".into()),
        ),
        (
            "a receiver of a definition's name",
            Some(
                base.replace("name: oncall", "name: team/a/x")
                    .replace("receiver: oncall", "receiver: team/a/x"),
            ),
        ),
        ("missing", None),
    ];
    for (what, text) in broken {
        match text {
            Some(text) => scene.world.platform.write(BASE, text),
            None => scene.world.platform.remove(BASE),
        };
        scene.world.platform.commit(what);
        let before = scene.touch();
        let with_config = scene.world.with_config("check", &["platform"]);
        let mut with_config = with_config;
        let check = crate::e2e::ran::Ran::of(&mut with_config);
        assert_eq!(check.code, 1, "{what}: {check}");
        assert!(check.stdout.contains(BASE), "{what}: {check}");
        let apply = scene.world.apply_to(1, &[]);
        assert_eq!(applied(&apply), [""; 0], "{what}");
        let held = held(&apply);
        println!("{what}: {held:?} {}", details(&apply));
        assert!(
            held.iter()
                .any(|held| held.contains("am/route/base_file: invalid")),
            "{what}: {apply:#}"
        );
        assert_eq!(scene.touch(), before, "{what}");
        assert_eq!(scene.take_reloads(), [], "{what}");
        scene.world.platform.write(BASE, &base);
        scene.world.platform.commit("Back");
        scene.world.apply();
        assert_eq!(scene.text(), good);
    }
    // Meanwhile others go on, in the last good one.
    scene.world.platform.write(BASE, format!("{base}\n: ["));
    scene.write_team("more", "web");
    scene.remove("team", "b");
    scene.world.platform.commit("Broken, and a new team");
    let apply = scene.world.apply_to(1, &[]);
    println!(
        "{:?} {:?} {}",
        applied(&apply),
        held(&apply),
        details(&apply)
    );
    assert!(
        applied(&apply).contains(&"create am/route/more/web: done".to_owned()),
        "{apply:#}"
    );
    assert!(scene.text().contains("more/web/x") && scene.text().contains("team/a/x"));
    assert!(scene.runs_the_file());
}

/// Without the platform's own part, what else is gone from the repository proves nothing.
pub fn base_is_gone_with_others() {
    let scene = scene();
    let before = scene.touch();
    let base = scene.world.platform.read(BASE);
    // Not all: that is another guard's business.
    for team in ["a", "b"] {
        scene.remove("team", team);
    }
    scene.world.platform.remove(BASE);
    scene.world.platform.commit("All gone");
    let nothing = || {
        let apply = scene.world.apply_to(1, &[]);
        assert_eq!(applied(&apply), [""; 0], "{apply:#}");
        assert_eq!(held(&apply).len(), 3, "{apply:#}");
        assert!(
            details(&apply).contains("absence proves nothing"),
            "{apply:#}"
        );
        assert_eq!(scene.touch(), before);
        assert_eq!(scene.take_reloads(), []);
    };
    nothing();
    // Nor without memory, where there is no last good one of a broken one either.
    scene.world.delete_state();
    nothing();
    scene.world.platform.write(BASE, format!("{base}\n: ["));
    scene.world.platform.commit("Broken");
    nothing();
    scene.world.platform.write(BASE, base);
    scene.world.platform.commit("Only the teams are gone");
    assert_eq!(applied(&scene.world.apply()).len(), 2);
    scene.is_quiet();
}

/// A field that the server does not know holds its definition, and says why.
pub fn unknown_field() {
    let scene = scene();
    let secret = scene.world.path("secrets/new/web/url");
    fs::create_dir_all(secret.parent().unwrap()).unwrap();
    fs::write(secret, "https://teams.invalid/x").unwrap();
    scene.write(
        "new",
        "web",
        "route: { receiver: x }\nreceivers: [ { name: x, msteamsv2Configs: [ { webhookURL: { name: web, key: url } } ] } ]\n",
    );
    scene.write_team("new", "other");
    scene.world.platform.commit("Newer than the server");
    let apply = scene.world.apply_to(1, &[]);
    assert_eq!(applied(&apply), ["create am/route/new/other: done"]);
    assert_eq!(held(&apply), ["create am/route/new/web: invalid"]);
    let details = details(&apply);
    println!("{details}");
    for word in ["receivers[0].msteamsv2Configs", "0.28", "0.25.0"] {
        assert!(details.contains(word), "{details}");
    }
    assert!(!scene.text().contains("new/web"));
    assert!(scene.runs_the_file());
}

/// A server that does not answer, or is none: nothing is known, and nothing is done.
pub fn unknown_server() {
    use crate::support::proxy::Fault;
    let scene = scene();
    let before = scene.touch();
    scene.write_team("more", "web");
    scene.remove("team", "a");
    scene.world.platform.commit("One more, one less");
    for fault in [
        Fault::Drop,
        Fault::DropAnswer,
        Fault::Status(200),
        Fault::Status(401),
        Fault::Status(404),
        Fault::Status(500),
        Fault::Status(503),
    ] {
        scene.proxy.set_policy(move |_| fault);
        let plan = scene.world.run("plan", &["--format", "json"]).expect(1);
        let plan = plan.json();
        let apply = scene.world.apply_to(1, &[]);
        for told in [&plan, &apply] {
            assert_eq!(told["held"][0]["reason"], "scope_unknown", "{fault:?}");
            assert_eq!(told["held"][0]["id"], "am", "{fault:?}");
            assert_eq!(changes(told), [""; 0], "{fault:?}");
        }
        println!("{fault:?}: {}", details(&apply));
        assert_eq!(scene.take_reloads(), [], "{fault:?}");
        assert_eq!(scene.touch(), before, "{fault:?}");
    }
    scene.proxy.set_policy(|_| Fault::None);
    scene.world.apply();
    scene.is_quiet();
}

/// All definitions at once are not deleted on the word of one commit: the platform's own part does not count.
pub fn all_at_once_is_held() {
    let scene = scene();
    let before = scene.touch();
    for team in ["a", "b", "c"] {
        scene.remove("team", team);
    }
    scene.world.platform.commit("All teams gone");
    let apply = scene.world.apply_to(1, &[]);
    assert_eq!(applied(&apply), [""; 0], "{apply:#}");
    let held = apply["held"].as_array().unwrap();
    assert_eq!(held.len(), 3, "{apply:#}");
    assert!(held.iter().all(|held| held["reason"] == "over_limit"));
    assert_eq!(scene.touch(), before);
}

/// A new definition that is wrong is held, and says where; the others go on.
pub fn a_broken_new_one_is_held() {
    let scene = scene();
    scene.write_team("more", "web");
    scene.world.platform.write(
        "teams/wrong.yaml",
        "apiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\n\
         metadata: { name: web, namespace: wrong }\nspec:\n  route: { receiver: nobody }\n",
    );
    scene.world.platform.commit("One good, one not");
    let apply = scene.world.apply_to(1, &[]);
    assert_eq!(applied(&apply), ["create am/route/more/web: done"]);
    let held = apply["held"].as_array().unwrap();
    assert_eq!(held.len(), 1, "{apply:#}");
    assert_eq!(held[0]["id"], "am/route/wrong/web");
    assert_eq!(held[0]["reason"], "invalid");
    let detail = held[0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("teams/wrong.yaml:5:"), "{detail}");
}
