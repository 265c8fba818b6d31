//! Health, credentials, organisations, roles, and routes that are not there.

use serde_json::json;

use super::server::{Auth, Server};
use super::{Article, both, classic, legacy, resource};
use crate::fake::grafana::Role;

pub(super) const ARTICLES: &[Article] = &[
    both("access::health_asks_for_no_credential", health),
    both("access::a_missing_credential_is_401", nobody),
    both("access::a_wrong_credential_is_401", wrong),
    both("access::the_header_chooses_the_organisation", organisation),
    both("access::an_organisation_that_is_not_there", no_organisation),
    classic(
        "access::an_organisation_that_is_not_there_lists_as_empty",
        empty_organisation,
    ),
    both("access::an_unknown_route_is_404", unknown_route),
    classic("access::no_resource_api", no_apis),
    resource("access::groups_and_versions", groups),
    resource("access::an_unknown_group_or_version", unknown_group),
    resource("access::a_wrong_method_is_405", wrong_method),
    both("access::a_viewer_reads_and_may_not_write", viewer),
    legacy("access::an_editor_may_not_list_sources", editor),
    resource("access::permissions_tell_a_viewer", permissions),
    classic("access::a_folder_says_whether_one_may_save", may_save),
    legacy("access::a_token_is_no_user", no_user),
    resource("access::the_namespace_outranks_the_header", namespace),
];

fn health(server: &Server) {
    let answer = server.ask_as(&Auth::Nobody, "GET", "/api/health", None, &[]);
    let health = answer.expect(200);
    assert_eq!(health["database"], "ok");
    assert!(
        health["version"]
            .as_str()
            .is_some_and(|version| version.contains('.'))
    );
    assert!(answer.content_type.starts_with("application/json"));
}

fn nobody(server: &Server) {
    for path in [
        "/api/org",
        "/api/search",
        "/apis",
        "/api/folders",
        "/api/nosuch",
    ] {
        server
            .ask_as(&Auth::Nobody, "GET", path, None, &[])
            .refused(401, "Unauthorized");
    }
}

fn wrong(server: &Server) {
    let basic = Auth::Basic("admin", "this is wrong");
    let text = server
        .ask_as(&basic, "GET", "/api/org", None, &[])
        .expect(401);
    let text = text["message"].as_str().unwrap().to_lowercase();
    assert_eq!(text, "invalid username or password");
    let token = Auth::Token("glsa_0000000000000000000000000000_00000000".to_owned());
    server
        .ask_as(&token, "GET", "/api/org", None, &[])
        .refused(401, "nvalid API key");
}

fn organisation(server: &Server) {
    let mine = server.get("/api/org").expect(200);
    let id = mine["id"].to_string();
    for header in [&*id, "abc", "0"] {
        let headers = [("X-Grafana-Org-Id", header)];
        let org = server
            .ask_as(&Auth::Admin, "GET", "/api/org", None, &headers)
            .expect(200);
        assert_eq!(org["id"], mine["id"], "{header}");
    }
}

fn no_organisation(server: &Server) {
    let headers = [("X-Grafana-Org-Id", "7777")];
    let answer = server.ask_as(&Auth::Admin, "GET", "/api/org", None, &headers);
    assert!([403, 404].contains(&answer.status), "{answer:?}");
    let answer = server.ask_as(&Auth::Admin, "GET", "/api/datasources", None, &headers);
    answer.expect(403);
}

/// The trap: it looks like an organisation where everything was deleted.
fn empty_organisation(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let headers = [("X-Grafana-Org-Id", "7777")];
    let answer = server.ask_as(&Auth::Admin, "GET", "/api/search", None, &headers);
    assert!(
        answer.status != 200 || answer.json() == json!([]),
        "{answer:?}"
    );
}

fn unknown_route(server: &Server) {
    server.get("/api/nosuchroute").refused(404, "Not found");
    server.put("/api/dashboards/db", &json!({})).expect(404);
    server.delete("/api/dashboards/uid/").expect(404);
}

fn no_apis(server: &Server) {
    for path in [
        "/apis",
        "/apis/folder.grafana.app",
        "/apis/dashboard.grafana.app/v0alpha1/namespaces/default/dashboards",
    ] {
        server.get(path).refused(404, "Not found");
    }
}

fn groups(server: &Server) {
    let all = server.get("/apis").expect(200);
    assert_eq!(all["kind"], "APIGroupList");
    for (group, version) in [
        ("dashboard.grafana.app", "v0alpha1"),
        ("folder.grafana.app", "v1beta1"),
    ] {
        let groups = all["groups"].as_array().unwrap();
        assert!(groups.iter().any(|known| known["name"] == group));
        let one = server.get(&format!("/apis/{group}")).expect(200);
        let versions = one["versions"].as_array().unwrap();
        assert!(versions.iter().any(|known| known["version"] == version));
        let resources = server.get(&format!("/apis/{group}/{version}")).expect(200);
        assert_eq!(resources["groupVersion"], format!("{group}/{version}"));
        assert!(
            resources["resources"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
        );
    }
}

fn unknown_group(server: &Server) {
    let answer = server.get("/apis/nosuch.grafana.app/v1/namespaces/default/x");
    answer.expect(404);
    assert!(answer.text.starts_with("404 page not found"), "{answer:?}");
    for path in [
        "/apis/dashboard.grafana.app/v9/namespaces/default/dashboards",
        "/apis/dashboard.grafana.app/v0alpha1/namespaces/default/nosuch",
    ] {
        let status = server
            .get(path)
            .refused(404, "could not find the requested resource");
        assert_eq!(status["kind"], "Status");
        assert_eq!(status["reason"], "NotFound");
        assert_eq!(status["code"], 404);
    }
}

fn wrong_method(server: &Server) {
    let path = "/apis/dashboard.grafana.app/v0alpha1/namespaces/default/dashboards/none";
    let status = server
        .post(path, &json!({}))
        .refused(405, "does not allow this method");
    assert_eq!(status["reason"], "MethodNotAllowed");
}

fn viewer(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    let uid = scene.uid("d");
    let spec = json!({"uid": uid, "title": scene.title("d")});
    scene.dashboard(&spec, Some(&folder));
    let token = server.token(Role::Viewer, &scene);
    let path = format!("/api/dashboards/uid/{uid}");
    // By the classic API 12.4 remembers for a minute what a role may see, and so not what is new.
    if server.is_classic() {
        let read = |path: &str| server.ask_as(&token, "GET", path, None, &[]).expect(200);
        read(&path);
        let found = read("/api/search?type=dash-db&limit=5000");
        let mut found = found.as_array().unwrap().iter();
        assert!(found.any(|hit| hit["uid"] == uid.as_str()));
    }
    let save = json!({"dashboard": spec, "overwrite": true});
    let title = json!({"title": "x", "overwrite": true});
    let source = json!({"name": uid, "type": "prometheus", "access": "proxy"});
    let folder = format!("/api/folders/{}", scene.uid("f"));
    for (method, path, body) in [
        ("POST", "/api/dashboards/db", Some(&save)),
        ("DELETE", &path, None),
        ("POST", "/api/folders", Some(&title)),
        ("PUT", &folder, Some(&title)),
        ("DELETE", &folder, None),
        ("POST", "/api/datasources", Some(&source)),
    ] {
        server.ask_as(&token, method, path, body, &[]).expect(403);
    }
    scene.read("d");
    if !server.is_classic() {
        let path = "/apis/dashboard.grafana.app/v0alpha1/namespaces/default/dashboards";
        let new = json!({"metadata": {"name": scene.uid("n")}, "spec": {"title": "n"}});
        server
            .ask_as(&token, "POST", path, Some(&new), &[])
            .expect(403);
        let path = format!("{path}/{uid}");
        server.ask_as(&token, "GET", &path, None, &[]).expect(200);
        let status = server
            .ask_as(&token, "DELETE", &path, None, &[])
            .expect(403);
        assert_eq!(status["kind"], "Status");
    }
}

/// How a token finds out what it may, where there are no permissions to ask for. (12.4 remembers for a minute
/// what a role may see, and refuses it a new folder that long.)
fn may_save(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let path = format!("/api/folders/{}", scene.uid("f"));
    for (role, may) in [(Role::Viewer, false), (Role::Editor, true)] {
        let token = server.token(role, &scene);
        let folder = server.ask_as(&token, "GET", &path, None, &[]).expect(200);
        assert_eq!(folder["canSave"], may, "{role:?}");
    }
}

/// So that `/api/user` tells nothing of a token.
fn no_user(server: &Server) {
    let scene = server.scene();
    let token = server.token(Role::Admin, &scene);
    server
        .ask_as(&token, "GET", "/api/user", None, &[])
        .refused(404, "user not found");
    server
        .ask_as(&token, "GET", "/api/org", None, &[])
        .expect(200);
}

fn editor(server: &Server) {
    let scene = server.scene();
    let token = server.token(Role::Editor, &scene);
    server
        .ask_as(&token, "GET", "/api/datasources", None, &[])
        .refused(403, "Permission denied");
    let save = scene.save(
        &json!({"uid": scene.uid("d"), "title": scene.title("d")}),
        None,
    );
    server
        .ask_as(&token, "POST", "/api/dashboards/db", Some(&save), &[])
        .expect(200);
}

fn permissions(server: &Server) {
    let scene = server.scene();
    let path = "/api/access-control/user/permissions";
    let admin = server.get(path).expect(200);
    let token = server.token(Role::Viewer, &scene);
    let viewer = server.ask_as(&token, "GET", path, None, &[]).expect(200);
    for verb in [
        "dashboards:create",
        "dashboards:write",
        "folders:create",
        "folders:delete",
        "datasources:write",
    ] {
        assert!(admin.get(verb).is_some(), "{verb}");
        assert!(viewer.get(verb).is_none(), "{verb}");
    }
    assert!(viewer.get("folders:read").is_some());
}

fn namespace(server: &Server) {
    let scene = server.scene();
    scene.dashboard(
        &json!({"uid": scene.uid("d"), "title": scene.title("d")}),
        None,
    );
    let path = |namespace: &str| {
        format!(
            "/apis/dashboard.grafana.app/v0alpha1/namespaces/{namespace}/dashboards/{}",
            scene.uid("d")
        )
    };
    let headers = [("X-Grafana-Org-Id", "7777")];
    server
        .ask_as(&Auth::Admin, "GET", &path("default"), None, &headers)
        .expect(200);
    for namespace in ["org-7777", "nosuch"] {
        let one = path(namespace);
        let (list, _) = one.rsplit_once('/').unwrap();
        server.get(list).refused(500, "namespace mismatch");
        // The trap: one object of it is simply not there.
        server.get(&one).refused(404, "not found");
    }
}
