//! The one comparison of two canonical trees: field by field, list items by key where they have one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::model::{Canonical, FieldChange};

/// The fields in which `after` differs from `before`, in document order of paths.
pub(super) fn fields(before: &Canonical, after: &Canonical) -> Vec<FieldChange> {
    let mut differ = Differ::default();
    differ.value(before, after);
    differ.changes
}

/// Every field of something that is made, with its value after.
pub(super) fn made(after: &Canonical) -> Vec<FieldChange> {
    let mut changes = fields(&hollow(after), after);
    // That it will be loaded goes without saying.
    changes.retain(|change| change.path != "/loaded");
    changes
}

/// Every field of something that goes, with its value before.
pub(super) fn unmade(before: &Canonical) -> Vec<FieldChange> {
    let mut changes = fields(before, &hollow(before));
    changes.retain(|change| change.path != "/loaded");
    changes
}

/// The same map without fields; keyed lists stay as empty ones, so that their items are told one by one.
fn hollow(value: &Canonical) -> Canonical {
    let Canonical::Map(fields) = value else {
        return Canonical::Map(BTreeMap::new());
    };
    let lists = fields
        .iter()
        .filter(|(_, value)| matches!(value, Canonical::Keyed(_)));
    Canonical::Map(
        lists
            .map(|(key, _)| (key.clone(), Canonical::Keyed(Vec::new())))
            .collect(),
    )
}

#[derive(Default)]
struct Differ {
    path: String,
    changes: Vec<FieldChange>,
}

impl Differ {
    fn value(&mut self, before: &Canonical, after: &Canonical) {
        match (before, after) {
            (Canonical::Map(old), Canonical::Map(new)) => self.map(old, new),
            (Canonical::Keyed(old), Canonical::Keyed(new)) => self.keyed(old, new),
            (Canonical::List(old), Canonical::List(new)) if old.len() == new.len() => {
                for (index, (old, new)) in old.iter().zip(new).enumerate() {
                    self.within(&index.to_string(), |differ| differ.value(old, new));
                }
            }
            (old, new) => {
                if old != new {
                    self.note(Some(old.to_json()), Some(new.to_json()));
                }
            }
        }
    }

    fn map(&mut self, old: &BTreeMap<Arc<str>, Canonical>, new: &BTreeMap<Arc<str>, Canonical>) {
        let mut keys: Vec<&Arc<str>> = old.keys().chain(new.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            self.within(key, |differ| differ.either(old.get(key), new.get(key)));
        }
    }

    fn keyed(&mut self, old: &[(Arc<str>, Canonical)], new: &[(Arc<str>, Canonical)]) {
        let old_by_key: BTreeMap<&str, &Canonical> =
            old.iter().map(|(key, item)| (&**key, item)).collect();
        let new_by_key: BTreeMap<&str, &Canonical> =
            new.iter().map(|(key, item)| (&**key, item)).collect();
        for (key, item) in new {
            let before = old_by_key.get(&**key).copied();
            self.within(key, |differ| differ.either(before, Some(item)));
        }
        for (key, item) in old
            .iter()
            .filter(|(key, _)| !new_by_key.contains_key(&**key))
        {
            self.within(key, |differ| differ.either(Some(item), None));
        }
        let kept = |list: &[(Arc<str>, Canonical)], other: &BTreeMap<&str, &Canonical>| {
            let keys = list.iter().map(|(key, _)| key);
            let shared: Vec<Value> = keys
                .filter(|key| other.contains_key(&***key))
                .map(|key| Value::from(&**key))
                .collect();
            shared
        };
        let (order_before, order_after) = (kept(old, &new_by_key), kept(new, &old_by_key));
        if order_before != order_after {
            self.note(Some(order_before.into()), Some(order_after.into()));
        }
    }

    fn either(&mut self, before: Option<&Canonical>, after: Option<&Canonical>) {
        match (before, after) {
            (Some(before), Some(after)) => self.value(before, after),
            (None, None) => {}
            (before, after) => {
                self.note(
                    before.map(Canonical::to_json),
                    after.map(Canonical::to_json),
                );
            }
        }
    }

    fn within(&mut self, part: &str, inner: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push('/');
        // RFC 6901: `~` and `/` are escaped in the parts of a pointer.
        self.path
            .push_str(&part.replace('~', "~0").replace('/', "~1"));
        inner(self);
        self.path.truncate(length);
    }

    fn note(&mut self, before: Option<Value>, after: Option<Value>) {
        self.changes.push(FieldChange {
            path: self.path.clone(),
            before,
            after,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(expr: &str) -> Canonical {
        Canonical::map([("expr", Canonical::text(expr))])
    }

    fn group(rules: &[(&str, &str)]) -> Canonical {
        let rules = rules
            .iter()
            .map(|(key, expr)| ((*key).to_owned(), rule(expr)));
        Canonical::map([("rules", Canonical::keyed(rules))])
    }

    fn paths(before: &Canonical, after: &Canonical) -> Vec<String> {
        let changes = fields(before, after);
        changes.into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn names_rules_by_their_key() {
        let before = group(&[("alert=A", "a > 1"), ("alert=B", "b")]);
        let after = group(&[("alert=A", "a > 2"), ("alert=C", "c")]);
        assert_eq!(
            paths(&before, &after),
            ["/rules/alert=A/expr", "/rules/alert=C", "/rules/alert=B"]
        );
        assert!(fields(&before, &before).is_empty());
    }

    #[test]
    fn what_is_made_or_unmade_is_told_by_its_parts() {
        let whole = group(&[("alert=A", "a"), ("alert=B", "b")]);
        let made = made(&whole);
        assert_eq!(made.len(), 2);
        assert!(made.iter().all(|f| f.before.is_none() && f.after.is_some()));
        let unmade = unmade(&whole);
        assert_eq!(unmade[0].path, "/rules/alert=A");
        assert!(unmade.iter().all(|f| f.after.is_none()));
    }

    #[test]
    fn order_of_rules_counts() {
        let before = group(&[("alert=A", "a"), ("alert=B", "b")]);
        let after = group(&[("alert=B", "b"), ("alert=A", "a")]);
        assert_eq!(paths(&before, &after), ["/rules"]);
    }

    #[test]
    fn slashes_in_names_are_escaped() {
        let before = group(&[("alert=a/b~c", "1")]);
        let after = group(&[("alert=a/b~c", "2")]);
        assert_eq!(paths(&before, &after), ["/rules/alert=a~1b~0c/expr"]);
    }
}
