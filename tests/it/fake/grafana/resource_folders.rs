//! `/apis/folder.grafana.app`.

use serde_json::{Value, json};

use super::Role;
use super::answer::{bad_request, failure};
use super::object::{Object, uid_error};
use super::resource::{Kind, Preconditions, Sent};
use super::resource_dashboards::forbidden;
use super::resource_list::{shared, updated};
use super::state::Call;
use crate::support::exchange::Reply;

pub(super) fn folder_kind() -> Kind {
    Kind {
        group: "folder.grafana.app",
        version: "v1beta1",
        name: "Folder",
        plural: "folders",
    }
}

/// The folder API words its refusals without a reason.
fn plain(code: u16, text: &str) -> Reply {
    failure(code, &json!({"message": text}))
}

impl Call<'_> {
    pub(super) fn list_folders(&mut self) -> Reply {
        let show = |call: &Self, object: &Object| call.shown_resource_folder(object);
        self.list(folder_kind(), show, |call| &mut call.org.folders)
    }

    fn shown_resource_folder(&self, object: &Object) -> Value {
        let kind = folder_kind();
        json!({
            "kind": kind.name, "apiVersion": kind.api_version(),
            "metadata": self.metadata(kind, object), "spec": object.spec,
        })
    }

    pub(super) fn read_folder(&self, name: &str) -> Reply {
        match self.org.folders.get(name) {
            None => folder_kind().missing(name),
            Some(object) => Reply::json(200, &self.shown_resource_folder(object)),
        }
    }

    fn refused_folder(&self, sent: &mut Sent) -> Option<Reply> {
        if self.request.caller.role < Role::Editor {
            return Some(plain(403, "Access denied"));
        }
        if sent.name == "general" {
            return Some(plain(
                500,
                "Folder API error: invalid uid for folder provided",
            ));
        }
        if let Some(error) = uid_error(&sent.name) {
            return Some(plain(400, error));
        }
        // What it does not know is dropped.
        sent.wanted
            .spec
            .retain(|key, _| ["title", "description"].contains(&key.as_str()));
        let title = sent.wanted.spec.get("title").and_then(Value::as_str);
        if title.unwrap_or_default().is_empty() {
            return Some(plain(400, "folder title cannot be empty"));
        }
        None
    }

    pub(super) fn post_folder(&mut self) -> Reply {
        let mut sent = match folder_kind().read(&self.request.body) {
            Ok(sent) => sent,
            Err(reply) => return *reply,
        };
        if let Some(reply) = self.refused_folder(&mut sent) {
            return reply;
        }
        if self.org.folders.get(&sent.name).is_some() {
            return plain(412, "the folder has been changed by someone else");
        }
        self.add_folder(sent)
    }

    /// Into a folder that is not there, too: then it is nowhere to be found by listing from the root.
    fn add_folder(&mut self, mut sent: Sent) -> Reply {
        if let Some(reply) = Kind::not_new(&sent) {
            return reply;
        }
        if self.too_deep(sent.wanted.folder.as_deref().unwrap_or_default()) {
            return plain(
                500,
                "Folder API error: folder max depth exceeded, max depth is 4",
            );
        }
        sent.wanted.granted = true;
        let object = Object::new(&sent.name, None, sent.wanted, self.by(), self.ids);
        let shown = self.shown_resource_folder(&object);
        if !self.is_dry() {
            self.org.folders.add(object);
        }
        Reply::json(201, &shown)
    }

    pub(super) fn put_folder(&mut self, name: &str) -> Reply {
        let kind = folder_kind();
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
        if let Some(reply) = self.refused_folder(&mut sent) {
            return reply;
        }
        let Some(object) = shared(&self.org.folders, name) else {
            return self.add_folder(sent);
        };
        if let Some(reply) = kind.conflict(&object, &sent) {
            return reply;
        }
        let moved = sent
            .wanted
            .folder
            .clone()
            .filter(|_| sent.wanted.folder != object.folder);
        if let Some(parent) = moved {
            if self.org.folders.get(&parent).is_none() {
                let text = format!(
                    "move target not found folders.folder.grafana.app {parent:?} not found"
                );
                return plain(500, &text);
            }
            if self.subtree(name).contains(&parent) {
                return plain(
                    500,
                    "cannot move folder under its own descendant, this would create a circular reference",
                );
            }
        }
        let by = self.by();
        sent.wanted.granted = true;
        let mut copy = (*object).clone();
        let changed = copy.write(sent.wanted, by, self.ids);
        let shown = self.shown_resource_folder(&copy);
        if changed && !self.is_dry() {
            *self.org.folders.get_mut(name).unwrap() = copy;
        }
        updated(shown, changed)
    }

    pub(super) fn delete_resource_folder(&mut self, name: &str) -> Reply {
        let kind = folder_kind();
        let Some(object) = shared(&self.org.folders, name) else {
            return kind.missing(name);
        };
        if self.request.caller.role < Role::Editor {
            return forbidden();
        }
        if let Some(reply) = kind.unmet(&object, &Preconditions::of(&self.request.body)) {
            return reply;
        }
        let below = self.subtree(name).len() - 1 + self.dashboards_below(name);
        if below + self.rules_below(name) + self.library_below(name) > 0 {
            let text = "Folder cannot be deleted: folder is not empty";
            return failure(
                400,
                &json!({"message": text, "reason": "BadRequest", "details": {"uid": "folder.not-empty"}}),
            );
        }
        if !self.is_dry() {
            self.org.folders.remove(name);
        }
        kind.deleted(&object)
    }

    pub(super) fn resource_counts(&self, name: &str) -> Reply {
        let count = |group: &str, resource: &str, count: usize| json!({"group": group, "resource": resource, "count": count});
        // Of what stands directly in it, unlike the classic counts.
        let rules = self.org.rules.iter().filter(|rule| rule.folder == name);
        let dashboards = self.org.dashboards.inside(Some(name)).count();
        let folders = self.org.folders.inside(Some(name)).count();
        let library = self.org.library.iter();
        let library = library.filter(|element| element.folder == name).count();
        let counts = [
            count("dashboard.grafana.app", "dashboards", dashboards),
            count("folder.grafana.app", "folders", folders),
            count("sql-fallback", "alertrules", rules.count()),
            count("sql-fallback", "dashboards", 0),
            count("sql-fallback", "folders", 0),
            count("sql-fallback", "library_elements", library),
        ];
        Reply::json(
            200,
            &json!({
                "kind": "DescendantCounts", "apiVersion": folder_kind().api_version(),
                "counts": counts,
            }),
        )
    }
}
