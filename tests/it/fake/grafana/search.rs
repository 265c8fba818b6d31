//! `/api/search`: what is there, without bodies, in pages.

use serde_json::{Value, json};

use super::Flavor;
use super::answer::message;
use super::dashboards::{folder_url, url};
use super::object::Object;
use super::state::Call;
use crate::support::exchange::Reply;

const MOST: i64 = 5000;

impl Call<'_> {
    pub(super) fn search(&self) -> Reply {
        let limit = self
            .request
            .number("limit")
            .filter(|&limit| limit > 0)
            .unwrap_or(1000);
        if limit > MOST {
            let text = "Limit is above maximum allowed (5000), use page parameter to access hits beyond limit";
            return message(422, text);
        }
        let kind = self.request.parameter("type").unwrap_or_default();
        if self.flavor == Flavor::Resource124 && !["", "dash-db", "dash-folder"].contains(&kind) {
            return message(500, "Search failed");
        }
        let folders = self.org.folders.all.iter().map(|object| (false, &**object));
        let dashboards = self
            .org
            .dashboards
            .all
            .iter()
            .map(|object| (true, &**object));
        let mut found: Vec<_> = folders
            .chain(dashboards)
            .filter(|(dashboard, _)| match kind {
                "dash-db" => *dashboard,
                "dash-folder" => !dashboard,
                _ => true,
            })
            .filter(|(dashboard, object)| self.is_hit(*dashboard, object))
            .collect();
        found.sort_by_key(|(dashboard, object)| {
            (*dashboard, object.title().to_lowercase(), object.id)
        });
        let page = self
            .request
            .number("page")
            .filter(|&page| page > 0)
            .unwrap_or(1);
        let (limit, page) = (
            usize::try_from(limit).unwrap(),
            usize::try_from(page).unwrap(),
        );
        let hits = found.into_iter().skip((page - 1) * limit).take(limit);
        Reply::json(
            200,
            &hits
                .map(|(dashboard, object)| self.hit(dashboard, object))
                .collect(),
        )
    }

    fn is_hit(&self, dashboard: bool, object: &Object) -> bool {
        if !self.sees(object) {
            return false;
        }
        let query = self
            .request
            .parameter("query")
            .unwrap_or_default()
            .to_lowercase();
        let tags = tags(object);
        let parent = object.folder.as_deref();
        let folder = parent.and_then(|uid| self.org.folders.get(uid));
        let number = folder.map_or(0, |folder| folder.id);
        let mut ids = self.request.parameters("folderIds").peekable();
        // 12.4 finds nothing in a folder that is named by number.
        let ids = ids.peek().is_none()
            || self.flavor == Flavor::Classic75 && ids.any(|id| id.parse() == Ok(number));
        let common = object.title().to_lowercase().contains(&query)
            && self
                .request
                .parameters("tag")
                .all(|tag| tags.contains(&tag))
            && ids;
        if self.flavor == Flavor::Classic75 {
            // What it does not know it ignores, and so answers all.
            return common;
        }
        let mut uids = self.request.parameters("folderUIDs").peekable();
        let mut wanted = self.request.parameters("dashboardUIDs").peekable();
        common
            && (uids.peek().is_none() || uids.any(|uid| uid == parent.unwrap_or("general")))
            && (wanted.peek().is_none() || dashboard && wanted.any(|uid| uid == object.uid))
    }

    fn hit(&self, dashboard: bool, object: &Object) -> Value {
        let mut hit = json!({
            "id": object.id, "uid": object.uid, "title": object.title(),
            "uri": format!("db/{}", object.slug()),
            "url": if dashboard { url(object) } else { folder_url(object) },
            "slug": "", "type": if dashboard { "dash-db" } else { "dash-folder" },
            "tags": tags(object), "isStarred": false, "sortMeta": 0,
        });
        if self.flavor == Flavor::Resource124 {
            hit["orgId"] = self.org.id.into();
            hit["isDeleted"] = false.into();
        }
        if let Some(uid) = &object.folder {
            hit["folderUid"] = uid.clone().into();
            if let Some(folder) = self.org.folders.get(uid) {
                hit["folderId"] = folder.id.into();
                hit["folderTitle"] = folder.title().into();
                hit["folderUrl"] = folder_url(folder).into();
            }
        }
        hit
    }
}

fn tags(object: &Object) -> Vec<&str> {
    let tags = object.spec.get("tags").and_then(Value::as_array);
    let tags = tags.into_iter().flatten();
    tags.filter_map(Value::as_str).collect()
}
