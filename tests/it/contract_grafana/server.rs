//! A server under contract: the fake or a real one, asked over HTTP and nothing else.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::fake::grafana::{Flavor, Grafana, Role};

/// Which of its interfaces is spoken to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Classic,
    Resource,
}

/// What a server is, found by asking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    pub dialect: Dialect,
    /// Whether it has alert rules that stand in folders.
    pub alerting: bool,
}

#[derive(Debug)]
pub struct Server {
    url: String,
    user: String,
    password: String,
    pub traits: Traits,
    runtime: Runtime,
    client: reqwest::Client,
    /// The fake, where it is one; it makes its tokens itself.
    fake: Option<Grafana>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Auth {
    Admin,
    Nobody,
    Basic(&'static str, &'static str),
    Token(String),
}

#[derive(Debug)]
pub struct Answer {
    asked: String,
    pub status: u16,
    pub content_type: String,
    pub text: String,
}

impl Server {
    pub fn fake(flavor: Flavor) -> Self {
        let fake = Grafana::start(flavor);
        let url = fake.url();
        Self::new(url, "admin".into(), "admin".into(), Some(fake))
    }

    /// The server that the variables name; `None` where they name none.
    pub fn real() -> Option<Self> {
        let variable = |name: &str| std::env::var(format!("TRUEUP_TEST_GRAFANA_{name}")).ok();
        let url = variable("URL").filter(|url| !url.is_empty())?;
        let or_admin = |name| variable(name).unwrap_or_else(|| "admin".to_owned());
        let url = url.trim_end_matches('/').to_owned();
        Some(Self::new(url, or_admin("USER"), or_admin("PASSWORD"), None))
    }

    fn new(url: String, user: String, password: String, fake: Option<Grafana>) -> Self {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_mins(1))
            .no_proxy()
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut server = Self {
            url,
            user,
            password,
            traits: Traits {
                dialect: Dialect::Classic,
                alerting: false,
            },
            runtime,
            client,
            fake,
        };
        if server.get("/apis/dashboard.grafana.app").status == 200 {
            server.traits.dialect = Dialect::Resource;
        }
        server.traits.alerting = server.get("/api/ruler/grafana/api/v1/rules").status == 200;
        server
    }

    pub fn is_classic(&self) -> bool {
        self.traits.dialect == Dialect::Classic
    }

    pub fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, None)
    }

    pub fn delete(&self, target: &str) -> Answer {
        self.ask("DELETE", target, None)
    }

    pub fn post(&self, target: &str, body: &Value) -> Answer {
        self.ask("POST", target, Some(body))
    }

    pub fn put(&self, target: &str, body: &Value) -> Answer {
        self.ask("PUT", target, Some(body))
    }

    pub fn ask(&self, method: &str, target: &str, body: Option<&Value>) -> Answer {
        self.ask_as(&Auth::Admin, method, target, body, &[])
    }

    pub fn ask_as(
        &self,
        auth: &Auth,
        method: &str,
        target: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let asked = format!("{method} {target} {}", body.cloned().unwrap_or_default());
        let mut request = self.client.request(method, format!("{}{target}", self.url));
        request = match auth {
            Auth::Admin => request.basic_auth(&self.user, Some(&self.password)),
            Auth::Basic(user, password) => request.basic_auth(user, Some(password)),
            Auth::Token(token) => request.bearer_auth(token),
            Auth::Nobody => request,
        };
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let content_type = response.headers().get("content-type");
            let content_type = content_type.and_then(|value| value.to_str().ok());
            Answer {
                asked,
                status: response.status().as_u16(),
                content_type: content_type.unwrap_or_default().to_owned(),
                text: response.text().await.unwrap(),
            }
        })
    }

    /// A token of this role, where the server can make one.
    pub fn token(&self, role: Role, scene: &Scene) -> Auth {
        if let Some(fake) = &self.fake {
            return Auth::Token(fake.token(role));
        }
        let number = scene.made.lock().unwrap().len();
        let name = scene.uid(&format!("{role:?}{number}"));
        let account = json!({"name": name, "role": format!("{role:?}")});
        let key = if self.is_classic() {
            let key = self.post("/api/auth/keys", &account).expect(200);
            scene.remove_later(format!("/api/auth/keys/{}", key["id"]));
            key
        } else {
            let made = self.post("/api/serviceaccounts", &account).expect(201);
            let path = format!("/api/serviceaccounts/{}", made["id"]);
            scene.remove_later(path.clone());
            self.post(&format!("{path}/tokens"), &json!({"name": name}))
                .expect(200)
        };
        Auth::Token(key["key"].as_str().unwrap().to_owned())
    }

    /// Names of one test, and what it made, which goes when it ends.
    pub fn scene(&self) -> Scene<'_> {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        Scene {
            server: self,
            prefix: format!("t{:x}{number:x}", now.as_millis() & 0xFFF_FFFF),
            made: Mutex::default(),
        }
    }
}

impl Answer {
    /// The body, where the status is this.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}\n-> {}", self.asked, self.text);
        self.json()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The body of a refusal with this status, whose message holds `text`.
    pub fn refused(&self, status: u16, text: &str) -> Value {
        let body = self.expect(status);
        let message = body["message"].as_str().unwrap_or_default();
        assert!(message.contains(text), "{}\n-> {}", self.asked, self.text);
        body
    }
}

pub struct Scene<'a> {
    pub server: &'a Server,
    prefix: String,
    made: Mutex<Vec<String>>,
}

impl Scene<'_> {
    pub fn uid(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    pub fn title(&self, name: &str) -> String {
        format!("{} {name}", self.prefix)
    }

    /// Deletes a path when the test ends, the last one first.
    pub fn remove_later(&self, path: String) {
        self.made.lock().unwrap().push(path);
    }

    /// A folder by the classic API; its answer.
    pub fn folder(&self, name: &str, parent: Option<&str>) -> Value {
        let uid = self.uid(name);
        let mut body = json!({"uid": uid, "title": self.title(name)});
        if let Some(parent) = parent {
            body["parentUid"] = parent.into();
        }
        self.remove_later(format!("/api/folders/{uid}?forceDeleteRules=true"));
        self.server.post("/api/folders", &body).expect(200)
    }

    /// The body of a classic save of this dashboard into a folder, or the root.
    pub fn save(&self, spec: &Value, folder: Option<&Value>) -> Value {
        let mut body = json!({"dashboard": spec});
        if let Some(folder) = folder {
            body["folderId"] = folder["id"].clone();
            body["folderUid"] = folder["uid"].clone();
        }
        if let Some(uid) = spec["uid"].as_str() {
            self.remove_later(format!("/api/dashboards/uid/{uid}"));
        }
        body
    }

    /// Saves a dashboard that must be taken; its answer.
    pub fn dashboard(&self, spec: &Value, folder: Option<&Value>) -> Value {
        let body = self.save(spec, folder);
        self.server.post("/api/dashboards/db", &body).expect(200)
    }

    /// The whole answer for a dashboard by the classic API.
    pub fn read(&self, name: &str) -> Value {
        let path = format!("/api/dashboards/uid/{}", self.uid(name));
        self.server.get(&path).expect(200)
    }
}

impl Drop for Scene<'_> {
    fn drop(&mut self) {
        for path in self.made.lock().unwrap().drain(..).rev() {
            self.server.delete(&path);
        }
    }
}
