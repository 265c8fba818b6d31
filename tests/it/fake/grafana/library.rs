//! Library elements, as 12.4 has them: panels that dashboards share. No dashboard is ever connected to one here.

use serde_json::{Value, json};

use super::Role;
use super::answer::{denied, message};
use super::object::uid_error;
use super::state::{Call, Element};
use crate::support::exchange::Reply;

const PANEL: i64 = 1;

impl Call<'_> {
    /// By name, whatever folder they are in.
    pub(super) fn library_elements(&self) -> Reply {
        let number = |name, default| {
            let asked = self.request.number(name).filter(|&asked| asked > 0);
            usize::try_from(asked.unwrap_or(default)).unwrap()
        };
        let (per_page, page) = (number("perPage", 100), number("page", 1));
        let mut all: Vec<_> = self.org.library.iter().collect();
        all.sort_by_key(|element| (&element.name, element.id));
        let shown = all.iter().skip(per_page * (page - 1)).take(per_page);
        let shown: Vec<_> = shown.map(|element| self.shown_element(element)).collect();
        let result =
            json!({"totalCount": all.len(), "elements": shown, "page": page, "perPage": per_page});
        Reply::json(200, &json!({"result": result}))
    }

    fn shown_element(&self, element: &Element) -> Value {
        let folder = self.org.folders.get(&element.folder);
        let name = folder.map_or("General", |folder| folder.title());
        json!({
            "id": element.id, "orgId": self.org.id, "folderId": folder.map_or(0, |folder| folder.id),
            "folderUid": element.folder, "uid": element.uid, "name": element.name, "kind": PANEL,
            "type": element.model["type"], "description": "", "model": element.model, "version": 1,
            "meta": {"folderName": name, "folderUid": element.folder, "connectedDashboards": 0},
        })
    }

    pub(super) fn create_library_element(&mut self) -> Reply {
        if self.request.caller.role < Role::Editor {
            return denied("library.panels:create");
        }
        let body = self.body();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let (mut uid, folder) = (text("uid"), text("folderUid"));
        if !folder.is_empty() && self.org.folders.get(&folder).is_none() {
            return message(400, "failed to get folder");
        }
        // Variables are kinds of old servers only.
        if body["kind"].as_i64() != Some(PANEL) || !body["model"].is_object() {
            return message(500, "Failed to create library element");
        }
        if let Some(error) = uid_error(&uid) {
            return message(400, error);
        }
        if self.org.library.iter().any(|element| element.uid == uid) {
            let text = "library element with that name or UID already exists";
            return message(400, text);
        }
        if uid.is_empty() {
            uid = self.ids.uid();
        }
        let element = Element {
            id: self.ids.id(),
            uid,
            name: text("name"),
            folder,
            model: body["model"].clone(),
        };
        let shown = self.shown_element(&element);
        self.org.library.push(element);
        Reply::json(200, &json!({"result": shown}))
    }

    pub(super) fn delete_library_element(&mut self, uid: &str) -> Reply {
        if self.request.caller.role < Role::Editor {
            return denied("library.panels:delete");
        }
        let library = &mut self.org.library;
        let Some(at) = library.iter().position(|element| element.uid == uid) else {
            return message(404, "library element could not be found");
        };
        let id = library.remove(at).id;
        Reply::json(
            200,
            &json!({"id": id, "message": "Library element deleted"}),
        )
    }

    /// How many a folder and those below it have.
    pub(super) fn library_below(&self, folder: &str) -> usize {
        let tree = self.subtree(folder);
        let library = self.org.library.iter();
        library
            .filter(|element| tree.contains(&element.folder))
            .count()
    }
}
