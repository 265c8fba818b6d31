//! A Grafana to run scenarios on: the fake in both flavors, or a real one that the environment names.
//! Whatever it is, scenarios see and touch it by its HTTP API alone, as people and their browsers do.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::fake::grafana::{Flavor, Grafana, Role};
use crate::support::block_on;
use crate::support::proxy::Proxy;

const URL: &str = "TRUEUP_TEST_GRAFANA_URL";
const USER: &str = "TRUEUP_TEST_GRAFANA_USER";
const PASSWORD: &str = "TRUEUP_TEST_GRAFANA_PASSWORD";

/// Which server a scenario runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Fake(Flavor),
    /// The one of `TRUEUP_TEST_GRAFANA_URL`.
    Real,
}

/// A server, with an organisation of its own where it is real, and a proxy in front.
pub struct Server {
    url: String,
    pub user: String,
    pub password: String,
    pub org_id: u64,
    pub proxy: Proxy,
    /// Whether folders stand in folders, and titles may be shared.
    pub modern: bool,
    fake: Option<Grafana>,
}

/// A dashboard as the classic API shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    pub title: String,
    /// Empty at the root.
    pub folder: String,
    pub version: i64,
    pub body: Value,
}

impl Server {
    pub fn start(kind: Kind) -> Self {
        let (url, fake) = match kind {
            Kind::Fake(flavor) => {
                let fake = Grafana::start(flavor);
                (fake.url(), Some(fake))
            }
            Kind::Real => (std::env::var(URL).unwrap(), None),
        };
        let variable = |name: &str| std::env::var(name).ok().filter(|_| kind == Kind::Real);
        let port = url.rsplit(':').next().unwrap().trim_end_matches('/');
        let mut server = Self {
            proxy: Proxy::start(port.parse().unwrap()),
            user: variable(USER).unwrap_or_else(|| "admin".to_owned()),
            password: variable(PASSWORD).unwrap_or_else(|| "admin".to_owned()),
            org_id: 1,
            modern: false,
            url,
            fake,
        };
        if kind == Kind::Real {
            let name = format!("trueup-test-{}", fastrand::u64(..));
            let made = server.post("/api/orgs", &json!({"name": name}));
            server.org_id = made["orgId"].as_u64().unwrap();
        }
        server.modern = server.send(reqwest::Method::GET, "/apis", None).0 == 200;
        server
    }

    /// The keys of a target of the settings, by way of the proxy.
    pub fn keys(&self) -> String {
        format!(
            "url: \"{}\", org_id: {}, auth: {{ username: {}, password_env: TRUEUP_E2E_GRAFANA_PASSWORD }}",
            self.proxy.url(),
            self.org_id,
            self.user
        )
    }

    /// The fake that it is.
    pub fn fake(&self) -> &Grafana {
        self.fake.as_ref().unwrap()
    }

    /// A token that may look, and no more.
    pub fn viewer_token(&self) -> String {
        if let Some(fake) = &self.fake {
            return fake.token(Role::Viewer);
        }
        let role = json!({"name": "viewer", "role": "Viewer"});
        if !self.modern {
            return text(&self.post("/api/auth/keys", &role), "key");
        }
        let account = self.post("/api/serviceaccounts", &role);
        let tokens = format!("/api/serviceaccounts/{}/tokens", account["id"]);
        text(&self.post(&tokens, &json!({"name": "token"})), "key")
    }

    /// Whether the server lets the holder of a token read something.
    pub fn shows(&self, token: &str, path: &str) -> bool {
        let url = format!("{}{path}", self.url);
        block_on(async {
            let client = reqwest::Client::new();
            let answer = client.get(url).bearer_auth(token).send().await.unwrap();
            answer.status().is_success()
        })
    }

    /// Status and body of a request that does not go through the proxy.
    pub fn send(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}{path}", self.url);
        block_on(async {
            let client = reqwest::Client::new();
            let mut request = client
                .request(method, url)
                .basic_auth(&self.user, Some(&self.password))
                .header("X-Grafana-Org-Id", self.org_id.to_string());
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let text = answer.text().await.unwrap();
            (status, serde_json::from_str(&text).unwrap_or(Value::Null))
        })
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(reqwest::Method::GET, path, None);
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.send(reqwest::Method::POST, path, Some(body));
        assert!(
            (200..300).contains(&status),
            "POST {path}: {status} {answer}"
        );
        answer
    }

    /// All dashboards, by uid.
    pub fn boards(&self) -> BTreeMap<String, Board> {
        let found = self.get("/api/search?type=dash-db&limit=5000");
        let uids = found.as_array().unwrap().iter();
        uids.map(|found| {
            let uid = text(found, "uid");
            (uid.clone(), self.board(&uid))
        })
        .collect()
    }

    #[track_caller]
    pub fn board(&self, uid: &str) -> Board {
        let answer = self.get(&format!("/api/dashboards/uid/{uid}"));
        let (meta, body) = (&answer["meta"], answer["dashboard"].clone());
        Board {
            title: text(&body, "title"),
            folder: folder_of(meta),
            version: meta["version"].as_i64().unwrap(),
            body,
        }
    }

    /// Titles of all folders, by uid.
    pub fn folders(&self) -> BTreeMap<String, String> {
        let found = self.get("/api/search?type=dash-folder&limit=5000");
        let found = found.as_array().unwrap().iter();
        found
            .map(|found| (text(found, "uid"), text(found, "title")))
            .collect()
    }

    /// The uid of the only folder with this title.
    #[track_caller]
    pub fn folder(&self, title: &str) -> String {
        let folders = self.folders();
        let mut named = folders.iter().filter(|(_, found)| *found == title);
        let uid = named
            .next()
            .unwrap_or_else(|| panic!("no folder {title:?}: {folders:?}"))
            .0;
        assert!(named.next().is_none(), "{title} twice");
        uid.clone()
    }

    /// Saves a dashboard as a person does: whole, by the classic API, whatever version it has.
    #[track_caller]
    pub fn save(&self, body: &Value, folder: &str) {
        let mut request = json!({"dashboard": body, "overwrite": true, "message": "by hand"});
        if !folder.is_empty() {
            let found = self.get(&format!("/api/folders/{folder}"));
            // 7.5 knows only the number, later ones prefer the uid.
            request["folderId"] = found["id"].clone();
            request["folderUid"] = folder.into();
        }
        self.post("/api/dashboards/db", &request);
    }

    /// Changes a dashboard by hand, where it is.
    #[track_caller]
    pub fn edit(&self, uid: &str, edit: impl FnOnce(&mut Value)) {
        let mut board = self.board(uid);
        edit(&mut board.body);
        self.save(&board.body, &board.folder);
    }

    /// A dashboard that a person makes.
    #[track_caller]
    pub fn hand_made(&self, uid: &str, title: &str, folder: &str) {
        let body = json!({"uid": uid, "title": title, "panels": [], "tags": []});
        self.save(&body, folder);
    }

    /// A dashboard that another manager made; on servers that know managers.
    #[track_caller]
    pub fn managed(&self, uid: &str, kind: &str, id: &str) {
        let namespace = match self.org_id {
            1 => "default".to_owned(),
            id => format!("org-{id}"),
        };
        let object = json!({
            "apiVersion": "dashboard.grafana.app/v0alpha1", "kind": "Dashboard",
            "metadata": {"name": uid, "annotations": {"grafana.app/managedBy": kind, "grafana.app/managerId": id}},
            "spec": {"title": format!("{kind}'s {uid}")},
        });
        let path =
            format!("/apis/dashboard.grafana.app/v0alpha1/namespaces/{namespace}/dashboards");
        self.post(&path, &object);
    }

    #[track_caller]
    pub fn hand_made_folder(&self, uid: &str, title: &str) {
        self.post("/api/folders", &json!({"uid": uid, "title": title}));
    }
}

/// 7.5 names a dashboard's folder by number and URL alone.
fn folder_of(meta: &Value) -> String {
    if let Some(uid) = meta.get("folderUid").and_then(Value::as_str) {
        return uid.to_owned();
    }
    let url = meta["folderUrl"].as_str().unwrap_or_default();
    let mut parts = url.split('/').skip_while(|part| *part != "f");
    parts.nth(1).unwrap_or_default().to_owned()
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}
