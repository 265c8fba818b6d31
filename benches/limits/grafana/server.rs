//! A server that has everything already: answers as a Grafana gives them, made before anybody measures.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use trueup::model::capabilities::Dialect;
use trueup::model::grafana::FolderPath;

pub(super) const INSTANCE: &str = "bench";
pub(super) const FOLDER: &str = "Boards";
/// Where Grafana 12.4 ends a page, whatever limit is asked for (observed).
const PAGE_BYTES: usize = 2 << 20;
const LISTS: &str = "/apis/dashboard.grafana.app/v0alpha1/namespaces/default/dashboards";
const FOLDERS: &str = "/apis/folder.grafana.app/v1beta1/namespaces/default/folders";

/// Answers by path and query.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// What a client asks for that wants every dashboard, in order, but for the pages of a search.
    pub(super) bodies: Vec<String>,
    _runtime: tokio::runtime::Runtime,
}

type Answers = HashMap<String, Bytes>;

impl Server {
    /// Serves dashboards that are ours and as declared.
    pub(super) fn start(dialect: Dialect, boards: &[Value]) -> Self {
        let mut answers = Answers::new();
        let mut add = |path: &str, body: &Value| {
            answers.insert(path.to_owned(), body.to_string().into());
        };
        add("/api/org", &json!({"id": 1, "name": "Main Org."}));
        add("/api/datasources", &json!([]));
        add("/api/ruler/grafana/api/v1/rules", &json!({}));
        let bodies = match dialect {
            Dialect::Resource => resource(boards, &mut add),
            Dialect::Classic => classic(boards, &mut add),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::new(answers));
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            address,
            bodies,
            _runtime: runtime,
        }
    }
}

async fn answer(State(answers): State<Arc<Answers>>, uri: Uri) -> impl IntoResponse {
    let json = [(header::CONTENT_TYPE, "application/json")];
    let asked = uri.path_and_query().map_or("", |asked| asked.as_str());
    // How much is wanted at once is the client's to say; the pages are cut already.
    let found = answers
        .get(asked)
        .or_else(|| answers.get(&without_limit(asked)));
    match found {
        Some(body) => (StatusCode::OK, json, body.clone()),
        None => (
            StatusCode::NOT_FOUND,
            json,
            Bytes::from_static(b"{\"message\":\"Not found\"}"),
        ),
    }
}

fn without_limit(asked: &str) -> String {
    let Some((path, query)) = asked.split_once('?') else {
        return asked.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|part| !part.starts_with("limit="))
        .collect();
    format!("{path}?{}", kept.join("&"))
}

fn folder_uid() -> String {
    FolderPath::parse(FOLDER).unwrap().uid(INSTANCE)
}

fn ours(folder: &str) -> Value {
    let mut annotations = json!({
        "grafana.app/managedBy": "kubectl", "grafana.app/managerId": format!("trueup:{INSTANCE}"),
        "grafana.app/createdBy": "user:admin",
    });
    if !folder.is_empty() {
        annotations["grafana.app/folder"] = folder.into();
    }
    annotations
}

fn resource(boards: &[Value], add: &mut impl FnMut(&str, &Value)) -> Vec<String> {
    add(
        "/api/health",
        &json!({"version": "12.4.0", "database": "ok"}),
    );
    let group = |name: &str, versions: &[&str]| {
        let versions: Vec<Value> = versions
            .iter()
            .map(|version| json!({"version": version}))
            .collect();
        json!({"name": name, "versions": versions, "preferredVersion": versions[0]})
    };
    let groups = [
        group("dashboard.grafana.app", &["v1beta1", "v0alpha1"]),
        group("folder.grafana.app", &["v1beta1"]),
    ];
    add("/apis", &json!({"kind": "APIGroupList", "groups": groups}));
    let folder = json!({
        "metadata": {"name": folder_uid(), "resourceVersion": "1", "annotations": ours("")},
        "spec": {"title": FOLDER},
    });
    add(
        &format!("{FOLDERS}?"),
        &json!({"metadata": {}, "items": [folder]}),
    );
    let items = boards.iter().enumerate().map(|(index, board)| {
        let mut spec = board.clone();
        let uid = spec.as_object_mut().unwrap().remove("uid").unwrap();
        json!({
            "metadata": {"name": uid, "resourceVersion": index.to_string(), "annotations": ours(&folder_uid())},
            "spec": spec,
        })
    });
    let mut pages: Vec<Vec<Value>> = vec![Vec::new()];
    let mut size = 0;
    for item in items {
        size += item.to_string().len();
        if size > PAGE_BYTES {
            pages.push(Vec::new());
            size = 0;
        }
        pages.last_mut().unwrap().push(item);
    }
    let mut paths = Vec::new();
    for (number, items) in pages.iter().enumerate() {
        let path = match number {
            0 => format!("{LISTS}?"),
            number => format!("{LISTS}?continue=p{number}"),
        };
        let more = (number + 1 < pages.len()).then(|| format!("p{}", number + 1));
        add(
            &path,
            &json!({"metadata": {"continue": more.unwrap_or_default()}, "items": items}),
        );
        paths.push(path);
    }
    paths
}

fn classic(boards: &[Value], add: &mut impl FnMut(&str, &Value)) -> Vec<String> {
    const PAGE: usize = 1000;
    add(
        "/api/health",
        &json!({"version": "7.5.5", "database": "ok"}),
    );
    add(
        "/api/folders?parentUid=trueup-there-is-no-such-folder",
        &json!([{"id": 1}]),
    );
    let folder = json!({"id": 1, "uid": folder_uid(), "title": FOLDER});
    add("/api/search?type=dash-folder&page=1", &json!([folder]));
    let hits: Vec<Value> = boards
        .iter()
        .enumerate()
        .map(|(index, board)| {
            json!({"id": index + 10, "uid": board["uid"], "title": board["title"], "folderUid": folder_uid()})
        })
        .collect();
    for number in 0..=hits.len() / PAGE {
        let page = hits.iter().skip(number * PAGE).take(PAGE);
        let page: Vec<&Value> = page.collect();
        add(
            &format!("/api/search?type=dash-db&page={}", number + 1),
            &json!(page),
        );
    }
    let mut paths = Vec::new();
    for board in boards {
        let mut body = board.clone();
        body["id"] = 7.into();
        body["version"] = 3.into();
        body["tags"] = json!(["team", format!("trueup:{INSTANCE}")]);
        let path = format!("/api/dashboards/uid/{}", board["uid"].as_str().unwrap());
        let meta = json!({"version": 3, "folderUid": folder_uid(), "provisioned": false});
        add(&path, &json!({"meta": meta, "dashboard": body}));
        paths.push(path);
    }
    paths
}
