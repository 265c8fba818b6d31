//! What a server says about itself: its health, the groups it serves, what a credential may do.

use serde_json::{Value, json};

use super::Flavor;
use super::Role;
use super::state::Call;
use crate::support::exchange::Reply;

const DASHBOARDS: &[&str] = &["v1beta1", "v0alpha1", "v2beta1", "v2alpha1"];
const FOLDERS: &[&str] = &["v1beta1"];

/// Without asking who it is.
pub(super) fn health(flavor: Flavor) -> Reply {
    let (version, commit) = match flavor {
        Flavor::Classic75 => ("7.5.5", "6130ba8b4c"),
        Flavor::Resource124 => ("12.4.0", "e2289a38"),
    };
    Reply::json(
        200,
        &json!({"database": "ok", "version": version, "commit": commit}),
    )
}

fn versions(group: &str) -> Option<&'static [&'static str]> {
    match group {
        "dashboard.grafana.app" => Some(DASHBOARDS),
        "folder.grafana.app" => Some(FOLDERS),
        _ => None,
    }
}

/// The first version is the preferred one.
fn described(name: &str, versions: &[&str]) -> Value {
    let version =
        |version: &&str| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let all: Vec<_> = versions.iter().map(version).collect();
    json!({"name": name, "versions": all, "preferredVersion": all[0]})
}

pub(super) fn groups() -> Reply {
    let names = ["dashboard.grafana.app", "folder.grafana.app"];
    let groups = names.map(|name| described(name, versions(name).unwrap_or_default()));
    Reply::json(200, &json!({"kind": "APIGroupList", "groups": groups}))
}

pub(super) fn group(group: &str) -> Option<Reply> {
    let mut body = described(group, versions(group)?);
    body["kind"] = "APIGroup".into();
    body["apiVersion"] = "v1".into();
    Some(Reply::json(200, &body))
}

pub(super) fn group_version(group: &str, version: &str) -> Option<Reply> {
    versions(group)?.iter().find(|known| **known == version)?;
    let (name, singular, kind) = match group {
        "folder.grafana.app" => ("folders", "folder", "Folder"),
        _ => ("dashboards", "dashboard", "Dashboard"),
    };
    let verbs = [
        "create",
        "delete",
        "deletecollection",
        "get",
        "list",
        "patch",
        "update",
    ];
    let resource = json!({
        "name": name, "singularName": singular, "namespaced": true, "kind": kind,
        "verbs": verbs,
    });
    Some(Reply::json(
        200,
        &json!({
            "kind": "APIResourceList", "apiVersion": "v1",
            "groupVersion": format!("{group}/{version}"), "resources": [resource],
        }),
    ))
}

impl Call<'_> {
    pub(super) fn permissions(&self) -> Reply {
        let mut body = json!({
            "datasources:read": ["datasources:*"], "alert.rules:read": ["folders:*"],
            "folders:read": ["folders:uid:general", "folders:*"],
        });
        let role = self.request.caller.role;
        if role >= Role::Editor {
            body["dashboards:create"] = json!(["folders:uid:general", "folders:*"]);
            body["folders:create"] = json!(["folders:uid:general", "folders:*"]);
            for kind in ["dashboards", "folders", "alert.rules"] {
                for verb in ["read", "write", "delete"] {
                    body[format!("{kind}:{verb}")] = json!(["folders:*"]);
                }
            }
        }
        if role == Role::Admin {
            body["datasources:create"] = json!([""]);
            for verb in ["write", "delete"] {
                body[format!("datasources:{verb}")] = json!(["datasources:*"]);
            }
            for verb in ["read", "write", "delete"] {
                body[format!("dashboards:{verb}")] = json!(["dashboards:*", "folders:*"]);
            }
        }
        Reply::json(200, &body)
    }
}
