//! Whose an object is, told by what it carries.

use serde_json::{Map, Value};

use crate::model::Ownership;
use crate::model::grafana::folder_uid_prefix;

/// Annotations of Grafana's resource form (Grafana 12.4, observed).
pub(super) const MANAGED_BY: &str = "grafana.app/managedBy";
pub(super) const MANAGER_ID: &str = "grafana.app/managerId";
pub(super) const FOLDER: &str = "grafana.app/folder";
pub(super) const MESSAGE: &str = "grafana.app/message";
/// Of unknown kinds of managers the server reads as of none, so this is one that it knows.
pub(super) const MANAGER_KIND: &str = "kubectl";

const PREFIX: &str = "trueup:";

/// What stands for an instance: a tag, and the manager's name.
pub(super) fn name(instance: &str) -> String {
    format!("{PREFIX}{instance}")
}

/// Whether a tag is the marker of an instance, any one.
pub(super) fn is_tag(tag: &str) -> bool {
    tag.starts_with(PREFIX)
}

/// By the tags of a dashboard.
pub(super) fn of_tags(tags: Option<&Value>, instance: &str) -> Ownership {
    let tags = tags.and_then(Value::as_array);
    let ours = name(instance);
    let mut found = Ownership::Nobody;
    for tag in tags.into_iter().flatten().filter_map(Value::as_str) {
        if tag == ours {
            return Ownership::Ours;
        }
        if is_tag(tag) {
            found = Ownership::Theirs(tag.to_owned());
        }
    }
    found
}

/// By the uid of a folder.
pub(super) fn of_folder_uid(uid: &str, instance: &str) -> Ownership {
    if uid.starts_with(&folder_uid_prefix(instance)) {
        return Ownership::Ours;
    }
    let parts: Vec<&str> = uid.splitn(3, '-').collect();
    match parts[..] {
        ["tu", hash, path]
            if hash.len() == 6
                && hash.chars().all(|c| c.is_ascii_hexdigit())
                && path.len() == 20 =>
        {
            Ownership::Theirs("another instance of Trueup".to_owned())
        }
        _ => Ownership::Nobody,
    }
}

/// By the manager's annotations; where there are none, by what the object had from the classic API.
pub(super) fn of_annotations(
    annotations: &Map<String, Value>,
    instance: &str,
    classic: impl FnOnce() -> Ownership,
) -> Ownership {
    let text = |key: &str| annotations.get(key).and_then(Value::as_str).unwrap_or("");
    let (kind, id) = (text(MANAGED_BY), text(MANAGER_ID));
    match kind {
        // Without either there is no manager in effect.
        _ if kind.is_empty() || id.is_empty() => classic(),
        _ if id == name(instance) => Ownership::Ours,
        _ if is_tag(id) => Ownership::Theirs(id.to_owned()),
        "terraform" => Ownership::Theirs(format!("Terraform ({id})")),
        "repo" => Ownership::Theirs(format!("Git Sync ({id})")),
        "plugin" => Ownership::Theirs(format!("the plugin {id}")),
        "classic-file-provisioning" => Ownership::Theirs(format!("file provisioning ({id})")),
        kind => Ownership::Theirs(format!("{kind} ({id})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn theirs(whose: &str) -> Ownership {
        Ownership::Theirs(whose.to_owned())
    }

    #[rstest]
    #[case(json!({}), Ownership::Nobody)]
    #[case(json!({MANAGED_BY: "kubectl", MANAGER_ID: "trueup:acme"}), Ownership::Ours)]
    #[case(json!({MANAGED_BY: "kubectl", MANAGER_ID: "trueup:acm"}), theirs("trueup:acm"))]
    #[case(json!({MANAGED_BY: "kubectl", MANAGER_ID: "me"}), theirs("kubectl (me)"))]
    #[case(json!({MANAGED_BY: "terraform", MANAGER_ID: "x"}), theirs("Terraform (x)"))]
    #[case(json!({MANAGED_BY: "terraform"}), Ownership::Nobody)]
    fn managers_are_told_apart(#[case] annotations: Value, #[case] expected: Ownership) {
        let annotations = annotations.as_object().unwrap();
        let found = of_annotations(annotations, "acme", || Ownership::Nobody);
        assert_eq!(found, expected);
    }

    #[test]
    fn tags_and_uids_mark_too() {
        let body = json!({"tags": ["a", "trueup:acme"]});
        assert_eq!(of_tags(body.get("tags"), "acme"), Ownership::Ours);
        assert_eq!(of_tags(body.get("tags"), "other"), theirs("trueup:acme"));
        let uid = format!("{}{}", folder_uid_prefix("acme"), "a".repeat(20));
        assert_eq!(of_folder_uid(&uid, "acme"), Ownership::Ours);
        assert!(matches!(of_folder_uid(&uid, "other"), Ownership::Theirs(_)));
        assert_eq!(of_folder_uid("tu-tu", "acme"), Ownership::Nobody);
    }
}
