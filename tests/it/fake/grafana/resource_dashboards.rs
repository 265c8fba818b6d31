//! `/apis/dashboard.grafana.app`: v0alpha1 keeps a dashboard as it is; v1beta1 fills it up when it is
//! read, and is not written here.

use serde_json::{Value, json};

use super::Role;
use super::answer::{bad_request, failure};
use super::object::{MANAGED_BY, MANAGER_ID, Object, as_doubles, uid_error};
use super::resource::{Kind, Preconditions, Sent};
use super::resource_folders::folder_kind;
use super::resource_list::{shared, updated};
use super::state::Call;
use crate::support::exchange::Reply;

pub(super) fn dashboard_kind(version: &'static str) -> Kind {
    Kind {
        group: "dashboard.grafana.app",
        version,
        name: "Dashboard",
        plural: "dashboards",
    }
}

impl Call<'_> {
    pub(super) fn list_dashboards(&mut self, kind: Kind) -> Reply {
        let show = |call: &Self, object: &Object| call.shown_dashboard(kind, object);
        self.list(kind, show, |call| &mut call.org.dashboards)
    }

    fn shown_dashboard(&self, kind: Kind, object: &Object) -> Value {
        let mut spec = object.spec.clone();
        let mut status = json!({});
        if kind.version == "v1beta1" {
            for (key, value) in defaults().as_object().into_iter().flatten() {
                spec.entry(key.clone()).or_insert_with(|| value.clone());
            }
            spec.insert("schemaVersion".to_owned(), 42.into());
            status = json!({"conversion": {"failed": false, "storedVersion": "v0alpha1"}});
        }
        json!({
            "kind": kind.name, "apiVersion": kind.api_version(),
            "metadata": self.metadata(kind, object), "spec": spec, "status": status,
        })
    }

    pub(super) fn read_dashboard(&self, kind: Kind, name: &str) -> Reply {
        match self.org.dashboards.get(name) {
            None => kind.missing(name),
            Some(object) if !self.sees(object) => forbidden(),
            Some(object) => Reply::json(200, &self.shown_dashboard(kind, object)),
        }
    }

    /// Why what was sent is refused, whether or not it is there already.
    fn refused_dashboard(&self, kind: Kind, sent: &mut Sent) -> Option<Reply> {
        if self.request.caller.role < Role::Editor {
            return Some(forbidden());
        }
        if kind.version != "v0alpha1" {
            let text = "the fake writes v0alpha1 only";
            return Some(failure(501, &json!({"message": text})));
        }
        if let Some(error) = uid_error(&sent.name) {
            return Some(bad_request(error));
        }
        let spec = &mut sent.wanted.spec;
        if spec.get("title").is_some_and(|title| title == "") {
            return Some(bad_request("Dashboard title cannot be empty"));
        }
        let refresh = spec.get("refresh").and_then(Value::as_str);
        if ["1s", "2s", "3s", "4s"].contains(&refresh.unwrap_or_default()) {
            return Some(bad_request("Dashboard refresh interval is too low"));
        }
        if let Some("repo") = sent.wanted.annotations.get(MANAGED_BY).map(String::as_str) {
            // The repository that it would belong to is looked for.
            let id = sent
                .wanted
                .annotations
                .get(MANAGER_ID)
                .cloned()
                .unwrap_or_default();
            let text = format!(
                "the server could not find the requested resource (post repositories.provisioning.grafana.app {id})"
            );
            return Some(failure(
                404,
                &json!({"message": text, "reason": "NotFound"}),
            ));
        }
        spec.remove("uid");
        spec.remove("version");
        spec.values_mut().for_each(as_doubles);
        None
    }

    pub(super) fn post_dashboard(&mut self, kind: Kind) -> Reply {
        let mut sent = match kind.read(&self.request.body) {
            Ok(sent) => sent,
            Err(reply) => return *reply,
        };
        if sent.name.is_empty() && !sent.generate_name.is_empty() {
            sent.name = format!("{}{}", sent.generate_name, self.ids.id());
        }
        if sent.name.is_empty() {
            let text = "Dashboard.dashboard.grafana.app \"\" is invalid: metadata.name: Required value: name or generateName is required";
            return failure(422, &json!({"message": text, "reason": "Invalid"}));
        }
        if let Some(reply) = self.refused_dashboard(kind, &mut sent) {
            return reply;
        }
        if self.org.dashboards.get(&sent.name).is_some() {
            return kind.exists(&sent.name);
        }
        self.add_dashboard(kind, sent)
    }

    fn add_dashboard(&mut self, kind: Kind, mut sent: Sent) -> Reply {
        if let Some(reply) = Kind::not_new(&sent) {
            return reply;
        }
        let folder = sent.wanted.folder.as_deref();
        if let Some(folder) = folder.filter(|uid| self.org.folders.get(uid).is_none()) {
            return folder_kind().missing(folder);
        }
        // A number is kept, as the label that it becomes; null stays where it is.
        let id = sent.wanted.spec.get("id").and_then(Value::as_i64);
        if id.is_some() {
            sent.wanted.spec.remove("id");
        }
        if sent.wanted.message.is_empty() {
            "Initial save".clone_into(&mut sent.wanted.message);
        }
        let object = Object::new(
            &sent.name,
            id.filter(|&id| id > 0),
            sent.wanted,
            self.by(),
            self.ids,
        );
        let shown = self.shown_dashboard(kind, &object);
        if !self.is_dry() {
            self.org.dashboards.add(object);
        }
        Reply::json(201, &shown)
    }

    /// What is not there is made.
    pub(super) fn put_dashboard(&mut self, kind: Kind, name: &str) -> Reply {
        let mut sent = match kind.read(&self.request.body) {
            Ok(sent) => sent,
            Err(reply) => return *reply,
        };
        if sent.name != name {
            return bad_request(&format!(
                "the name of the object ({}) does not match the name on the URL ({name})",
                sent.name
            ));
        }
        if let Some(reply) = self.refused_dashboard(kind, &mut sent) {
            return reply;
        }
        let Some(object) = shared(&self.org.dashboards, name) else {
            return self.add_dashboard(kind, sent);
        };
        if !self.sees(&object) {
            return forbidden();
        }
        if let Some(reply) = kind.conflict(&object, &sent) {
            return reply;
        }
        let moved = sent
            .wanted
            .folder
            .as_deref()
            .filter(|_| sent.wanted.folder != object.folder);
        if moved.is_some_and(|folder| self.org.folders.get(folder).is_none()) {
            return failure(500, &json!({"message": "access denied to folder"}));
        }
        match sent.wanted.spec.get("id").and_then(Value::as_i64) {
            Some(id) if id == object.id => {
                sent.wanted.spec.remove("id");
            }
            Some(_) => {
                return bad_request(
                    "cannot change the ID of a dashboard. set the label grafana.app/deprecatedInternalID to the previous value",
                );
            }
            None => {}
        }
        let by = self.by();
        let mut copy = (*object).clone();
        let changed = copy.write(sent.wanted, by, self.ids);
        let shown = self.shown_dashboard(kind, &copy);
        if changed && !self.is_dry() {
            *self.org.dashboards.get_mut(name).unwrap() = copy;
        }
        updated(shown, changed)
    }

    pub(super) fn delete_resource_dashboard(&mut self, kind: Kind, name: &str) -> Reply {
        let Some(object) = shared(&self.org.dashboards, name) else {
            return kind.missing(name);
        };
        if self.request.caller.role < Role::Editor || !self.sees(&object) {
            return forbidden();
        }
        let wanted = Preconditions::of(&self.request.body);
        if let Some(reply) = kind.unmet(&object, &wanted) {
            return reply;
        }
        // It can be changed, though, and is then no longer a file's.
        if object.is_provisioned() {
            return bad_request("provisioned dashboard cannot be deleted");
        }
        if !self.is_dry() {
            self.org.dashboards.remove(name);
        }
        kind.deleted(&object)
    }
}

/// A refusal without words.
pub(super) fn forbidden() -> Reply {
    failure(403, &json!({}))
}

/// What v1beta1 adds where nothing stands.
fn defaults() -> Value {
    json!({
        "annotations": {"list": [{
            "builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"},
            "enable": true, "hide": true, "iconColor": "rgba(0, 211, 255, 1)",
            "name": "Annotations & Alerts", "type": "dashboard",
        }]},
        "editable": true, "fiscalYearStartMonth": 0, "graphTooltip": 0, "links": [], "panels": [],
        "refresh": "", "tags": [], "templating": {"list": []},
        "time": {"from": "now-6h", "to": "now"}, "timepicker": {}, "timezone": "", "weekStart": "",
    })
}
