use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::header;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use super::body::{KEPT, MOST};
use super::*;

const SECRET: &str = "canary-secret";
const PATIENCE: Duration = Duration::from_secs(10);

/// A hook for `main` of `acme/platform`, and how often it poked.
struct Door {
    hook: Arc<Hook>,
    pokes: Arc<AtomicUsize>,
    folder: TempDir,
}

impl Door {
    fn new(forge: Forge) -> Self {
        Self::at(forge, "https://git.example.com/acme/platform.git", PATIENCE)
    }

    fn at(forge: Forge, repository: &str, patience: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret_file = folder.path().join("secret");
        fs::write(&secret_file, format!("{SECRET}\n")).unwrap();
        let pokes = Arc::new(AtomicUsize::new(0));
        let counted = pokes.clone();
        let webhook = Webhook {
            forge,
            secret_file,
            repository: repository.to_owned(),
            branch: "main".to_owned(),
            poke: Arc::new(move || counted.fetch_add(1, Ordering::Relaxed) == 0),
        };
        assert!(!format!("{webhook:?}").contains("canary"));
        Self {
            hook: webhook.hook(patience),
            pokes,
            folder,
        }
    }

    /// What is answered to a request with these headers.
    async fn ask(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> (u16, String) {
        let mut request = Request::builder().method("POST").uri("/webhook");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let (status, text) = receive(State(self.hook.clone()), request).await;
        assert!(!text.contains("canary"), "{text}");
        assert!(text.ends_with('\n') && text.lines().count() == 1, "{text}");
        (status.as_u16(), text)
    }

    /// One of GitHub's, well signed.
    async fn github(&self, event: &str, body: &str) -> (u16, String) {
        let signature = format!("sha256={}", sign(SECRET, body));
        let headers = [
            ("X-Hub-Signature-256", &*signature),
            ("X-GitHub-Event", event),
        ];
        self.ask(&headers, body.to_owned()).await
    }

    fn pokes(&self) -> usize {
        self.pokes.load(Ordering::Relaxed)
    }
}

fn sign(secret: &str, body: impl AsRef<[u8]>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_ref());
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}

fn push(reference: &str, name: &str) -> Value {
    json!({
        "ref": reference,
        "after": "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c",
        "repository": {
            "full_name": name,
            "clone_url": format!("https://git.example.com/{name}.git"),
            "ssh_url": format!("git@git.example.com:{name}.git"),
        },
    })
}

/// As GitLab documents it.
fn gitlab_push() -> Value {
    json!({
        "object_kind": "push",
        "event_name": "push",
        "before": "95790bf891e76fee5e1747ab589903a6a1f80f22",
        "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
        "ref": "refs/heads/main",
        "ref_protected": true,
        "checkout_sha": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
        "message": null,
        "user_id": 4,
        "user_name": "John Smith",
        "user_email": null,
        "project_id": 15,
        "project": {
            "id": 15,
            "name": "platform",
            "description": "",
            "web_url": "http://example.com/acme/platform",
            "avatar_url": null,
            "git_ssh_url": "git@example.com:acme/platform.git",
            "git_http_url": "http://example.com/acme/platform.git",
            "namespace": "Acme",
            "visibility_level": 0,
            "path_with_namespace": "acme/platform",
            "default_branch": "main",
        },
        "commits": [{
            "id": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
            "message": "fixed readme",
            "author": { "name": "John Smith", "email": "john@example.com" },
            "added": ["CHANGELOG"], "modified": ["app/controller.rb"], "removed": [],
        }],
        "total_commits_count": 1,
        "push_options": {},
        "repository": {
            "name": "platform",
            "url": "git@example.com:acme/platform.git",
            "description": "",
            "homepage": "http://example.com/acme/platform",
            "git_http_url": "http://example.com/acme/platform.git",
            "git_ssh_url": "git@example.com:acme/platform.git",
            "visibility_level": 0,
        },
    })
}

/// As Gitea documents it.
fn gitea_push() -> Value {
    json!({
        "ref": "refs/heads/main",
        "before": "28e1879d029cb852e4844d9c718537df08844e03",
        "after": "bffeb74224043ba2feb48d137756c8a9331c449a",
        "compare_url": "http://localhost:3000/acme/platform/compare/28e1879d...bffeb742",
        "commits": [{
            "id": "bffeb74224043ba2feb48d137756c8a9331c449a",
            "message": "Webhooks Yay!",
            "author": { "name": "Gitea", "email": "someone@gitea.io", "username": "gitea" },
            "timestamp": "2017-03-13T13:52:11-04:00",
        }],
        "repository": {
            "id": 140,
            "owner": { "id": 1, "login": "acme", "email": "someone@gitea.io" },
            "name": "platform",
            "full_name": "acme/platform",
            "private": false,
            "html_url": "http://localhost:3000/acme/platform",
            "ssh_url": "ssh://gitea@localhost:2222/acme/platform.git",
            "clone_url": "http://localhost:3000/acme/platform.git",
            "default_branch": "main",
        },
        "pusher": { "id": 1, "login": "gitea" },
        "sender": { "id": 1, "login": "gitea" },
    })
}

#[tokio::test]
async fn a_push_to_the_branch_pokes() {
    let door = Door::new(Forge::GitHub);
    let body = push("refs/heads/main", "acme/platform").to_string();
    let accepted = (202, "accepted\n".to_owned());
    assert_eq!(door.github("push", &body).await, accepted);
    // A replay pokes as well; those who are poked see to it that it costs nothing.
    assert_eq!(door.github("push", &body).await, accepted);
    assert_eq!(door.pokes(), 2);
}

#[tokio::test]
async fn what_is_about_something_else_is_ignored() {
    let door = Door::new(Forge::GitHub);
    for (event, reference, name, expected) in [
        (
            "push",
            "refs/heads/maintenance",
            "acme/platform",
            "ignored: another branch\n",
        ),
        (
            "push",
            "refs/tags/main",
            "acme/platform",
            "ignored: another branch\n",
        ),
        ("push", "main", "acme/platform", "ignored: another branch\n"),
        (
            "push",
            "refs/heads/main",
            "acme/platform2",
            "ignored: another repository\n",
        ),
        (
            "push",
            "refs/heads/main",
            "notacme/platform",
            "ignored: another repository\n",
        ),
        (
            "push",
            "refs/heads/main",
            "platform",
            "ignored: another repository\n",
        ),
        (
            "push",
            "refs/heads/main",
            "",
            "ignored: another repository\n",
        ),
        (
            "pull_request",
            "refs/heads/main",
            "acme/platform",
            "ignored: the event pull_request\n",
        ),
        ("ping", "", "", "pong\n"),
    ] {
        let body = push(reference, name).to_string();
        assert_eq!(door.github(event, &body).await, (202, expected.to_owned()));
    }
    assert_eq!(door.pokes(), 0);
}

#[tokio::test]
async fn what_is_not_proved_is_refused() {
    let door = Door::new(Forge::GitHub);
    let body = push("refs/heads/main", "acme/platform").to_string();
    let event = ("X-GitHub-Event", "push");
    let missing = "the header X-Hub-Signature-256 is missing: give the webhook a secret\n";
    assert_eq!(
        door.ask(&[event], body.clone()).await,
        (401, missing.to_owned())
    );
    let right = sign(SECRET, &body);
    let wrong = "the webhook's secret is not the one that is expected here\n";
    let none = "the header X-Hub-Signature-256 holds no signature\n";
    for (signature, expected) in [
        (format!("sha256={}", sign("another", &body)), wrong),
        (
            format!("sha256={}", sign(SECRET, format!("{body} "))),
            wrong,
        ),
        (format!("sha256={}", sign("", &body)), wrong),
        (format!("sha256={}", "0".repeat(64)), wrong),
        (right.clone(), none),
        (format!("sha1={right}"), none),
        (format!("sha256={}", &right[1..]), none),
        (format!("sha256={right}0"), none),
        (format!("sha256={}é", &right[2..]), none),
        ("sha256=".to_owned(), none),
    ] {
        let answer = door
            .ask(&[event, ("X-Hub-Signature-256", &*signature)], body.clone())
            .await;
        assert_eq!(answer, (401, expected.to_owned()), "{signature}");
    }
    // The proof of another forge is none.
    let answer = door
        .ask(&[event, ("X-Gitlab-Token", SECRET)], body.clone())
        .await;
    assert_eq!(answer.0, 401);
    assert_eq!(door.pokes(), 0);
}

#[tokio::test]
async fn what_is_genuine_but_no_push_is_said() {
    let door = Door::new(Forge::GitHub);
    for (body, part) in [
        ("", "not the JSON of a push"),
        ("[1", "not the JSON of a push"),
        ("{\"ref\":7}", "not the JSON of a push"),
        ("{}", "names no ref"),
        ("{\"ref\":\"refs/heads/main\"}", "names no repository"),
    ] {
        let (status, text) = door.github("push", body).await;
        assert_eq!(status, 400, "{body}: {text}");
        assert!(text.contains(part), "{body}: {text}");
    }
    let body = "{}";
    let signature = format!("sha256={}", sign(SECRET, body));
    let answer = door
        .ask(&[("X-Hub-Signature-256", &*signature)], body)
        .await;
    assert_eq!(
        answer,
        (400, "the header X-GitHub-Event is missing\n".to_owned())
    );
    assert_eq!(door.pokes(), 0);
}

#[tokio::test]
async fn a_form_holds_the_same() {
    let door = Door::new(Forge::GitHub);
    let payload = push("refs/heads/main", "acme/platform").to_string();
    let form: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", &payload)
        .finish();
    let signature = format!("sha256={}", sign(SECRET, &form));
    let headers = [
        ("X-Hub-Signature-256", &*signature),
        ("X-GitHub-Event", "push"),
        (
            header::CONTENT_TYPE.as_str(),
            "application/x-www-form-urlencoded",
        ),
    ];
    assert_eq!(
        door.ask(&headers, form).await,
        (202, "accepted\n".to_owned())
    );
    assert_eq!(door.pokes(), 1);
}

#[tokio::test]
async fn gitlab_shows_a_token() {
    let door = Door::new(Forge::GitLab);
    let token = ("X-Gitlab-Token", SECRET);
    let event = |name| ("X-Gitlab-Event", name);
    let mut payload = gitlab_push();
    let body = payload.to_string();
    let accepted = (202, "accepted\n".to_owned());
    assert_eq!(
        door.ask(&[token, event("Push Hook")], body.clone()).await,
        accepted
    );
    assert_eq!(
        door.ask(&[token, event("System Hook")], body.clone()).await,
        accepted
    );
    assert_eq!(door.pokes(), 2);
    for wrong in ["", "canary-secret ", "canary-secre", "another"] {
        let headers = [("X-Gitlab-Token", wrong), event("Push Hook")];
        assert_eq!(door.ask(&headers, body.clone()).await.0, 401, "{wrong}");
    }
    let answer = door.ask(&[event("Push Hook")], body.clone()).await;
    let missing = "the header X-Gitlab-Token is missing: give the webhook a secret\n";
    assert_eq!(answer, (401, missing.to_owned()));
    let answer = door
        .ask(&[token, event("Tag Push Hook")], body.clone())
        .await;
    assert_eq!(
        answer,
        (202, "ignored: the event Tag Push Hook\n".to_owned())
    );
    payload["event_name"] = json!("tag_push");
    let answer = door
        .ask(&[token, event("System Hook")], payload.to_string())
        .await;
    assert_eq!(answer, (202, "ignored: the event tag_push\n".to_owned()));
    let created = json!({ "event_name": "project_create", "path_with_namespace": "acme/x" });
    let answer = door
        .ask(&[token, event("System Hook")], created.to_string())
        .await;
    assert_eq!(
        answer,
        (202, "ignored: the event project_create\n".to_owned())
    );
    assert_eq!(door.pokes(), 2);
}

#[tokio::test]
async fn gitea_signs_without_a_prefix() {
    let door = Door::new(Forge::Gitea);
    let body = gitea_push().to_string();
    let signature = sign(SECRET, &body);
    let event = ("X-Gitea-Event", "push");
    let signed = ("X-Gitea-Signature", &*signature);
    let answer = door.ask(&[signed, event], body.clone()).await;
    assert_eq!(answer, (202, "accepted\n".to_owned()));
    assert_eq!(door.pokes(), 1);
    let wrong = sign("another", &body);
    let signed = ("X-Gitea-Signature", &*wrong);
    assert_eq!(door.ask(&[signed, event], body).await.0, 401);
    assert_eq!(door.pokes(), 1);
}

/// Settings may name a repository in ways of which the forge knows nothing.
#[tokio::test]
async fn addresses_are_compared_by_what_they_mean() {
    let body = gitea_push().to_string();
    let signature = sign(SECRET, &body);
    let headers = [
        ("X-Gitea-Signature", &*signature),
        ("X-Gitea-Event", "push"),
    ];
    for (address, known) in [
        ("http://localhost:3000/acme/platform.git", true),
        ("https://LOCALHOST/Acme/Platform/", true),
        ("ssh://gitea@localhost:2222/acme/platform.git", true),
        ("gitea@localhost:acme/platform", true),
        ("https://mirror.example.com/git/acme/platform.git", true),
        ("/srv/git/acme/platform.git", true),
        ("https://localhost/acme/platform-2", false),
        ("https://localhost/evilacme/platform", false),
        ("https://localhost/platform", false),
        ("/srv/git/platform", false),
    ] {
        let door = Door::at(Forge::Gitea, address, PATIENCE);
        assert_eq!(door.ask(&headers, body.clone()).await.0, 202);
        assert_eq!(door.pokes(), usize::from(known), "{address}");
    }
}

#[tokio::test]
async fn what_is_long_is_proved_though_it_is_not_kept() {
    let door = Door::new(Forge::GitHub);
    let mut payload = push("refs/heads/other", "acme/platform");
    let body = payload.to_string();
    assert_eq!(door.github("push", &body).await.0, 202);
    assert_eq!(door.pokes(), 0);
    payload["commits"] = json!(["x".repeat(KEPT)]);
    let body = payload.to_string();
    let answer = door.github("push", &body).await;
    assert_eq!((answer, door.pokes()), ((202, "accepted\n".to_owned()), 1));
    let headers = [
        (
            "X-Hub-Signature-256",
            &*format!("sha256={}", sign("another", &body)),
        ),
        ("X-GitHub-Event", "push"),
    ];
    assert_eq!(door.ask(&headers, body).await.0, 401);
    assert_eq!(door.pokes(), 1);
}

#[tokio::test]
async fn what_is_too_long_is_not_read() {
    let door = Door::new(Forge::GitHub);
    let none = format!("sha256={}", "0".repeat(64));
    let signed = ("X-Hub-Signature-256", &*none);
    let expected = (413, "the body has more than 25 MiB\n".to_owned());
    let length = (MOST + 1).to_string();
    let answer = door.ask(&[signed, ("content-length", &*length)], "").await;
    assert_eq!(answer, expected);
    // And where it does not say how long it is.
    let part = Bytes::from(vec![b'x'; 1 << 20]);
    let parts = futures_util::stream::repeat(Ok::<_, std::fmt::Error>(part));
    assert_eq!(
        door.ask(&[signed], Body::from_stream(parts)).await,
        expected
    );
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let door = Door::at(Forge::GitHub, "acme/platform", Duration::from_millis(20));
    let none = format!("sha256={}", "0".repeat(64));
    let never = futures_util::stream::pending::<std::io::Result<Bytes>>();
    let answer = door
        .ask(&[("X-Hub-Signature-256", &*none)], Body::from_stream(never))
        .await;
    assert_eq!(answer, (408, "the body did not come in time\n".to_owned()));
    let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("canary"))]);
    let answer = door
        .ask(
            &[("X-Hub-Signature-256", &*none)],
            Body::from_stream(broken),
        )
        .await;
    assert_eq!(answer, (400, "the body ended too early\n".to_owned()));
}

#[tokio::test]
async fn a_secret_is_rotated_without_a_restart() {
    let door = Door::new(Forge::GitHub);
    let body = push("refs/heads/main", "acme/platform").to_string();
    assert_eq!(door.github("push", &body).await.0, 202);
    let file = door.folder.path().join("secret");
    let rotated = door.folder.path().join("new");
    fs::write(&rotated, "another").unwrap();
    fs::rename(&rotated, &file).unwrap();
    until(async || door.github("push", &body).await.0 == 401).await;
    fs::write(&file, SECRET).unwrap();
    until(async || door.github("push", &body).await.0 == 202).await;
    for empty in [true, false] {
        if empty {
            fs::write(&file, "\n").unwrap();
        } else {
            fs::remove_file(&file).unwrap();
        }
        until(async || door.github("push", &body).await.0 == 503).await;
    }
    fs::write(&file, SECRET).unwrap();
    until(async || door.github("push", &body).await.0 == 202).await;
}

async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let wanted = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wanted).await.unwrap();
}

#[test]
fn refusals_are_told_seldom() {
    let seldom = Seldom::new(Duration::from_mins(1));
    assert_eq!(seldom.turn(), Some(0));
    assert_eq!([seldom.turn(), seldom.turn()], [None, None]);
    let often = Seldom::new(Duration::ZERO);
    assert_eq!([often.turn(), often.turn()], [Some(0), Some(0)]);
}
