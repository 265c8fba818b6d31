//! What the server holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::auth::Token;
use super::object::Object;
use super::request::Request;
use super::{Fault, Flavor, Recorded};

#[derive(Debug)]
pub(super) struct State {
    pub(super) flavor: Flavor,
    pub(super) orgs: Vec<Org>,
    pub(super) ids: Ids,
    pub(super) tokens: Vec<Token>,
    pub(super) faults: Vec<Planned>,
    pub(super) recorded: Vec<Recorded>,
}

/// A fault that waits for its request.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) method: Option<String>,
    pub(super) prefix: String,
    pub(super) fault: Fault,
    pub(super) times: usize,
}

impl State {
    pub(super) fn new(flavor: Flavor) -> Self {
        let org = |id, name: &str| Org {
            id,
            name: name.to_owned(),
            ..Org::default()
        };
        Self {
            flavor,
            orgs: vec![org(1, "Main Org."), org(2, "Second")],
            ids: Ids::default(),
            tokens: vec![],
            faults: vec![],
            recorded: vec![],
        }
    }

    pub(super) fn fault(&mut self, method: &str, path: &str) -> Option<Fault> {
        let fits = |planned: &&mut Planned| {
            planned.times > 0
                && path.starts_with(&planned.prefix)
                && planned
                    .method
                    .as_deref()
                    .is_none_or(|wanted| wanted == method)
        };
        let planned = self.faults.iter_mut().find(fits)?;
        planned.times -= 1;
        Some(planned.fault.clone())
    }

    /// One request at work in its organisation.
    pub(super) fn call<'a>(&'a mut self, request: &'a Request) -> Call<'a> {
        let org = request.caller.org;
        Call {
            flavor: self.flavor,
            org: self.orgs.iter_mut().find(|known| known.id == org).unwrap(),
            ids: &mut self.ids,
            request,
        }
    }
}

/// An organisation and all that is in it.
#[derive(Debug, Default)]
pub(super) struct Org {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) folders: Objects,
    pub(super) dashboards: Objects,
    pub(super) sources: Vec<Source>,
    pub(super) rules: Vec<Rule>,
    pub(super) library: Vec<Element>,
}

/// Objects of a kind. They are shared with the lists that are being paged through.
#[derive(Debug, Default)]
pub(super) struct Objects {
    pub(super) all: Vec<Arc<Object>>,
    /// What a list was when its first page was given, by its resource version.
    pub(super) snapshots: BTreeMap<u64, Vec<Arc<Object>>>,
}

impl Objects {
    pub(super) fn get(&self, uid: &str) -> Option<&Object> {
        let mut all = self.all.iter();
        all.find(|object| object.uid == uid).map(|object| &**object)
    }

    pub(super) fn get_mut(&mut self, uid: &str) -> Option<&mut Object> {
        let mut all = self.all.iter_mut();
        all.find(|object| object.uid == uid).map(Arc::make_mut)
    }

    pub(super) fn by_id(&self, id: i64) -> Option<&Object> {
        let mut all = self.all.iter();
        all.find(|object| object.id == id).map(|object| &**object)
    }

    pub(super) fn add(&mut self, object: Object) {
        self.all.push(Arc::new(object));
    }

    pub(super) fn remove(&mut self, uid: &str) {
        self.all.retain(|object| object.uid != uid);
    }

    pub(super) fn inside<'a>(
        &'a self,
        folder: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Object> {
        let all = self.all.iter().map(|object| &**object);
        all.filter(move |object| object.folder.as_deref() == folder)
    }
}

/// A data source, as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) id: i64,
    pub(super) version: i64,
    pub(super) read_only: bool,
    pub(super) fields: Value,
    pub(super) secrets: BTreeMap<String, String>,
}

/// An alert rule of unified alerting.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) uid: String,
    pub(super) folder: String,
    pub(super) group: String,
    pub(super) body: Value,
}

/// A library element; its folder is empty at the root.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) id: i64,
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) folder: String,
    pub(super) model: Value,
}

/// Numbers and moments that never come twice.
#[derive(Debug)]
pub(super) struct Ids {
    last: i64,
    version: u64,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            last: 0,
            version: 1_790_000_000_000_000,
        }
    }
}

impl Ids {
    pub(super) fn id(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    pub(super) fn uid(&mut self) -> String {
        format!("fake{:08}", self.id())
    }

    pub(super) fn uuid(&mut self) -> String {
        format!("00000000-0000-4000-8000-{:012}", self.id())
    }

    pub(super) fn resource_version(&mut self) -> u64 {
        self.version += 1009;
        self.version
    }

    /// The version that a list given now is of.
    pub(super) fn latest(&self) -> u64 {
        self.version
    }

    pub(super) fn now(&self) -> String {
        let seconds = self.last;
        let (hours, minutes, seconds) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        format!("2026-01-01T{hours:02}:{minutes:02}:{seconds:02}Z")
    }
}

/// One request, with all that it may touch.
pub(super) struct Call<'a> {
    pub(super) flavor: Flavor,
    pub(super) org: &'a mut Org,
    pub(super) ids: &'a mut Ids,
    pub(super) request: &'a Request,
}

impl Call<'_> {
    /// The body, or an empty object where it is none.
    pub(super) fn body(&self) -> Value {
        self.request.json().unwrap_or_else(|| json!({}))
    }

    /// How the classic API names who asks.
    pub(super) fn author(&self) -> String {
        self.request.caller.login.unwrap_or("Anonymous").to_owned()
    }

    /// The folder and all below it, outermost first.
    pub(super) fn subtree(&self, folder: &str) -> Vec<String> {
        let mut found = vec![folder.to_owned()];
        let mut at = 0;
        while at < found.len() {
            let below = self.org.folders.inside(Some(&found[at]));
            let below: Vec<_> = below.map(|object| object.uid.clone()).collect();
            found.extend(below.into_iter().filter(|uid| uid != folder));
            at += 1;
        }
        found
    }

    /// The folders above one, outermost first.
    pub(super) fn parents(&self, folder: &Object) -> Vec<Object> {
        let mut found = Vec::new();
        let mut above = folder.folder.clone();
        while let Some(object) = above.as_deref().and_then(|uid| self.org.folders.get(uid)) {
            above.clone_from(&object.folder);
            found.insert(0, object.clone());
        }
        found
    }

    /// Removes a folder and everything in and below it.
    pub(super) fn remove_tree(&mut self, folder: &str) {
        for uid in self.subtree(folder) {
            let org = &mut *self.org;
            let inside = |object: &Arc<Object>| object.folder.as_deref() == Some(&uid);
            org.dashboards.all.retain(|object| !inside(object));
            org.rules.retain(|rule| rule.folder != uid);
            org.library.retain(|element| element.folder != uid);
            org.folders.remove(&uid);
        }
    }
}
