//! What stands in the server before a test, made without asking it; and what people do to it meanwhile.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::auth::ADMIN_ID;
use super::object::{Author, FILE, MANAGED_BY, MANAGER_ID, Object, SOURCE_PATH, Wanted};
use super::state::{Rule, Source, State};
use super::{Flavor, Grafana};

/// A person, who is not the instance under test.
fn person() -> Author {
    Author {
        name: "anna".to_owned(),
        id: ADMIN_ID.replace("admin", "anna"),
    }
}

fn wanted(spec: Value, folder: Option<&str>) -> Wanted {
    let spec = match spec {
        Value::Object(spec) => spec,
        _ => Map::new(),
    };
    Wanted {
        spec,
        folder: folder.map(str::to_owned),
        granted: true,
        ..Wanted::default()
    }
}

impl Grafana {
    fn add(&self, dashboard: bool, uid: &str, wanted: Wanted) {
        let State { orgs, ids, .. } = &mut *self.state();
        let objects = if dashboard {
            &mut orgs[0].dashboards
        } else {
            &mut orgs[0].folders
        };
        assert!(objects.get(uid).is_none(), "there is a {uid} already");
        objects.add(Object::new(uid, None, wanted, person(), ids));
    }

    /// A folder that a person made; in 7.5 without a parent, for it knows none.
    pub fn hand_made_folder(&self, uid: &str, title: &str, parent: Option<&str>) {
        assert!(
            parent.is_none() || self.flavor() == Flavor::Resource124,
            "7.5 does not nest"
        );
        self.add(false, uid, wanted(json!({"title": title}), parent));
    }

    /// A dashboard that a person made.
    pub fn hand_made_dashboard(&self, uid: &str, title: &str, folder: Option<&str>) {
        let spec = json!({"title": title, "tags": [], "panels": [], "schemaVersion": 27});
        self.add(true, uid, wanted(spec, folder));
    }

    /// The same with a body of one's own, without its uid.
    pub fn hand_made_with(&self, uid: &str, spec: Value, folder: Option<&str>) {
        self.add(true, uid, wanted(spec, folder));
    }

    /// A dashboard that another manager keeps: `terraform`, `repo`, `kubectl`, …
    pub fn managed_dashboard(
        &self,
        uid: &str,
        spec: Value,
        folder: Option<&str>,
        manager: (&str, &str),
    ) {
        let mut wanted = wanted(spec, folder);
        wanted.annotations = managed(manager.0, manager.1);
        self.add(true, uid, wanted);
    }

    pub fn managed_folder(
        &self,
        uid: &str,
        title: &str,
        parent: Option<&str>,
        manager: (&str, &str),
    ) {
        let mut wanted = wanted(json!({"title": title}), parent);
        wanted.annotations = managed(manager.0, manager.1);
        self.add(false, uid, wanted);
    }

    /// A dashboard that a file beside the server declares.
    pub fn provisioned_dashboard(&self, uid: &str, title: &str, folder: Option<&str>) {
        let mut wanted = wanted(json!({"title": title}), folder);
        wanted.annotations = managed(FILE, "files");
        wanted
            .annotations
            .insert(SOURCE_PATH.to_owned(), format!("{uid}.json"));
        self.add(true, uid, wanted);
    }

    /// A data source as a person made it, or as a file declares it where `read_only`.
    pub fn hand_made_source(&self, fields: &Value, read_only: bool) {
        let State {
            orgs, ids, flavor, ..
        } = &mut *self.state();
        let mut source = Source {
            id: ids.id(),
            version: 1,
            read_only,
            fields: Value::Object(super::sources::fields(*flavor)),
            secrets: BTreeMap::new(),
        };
        source.take(fields, true);
        source.fields["uid"] = fields["uid"].clone();
        orgs[0].sources.push(source);
    }

    /// An alert rule in a folder; returns its uid.
    pub fn alert_rule(&self, folder: &str) -> String {
        let State { orgs, ids, .. } = &mut *self.state();
        let uid = ids.uid();
        let title = format!("Rule {uid}");
        orgs[0].rules.push(Rule {
            uid: uid.clone(),
            folder: folder.to_owned(),
            group: "group".to_owned(),
            body: json!({"for": "1m", "grafana_alert": {"title": title, "condition": "A", "data": []}}),
        });
        uid
    }

    /// Edits a dashboard as a person does with the UI, who saves by the classic API: with a new version,
    /// and in 12.4 without the annotations of whoever managed it.
    pub fn edit_dashboard(&self, uid: &str, edit: impl FnOnce(&mut Value)) {
        let state = &mut *self.state();
        let flavor = state.flavor;
        let object = state.orgs[0].dashboards.get_mut(uid).unwrap();
        let mut spec = Value::Object(object.spec.clone());
        edit(&mut spec);
        let mut wanted = wanted(spec, object.folder.as_deref());
        match flavor {
            Flavor::Classic75 => object.overwrite(wanted, person(), &mut state.ids),
            Flavor::Resource124 => {
                wanted.granted = object.granted;
                object.write(wanted, person(), &mut state.ids);
            }
        }
    }

    /// Moves a dashboard as a person does.
    pub fn move_dashboard(&self, uid: &str, folder: Option<&str>) {
        let state = &mut *self.state();
        let object = state.orgs[0].dashboards.get_mut(uid).unwrap();
        let mut wanted = wanted(Value::Object(object.spec.clone()), folder);
        wanted.annotations.clone_from(&object.annotations);
        object.overwrite(wanted, person(), &mut state.ids);
    }

    /// Renames a folder as a person does; its manager stays.
    pub fn rename_folder(&self, uid: &str, title: &str) {
        let state = &mut *self.state();
        let object = state.orgs[0].folders.get_mut(uid).unwrap();
        let mut wanted = wanted(Value::Object(object.spec.clone()), object.folder.as_deref());
        wanted.spec.insert("title".to_owned(), title.into());
        wanted.annotations.clone_from(&object.annotations);
        object.overwrite(wanted, person(), &mut state.ids);
    }

    /// Edits a data source as a person does, `secureJsonData` included.
    pub fn edit_source(&self, uid: &str, fields: &Value) {
        let state = &mut *self.state();
        let mut sources = state.orgs[0].sources.iter_mut();
        let source = sources.find(|source| source.uid() == uid).unwrap();
        source.take(fields, true);
        source.version += 1;
    }

    pub fn remove_dashboard(&self, uid: &str) {
        self.state().orgs[0].dashboards.remove(uid);
    }
}

fn managed(kind: &str, id: &str) -> BTreeMap<String, String> {
    [(MANAGED_BY, kind), (MANAGER_ID, id)]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}
