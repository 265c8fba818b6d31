//! Library elements, the panels and variables that dashboards share: only how many there are in which folder. Servers
//! delete those that no dashboard uses together with the folder; only the resource API refuses (12.4, observed).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Api, ApiError};

/// Elements asked for at once; no server has a limit of its own.
const PAGE: usize = 1000;

#[derive(Deserialize)]
struct Answer {
    result: Page,
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "totalCount")]
    total: usize,
    #[serde(rename = "perPage")]
    size: usize,
    elements: Vec<Element>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Element {
    uid: String,
    folder_uid: Option<String>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    folder_uid: Option<String>,
}

impl Api {
    /// How many library elements each folder has, by its uid; nothing on a server without them (7.5).
    pub(in crate::provider::grafana) async fn library_elements(
        &self,
    ) -> Result<BTreeMap<String, usize>, ApiError> {
        let mut seen = Seen::default();
        for page in 1.. {
            let path = format!("/api/library-elements?perPage={PAGE}&page={page}");
            let found: Answer = match self.get(&path).await {
                Ok(found) => found,
                Err(error) if page == 1 && error.is_missing_api() => break,
                Err(error) => return Err(error),
            };
            if !seen.take(found.result)? {
                break;
            }
        }
        seen.whole()
    }
}

/// What the pages so far have shown.
#[derive(Default)]
struct Seen {
    uids: BTreeSet<String>,
    folders: BTreeMap<String, usize>,
    /// As the last page counts them.
    total: usize,
}

impl Seen {
    /// Notes a page; whether another one may follow. Neither the total nor a short page alone tells: 9.3 does not
    /// count what is in no folder, 12.4 cuts the pages first and then takes out what is not to be seen.
    fn take(&mut self, page: Page) -> Result<bool, ApiError> {
        let (before, full) = (self.uids.len(), page.elements.len() >= page.size);
        for element in page.elements {
            let folder = element.folder()?.map(str::to_owned);
            if self.uids.insert(element.uid)
                && let Some(folder) = folder
            {
                *self.folders.entry(folder).or_default() += 1;
            }
        }
        self.total = page.total;
        Ok(self.uids.len() > before && (full || self.uids.len() < self.total))
    }

    fn whole(self) -> Result<BTreeMap<String, usize>, ApiError> {
        let (shown, total) = (self.uids.len(), self.total);
        if shown < total {
            return Err(ApiError::Hidden(format!(
                "/api/library-elements counts {total} and shows {shown}; give a credential that may read all of them"
            )));
        }
        Ok(self.folders)
    }
}

impl Element {
    /// The uid of its folder; `None` at the root.
    fn folder(&self) -> Result<Option<&str>, ApiError> {
        match self.folder_uid.as_ref().or(self.meta.folder_uid.as_ref()) {
            Some(uid) => Ok(Some(uid.as_str()).filter(|uid| !uid.is_empty())),
            None => Err(ApiError::Answer(
                "a library element does not say in which folder it is".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A page of at most two elements, each with its folder.
    fn page(total: usize, elements: &[(&str, &str)]) -> Page {
        let elements: Vec<_> = elements
            .iter()
            .map(|(uid, folder)| json!({"uid": uid, "folderUid": folder, "meta": {}}))
            .collect();
        let page = json!({"totalCount": total, "page": 1, "perPage": 2, "elements": elements});
        serde_json::from_value(page).unwrap()
    }

    fn folders(counts: &BTreeMap<String, usize>) -> Vec<(&str, usize)> {
        counts.iter().map(|(uid, count)| (&**uid, *count)).collect()
    }

    #[test]
    fn all_pages_are_counted() {
        let mut seen = Seen::default();
        assert!(seen.take(page(3, &[("a", "f"), ("b", "g")])).unwrap());
        assert!(!seen.take(page(3, &[("c", "f")])).unwrap());
        assert_eq!(folders(&seen.whole().unwrap()), [("f", 2), ("g", 1)]);
    }

    /// 9.3 counts none of the root.
    #[test]
    fn a_full_page_is_not_the_last() {
        let mut seen = Seen::default();
        assert!(seen.take(page(1, &[("a", ""), ("b", "")])).unwrap());
        assert!(!seen.take(page(1, &[("c", "f")])).unwrap());
        assert_eq!(folders(&seen.whole().unwrap()), [("f", 1)]);
    }

    /// 12.4 takes out of a page what is not to be seen.
    #[test]
    fn a_short_page_is_not_the_last() {
        let mut seen = Seen::default();
        assert!(seen.take(page(2, &[("a", "f")])).unwrap());
        assert!(!seen.take(page(2, &[("d", "f")])).unwrap());
        assert_eq!(folders(&seen.whole().unwrap()), [("f", 2)]);
    }

    #[test]
    fn what_is_counted_and_not_shown_is_not_nothing() {
        let mut seen = Seen::default();
        assert!(seen.take(page(2, &[("a", "f")])).unwrap());
        assert!(!seen.take(page(2, &[])).unwrap());
        assert!(seen.whole().unwrap_err().is_forbidden());
    }

    /// Something went between two pages, and one came up to a place that was read already.
    #[test]
    fn one_that_is_shown_twice_is_counted_once() {
        let mut seen = Seen::default();
        assert!(seen.take(page(4, &[("a", "f"), ("b", "f")])).unwrap());
        assert!(seen.take(page(4, &[("b", "f"), ("d", "f")])).unwrap());
        assert!(!seen.take(page(4, &[])).unwrap());
        assert!(seen.whole().is_err());
    }

    #[test]
    fn the_folder_stands_in_either_place() {
        let element = |value| serde_json::from_value::<Element>(value).unwrap();
        let inner = element(json!({"uid": "a", "meta": {"folderUid": "f"}}));
        assert_eq!(inner.folder().unwrap(), Some("f"));
        let root = element(json!({"uid": "a", "folderUid": "", "meta": {"folderUid": ""}}));
        assert_eq!(root.folder().unwrap(), None);
        assert!(element(json!({"uid": "a"})).folder().is_err());
    }
}
