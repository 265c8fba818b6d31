//! `/api/folders`.

use serde_json::{Map, Value, json};

use super::answer::{denied, message, message_with_status};
use super::dashboards::folder_url;
use super::object::{MANAGED_BY, Object, Wanted, uid_error};
use super::state::Call;
use super::{Flavor, Role};
use crate::support::exchange::Reply;

/// How many folders may be above one.
const DEPTH: usize = 4;

const TAKEN: &str = "a folder or dashboard in the general folder with the same name already exists";
const CHANGED: &str = "the folder has been changed by someone else";

impl Call<'_> {
    fn may_write_folders(&self, needed: &str) -> Result<(), Reply> {
        if self.request.caller.role >= Role::Editor {
            return Ok(());
        }
        Err(match self.flavor {
            Flavor::Classic75 => message(403, "Access denied"),
            Flavor::Resource124 => denied(needed),
        })
    }

    pub(super) fn folders(&self) -> Reply {
        let nested = self.flavor == Flavor::Resource124;
        let parent = self.request.parameter("parentUid").filter(|_| nested);
        let parent = parent.filter(|uid| !uid.is_empty() && *uid != "general");
        if parent.is_some_and(|uid| self.org.folders.get(uid).is_none()) {
            return missing();
        }
        let mut found: Vec<_> = self.org.folders.inside(parent).collect();
        found.sort_by_key(|folder| (folder.title().to_lowercase(), folder.id));
        let limit = self.request.number("limit").filter(|&limit| limit > 0);
        let limit = usize::try_from(limit.unwrap_or(1000)).unwrap();
        // 7.5 has no pages: it answers the first one again and again.
        let page = self
            .request
            .number("page")
            .filter(|&page| page > 0 && nested);
        let page = usize::try_from(page.unwrap_or(1)).unwrap();
        let shown = found.into_iter().skip((page - 1) * limit).take(limit);
        let shown = shown.map(|folder| {
            let mut short = json!({"id": folder.id, "uid": folder.uid, "title": folder.title()});
            if let Some(parent) = &folder.folder {
                short["parentUid"] = parent.clone().into();
            }
            if let Some(kind) = folder.annotations.get(MANAGED_BY).filter(|_| nested) {
                short["managedBy"] = kind.clone().into();
            }
            short
        });
        Reply::json(200, &shown.collect())
    }

    pub(super) fn folder(&self, uid: &str) -> Reply {
        if self.flavor == Flavor::Resource124 && uid == "general" {
            let general = json!({
                "id": 0, "uid": "general", "orgId": 0, "title": "Dashboards", "url": "",
                "hasAcl": false, "canSave": true, "canEdit": true, "canAdmin": true,
            });
            return Reply::json(200, &general);
        }
        match self.org.folders.get(uid) {
            Some(folder) => Reply::json(200, &self.shown_folder(folder, true)),
            None if self.flavor == Flavor::Resource124
                && self.request.caller.role < Role::Admin =>
            {
                denied("folders:read")
            }
            None => missing(),
        }
    }

    fn shown_folder(&self, folder: &Object, with_parents: bool) -> Value {
        let may = self.request.caller.role >= Role::Editor;
        let nested = self.flavor == Flavor::Resource124;
        let (updated, by) = match &folder.updated {
            Some((at, by)) => (at, by.name.as_str()),
            None if nested => (&folder.created, "Anonymous"),
            None => (&folder.created, folder.created_by.name.as_str()),
        };
        let mut shown = json!({
            "id": folder.id, "uid": folder.uid, "title": folder.title(), "url": folder_url(folder),
            "hasAcl": false, "canSave": may, "canEdit": may,
            "canAdmin": self.request.caller.role == Role::Admin,
            "createdBy": folder.created_by.name, "created": folder.created,
            "updatedBy": by, "updated": updated, "version": folder.version,
        });
        if !nested {
            return shown;
        }
        shown["orgId"] = self.org.id.into();
        shown["canDelete"] = may.into();
        if let Some(kind) = folder.annotations.get(MANAGED_BY) {
            shown["managedBy"] = kind.clone().into();
        }
        if let (Some(parent), true) = (&folder.folder, with_parents) {
            shown["parentUid"] = parent.clone().into();
            let parents = self.parents(folder);
            let parents: Vec<_> = parents
                .iter()
                .map(|above| self.shown_folder(above, false))
                .collect();
            if !parents.is_empty() {
                shown["parents"] = parents.into();
            }
        }
        shown
    }

    pub(super) fn create_folder(&mut self) -> Reply {
        if let Err(reply) = self.may_write_folders("folders:create") {
            return reply;
        }
        let body = self.body();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let (mut uid, title) = (text("uid"), text("title"));
        if title.is_empty() {
            return message(400, "folder title cannot be empty");
        }
        if let Some(error) = uid_error(&uid) {
            return message(400, error);
        }
        let refused = match self.flavor {
            Flavor::Classic75 => self.refused_75(&uid, &title),
            Flavor::Resource124 => self.refused_124(&uid, &text("parentUid")),
        };
        if let Some(reply) = refused {
            return reply;
        }
        if uid.is_empty() {
            uid = self.ids.uid();
        }
        let nested = self.flavor == Flavor::Resource124;
        let mut spec = Map::from_iter([("title".to_owned(), title.into())]);
        if nested {
            spec.insert("description".to_owned(), text("description").into());
        }
        let wanted = Wanted {
            spec,
            folder: Some(text("parentUid")).filter(|uid| nested && !uid.is_empty()),
            granted: true,
            ..Wanted::default()
        };
        let folder = Object::new(&uid, None, wanted, self.by(), self.ids);
        self.org.folders.add(folder);
        self.folder(&uid)
    }

    fn refused_75(&self, uid: &str, title: &str) -> Option<Reply> {
        let org = &self.org;
        if org.folders.get(uid).is_some() {
            return Some(message_with_status(412, CHANGED, "version-mismatch"));
        }
        if org.dashboards.get(uid).is_some() {
            return Some(message(400, "Dashboard cannot be changed to a folder"));
        }
        if title.eq_ignore_ascii_case("general") {
            return Some(message(400, "A folder with that name already exists"));
        }
        let mut beside = org.dashboards.inside(None);
        if beside.any(|dashboard| dashboard.same_title(title)) {
            let text = "Folder name cannot be the same as one of its dashboards";
            return Some(message(400, text));
        }
        let mut beside = org.folders.inside(None);
        beside
            .any(|object| object.same_title(title))
            .then(|| message(400, TAKEN))
    }

    fn refused_124(&self, uid: &str, parent: &str) -> Option<Reply> {
        if uid == "general" {
            return Some(message(
                500,
                "Folder API error: invalid uid for folder provided",
            ));
        }
        if uid == "sharedwithme" {
            return Some(Reply::json(
                400,
                &json!({"statusCode": 400, "messageId": "folder.bad-request", "message": "BadRequest"}),
            ));
        }
        if self.org.folders.get(uid).is_some() {
            return Some(message(412, CHANGED));
        }
        let text = "Folder API error: folder max depth exceeded, max depth is 4";
        self.too_deep(parent).then(|| message(500, text))
    }

    /// Whether nothing can be made in a folder any more.
    pub(super) fn too_deep(&self, parent: &str) -> bool {
        let parent = self.org.folders.get(parent);
        parent.is_some_and(|parent| self.parents(parent).len() >= DEPTH)
    }

    pub(super) fn update_folder(&mut self, uid: &str) -> Reply {
        if let Err(reply) = self.may_write_folders("folders:write") {
            return reply;
        }
        let body = self.body();
        let Some(folder) = self.org.folders.get(uid) else {
            return missing();
        };
        let nested = self.flavor == Flavor::Resource124;
        let title = body["title"].as_str().unwrap_or_default();
        if title.is_empty() {
            let who = if nested { "Dashboard" } else { "folder" };
            return message(400, &format!("{who} title cannot be empty"));
        }
        let overwrite = body["overwrite"] == true;
        if body["version"].as_i64() != Some(folder.version) && !overwrite {
            return match self.flavor {
                Flavor::Classic75 => message_with_status(412, CHANGED, "version-mismatch"),
                Flavor::Resource124 => {
                    message(412, "The dashboard has been changed by someone else")
                }
            };
        }
        let mut target = uid.to_owned();
        if !nested {
            let mut others = self.org.folders.inside(None);
            let other = others.find(|other| other.uid != uid && other.same_title(title));
            match other {
                Some(_) if !overwrite => return message(400, TAKEN),
                // The one that has the title is written, not the one that was meant.
                Some(other) => target.clone_from(&other.uid),
                None => {}
            }
        }
        let by = self.by();
        let folder = self.org.folders.get_mut(&target).unwrap();
        let mut wanted = Wanted {
            spec: folder.spec.clone(),
            folder: folder.folder.clone(),
            annotations: folder.annotations.clone(),
            labels: folder.labels.clone(),
            granted: true,
            ..Wanted::default()
        };
        wanted.spec.insert("title".to_owned(), title.into());
        if let Some(description) = body["description"].as_str().filter(|_| nested) {
            wanted
                .spec
                .insert("description".to_owned(), description.into());
        }
        if nested {
            folder.write(wanted, by, self.ids);
        } else {
            folder.overwrite(wanted, by, self.ids);
        }
        self.folder(&target)
    }

    /// Everything inside goes too, library panels among it, whoever made it; only alert rules are spared, and
    /// in 12.4 only.
    pub(super) fn delete_folder(&mut self, uid: &str) -> Reply {
        if let Err(reply) = self.may_write_folders("folders:delete") {
            return reply;
        }
        let nested = self.flavor == Flavor::Resource124;
        let Some(folder) = self.org.folders.get(uid) else {
            let text = format!("folders.folder.grafana.app {uid:?} not found");
            return if nested {
                message(404, &text)
            } else {
                missing()
            };
        };
        let (id, title) = (folder.id, folder.title().to_owned());
        if nested && self.rules_below(uid) > 0 && !self.request.flag("forceDeleteRules") {
            let text = "Folder cannot be deleted: folder is not empty";
            return Reply::json(
                400,
                &json!({"statusCode": 400, "messageId": "folder.not-empty", "message": text}),
            );
        }
        self.remove_tree(uid);
        Reply::json(
            200,
            &if nested {
                json!({"message": "Folder deleted"})
            } else {
                json!({"id": id, "message": format!("Folder {title} deleted"), "title": title})
            },
        )
    }

    pub(super) fn rules_below(&self, folder: &str) -> usize {
        let tree = self.subtree(folder);
        self.org
            .rules
            .iter()
            .filter(|rule| tree.contains(&rule.folder))
            .count()
    }

    pub(super) fn dashboards_below(&self, folder: &str) -> usize {
        let tree = self.subtree(folder);
        let inside = |uid: &String| self.org.dashboards.inside(Some(uid)).count();
        tree.iter().map(inside).sum()
    }

    /// A folder that is not there counts as empty.
    pub(super) fn folder_counts(&self, uid: &str) -> Reply {
        let counts = json!({
            "alertrule": self.rules_below(uid),
            "dashboard": self.dashboards_below(uid),
            "folder": self.subtree(uid).len() - 1,
            "librarypanel": self.library_below(uid),
        });
        Reply::json(200, &counts)
    }
}

fn missing() -> Reply {
    message_with_status(404, "folder not found", "not-found")
}
