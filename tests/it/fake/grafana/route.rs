//! Which path leads where, in which dialect.

use serde_json::json;

use super::Flavor;
use super::answer::{message, no_such_resource, not_allowed, not_found};
use super::discovery;
use super::request::Request;
use super::resource_dashboards::dashboard_kind;
use super::state::{Call, State};
use crate::support::exchange::Reply;

/// An answer, and whether the route is known at all.
pub(super) struct Routed {
    pub(super) reply: Reply,
    pub(super) known: bool,
}

impl State {
    pub(super) fn answer(&mut self, request: &Request) -> Routed {
        let path: Vec<_> = request.path.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        let flavor = self.flavor;
        let mut call = self.call(request);
        let reply = match flavor {
            Flavor::Classic75 => call
                .common(method, &path)
                .or_else(|| call.only_75(method, &path)),
            Flavor::Resource124 => call
                .common(method, &path)
                .or_else(|| call.only_124(method, &path)),
        };
        match reply {
            Some(reply) => Routed { reply, known: true },
            // To ask whether a server has what only another one has is no mistake.
            None => Routed {
                reply: absent(flavor, method, &path),
                known: is_probe(flavor, &path),
            },
        }
    }
}

fn absent(flavor: Flavor, method: &str, path: &[&str]) -> Reply {
    match (flavor, path) {
        (
            Flavor::Resource124,
            [
                "apis",
                "dashboard.grafana.app" | "folder.grafana.app",
                "v0alpha1" | "v1beta1",
                "namespaces",
                _,
                "dashboards" | "folders",
            ]
            | [
                "apis",
                "dashboard.grafana.app" | "folder.grafana.app",
                "v0alpha1" | "v1beta1",
                "namespaces",
                _,
                "dashboards" | "folders",
                _,
            ]
            | ["apis", "dashboard.grafana.app" | "folder.grafana.app"],
        ) if method != "GET" => not_allowed(),
        (Flavor::Resource124, ["apis", "dashboard.grafana.app" | "folder.grafana.app", ..]) => {
            no_such_resource()
        }
        (Flavor::Resource124, ["apis", ..]) => Reply::text(404, "404 page not found\n"),
        _ => not_found(),
    }
}

fn is_probe(flavor: Flavor, path: &[&str]) -> bool {
    flavor == Flavor::Classic75
        && matches!(
            path,
            ["apis", ..]
                | ["api", "access-control" | "ruler" | "library-elements", ..]
                | ["api", "folders", _, "counts"]
                | ["api", "dashboards", "uid", _, "versions", ..]
        )
        || flavor == Flavor::Resource124
            && matches!(path, ["api", "dashboards", "id", _, "versions", ..])
}

impl Call<'_> {
    /// What both serve, each in its own way.
    fn common(&mut self, method: &str, path: &[&str]) -> Option<Reply> {
        Some(match (method, path) {
            ("GET", ["api", "org"]) => self.organisation(),
            ("GET", ["api", "user"]) => self.user(),
            ("GET", ["api", "search"]) => self.search(),
            ("GET", ["api", "folders"]) => self.folders(),
            ("POST", ["api", "folders"]) => self.create_folder(),
            ("GET", ["api", "folders", uid]) => self.folder(uid),
            ("PUT", ["api", "folders", uid]) => self.update_folder(uid),
            ("DELETE", ["api", "folders", uid]) => self.delete_folder(uid),
            ("POST", ["api", "dashboards", "db"]) => self.save_dashboard(),
            (_, ["api", "dashboards", "uid", ""]) => return None,
            ("GET", ["api", "dashboards", "uid", uid]) => self.get_dashboard(uid),
            ("DELETE", ["api", "dashboards", "uid", uid]) => self.delete_dashboard(uid),
            ("GET", ["api", "datasources"]) => self.sources(),
            ("POST", ["api", "datasources"]) => self.create_source(),
            ("GET", ["api", "datasources", "uid", uid]) => self.source(true, uid),
            ("DELETE", ["api", "datasources", "uid", uid]) => self.delete_source(true, uid),
            ("GET", ["api", "datasources", id]) => self.source(false, id),
            ("PUT", ["api", "datasources", id]) => self.update_source(false, id),
            ("DELETE", ["api", "datasources", id]) => self.delete_source(false, id),
            _ => return None,
        })
    }

    fn only_75(&mut self, method: &str, path: &[&str]) -> Option<Reply> {
        Some(match (method, path) {
            ("GET", ["api", "dashboards", "id", id, "versions"]) => self.versions(id),
            ("GET", ["api", "dashboards", "id", id, "versions", version]) => {
                self.one_version(id, version)
            }
            _ => return None,
        })
    }

    fn only_124(&mut self, method: &str, path: &[&str]) -> Option<Reply> {
        Some(match (method, path) {
            ("GET", ["api", "access-control", "user", "permissions"]) => self.permissions(),
            ("GET", ["api", "folders", uid, "counts"]) => self.folder_counts(uid),
            ("GET", ["api", "dashboards", "uid", uid, "versions"]) => self.versions(uid),
            ("GET", ["api", "dashboards", "uid", uid, "versions", version]) => {
                self.one_version(uid, version)
            }
            ("PUT", ["api", "datasources", "uid", uid]) => self.update_source(true, uid),
            ("GET", ["api", "library-elements"]) => self.library_elements(),
            ("POST", ["api", "library-elements"]) => self.create_library_element(),
            ("DELETE", ["api", "library-elements", uid]) => self.delete_library_element(uid),
            ("GET", ["api", "ruler", "grafana", "api", "v1", "rules"]) => self.rules(None),
            (
                _,
                [
                    "api",
                    "ruler",
                    "grafana",
                    "api",
                    "v1",
                    "rules",
                    folder,
                    rest @ ..,
                ],
            ) => match (method, rest) {
                ("GET", []) => self.rules(Some(folder)),
                ("POST", []) => self.set_rules(folder),
                ("DELETE", []) => self.delete_rules(folder, None),
                ("DELETE", [group]) => self.delete_rules(folder, Some(group)),
                _ => return None,
            },
            ("GET", ["apis"]) => discovery::groups(),
            ("GET", ["apis", group]) => discovery::group(group)?,
            ("GET", ["apis", group, version]) => discovery::group_version(group, version)?,
            (
                _,
                [
                    "apis",
                    "dashboard.grafana.app",
                    version,
                    "namespaces",
                    _,
                    "dashboards",
                    rest @ ..,
                ],
            ) => {
                let version = ["v0alpha1", "v1beta1"]
                    .into_iter()
                    .find(|known| known == version)?;
                self.dashboards(method, version, rest)?
            }
            (
                _,
                [
                    "apis",
                    "folder.grafana.app",
                    "v1beta1",
                    "namespaces",
                    _,
                    "folders",
                    rest @ ..,
                ],
            ) => self.resource_folders(method, rest)?,
            _ => return None,
        })
    }

    fn dashboards(&mut self, method: &str, version: &'static str, rest: &[&str]) -> Option<Reply> {
        let kind = dashboard_kind(version);
        Some(match (method, rest) {
            ("GET", []) => self.list_dashboards(kind),
            ("POST", []) => self.post_dashboard(kind),
            ("GET", [name]) => self.read_dashboard(kind, name),
            ("PUT", [name]) => self.put_dashboard(kind, name),
            ("DELETE", [name]) => self.delete_resource_dashboard(kind, name),
            _ => return None,
        })
    }

    fn resource_folders(&mut self, method: &str, rest: &[&str]) -> Option<Reply> {
        Some(match (method, rest) {
            ("GET", []) => self.list_folders(),
            ("POST", []) => self.post_folder(),
            ("GET", [name]) => self.read_folder(name),
            ("GET", [name, "counts"]) => self.resource_counts(name),
            ("PUT", [name]) => self.put_folder(name),
            ("DELETE", [name]) => self.delete_resource_folder(name),
            _ => return None,
        })
    }

    fn organisation(&self) -> Reply {
        let address = json!({
            "address1": "", "address2": "", "city": "", "zipCode": "", "state": "", "country": "",
        });
        Reply::json(
            200,
            &json!({"id": self.org.id, "name": self.org.name, "address": address}),
        )
    }

    fn user(&self) -> Reply {
        match (self.request.caller.login, self.flavor) {
            (None, Flavor::Classic75) => message(404, "user not found"),
            (None, Flavor::Resource124) => Reply::json(
                200,
                &json!({"id": 0, "uid": self.request.caller.id, "login": "sa-1-fake", "orgId": self.org.id, "isGrafanaAdmin": false}),
            ),
            (Some(login), _) => Reply::json(
                200,
                &json!({"id": 1, "email": "admin@localhost", "login": login, "orgId": 1, "isGrafanaAdmin": true}),
            ),
        }
    }
}
