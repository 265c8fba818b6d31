//! What an owner is called on the forge.

use serde_json::Value;

use crate::model::{Entity, EntityRef};

/// The ends of annotations that name a team or a person: those that Backstage's GitHub and GitLab modules write, with
/// the forge's host before them.
const ENDS: [&str; 3] = ["/team-slug", "/team-path", "/user-login"];
/// Of several forges, whose annotation counts first.
const HOSTS: [&str; 2] = ["github.com", "gitlab.com"];

/// The handle that an entity's annotations give, else its address: forges take either.
pub(super) fn of(owner: &Entity) -> Option<String> {
    let body: Value = serde_json::from_str(&owner.body).ok()?;
    let annotations = body["metadata"]["annotations"].as_object();
    let named = annotations.into_iter().flatten();
    let mut named: Vec<(usize, &str, String)> = named
        .filter_map(|(key, value)| {
            let host = ENDS.iter().find_map(|end| key.strip_suffix(end))?;
            let known = HOSTS.iter().position(|known| *known == host);
            let handle = handle(key, value.as_str()?)?;
            Some((known.unwrap_or(HOSTS.len()), key.as_str(), handle))
        })
        .collect();
    named.sort();
    let first = named.into_iter().next().map(|(_, _, handle)| handle);
    first.or_else(|| {
        let address = body["spec"]["profile"]["email"].as_str()?;
        is_address(address).then(|| address.to_owned())
    })
}

/// `None` for a text that is no name: it would be read as something else, or as more owners.
fn handle(key: &str, value: &str) -> Option<String> {
    // GitLab's module writes the address of a user's page.
    let name = match key.strip_suffix("/user-login") {
        Some(_) => value.rsplit('/').next()?,
        None => value,
    };
    let name = name.strip_prefix('@').unwrap_or(name);
    let named = name
        .split('/')
        .all(|part| !part.is_empty() && part.chars().all(is_letter));
    named.then(|| format!("@{name}"))
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn is_address(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| is_letter(c) || matches!(c, '+' | '%'))
    };
    text.split_once('@')
        .is_some_and(|(user, host)| plain(user) && plain(host))
}

/// The name as a handle, for want of a better.
pub(super) fn guess(name: &str) -> String {
    let safe = name.chars().map(|c| if is_letter(c) { c } else { '-' });
    format!("@{}", safe.collect::<String>())
}

/// What to do about an owner whose handle is a guess.
pub(super) fn how_to_set(owner: &EntityRef, exists: bool) -> String {
    if !exists {
        return format!("{owner} is not in the catalog: its handle is a guess.");
    }
    let annotation = match owner.kind() {
        "user" => "github.com/user-login: <login>",
        _ => "github.com/team-slug: <organisation>/<team>",
    };
    format!("{owner} gives no handle: annotate it with `{annotation}`, or set spec.profile.email.")
}

#[cfg(test)]
mod tests {
    use super::super::super::worlds::entity;
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(r#"{"github.com/team-slug":"acme/shop"}"#, Some("@acme/shop"))]
    #[case(r#"{"github.com/team-slug":"@shop"}"#, Some("@shop"))]
    #[case(r#"{"github.com/user-login":"ann-b"}"#, Some("@ann-b"))]
    #[case(
        r#"{"gitlab.com/team-path":"acme/teams/shop"}"#,
        Some("@acme/teams/shop")
    )]
    #[case(r#"{"gitlab.com/user-login":"https://gitlab.com/ann"}"#, Some("@ann"))]
    #[case(r#"{"git.example.com/team-path":"acme/shop"}"#, Some("@acme/shop"))]
    #[case(
        r#"{"a.example.com/team-path":"x/y","gitlab.com/team-path":"p/q","github.com/team-slug":"a/b"}"#,
        Some("@a/b")
    )]
    // What would add an owner, or a line, is no handle.
    #[case(
        r#"{"github.com/team-slug":"acme/shop @eve"}"#,
        Some("shop@example.com")
    )]
    #[case(r#"{"github.com/team-slug":"shop\n* @eve"}"#, Some("shop@example.com"))]
    #[case(r#"{"github.com/project-slug":"acme/shop"}"#, Some("shop@example.com"))]
    fn handles(#[case] annotations: &str, #[case] handle: Option<&str>) {
        let mut group = entity("Group", "shop");
        let body = format!(
            r#"{{"metadata":{{"annotations":{annotations}}},"spec":{{"profile":{{"email":"shop@example.com"}}}}}}"#
        );
        group.body = body.into();
        assert_eq!(of(&group).as_deref(), handle);
    }

    #[rstest]
    #[case("shop@example.com", true)]
    #[case("shop+ops@example.com", true)]
    #[case("shop", false)]
    #[case("Shop <shop@example.com>", false)]
    #[case("shop@example.com @eve", false)]
    fn addresses(#[case] text: &str, #[case] is: bool) {
        assert_eq!(is_address(text), is);
    }
}
