use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, json};

use super::*;
use crate::model::capabilities::{Dialect, Grafana, Product};
use crate::model::grafana::{
    Dashboard, DashboardBody, DashboardFormat, DataSource, Folder, FolderPath, InFolder, SecretRef,
};
use crate::model::{
    Canonical, Capabilities, Code, Form, Hash, Inventory, InventoryEntry, Live, Ownership,
    Resource, SourceRef,
};
use crate::provider::grafana::normalise::{self, dashboard, data_source, folder};
use crate::provider::secrets;

const INSTANCE: &str = "acme";

/// One observation and one declaration, built up piece by piece.
struct Case {
    target: TargetName,
    observed: Observed,
    desired: BTreeMap<ResourceId, Arc<Resource>>,
    inventory: Inventory,
    secrets: Option<tempfile::TempDir>,
}

impl Case {
    fn new(dialect: Dialect, modern: bool) -> Self {
        Self {
            target: TargetName::new("g").unwrap(),
            observed: Observed {
                capabilities: Capabilities {
                    product: Product::Grafana,
                    version: None,
                    grafana: Some(Grafana {
                        dialect,
                        nested_folders: modern,
                        shared_titles: modern,
                    }),
                },
                live: BTreeMap::new(),
                occupied: BTreeMap::new(),
                unknown: Vec::new(),
                refused: BTreeMap::new(),
                routing: None,
                diagnostics: Vec::new(),
            },
            desired: BTreeMap::new(),
            inventory: Inventory::default(),
            secrets: None,
        }
    }

    fn modern() -> Self {
        Self::new(Dialect::Resource, true)
    }

    fn old() -> Self {
        Self::new(Dialect::Classic, false)
    }

    fn id(&self, kind: ResourceKind, name: &str) -> ResourceId {
        ResourceId::new(self.target.clone(), kind, name)
    }

    fn live(&mut self, id: ResourceId, canonical: Canonical, ownership: Ownership, handle: &str) {
        let title = match canonical.get("title") {
            Some(Canonical::Text(title)) => Some(title.clone()),
            _ => None,
        };
        let live = Live {
            hash: canonical.hash(),
            canonical: Form::tree(canonical),
            title,
            version: None,
            ownership,
            residue: false,
            handle: (!handle.is_empty()).then(|| handle.into()),
            keep: None,
            changed: None,
        };
        self.observed.live.insert(id, live);
    }

    fn live_folder(&mut self, name: &str, title: &str, parent: &str, uid: &str, whose: Ownership) {
        let id = self.id(ResourceKind::Folder, name);
        self.live(id, folder::canonical(title, parent), whose, uid);
    }

    /// The folder by name and uid; both empty at the root.
    fn live_dashboard(&mut self, uid: &str, title: &str, folder: (&str, &str), whose: Ownership) {
        let id = self.id(ResourceKind::Dashboard, uid);
        let body = json!({"title": title});
        let canonical = dashboard::canonical(&body, &DashboardFormat::Classic, folder.0);
        self.live(id, canonical, whose, folder.1);
    }

    fn want(&mut self, kind: ResourceKind, name: &str, spec: Spec) -> ResourceId {
        let id = self.id(kind, name);
        let resource = Resource {
            id: id.clone(),
            spec: Arc::new(spec),
            owner: None,
            component: None,
            source: source(),
            adopt: false,
        };
        self.desired.insert(id.clone(), Arc::new(resource));
        id
    }

    fn want_folder(&mut self, path: &str, title: Option<&str>, uid: Option<&str>) -> ResourceId {
        let folder = Folder {
            path: FolderPath::parse(path).unwrap(),
            title: title.map(Into::into),
            uid: uid.map(Into::into),
            parent_uid: None,
        };
        self.want(ResourceKind::Folder, path, Spec::Folder(folder))
    }

    fn want_dashboard(&mut self, uid: &str, title: &str, folder: InFolder) -> ResourceId {
        let dashboard = Dashboard {
            uid: uid.into(),
            title: title.into(),
            folder,
            inputs: Arc::default(),
            owner: None,
            body: Arc::new(DashboardBody::new(
                DashboardFormat::Classic,
                &json!({"title": title}),
            )),
        };
        self.want(ResourceKind::Dashboard, uid, Spec::Dashboard(dashboard))
    }

    fn applied(&mut self, id: &ResourceId, hash: Hash) {
        let entry = InventoryEntry {
            hash,
            owner: None,
            source: source(),
            revision: None,
        };
        self.inventory.entries.insert(id.clone(), entry);
    }

    /// The form in which a declared resource is compared.
    fn declared(&self, id: &ResourceId) -> Canonical {
        let capabilities = self.observed.capabilities;
        let folder = self.secrets.as_ref().map(tempfile::TempDir::path);
        normalise::declared(&self.desired[id].spec, &capabilities, INSTANCE, folder).unwrap()
    }

    fn done(&self) -> Observed {
        Relation::new(
            &self.target,
            INSTANCE,
            self.secrets.as_ref().map(tempfile::TempDir::path),
            self.observed.clone(),
            Beside {
                desired: &self.desired,
                inventory: &self.inventory,
            },
        )
        .done()
    }
}

fn source() -> SourceRef {
    SourceRef {
        repository: "p".into(),
        file: "f".into(),
        line: 1,
    }
}

fn own_uid(path: &str) -> String {
    FolderPath::parse(path).unwrap().uid(INSTANCE)
}

fn at(path: &str) -> InFolder {
    InFolder::Path {
        path: FolderPath::parse(path).unwrap(),
        uid: None,
    }
}

#[test]
fn a_renamed_folder_is_known_by_its_uid_and_takes_its_content_along() {
    let mut case = Case::modern();
    case.live_folder("Edited", "Edited", "", &own_uid("A"), Ownership::Ours);
    case.live_folder("Edited/In", "In", "Edited", "x", Ownership::Nobody);
    case.live_dashboard("d", "D", ("Edited/In", "x"), Ownership::Nobody);
    let folder = case.want_folder("A", None, None);
    let observed = case.done();
    assert_eq!(
        *observed.live[&folder].canonical.open(),
        folder::canonical("Edited", "")
    );
    let inner = &observed.live[&case.id(ResourceKind::Folder, "A/In")];
    assert_eq!(*inner.canonical.open(), folder::canonical("In", "A"));
    let dashboard = &observed.live[&case.id(ResourceKind::Dashboard, "d")];
    let canonical = dashboard.canonical.open();
    let text = canonical.get("folder");
    assert_eq!(text, Some(&Canonical::text("A/In")));
    assert_eq!(dashboard.hash, canonical.hash());
}

#[test]
fn somebody_elses_folder_in_the_same_place_is_shared() {
    let mut case = Case::old();
    case.live_folder("A \\/ B", "A / B", "", "hand", Ownership::Nobody);
    case.live_dashboard("d", "D", ("A \\/ B", "hand"), Ownership::Ours);
    let folder = case.want_folder("A/B", None, None);
    let dashboard = case.want_dashboard("d", "D", at("A/B"));
    let observed = case.done();
    assert_eq!(observed.live[&folder].ownership, Ownership::Shared);
    let declared = case.declared(&dashboard);
    assert_eq!(*observed.live[&dashboard].canonical.open(), declared);
    assert!(observed.refused.is_empty());
}

#[test]
fn two_folders_in_one_place_are_ambiguous() {
    let mut case = Case::modern();
    case.live_folder("A", "A", "", "x", Ownership::Nobody);
    case.live_folder("A (uid y)", "A", "", "y", Ownership::Nobody);
    let folder = case.want_folder("A", None, None);
    let refusal = &case.done().refused[&folder];
    assert_eq!(refusal.reason, HeldReason::Invalid);
    assert!(refusal.detail.starts_with("folder_ambiguous: "));
    assert!(refusal.detail.contains("x, y"), "{}", refusal.detail);
}

#[test]
fn the_inventory_says_whose_a_folder_with_a_given_uid_is() {
    let mut case = Case::old();
    case.live_folder("T", "T", "", "given", Ownership::Nobody);
    let folder = case.want_folder("A", Some("T"), Some("given"));
    assert_eq!(case.done().live[&folder].ownership, Ownership::Nobody);
    let hash = case.declared(&folder).hash();
    case.applied(&folder, hash);
    assert_eq!(case.done().live[&folder].ownership, Ownership::Ours);
    // Also when it is not declared any more: then it is to go.
    case.desired.clear();
    assert_eq!(case.done().live[&folder].ownership, Ownership::Ours);
}

#[test]
fn a_lost_marker_is_no_loss_where_the_state_knows() {
    let mut case = Case::modern();
    case.live_dashboard("d", "edited", ("", ""), Ownership::Nobody);
    let id = case.want_dashboard("d", "D", InFolder::General);
    assert_eq!(case.done().live[&id].ownership, Ownership::Nobody);
    case.applied(&id, Hash::of(b"x"));
    assert_eq!(case.done().live[&id].ownership, Ownership::Ours);
    case.desired.clear();
    assert_eq!(case.done().live[&id].ownership, Ownership::Nobody);
}

#[test]
fn a_folder_by_uid_is_compared_by_uid() {
    let mut case = Case::modern();
    case.live_dashboard("d", "D", ("Somewhere", "handle"), Ownership::Ours);
    let id = case.want_dashboard("d", "D", InFolder::Uid("handle".into()));
    assert_eq!(*case.done().live[&id].canonical.open(), case.declared(&id));
    let other = case.want_dashboard("d", "D", InFolder::Uid("other".into()));
    assert_ne!(
        *case.done().live[&other].canonical.open(),
        case.declared(&other)
    );
}

#[test]
fn a_taken_title_is_named_with_who_has_it() {
    let mut case = Case::old();
    case.live_dashboard("theirs", "nodes", ("", ""), Ownership::Nobody);
    let id = case.want_dashboard("mine", "Nodes", InFolder::General);
    let refused = case.done().refused;
    assert_eq!(refused[&id].reason, HeldReason::NotOurs);
    assert!(refused[&id].detail.contains("uid theirs"));
    // One of ours that is to go first.
    case.live_dashboard("theirs", "nodes", ("", ""), Ownership::Ours);
    assert_eq!(case.done().refused[&id].reason, HeldReason::DependsOn);
    // And where titles may be shared, nothing.
    case.observed.capabilities = Case::modern().observed.capabilities;
    assert!(case.done().refused.is_empty());
}

#[test]
fn of_two_declared_with_one_title_the_live_one_stays() {
    let mut case = Case::old();
    let one = case.want_dashboard("one", "T", InFolder::General);
    let two = case.want_dashboard("two", "t", InFolder::General);
    let refused = case.done().refused;
    assert!(refused.contains_key(&one) && refused.contains_key(&two));
    case.live_dashboard("two", "t", ("", ""), Ownership::Ours);
    let refused = case.done().refused;
    assert!(refused[&one].detail.contains("uid two") && !refused.contains_key(&two));
}

#[test]
fn secrets_are_what_was_last_applied() {
    let mut case = Case::modern();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("default/prom")).unwrap();
    std::fs::write(folder.path().join("default/prom/token"), "one").unwrap();
    case.secrets = Some(folder);
    let place = SecretRef {
        namespace: "default".into(),
        name: "prom".into(),
        key: "token".into(),
    };
    let wanted = DataSource {
        uid: "p".into(),
        name: "P".into(),
        kind: "loki".into(),
        fields: Map::new(),
        secrets: BTreeMap::from([("token".to_owned(), place)]),
    };
    let id = case.want(ResourceKind::DataSource, "p", Spec::DataSource(wanted));
    let mut fields = Map::new();
    fields.insert("isDefault".to_owned(), true.into());
    let set = [("token", secrets::unknown()), ("other", secrets::unknown())];
    let canonical = data_source::canonical("P", "loki", &fields, set);
    case.live(id.clone(), canonical, Ownership::Ours, "");
    // Nothing known: taken as right, and said.
    let observed = case.done();
    let declared = case.declared(&id);
    assert_eq!(*observed.live[&id].canonical.open(), declared);
    assert_eq!(observed.diagnostics[0].code, Code::SecretUnverified);
    // Applied as it is: equal, and nothing to say.
    case.applied(&id, declared.hash());
    let observed = case.done();
    assert_eq!(observed.live[&id].hash, declared.hash());
    assert!(observed.diagnostics.is_empty());
    // Another value since then: it differs.
    let place = case
        .secrets
        .as_ref()
        .unwrap()
        .path()
        .join("default/prom/token");
    std::fs::write(&place, "two").unwrap();
    assert_ne!(*case.done().live[&id].canonical.open(), case.declared(&id));
    // None at all: the file is named.
    std::fs::remove_file(place).unwrap();
    let refused = case.done().refused;
    assert!(refused[&id].detail.contains("default/prom/token"));
}
