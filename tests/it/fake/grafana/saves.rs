//! `POST /api/dashboards/db`: what each version takes, and whom it overwrites.

use serde_json::{Map, Value, json};

use super::answer::{denied, message, message_with_status, required};
use super::dashboards::url;
use super::object::{MESSAGE, Object, Wanted, as_doubles, uid_error};
use super::state::Call;
use super::{Flavor, Role};
use crate::support::exchange::Reply;

/// What a classic save asks for.
struct Save {
    uid: String,
    id: Option<i64>,
    version: i64,
    overwrite: bool,
    folder: Option<String>,
    spec: Map<String, Value>,
    message: String,
}

impl Call<'_> {
    pub(super) fn save_dashboard(&mut self) -> Reply {
        if self.request.caller.role < Role::Editor {
            return match self.flavor {
                Flavor::Classic75 => message(403, "Access denied to save dashboard"),
                Flavor::Resource124 => denied("any of dashboards:create, dashboards:write"),
            };
        }
        let json = self.request.content_type.starts_with("application/json");
        let body = self.request.json().filter(|_| json);
        let Some(body) = body.filter(|body| body.get("dashboard").is_some()) else {
            return match self.flavor {
                Flavor::Classic75 => required(422, "Dashboard"),
                Flavor::Resource124 => message(400, "bad request data"),
            };
        };
        let save = match self.wanted(&body) {
            Ok(save) => save,
            Err(reply) => return *reply,
        };
        match self.flavor {
            Flavor::Classic75 => self.save_75(save),
            Flavor::Resource124 => self.save_124(save),
        }
    }

    fn wanted(&self, body: &Value) -> Result<Save, Box<Reply>> {
        let mut spec = body["dashboard"].as_object().cloned().unwrap_or_default();
        let title = spec
            .get("title")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let title = title.trim().to_owned();
        if title.is_empty() {
            let text = "Dashboard title cannot be empty";
            return Err(Box::new(match self.flavor {
                Flavor::Classic75 => message(400, text),
                Flavor::Resource124 => message_with_status(400, text, "empty-name"),
            }));
        }
        spec.insert("title".to_owned(), title.into());
        let uid = spec
            .remove("uid")
            .and_then(|uid| Some(uid.as_str()?.to_owned()));
        let id = spec
            .remove("id")
            .and_then(|id| id.as_i64())
            .filter(|&id| id > 0);
        let version = spec.remove("version").and_then(|version| version.as_i64());
        let uid = uid.unwrap_or_default();
        if let Some(error) = uid_error(&uid) {
            return Err(Box::new(message(400, error)));
        }
        if self.flavor == Flavor::Resource124 {
            spec.values_mut().for_each(as_doubles);
        }
        Ok(Save {
            uid,
            id,
            version: version.unwrap_or(0),
            overwrite: body["overwrite"] == true,
            folder: self.folder_of(body)?,
            spec,
            message: body["message"].as_str().unwrap_or_default().to_owned(),
        })
    }

    /// 7.5 knows folders by their number only: what is named by uid goes to the root.
    fn folder_of(&self, body: &Value) -> Result<Option<String>, Box<Reply>> {
        let id = body["folderId"].as_i64().filter(|&id| id != 0);
        let uid = body["folderUid"].as_str().filter(|uid| !uid.is_empty());
        let folders = &self.org.folders;
        match (self.flavor, uid, id) {
            (Flavor::Resource124, Some("general"), _) => Err(Box::new(message(
                404,
                "folders.folder.grafana.app \"general\" not found",
            ))),
            (Flavor::Resource124, Some(uid), _) => match folders.get(uid) {
                Some(_) => Ok(Some(uid.to_owned())),
                None => Err(Box::new(message(400, "folder not found"))),
            },
            (_, _, None) => Ok(None),
            (flavor, _, Some(id)) => match (flavor, folders.by_id(id)) {
                (_, Some(folder)) => Ok(Some(folder.uid.clone())),
                (Flavor::Classic75, None) => Err(Box::new(message(404, "Folder not found"))),
                (Flavor::Resource124, None) => Err(Box::new(message(400, "folder not found"))),
            },
        }
    }

    fn save_75(&mut self, mut save: Save) -> Reply {
        let existing = match self.existing_75(&save) {
            Ok(existing) => existing,
            Err(reply) => return *reply,
        };
        let title = save.spec["title"].as_str().unwrap_or_default();
        let mut inside = self.org.dashboards.inside(save.folder.as_deref());
        let other = inside
            .find(|object| object.same_title(title) && existing.as_ref() != Some(&object.uid))
            .map(|object| object.uid.clone());
        let Some(other) = other else {
            drop(inside);
            return self.store(existing.as_deref(), save);
        };
        if !save.overwrite {
            let text = "A dashboard with the same name in the folder already exists";
            return message_with_status(412, text, "name-exists");
        }
        drop(inside);
        // The one that has the title is overwritten, whoever made it.
        save.uid.clone_from(&other);
        self.store(Some(&other), save)
    }

    /// The uid of the dashboard that a save is of, where there is one and it may be saved.
    fn existing_75(&self, save: &Save) -> Result<Option<String>, Box<Reply>> {
        let org = &self.org;
        if org.folders.get(&save.uid).is_some() {
            let text = "Dashboard cannot be changed to a folder";
            return Err(Box::new(message(400, text)));
        }
        let title = save.spec["title"].as_str().unwrap_or_default();
        let named = match save.folder.as_deref().and_then(|uid| org.folders.get(uid)) {
            Some(folder) => folder.same_title(title),
            None => org
                .folders
                .inside(None)
                .any(|folder| folder.same_title(title)),
        };
        if named {
            let text = "Dashboard name cannot be the same as folder";
            return Err(Box::new(message(400, text)));
        }
        let existing = match save.id.map(|id| org.dashboards.by_id(id)) {
            Some(None) => return Err(Box::new(unknown_id())),
            Some(found) => found,
            None => org
                .dashboards
                .get(&save.uid)
                .filter(|_| !save.uid.is_empty()),
        };
        if existing.is_some_and(|object| object.version != save.version) && !save.overwrite {
            return Err(Box::new(version_mismatch()));
        }
        Ok(existing.map(|object| object.uid.clone()))
    }

    fn save_124(&mut self, mut save: Save) -> Reply {
        let dashboards = &self.org.dashboards;
        if save.id.is_some_and(|id| dashboards.by_id(id).is_none()) {
            return unknown_id();
        }
        if save.uid.is_empty() {
            let known = save.id.and_then(|id| dashboards.by_id(id));
            save.uid = known.map_or_else(|| self.ids.uuid(), |object| object.uid.clone());
        }
        let existing = self.org.dashboards.get(&save.uid);
        if existing.is_some_and(Object::is_provisioned) {
            return message(400, "Cannot save provisioned dashboard");
        }
        if existing.is_some_and(|object| object.version != save.version) && !save.overwrite {
            return version_mismatch();
        }
        let existing = existing.map(|object| object.uid.clone());
        self.store(existing.as_deref(), save)
    }

    fn store(&mut self, existing: Option<&str>, mut save: Save) -> Reply {
        if save.uid.is_empty() {
            save.uid = existing.map_or_else(|| self.ids.uid(), str::to_owned);
        }
        let by = self.by();
        let mut wanted = Wanted {
            spec: save.spec,
            folder: save.folder,
            message: save.message.clone(),
            granted: true,
            ..Wanted::default()
        };
        let objects = &mut self.org.dashboards;
        match (self.flavor, existing.and_then(|uid| objects.get_mut(uid))) {
            (Flavor::Classic75, Some(object)) => {
                // A provisioned one that is saved by hand stays provisioned.
                wanted.annotations.clone_from(&object.annotations);
                object.overwrite(wanted, by, self.ids);
                object.uid.clone_from(&save.uid);
            }
            (Flavor::Resource124, Some(object)) => {
                // The save knows no annotations: whoever managed it, does so no more.
                if !save.message.is_empty() {
                    wanted.annotations.insert(MESSAGE.to_owned(), save.message);
                }
                object.write(wanted, by, self.ids);
            }
            (flavor, None) => {
                if flavor == Flavor::Resource124 && !save.message.is_empty() {
                    wanted.annotations.insert(MESSAGE.to_owned(), save.message);
                }
                let mut object = Object::new(&save.uid, None, wanted, by, self.ids);
                if flavor == Flavor::Resource124 {
                    // It forgets who made the first version.
                    "Anonymous".clone_into(&mut object.history[0].by);
                }
                objects.add(object);
            }
        }
        self.saved(&save.uid)
    }

    fn saved(&self, uid: &str) -> Reply {
        let object = self.org.dashboards.get(uid).unwrap();
        let mut body = json!({
            "id": object.id, "slug": object.slug(), "status": "success", "uid": object.uid,
            "url": url(object), "version": object.version,
        });
        if self.flavor == Flavor::Resource124 {
            body["folderUid"] = object.folder.clone().unwrap_or_default().into();
        }
        Reply::json(200, &body)
    }
}

fn unknown_id() -> Reply {
    message_with_status(404, "Dashboard not found", "not-found")
}

fn version_mismatch() -> Reply {
    let text = "The dashboard has been changed by someone else";
    message_with_status(412, text, "version-mismatch")
}
