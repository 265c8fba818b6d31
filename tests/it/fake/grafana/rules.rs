//! Alert rules, as 12.4's ruler API shows them. 7.5 has none that stand in a folder.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Role;
use super::answer::{denied, message};
use super::object::Object;
use super::state::{Call, Rule};
use crate::support::exchange::Reply;

impl Call<'_> {
    /// All of them, or those of a folder. The key is a path of titles, and so no identity: two folders
    /// of one title share it; `namespace_uid` of a rule is the folder.
    pub(super) fn rules(&self, folder: Option<&str>) -> Reply {
        if folder.is_some_and(|uid| self.org.folders.get(uid).is_none()) {
            return message(403, "Access denied");
        }
        let mut shown: BTreeMap<String, BTreeMap<String, Vec<Value>>> = BTreeMap::new();
        for rule in &self.org.rules {
            if folder.is_none_or(|uid| uid == rule.folder) {
                let groups = shown.entry(self.title_path(&rule.folder)).or_default();
                groups
                    .entry(rule.group.clone())
                    .or_default()
                    .push(shown_rule(rule));
            }
        }
        let body: serde_json::Map<_, _> = shown
            .into_iter()
            .map(|(path, groups)| {
                let groups = groups.into_iter();
                let groups = groups
                    .map(|(name, rules)| json!({"name": name, "interval": "1m", "rules": rules}));
                (path, groups.collect::<Value>())
            })
            .collect();
        Reply::json(if folder.is_some() { 202 } else { 200 }, &body.into())
    }

    fn title_path(&self, folder: &str) -> String {
        let Some(folder) = self.org.folders.get(folder) else {
            return String::new();
        };
        let mut titles: Vec<_> = self.parents(folder).iter().map(escaped).collect();
        titles.push(escaped(folder));
        titles.join("/")
    }

    /// Replaces a group of a folder.
    pub(super) fn set_rules(&mut self, folder: &str) -> Reply {
        if self.request.caller.role < Role::Editor {
            return denied("alert.rules:create");
        }
        if self.org.folders.get(folder).is_none() {
            return message(403, "Access denied");
        }
        let body = self.body();
        let group = body["name"].as_str().unwrap_or_default().to_owned();
        self.org
            .rules
            .retain(|rule| rule.folder != folder || rule.group != group);
        let mut created = Vec::new();
        for rule in body["rules"].as_array().into_iter().flatten() {
            let uid = self.ids.uid();
            created.push(uid.clone());
            self.org.rules.push(Rule {
                uid,
                folder: folder.to_owned(),
                group: group.clone(),
                body: rule.clone(),
            });
        }
        let text = "rule group updated successfully";
        Reply::json(202, &json!({"message": text, "created": created}))
    }

    pub(super) fn delete_rules(&mut self, folder: &str, group: Option<&str>) -> Reply {
        if self.request.caller.role < Role::Editor {
            return denied("alert.rules:delete");
        }
        let goes =
            |rule: &Rule| rule.folder == folder && group.is_none_or(|group| rule.group == group);
        self.org.rules.retain(|rule| !goes(rule));
        message(202, "rules deleted")
    }
}

/// A slash within a title is no separator.
fn escaped(folder: &Object) -> String {
    folder.title().replace('/', "\\/")
}

fn shown_rule(rule: &Rule) -> Value {
    let mut shown = rule.body.clone();
    shown["expr"] = "".into();
    shown["grafana_alert"]["uid"] = rule.uid.clone().into();
    shown["grafana_alert"]["namespace_uid"] = rule.folder.clone().into();
    shown["grafana_alert"]["rule_group"] = rule.group.clone().into();
    shown
}
