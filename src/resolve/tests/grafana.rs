//! Dashboards, folders and data sources.

use super::*;
use crate::model::definition::{ObjectDefinition, ObjectOrigin};
use crate::model::grafana::{
    Dashboard, DashboardBody, DashboardFormat, DataSource, Folder, FolderPath, InFolder,
};

const KINDS: &[ResourceKind] = &[
    ResourceKind::Folder,
    ResourceKind::DataSource,
    ResourceKind::Dashboard,
];

fn meta(name: &str, file: &str) -> Meta {
    Meta {
        namespace: "default".to_owned(),
        name: name.to_owned(),
        place: place(file, 3),
        targets: Some(selector("env=prod")),
        owner: Some(Spanned::new("team".to_owned(), Span::default())),
        component: None,
        adopt: false,
    }
}

fn object(origin: ObjectOrigin, file: &str, name: &str, spec: Spec) -> ObjectDefinition {
    ObjectDefinition {
        origin,
        meta: meta(file, &format!("{file}.yaml")),
        place: place(file, 1),
        name: name.to_owned(),
        spec: Some(spec),
        references: [].into(),
        validity: Validity::Valid,
    }
}

fn dashboard(uid: &str, title: &str, folder: &str) -> ObjectDefinition {
    let folder = match FolderPath::parse(folder) {
        Ok(path) => InFolder::Path { path, uid: None },
        Err(_) => InFolder::General,
    };
    let spec = Spec::Dashboard(Dashboard {
        uid: uid.into(),
        title: title.into(),
        folder,
        inputs: Arc::default(),
        owner: None,
        body: Arc::new(DashboardBody::new(
            DashboardFormat::Classic,
            &serde_json::json!({ "title": title }),
        )),
    });
    object(
        ObjectOrigin::DashboardSet,
        &format!("{uid}.json"),
        uid,
        spec,
    )
}

fn folder(path: &str, uid: Option<&str>) -> ObjectDefinition {
    let spec = Spec::Folder(Folder {
        path: FolderPath::parse(path).unwrap(),
        title: None,
        uid: uid.map(Into::into),
        parent_uid: None,
    });
    object(ObjectOrigin::Folder, "folder", path, spec)
}

fn resolved(objects: Vec<ObjectDefinition>, inventory: &Inventory) -> Resolved {
    let targets = [Target {
        kinds: KINDS,
        ..target("grafana", "prod")
    }];
    let declared = Declared {
        objects,
        ..Declared::default()
    };
    super::resolve(
        &"platform".into(),
        &declared,
        &Placing::Targets(&targets),
        inventory,
    )
}

fn ids(resolved: &Resolved) -> Vec<String> {
    let all = resolved.desired.values().flat_map(BTreeMap::keys);
    all.map(|id| format!("{}/{}", id.kind, id.name)).collect()
}

fn spec<'r>(resolved: &'r Resolved, name: &str) -> &'r Spec {
    let all = resolved.desired.values().flatten();
    let mut named = all.filter(|(id, _)| &*id.name == name);
    &named.next().unwrap().1.spec
}

#[test]
fn dashboards_bring_their_folders() {
    let resolved = resolved(
        vec![dashboard("a", "A", "Infra/Nodes"), dashboard("b", "B", "")],
        &Inventory::default(),
    );
    assert_eq!(
        ids(&resolved),
        [
            "folder/Infra",
            "folder/Infra/Nodes",
            "dashboard/a",
            "dashboard/b"
        ]
    );
    assert!(resolved.diagnostics.is_empty());
    let folder = resolved.desired.values().flatten().next().unwrap().1;
    // A folder that many may need is nobody's in particular.
    assert_eq!(folder.owner, None);
    assert_eq!(&*folder.source.file, "a.json");
}

#[test]
fn a_declared_folder_gives_its_uid_to_all_that_is_in_it() {
    let resolved = resolved(
        vec![
            dashboard("a", "A", "Infra"),
            dashboard("b", "B", "Infra/Nodes"),
            folder("Infra", Some("infra")),
        ],
        &Inventory::default(),
    );
    assert_eq!(resolved.counts()[&ResourceKind::Folder], 2);
    let Spec::Dashboard(dashboard) = spec(&resolved, "a") else {
        panic!()
    };
    assert!(
        matches!(&dashboard.folder, InFolder::Path { uid: Some(uid), .. } if &**uid == "infra")
    );
    let Spec::Folder(nodes) = spec(&resolved, "Infra/Nodes") else {
        panic!()
    };
    assert_eq!(
        (nodes.uid.as_deref(), nodes.parent_uid.as_deref()),
        (None, Some("infra"))
    );
}

#[test]
fn two_with_one_uid_are_both_held() {
    let resolved = resolved(
        vec![
            dashboard("a", "A", "X"),
            ObjectDefinition {
                place: place("other.json", 1),
                ..dashboard("a", "A2", "X")
            },
        ],
        &Inventory::default(),
    );
    assert_eq!(ids(&resolved), [""; 0]);
    assert_eq!(resolved.invalid.len(), 2);
    let codes: Vec<_> = resolved.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::DuplicateUid, Code::DuplicateUid]);
}

#[test]
fn the_one_that_is_live_stays() {
    let newcomer = ObjectDefinition {
        meta: meta("new", "new.yaml"),
        place: place("new.json", 1),
        ..dashboard("a", "A2", "X")
    };
    let id = ResourceId::new(
        TargetName::new("grafana").unwrap(),
        ResourceKind::Dashboard,
        "a",
    );
    let entry = InventoryEntry {
        hash: Hash::of(b""),
        owner: None,
        source: SourceRef {
            repository: "platform".into(),
            file: "a.json".into(),
            line: 1,
        },
        revision: None,
    };
    let inventory = Inventory {
        entries: BTreeMap::from([(id, entry)]),
    };
    let resolved = resolved(vec![newcomer, dashboard("a", "A", "X")], &inventory);
    assert_eq!(ids(&resolved), ["folder/X", "dashboard/a"]);
    let Spec::Dashboard(dashboard) = spec(&resolved, "a") else {
        panic!()
    };
    assert_eq!(&*dashboard.title, "A");
    assert_eq!(resolved.invalid.len(), 1);
    assert_eq!(resolved.diagnostics[0].code, Code::DuplicateUid);
    assert_eq!(
        resolved.diagnostics[0]
            .place
            .as_ref()
            .unwrap()
            .file
            .as_str(),
        "new.json"
    );
}

#[test]
fn one_title_twice_in_a_folder_is_a_warning() {
    let titled = |uid: &str, folder: &str| dashboard(uid, "Same", folder);
    let resolved = resolved(
        vec![titled("a", "X"), titled("b", "X"), titled("c", "Y")],
        &Inventory::default(),
    );
    let said: Vec<_> = resolved
        .diagnostics
        .iter()
        .map(|d| {
            (
                d.code,
                d.is_error(),
                d.place.as_ref().unwrap().file.as_str(),
            )
        })
        .collect();
    assert_eq!(said, [(Code::DuplicateTitle, false, "b.json")]);
    assert_eq!(resolved.counts()[&ResourceKind::Dashboard], 3);
}

#[test]
fn data_sources_are_known_by_uid_and_name() {
    let source = Spec::DataSource(DataSource {
        uid: "prom".into(),
        name: "Prometheus".into(),
        kind: "prometheus".into(),
        fields: serde_json::Map::new(),
        secrets: BTreeMap::new(),
    });
    let source = object(ObjectOrigin::DataSource, "ds", "prom", source);
    let named = ["prom", "Prometheus", "other"];
    let references = named.map(|name| (name.to_owned(), place("a.json", 9)));
    let user = ObjectDefinition {
        references: references.into(),
        ..dashboard("a", "A", "")
    };
    let resolved = resolved(vec![source, user], &Inventory::default());
    let said: Vec<_> = resolved
        .diagnostics
        .iter()
        .map(|d| d.message.as_str())
        .collect();
    assert_eq!(
        said,
        [r#"no DataSource with the uid or name "other" is declared"#]
    );
}

#[test]
fn an_invalid_one_stands_at_its_last_good_text() {
    let broken = ObjectDefinition {
        validity: Validity::Invalid {
            detail: "a.json: broken".to_owned(),
        },
        ..dashboard("a", "A", "X")
    };
    let resolved = resolved(vec![broken], &Inventory::default());
    assert_eq!(ids(&resolved), ["folder/X", "dashboard/a"]);
    assert_eq!(resolved.invalid[0].detail, "a.json: broken");
}
