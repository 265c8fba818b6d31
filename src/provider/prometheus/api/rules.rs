//! `/api/v1/rules`: which rules the server runs, by the base name of their file.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The `data` of the answer.
#[derive(Deserialize)]
pub(super) struct RulesData {
    groups: Option<Vec<GroupData>>,
}

#[derive(Deserialize)]
struct GroupData {
    name: String,
    #[serde(default)]
    file: String,
    rules: Option<Vec<RuleData>>,
}

#[derive(Deserialize)]
struct RuleData {
    name: String,
    #[serde(default)]
    health: String,
    #[serde(default, rename = "lastError")]
    last_error: Option<String>,
}

/// A group that the server runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct ServerGroup {
    /// The server's own path; what is mounted where is not known here.
    pub(in super::super) file: String,
    pub(in super::super) name: String,
    /// Names in order; Prometheus names an alert by its alert, a recording rule by its record.
    pub(in super::super) rules: Vec<String>,
    /// Rules that fail to evaluate, with the server's words.
    pub(in super::super) unhealthy: Vec<(String, String)>,
}

/// The groups that the server runs, by the base name of their file.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Listing(BTreeMap<String, Vec<ServerGroup>>);

impl Listing {
    pub(super) fn of(data: RulesData) -> Self {
        let mut files: BTreeMap<String, Vec<ServerGroup>> = BTreeMap::new();
        for group in data.groups.unwrap_or_default() {
            let base = group.file.rsplit('/').next().unwrap_or_default();
            files.entry(base.to_owned()).or_default().push(group.into());
        }
        Self(files)
    }

    /// The groups of a file.
    pub(in super::super) fn file(&self, base: &str) -> &[ServerGroup] {
        self.0.get(base).map_or(&[], Vec::as_slice)
    }

    pub(in super::super) fn has_file(&self, base: &str) -> bool {
        self.0.contains_key(base)
    }

    /// Whether the server runs a group of this name, with rules of these names in this order, from a
    /// file of this name.
    pub(in super::super) fn runs<'a>(
        &self,
        base: &str,
        group: &str,
        rules: &(impl Iterator<Item = &'a str> + Clone),
    ) -> bool {
        let same = |found: &ServerGroup| {
            found.name == group && found.rules.iter().map(String::as_str).eq(rules.clone())
        };
        self.file(base).iter().any(same)
    }

    /// Rule names of a group, where the server has it.
    pub(in super::super) fn group(&self, base: &str, group: &str) -> Option<&ServerGroup> {
        self.file(base).iter().find(|found| found.name == group)
    }
}

impl From<GroupData> for ServerGroup {
    fn from(group: GroupData) -> Self {
        let rules = group.rules.unwrap_or_default();
        let unhealthy = rules
            .iter()
            .filter(|rule| rule.health == "err")
            .map(|rule| {
                (
                    rule.name.clone(),
                    rule.last_error.clone().unwrap_or_default(),
                )
            })
            .collect();
        Self {
            file: group.file,
            name: group.name,
            rules: rules.into_iter().map(|rule| rule.name).collect(),
            unhealthy,
        }
    }
}
