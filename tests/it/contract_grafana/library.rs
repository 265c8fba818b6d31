//! Library panels that stand in folders, and what becomes of them. Servers with unified alerting have them too.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::server::{Answer, Auth, Scene, Server};
use super::{Article, alerting, legacy, resource};
use crate::fake::grafana::Role;

pub(super) const ARTICLES: &[Article] = &[
    legacy("library::no_library", none),
    alerting("library::listed_with_the_uid_of_their_folder", listed),
    alerting("library::listed_page_by_page", paged),
    alerting("library::those_of_the_root_may_not_count", root),
    alerting("library::shown_to_viewers", viewer),
    alerting("library::refusals", refused),
    alerting("library::go_with_their_folder", gone),
    resource("library::go_with_the_folder_above", gone_below),
    resource("library::the_resource_api_spares_them", spared),
    resource("library::counted_in_every_folder_above", counted),
    resource("library::of_no_organisation", no_organisation),
];

const LIBRARY: &str = "/api/library-elements";

fn none(server: &Server) {
    server.get(LIBRARY).refused(404, "Not found");
    let first = format!("{LIBRARY}?perPage=1000&page=1");
    server.get(&first).refused(404, "Not found");
}

/// What makes a panel in a folder, or the root.
fn panel(scene: &Scene, name: &str, folder: Option<&str>) -> Value {
    let mut body = json!({
        "uid": scene.uid(name), "name": scene.title(name), "kind": 1,
        "model": {"type": "text", "title": "T"},
    });
    if let Some(folder) = folder {
        body["folderUid"] = scene.uid(folder).into();
    }
    body
}

fn make(scene: &Scene, name: &str, folder: Option<&str>) -> Value {
    scene.remove_later(format!("{LIBRARY}/{}", scene.uid(name)));
    let made = scene.server.post(LIBRARY, &panel(scene, name, folder));
    made.expect(200)["result"].clone()
}

/// The folders of all panels by their uid, in both places where they are named.
fn places(answer: &Answer) -> BTreeMap<String, (Value, Value)> {
    let body = answer.expect(200);
    let elements = body["result"]["elements"].as_array().unwrap().iter();
    elements
        .map(|element| {
            let uid = element["uid"].as_str().unwrap().to_owned();
            let inner = element["meta"]["folderUid"].clone();
            (uid, (element["folderUid"].clone(), inner))
        })
        .collect()
}

fn is_listed(scene: &Scene, name: &str) -> bool {
    let all = scene.server.get(&format!("{LIBRARY}?perPage=1000&page=1"));
    places(&all).contains_key(&scene.uid(name))
}

fn listed(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let made = make(&scene, "a", Some("f"));
    assert_eq!(made["folderUid"], scene.uid("f"));
    assert_eq!(made["meta"]["folderUid"], scene.uid("f"));
    make(&scene, "b", None);
    let all = server.get(&format!("{LIBRARY}?perPage=1000&page=1"));
    let found = places(&all);
    let of = |uid: &str| (json!(uid), json!(uid));
    assert_eq!(found[&scene.uid("a")], of(&scene.uid("f")));
    assert_eq!(found[&scene.uid("b")], of(""));
    let body = all.expect(200);
    assert_eq!(
        (&body["result"]["page"], &body["result"]["perPage"]),
        (&json!(1), &json!(1000))
    );
    let elements = body["result"]["elements"].as_array().unwrap();
    let mut named = elements
        .iter()
        .filter(|element| element["uid"] == scene.uid("a"));
    let one = named.next().unwrap();
    assert_eq!(
        (&one["name"], &one["kind"]),
        (&json!(scene.title("a")), &json!(1))
    );
}

fn paged(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    for name in ["a", "b", "c"] {
        make(&scene, name, Some("f"));
    }
    let all = places(&server.get(&format!("{LIBRARY}?perPage=1000&page=1")));
    let page = |number: usize| places(&server.get(&format!("{LIBRARY}?perPage=2&page={number}")));
    let mut found = BTreeMap::new();
    for number in 1.. {
        let next = page(number);
        if next.is_empty() {
            break;
        }
        assert!(next.len() == 2 || page(number + 1).is_empty());
        let before = found.len() + next.len();
        found.extend(next);
        assert_eq!(found.len(), before, "one is on two pages");
    }
    assert_eq!(found, all);
    // Without numbers, or with none that can be meant, it is the first page of a hundred.
    for query in ["", "?perPage=0&page=0", "?perPage=-1&page=-1"] {
        let body = server.get(&format!("{LIBRARY}{query}")).expect(200);
        let numbers = (&body["result"]["page"], &body["result"]["perPage"]);
        assert_eq!(numbers, (&json!(1), &json!(100)), "{query}");
    }
}

/// The trap: the total of older servers is less than what they show.
fn root(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let total = || {
        let body = server.get(LIBRARY).expect(200);
        body["result"]["totalCount"].as_u64().unwrap()
    };
    let before = total();
    make(&scene, "a", Some("f"));
    assert_eq!(total(), before + 1);
    make(&scene, "b", None);
    let counted = if server.is_classic() { 1 } else { 2 };
    assert_eq!(total(), before + counted);
    assert!(is_listed(&scene, "b"));
}

fn viewer(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    make(&scene, "a", Some("f"));
    let token = server.token(Role::Viewer, &scene);
    let ask = |method: &str, path: &str, body| server.ask_as(&token, method, path, body, &[]);
    let all = ask("GET", &format!("{LIBRARY}?perPage=1000&page=1"), None);
    assert!(places(&all).contains_key(&scene.uid("a")));
    let another = panel(&scene, "b", Some("f"));
    ask("POST", LIBRARY, Some(&another)).expect(403);
    let path = format!("{LIBRARY}/{}", scene.uid("a"));
    ask("DELETE", &path, None).expect(403);
    assert!(is_listed(&scene, "a"));
    server
        .ask_as(&Auth::Nobody, "GET", LIBRARY, None, &[])
        .expect(401);
}

fn refused(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    make(&scene, "a", Some("f"));
    let mut again = panel(&scene, "a", Some("f"));
    again["name"] = scene.title("b").into();
    server
        .post(LIBRARY, &again)
        .refused(400, "that name or UID already exists");
    server
        .post(LIBRARY, &panel(&scene, "b", Some("none")))
        .refused(400, "failed to get folder");
    let mut bare = panel(&scene, "b", Some("f"));
    bare.as_object_mut().unwrap().remove("model");
    server
        .post(LIBRARY, &bare)
        .refused(500, "Failed to create library element");
    let mut odd = panel(&scene, "b", Some("f"));
    odd["uid"] = "a b".into();
    server
        .post(LIBRARY, &odd)
        .refused(400, "uid contains illegal characters");
    let path = format!("{LIBRARY}/{}", scene.uid("a"));
    server.delete(&path).refused(200, "Library element deleted");
    server
        .delete(&path)
        .refused(404, "library element could not be found");
}

/// The trap: the classic DELETE asks nobody.
fn gone(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    make(&scene, "a", Some("f"));
    server
        .delete(&format!("/api/folders/{}", scene.uid("f")))
        .expect(200);
    assert!(!is_listed(&scene, "a"));
}

fn gone_below(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    scene.folder("g", Some(&scene.uid("f")));
    make(&scene, "a", Some("g"));
    server
        .delete(&format!("/api/folders/{}", scene.uid("f")))
        .expect(200);
    assert!(!is_listed(&scene, "a"));
}

fn spared(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    scene.folder("g", Some(&scene.uid("f")));
    make(&scene, "a", Some("g"));
    let folder = |name: &str| {
        let folders = "/apis/folder.grafana.app/v1beta1/namespaces/default/folders";
        format!("{folders}/{}", scene.uid(name))
    };
    for name in ["f", "g"] {
        let path = folder(name);
        server.delete(&path).refused(400, "folder is not empty");
    }
    server
        .delete(&format!("{LIBRARY}/{}", scene.uid("a")))
        .expect(200);
    server.delete(&folder("g")).expect(200);
    server.delete(&folder("f")).expect(200);
}

fn counted(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    scene.folder("g", Some(&scene.uid("f")));
    make(&scene, "a", Some("g"));
    for (name, direct) in [("f", 0), ("g", 1)] {
        let path = format!("/api/folders/{}/counts", scene.uid(name));
        let counts = server.get(&path).expect(200);
        assert_eq!(counts["librarypanel"], 1, "{name}");
        // The resource API counts what is directly in it.
        let folders = "/apis/folder.grafana.app/v1beta1/namespaces/default/folders";
        let path = format!("{folders}/{}/counts", scene.uid(name));
        let counts = server.get(&path).expect(200);
        let mut counts = counts["counts"].as_array().unwrap().iter();
        let library = counts.find(|count| count["resource"] == "library_elements");
        assert_eq!(library.unwrap()["count"], direct, "{name}");
    }
}

fn no_organisation(server: &Server) {
    let headers = [("X-Grafana-Org-Id", "7777")];
    let answer = server.ask_as(&Auth::Admin, "GET", LIBRARY, None, &headers);
    answer.refused(403, "library.panels:read");
}
