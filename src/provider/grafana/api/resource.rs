//! The resource dialect: `/apis/dashboard.grafana.app`, `/apis/folder.grafana.app` (Grafana 12.4, observed).

mod dashboards;
mod folders;
mod object;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use self::object::{List, Object};
use super::probe::Server;
use super::{Api, ApiError, escaped};
use crate::provider::grafana::marker;

/// Objects asked for at once; the server gives fewer where they are large.
const PAGE: usize = 200;
/// In which version a body was written, where that is not the one of classic bodies.
const FORMAT: &str = "trueup.dev/format";
/// Without it nobody but the creator may see a dashboard at the root.
const GRANT: &str = "grafana.app/grant-permissions";

/// Speaks the resource dialect.
pub(in crate::provider::grafana) struct Resources<'a> {
    api: &'a Api,
    server: &'a Server,
    concurrency: usize,
}

impl<'a> Resources<'a> {
    pub(super) fn new(api: &'a Api, server: &'a Server, concurrency: usize) -> Self {
        Self {
            api,
            server,
            concurrency,
        }
    }

    fn folders_path(&self) -> String {
        let Server {
            folder_version,
            namespace,
            ..
        } = self.server;
        format!("/apis/folder.grafana.app/{folder_version}/namespaces/{namespace}/folders")
    }

    fn dashboards_path(&self, version: &str) -> String {
        let namespace = &self.server.namespace;
        format!("/apis/dashboard.grafana.app/{version}/namespaces/{namespace}/dashboards")
    }

    /// Hands on every object of a list, page by page, as they stood when the first page was made. A page is cut
    /// at 2 MiB, and may be empty: only the missing token says that it was the last.
    async fn list(
        &self,
        path: &str,
        each: &mut (dyn FnMut(Object) + Send),
    ) -> Result<(), ApiError> {
        let mut names = BTreeSet::new();
        let mut more = String::new();
        loop {
            let page = match more.as_str() {
                "" => format!("{path}?limit={PAGE}"),
                token => format!("{path}?limit={PAGE}&continue={}", escaped(token)),
            };
            let List { metadata, items } = self.api.get(&page).await?;
            for item in items {
                let name = item.text("name").to_owned();
                if name.is_empty() || !names.insert(name.clone()) {
                    return Err(ApiError::Answer(format!(
                        "{path} lists {name:?} twice, or something without a name; the next cycle reads it again"
                    )));
                }
                each(item);
            }
            match metadata.more.filter(|token| !token.is_empty()) {
                None => return Ok(()),
                Some(token) if token == more => {
                    return Err(ApiError::Answer(format!(
                        "{path} has more to list and does not give it; the next cycle reads it again"
                    )));
                }
                Some(token) => more = token,
            }
        }
    }

    /// The manager's annotations, the folder and the message; all others stay.
    fn mark(&self, annotations: &mut Map<String, Value>, folder: Option<&str>, message: &str) {
        let mut put = |name: &str, value: &str| annotations.insert(name.to_owned(), value.into());
        put(marker::MANAGED_BY, marker::MANAGER_KIND);
        put(marker::MANAGER_ID, &marker::name(&self.api.instance));
        put(marker::MESSAGE, message);
        match folder {
            Some(folder) => _ = put(marker::FOLDER, folder),
            None => _ = annotations.remove(marker::FOLDER),
        }
    }

    async fn delete(&self, path: &str, version: Option<&str>) -> Result<(), ApiError> {
        let options = json!({
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "preconditions": {"resourceVersion": version},
        });
        self.api.remove(path, Some(&options)).await
    }
}
