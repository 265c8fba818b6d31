//! The versions of a dashboard: by number in 7.5, by uid in 12.4.

use serde_json::{Value, json};

use super::Flavor;
use super::answer::message;
use super::object::{Object, Saved};
use super::state::Call;
use crate::support::exchange::Reply;

impl Call<'_> {
    fn versioned(&self, key: &str) -> Option<&Object> {
        match self.flavor {
            Flavor::Classic75 => self.org.dashboards.by_id(key.parse().ok()?),
            Flavor::Resource124 => self.org.dashboards.get(key),
        }
    }

    pub(super) fn versions(&self, key: &str) -> Reply {
        let Some(object) = self.versioned(key) else {
            return match self.flavor {
                Flavor::Classic75 => {
                    message(404, &format!("No versions found for dashboardId {key}"))
                }
                Flavor::Resource124 => message(404, "Dashboard not found"),
            };
        };
        let limit = self
            .request
            .number("limit")
            .and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.filter(|&limit| limit > 0).unwrap_or(usize::MAX);
        let newest = object.history.iter().rev().take(limit);
        let shown: Vec<_> = newest
            .map(|saved| {
                let with_data = self.flavor == Flavor::Resource124;
                let mut shown = self.version(object, saved, with_data);
                // Whatever its message was: only by itself does the first one tell.
                if shown["parentVersion"] == 0 {
                    shown["message"] = "Initial save".into();
                }
                shown
            })
            .collect();
        Reply::json(
            200,
            &match self.flavor {
                Flavor::Classic75 => shown.into(),
                Flavor::Resource124 => json!({"continueToken": "", "versions": shown}),
            },
        )
    }

    pub(super) fn one_version(&self, key: &str, version: &str) -> Reply {
        let object = self.versioned(key);
        let id = object.map_or(0, |object| object.id);
        let found = object.and_then(|object| {
            let wanted = |saved: &&Saved| saved.version.to_string() == version;
            Some((object, object.history.iter().rev().find(wanted)?))
        });
        match found {
            Some((object, saved)) => Reply::json(200, &self.version(object, saved, true)),
            None => message(
                500,
                &format!("Dashboard version {version} not found for dashboardId {id}"),
            ),
        }
    }

    fn version(&self, object: &Object, saved: &Saved, with_data: bool) -> Value {
        let mut shown = json!({
            "id": saved.version, "dashboardId": object.id, "parentVersion": saved.version - 1,
            "restoredFrom": 0, "version": saved.version, "created": saved.created,
            "createdBy": saved.by, "message": saved.message,
        });
        if self.flavor == Flavor::Resource124 {
            shown["uid"] = object.uid.clone().into();
        }
        if with_data {
            let mut data = saved.spec.clone();
            data.insert("uid".to_owned(), object.uid.clone().into());
            data.insert("version".to_owned(), saved.version.into());
            shown["data"] = data.into();
        }
        shown
    }
}
