//! Lists of the resource API: whole, by `limit` and `continue`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::resource_dashboards::{self, create, managed};
use super::resource_folders;
use super::server::{Auth, Scene, Server};
use super::{Article, resource};
use crate::fake::grafana::Role;

pub(super) const ARTICLES: &[Article] = &[
    resource("resource_lists::pages_are_complete", pages),
    resource(
        "resource_lists::later_pages_are_of_the_first_ones_moment",
        snapshot,
    ),
    resource(
        "resource_lists::a_page_ends_by_size_whatever_its_limit",
        by_size,
    ),
    resource("resource_lists::whole_bodies_with_their_managers", bodies),
    resource("resource_lists::metadata_alone", partial),
    resource("resource_lists::a_bad_token_is_500", bad_token),
    resource("resource_lists::one_by_its_name", by_name),
    resource("resource_lists::folders_too", folders),
    resource(
        "resource_lists::a_viewer_is_not_told_what_is_hidden",
        hidden,
    ),
];

struct Pages<'a> {
    server: &'a Server,
    auth: Auth,
    path: &'static str,
    limit: Option<usize>,
}

impl Pages<'_> {
    /// A page and the token of the next.
    fn page(&self, token: Option<&str>) -> (Vec<Value>, Option<String>) {
        let limit = self.limit.map(|limit| format!("limit={limit}"));
        let token = token.map(|token| format!("continue={}", token.replace('=', "%3D")));
        let query = [limit, token]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("&");
        let path = format!("{}?{query}", self.path);
        let list = self
            .server
            .ask_as(&self.auth, "GET", &path, None, &[])
            .expect(200);
        assert!(list["metadata"]["resourceVersion"].is_string());
        let next = list["metadata"]["continue"]
            .as_str()
            .filter(|next| !next.is_empty());
        let items = list["items"].as_array().cloned().unwrap_or_default();
        (items, next.map(str::to_owned))
    }

    fn all(&self) -> Vec<Value> {
        let (mut all, mut next) = self.page(None);
        while let Some(token) = next {
            let (page, following) = self.page(Some(&token));
            all.extend(page);
            next = following;
        }
        all
    }
}

fn dashboards(server: &Server, limit: Option<usize>) -> Pages<'_> {
    Pages {
        server,
        auth: Auth::Admin,
        path: resource_dashboards::PATH,
        limit,
    }
}

fn names(items: &[Value]) -> Vec<String> {
    let name = |item: &Value| item["metadata"]["name"].as_str().unwrap().to_owned();
    items.iter().map(name).collect()
}

fn make(scene: &Scene, count: usize) -> BTreeSet<String> {
    let one = |number: usize| {
        let name = format!("d{number}");
        create(scene, &name, &managed(), &json!({"title": name}));
        scene.uid(&name)
    };
    (0..count).map(one).collect()
}

fn pages(server: &Server) {
    let scene = server.scene();
    let made = make(&scene, 5);
    let (first, next) = dashboards(server, Some(2)).page(None);
    assert_eq!(first.len(), 2);
    assert!(next.is_some());
    let found = names(&dashboards(server, Some(2)).all());
    let unique: BTreeSet<_> = found.iter().cloned().collect();
    assert_eq!(unique.len(), found.len(), "one came twice");
    assert!(made.is_subset(&unique));
}

/// What is deleted between two pages does not move others out of sight.
fn snapshot(server: &Server) {
    let scene = server.scene();
    let made = make(&scene, 5);
    let pages = dashboards(server, Some(1));
    let (mut found, mut next) = pages.page(None);
    let mut gone = false;
    while let Some(token) = next {
        if !gone && names(&found).iter().any(|name| made.contains(name)) {
            let seen = names(&found)
                .into_iter()
                .find(|name| made.contains(name))
                .unwrap();
            server
                .delete(&format!("{}/{seen}", resource_dashboards::PATH))
                .expect(200);
            gone = true;
        }
        let (page, following) = pages.page(Some(&token));
        found.extend(page);
        next = following;
    }
    assert!(gone);
    let found: BTreeSet<_> = names(&found).into_iter().collect();
    assert!(made.is_subset(&found));
}

/// The trap: neither is a list without a limit whole, nor does a limit say how many requests there will be.
fn by_size(server: &Server) {
    let scene = server.scene();
    let text = "x".repeat(900_000);
    for name in ["a", "b", "c", "d"] {
        create(
            &scene,
            name,
            &json!({}),
            &json!({"title": name, "text": text}),
        );
    }
    for limit in [None, Some(500)] {
        let pages = dashboards(server, limit);
        assert!(pages.page(None).1.is_some(), "{limit:?}");
        let found: BTreeSet<_> = names(&pages.all()).into_iter().collect();
        for name in ["a", "b", "c", "d"] {
            assert!(found.contains(&scene.uid(name)), "{limit:?}");
        }
    }
}

fn bodies(server: &Server) {
    let scene = server.scene();
    make(&scene, 1);
    let all = dashboards(server, Some(100)).all();
    let item = all
        .iter()
        .find(|item| item["metadata"]["name"] == scene.uid("d0"))
        .unwrap();
    assert_eq!(item["spec"], json!({"title": "d0"}));
    assert_eq!(
        item["metadata"]["annotations"]["grafana.app/managerId"],
        "trueup:acme"
    );
    let read = server
        .get(&format!(
            "{}/{}",
            resource_dashboards::PATH,
            scene.uid("d0")
        ))
        .expect(200);
    assert_eq!(
        item["metadata"]["resourceVersion"],
        read["metadata"]["resourceVersion"]
    );
}

fn partial(server: &Server) {
    let scene = server.scene();
    make(&scene, 1);
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let path = format!("{}?limit=1", resource_dashboards::PATH);
    let list = server
        .ask_as(&Auth::Admin, "GET", &path, None, &[("Accept", accept)])
        .expect(200);
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert!(list["items"][0]["metadata"]["resourceVersion"].is_string());
    assert!(list["items"][0].get("spec").is_none());
}

fn bad_token(server: &Server) {
    let path = format!("{}?limit=2&continue=bogus", resource_dashboards::PATH);
    server.get(&path).refused(500, "continue token");
}

fn by_name(server: &Server) {
    let scene = server.scene();
    make(&scene, 2);
    let path = format!(
        "{}?fieldSelector=metadata.name%3D{}",
        resource_dashboards::PATH,
        scene.uid("d1")
    );
    let list = server.get(&path).expect(200);
    assert_eq!(names(list["items"].as_array().unwrap()), [scene.uid("d1")]);
    let path = format!("{}?fieldSelector=spec.title%3Dx", resource_dashboards::PATH);
    server.get(&path).refused(400, "not a known field selector");
}

fn folders(server: &Server) {
    let scene = server.scene();
    resource_folders::create(&scene, "f", None);
    resource_folders::create(&scene, "g", Some("f"));
    let pages = Pages {
        server,
        auth: Auth::Admin,
        path: resource_folders::PATH,
        limit: Some(1),
    };
    let found: BTreeSet<_> = names(&pages.all()).into_iter().collect();
    assert!(found.contains(&scene.uid("f")) && found.contains(&scene.uid("g")));
}

/// The trap: the list is shorter, and nothing says so.
fn hidden(server: &Server) {
    let scene = server.scene();
    make(&scene, 1);
    create(
        &scene,
        "e",
        &json!({"grafana.app/grant-permissions": "default"}),
        &json!({"title": "e"}),
    );
    let auth = server.token(Role::Viewer, &scene);
    let pages = Pages {
        server,
        auth,
        path: resource_dashboards::PATH,
        limit: Some(100),
    };
    let found = names(&pages.all());
    assert!(found.contains(&scene.uid("e")) && !found.contains(&scene.uid("d0")));
}
