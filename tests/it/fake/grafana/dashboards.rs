//! `/api/dashboards`: one dashboard, read and deleted.

use serde_json::{Value, json};

use super::answer::{denied, message};
use super::object::{Author, Object, SOURCE_PATH};
use super::state::Call;
use super::{Flavor, Role};
use crate::support::exchange::Reply;

impl Call<'_> {
    pub(super) fn by(&self) -> Author {
        Author {
            name: self.author(),
            id: self.request.caller.id.clone(),
        }
    }

    /// Whether who asks may see a dashboard.
    pub(super) fn sees(&self, object: &Object) -> bool {
        self.flavor == Flavor::Classic75
            || object.granted
            || object.folder.is_some()
            || self.request.caller.role == Role::Admin
    }

    pub(super) fn get_dashboard(&self, uid: &str) -> Reply {
        let Some(object) = self.org.dashboards.get(uid) else {
            return message(404, "Dashboard not found");
        };
        if !self.sees(object) {
            return denied("dashboards:read");
        }
        let mut dashboard = object.spec.clone();
        dashboard.insert("id".to_owned(), object.id.into());
        dashboard.insert("uid".to_owned(), object.uid.clone().into());
        dashboard.insert("version".to_owned(), object.version.into());
        Reply::json(
            200,
            &json!({"meta": self.meta(object), "dashboard": dashboard}),
        )
    }

    fn meta(&self, object: &Object) -> Value {
        let folder = object
            .folder
            .as_deref()
            .and_then(|uid| self.org.folders.get(uid));
        let may = self.request.caller.role >= Role::Editor;
        let (updated, by) = match &object.updated {
            Some((at, by)) => (at, by.name.as_str()),
            None => (&object.created, object.created_by.name.as_str()),
        };
        // 12.4 names nobody until there is a second version.
        let unnamed = self.flavor == Flavor::Resource124 && object.updated.is_none();
        let name = |name| if unnamed { "Anonymous" } else { name };
        let path = object
            .annotations
            .get(SOURCE_PATH)
            .filter(|_| object.is_provisioned());
        let mut meta = json!({
            "type": "db", "canSave": may, "canEdit": may,
            "canAdmin": self.request.caller.role == Role::Admin, "canStar": true,
            "slug": object.slug(), "url": url(object), "expires": "0001-01-01T00:00:00Z",
            "created": object.created, "updated": updated,
            "updatedBy": name(by), "createdBy": name(&object.created_by.name),
            "version": object.version, "hasAcl": false, "isFolder": false,
            "folderId": folder.map_or(0, |folder| folder.id),
            "folderTitle": folder.map_or("General", Object::title),
            "folderUrl": folder.map(folder_url).unwrap_or_default(),
            "provisioned": object.is_provisioned(),
            "provisionedExternalId": path.cloned().unwrap_or_default(),
        });
        if self.flavor == Flavor::Resource124 {
            meta["canDelete"] = may.into();
            meta["apiVersion"] = "v0alpha1".into();
            meta["folderUid"] = object.folder.clone().unwrap_or_default().into();
        }
        meta
    }

    pub(super) fn delete_dashboard(&mut self, uid: &str) -> Reply {
        let Some(object) = self.org.dashboards.get(uid) else {
            return message(404, "Dashboard not found");
        };
        if self.request.caller.role < Role::Editor {
            return match self.flavor {
                Flavor::Classic75 => message(403, "Access denied to this dashboard"),
                Flavor::Resource124 => denied("dashboards:delete"),
            };
        }
        if object.is_provisioned() {
            return message(400, "provisioned dashboard cannot be deleted");
        }
        let (id, title) = (object.id, object.title().to_owned());
        self.org.dashboards.remove(uid);
        let text = format!("Dashboard {title} deleted");
        Reply::json(
            200,
            &match self.flavor {
                Flavor::Classic75 => json!({"id": id, "message": text, "title": title}),
                Flavor::Resource124 => json!({"message": text, "title": title, "uid": uid}),
            },
        )
    }
}

pub(super) fn url(object: &Object) -> String {
    format!("/d/{}/{}", object.uid, object.slug())
}

pub(super) fn folder_url(folder: &Object) -> String {
    format!("/dashboards/f/{}/{}", folder.uid, folder.slug())
}
