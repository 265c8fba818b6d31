//! What only Grafana needs: folders before and after what is in them, and what stands in the way.

use super::*;
use crate::model::HeldReason;
use crate::model::grafana::{
    Dashboard, DashboardBody, DashboardFormat, Folder, FolderPath, InFolder,
};
use crate::model::live::Refusal;

fn id(kind: ResourceKind, name: &str) -> ResourceId {
    ResourceId::new(TargetName::new("grafana").unwrap(), kind, name)
}

fn folder(path: &str) -> ResourceId {
    id(ResourceKind::Folder, path)
}

fn dashboard(uid: &str) -> ResourceId {
    id(ResourceKind::Dashboard, uid)
}

fn text(text: &str) -> Canonical {
    Canonical::map([("title", Canonical::text(text))])
}

fn spec(id: &ResourceId, within: &str) -> Spec {
    let path = |text: &str| FolderPath::parse(text).unwrap();
    match id.kind {
        ResourceKind::Folder => Spec::Folder(Folder {
            path: path(&id.name),
            title: None,
            uid: None,
            parent_uid: None,
        }),
        _ => Spec::Dashboard(Dashboard {
            uid: id.name.clone(),
            title: "T".into(),
            folder: InFolder::Path {
                path: path(within),
                uid: None,
            },
            inputs: Arc::default(),
            owner: None,
            body: Arc::new(DashboardBody::new(
                DashboardFormat::Classic,
                &serde_json::Value::Null,
            )),
        }),
    }
}

fn want(world: &mut World, id: &ResourceId, within: &str, body: &Canonical) {
    let desired = Desired {
        resource: Arc::new(Resource {
            id: id.clone(),
            spec: Arc::new(spec(id, within)),
            owner: None,
            component: None,
            source: source(),
            adopt: false,
        }),
        hash: body.hash(),
        canonical: crate::model::Form::tree(body.clone()),
    };
    world.wanted.insert(id.clone(), Wanted::Normalised(desired));
}

fn have(world: &mut World, id: &ResourceId, ownership: Ownership, body: &Canonical) {
    let live = Live {
        hash: body.hash(),
        canonical: crate::model::Form::tree(body.clone()),
        version: Some("1".to_owned()),
        ownership,
        residue: false,
        handle: None,
        title: None,
        keep: None,
        changed: Some("anna, yesterday".to_owned()),
    };
    world.observed.live.insert(id.clone(), live);
}

fn world() -> World {
    let mut world = World::new();
    world.target.name = TargetName::new("grafana").unwrap();
    world
}

fn done(plan: &TargetPlan) -> Vec<String> {
    let changes = plan.changes.iter();
    let changes = changes.map(|c| format!("{} {}/{}", c.action.as_str(), c.id.kind, c.id.name));
    changes.collect()
}

fn held(plan: &TargetPlan) -> Vec<String> {
    let held = plan.held.iter();
    let held = held.map(|h| format!("{} {}", h.reason.as_str(), h.id.as_ref().unwrap().name));
    held.collect()
}

#[test]
fn folders_come_before_what_is_in_them_and_go_after_it() {
    let mut made = world();
    let mut gone = world();
    for (id, within) in [
        (folder("A/B"), ""),
        (folder("A"), ""),
        (dashboard("x"), "A/B"),
        (dashboard("a"), "A"),
    ] {
        want(&mut made, &id, within, &text("t"));
        have(&mut gone, &id, Ownership::Ours, &text("t"));
    }
    assert_eq!(
        done(&made.plan()),
        [
            "create folder/A",
            "create folder/A/B",
            "create dashboard/a",
            "create dashboard/x"
        ]
    );
    assert_eq!(
        done(&gone.plan()),
        [
            "delete dashboard/a",
            "delete dashboard/x",
            "delete folder/A/B",
            "delete folder/A"
        ]
    );
}

#[test]
fn a_folder_that_somebody_else_made_is_used_and_never_deleted() {
    let mut world = world();
    want(&mut world, &folder("A"), "", &text("A"));
    have(
        &mut world,
        &folder("A"),
        Ownership::Shared,
        &text("differs"),
    );
    want(&mut world, &dashboard("x"), "A", &text("t"));
    let plan = world.plan();
    assert_eq!(done(&plan), ["create dashboard/x"]);
    assert_eq!(plan.unchanged[&ResourceKind::Folder], 1);
    assert_eq!(plan.owned, 0);
    world.wanted.clear();
    assert_eq!(done(&world.plan()), [""; 0]);
}

#[test]
fn a_folder_of_ours_with_content_of_others_stays() {
    let mut world = world();
    have(&mut world, &folder("A"), Ownership::Ours, &text("A"));
    let keep = Some("it holds the dashboard \"by hand\"".to_owned());
    world.observed.live.get_mut(&folder("A")).unwrap().keep = keep;
    let plan = world.plan();
    assert_eq!(done(&plan), [""; 0]);
    assert_eq!(held(&plan), ["not_ours A"]);
    assert!(plan.held[0].detail.contains("by hand"));
}

#[test]
fn what_stands_in_the_way_holds_and_what_is_inside_waits() {
    let mut world = world();
    for (id, within) in [
        (folder("A"), ""),
        (folder("A/B"), ""),
        (dashboard("x"), "A/B"),
        (folder("C"), ""),
        (dashboard("y"), "C"),
    ] {
        want(&mut world, &id, within, &text("t"));
    }
    let refusal = Refusal {
        reason: HeldReason::Invalid,
        detail: "folder_ambiguous".to_owned(),
    };
    world.observed.refused.insert(folder("A"), refusal);
    let plan = world.plan();
    assert_eq!(done(&plan), ["create folder/C", "create dashboard/y"]);
    assert_eq!(held(&plan), ["invalid A", "depends_on A/B", "depends_on x"]);
}

#[test]
fn drift_says_who_did_it() {
    let mut world = world();
    want(&mut world, &dashboard("x"), "A", &text("declared"));
    have(&mut world, &folder("A"), Ownership::Shared, &text("A"));
    have(
        &mut world,
        &dashboard("x"),
        Ownership::Ours,
        &text("edited"),
    );
    let desired = text("declared");
    let entry = InventoryEntry {
        hash: desired.hash(),
        owner: None,
        source: source(),
        revision: None,
    };
    world.inventory.insert(dashboard("x"), entry);
    let plan = world.plan();
    assert!(plan.changes[0].drift);
    assert_eq!(
        plan.changes[0].impact,
        ["changed on the server by anna, yesterday"]
    );
    let shown = display::text(&Plan {
        targets: vec![plan],
    });
    assert!(shown.contains("/title: edited -> declared"), "{shown}");
}

#[test]
fn one_name_of_two_kinds_is_two_things() {
    let mut world = world();
    let data_source = id(ResourceKind::DataSource, "same");
    have(&mut world, &data_source, Ownership::Nobody, &text("d"));
    have(
        &mut world,
        &dashboard("same"),
        Ownership::Nobody,
        &text("t"),
    );
    want(&mut world, &dashboard("same"), "A", &text("t"));
    have(&mut world, &folder("A"), Ownership::Shared, &text("A"));
    assert_eq!(done(&world.plan()), ["adopt dashboard/same"]);
}
