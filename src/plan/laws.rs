//! Laws of the comparison, on generated trees.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value};

use super::diff::fields;
use crate::model::{Canonical, FieldChange};

/// Stands among the items of a keyed list that is written as an object.
const KEYED: &str = "\0keyed";

fn tree() -> impl Strategy<Value = Canonical> {
    let leaf = prop_oneof![
        Just(Canonical::Null),
        any::<bool>().prop_map(Canonical::Bool),
        (0..9_i64).prop_map(Canonical::Int),
        (0..9_i32).prop_map(|value| Canonical::Float(f64::from(value) + 0.5)),
        "[a-c/~#]{0,2}".prop_map(Canonical::text),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let fields = prop::collection::btree_map("[a-c/~]{1,2}", inner.clone(), 0..5);
        let map = fields.prop_map(|fields| {
            let fields = fields
                .iter()
                .map(|(key, value)| (key.as_str(), value.clone()));
            Canonical::map(fields)
        });
        let named = ("[a-d/~]{1,2}", map.clone());
        prop_oneof![
            map,
            prop::collection::vec(inner, 0..4).prop_map(Canonical::List),
            prop::collection::vec(named, 0..5).prop_map(Canonical::keyed),
        ]
    })
}

/// As JSON whose keyed lists are objects, so that a path leads to every item.
fn addressable(tree: &Canonical) -> Value {
    match tree {
        Canonical::Keyed(items) => {
            let items = items
                .iter()
                .map(|(key, item)| (key.to_string(), addressable(item)));
            let mark = (KEYED.to_owned(), Value::Null);
            Value::Object(items.chain([mark]).collect())
        }
        Canonical::Map(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| (key.to_string(), addressable(value)));
            Value::Object(fields.collect())
        }
        Canonical::List(items) => Value::Array(items.iter().map(addressable).collect()),
        leaf => leaf.to_json(),
    }
}

/// Whether a patched tree is this one, but for the places of new items in keyed lists.
fn same(patched: &Value, tree: &Canonical) -> bool {
    let object = |keys: BTreeSet<&str>, patched: &Map<String, Value>| {
        let patched: BTreeSet<&str> = patched.keys().map(String::as_str).collect();
        patched
            .into_iter()
            .filter(|key| *key != KEYED)
            .collect::<BTreeSet<_>>()
            == keys
    };
    match (patched, tree) {
        (Value::Object(patched), Canonical::Map(fields)) => {
            object(fields.keys().map(|key| &**key).collect(), patched)
                && fields
                    .iter()
                    .all(|(key, value)| same(&patched[&**key], value))
        }
        (Value::Object(patched), Canonical::Keyed(items)) => {
            object(items.iter().map(|(key, _)| &**key).collect(), patched)
                && items.iter().all(|(key, item)| same(&patched[&**key], item))
        }
        (Value::Array(patched), Canonical::List(items)) => {
            patched.len() == items.len()
                && patched
                    .iter()
                    .zip(items)
                    .all(|(patched, item)| same(patched, item))
        }
        // What came as a whole came as JSON.
        (patched, tree) => *patched == tree.to_json(),
    }
}

fn patch(tree: &mut Value, change: &FieldChange) {
    let Some((parent, last)) = change.path.rsplit_once('/') else {
        *tree = change.after.clone().unwrap();
        return;
    };
    let is_order = |node: &Value| {
        let texts = |side: &Option<Value>| {
            let items = side
                .as_ref()
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<BTreeSet<_>>>()
        };
        let (before, after) = (texts(&change.before), texts(&change.after));
        node.get(KEYED).is_some()
            && before.is_some_and(|b| b.len() > 1)
            && texts(&change.before) == after
    };
    if tree.pointer(&change.path).is_some_and(is_order) {
        return;
    }
    let key = last.replace("~1", "/").replace("~0", "~");
    match tree.pointer_mut(parent).unwrap() {
        Value::Object(fields) => {
            _ = match &change.after {
                Some(after) => fields.insert(key, after.clone()),
                None => fields.remove(&key),
            };
        }
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = change.after.clone().unwrap(),
        other => panic!("{} leads into {other}", change.path),
    }
}

/// The paths of all leaves.
fn leaves(tree: &mut Canonical) -> Vec<String> {
    let mut found = Vec::new();
    visit(tree, "", &mut |path, _| found.push(path.to_owned()));
    found
}

fn visit(tree: &mut Canonical, path: &str, at_leaf: &mut dyn FnMut(&str, &mut Canonical)) {
    let below = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
    match tree {
        Canonical::Map(fields) => {
            for (key, value) in fields {
                visit(value, &below(key), at_leaf);
            }
        }
        Canonical::Keyed(items) => {
            for (key, item) in items {
                visit(item, &below(key), at_leaf);
            }
        }
        Canonical::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                visit(item, &below(&index.to_string()), at_leaf);
            }
        }
        leaf => at_leaf(path, leaf),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fields_applied_to_before_give_after(before in tree(), after in tree()) {
        // At the root a whole is replaced by a whole; below it is where paths are.
        let (before, after) = (Canonical::map([("a", before)]), Canonical::map([("a", after)]));
        let mut patched = addressable(&before);
        for change in fields(&before, &after) {
            patch(&mut patched, &change);
        }
        prop_assert!(same(&patched, &after), "{patched} is not {after:?}");
    }

    #[test]
    fn equal_trees_and_only_they_have_no_fields(before in tree(), after in tree()) {
        prop_assert!(fields(&before, &before).is_empty());
        prop_assert_eq!(fields(&before, &after).is_empty(), before.hash() == after.hash());
    }

    #[test]
    fn one_leaf_changed_is_one_field_with_its_path(before in tree(), which in any::<Index>()) {
        let mut after = before.clone();
        let paths = leaves(&mut after);
        prop_assume!(!paths.is_empty());
        let path = which.get(&paths);
        let mut old = Value::Null;
        visit(&mut after, "", &mut |at, leaf| {
            if at == path {
                old = leaf.to_json();
                *leaf = Canonical::text("changed");
            }
        });
        let expected = FieldChange {
            path: path.clone(),
            before: Some(old),
            after: Some("changed".into()),
        };
        prop_assert_eq!(fields(&before, &after), [expected]);
    }
}
