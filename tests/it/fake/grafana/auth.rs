//! Who asks, and for which organisation.

use serde_json::json;

use super::answer::{self, message};
use super::resource_dashboards::dashboard_kind;
use super::resource_folders::folder_kind;
use super::{Flavor, Role};
use crate::support::exchange::{Incoming, Reply};

/// Who sent a request.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) role: Role,
    pub(super) org: i64,
    /// Its login, where it is a person; tokens are written down as anonymous.
    pub(super) login: Option<&'static str>,
    /// As the annotations of the resource API name it.
    pub(super) id: String,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) secret: String,
    pub(super) role: Role,
    pub(super) org: i64,
}

const ADMIN: &str = "Basic YWRtaW46YWRtaW4=";
pub(super) const ADMIN_ID: &str = "user:fakeadmin";

pub(super) fn caller(
    flavor: Flavor,
    incoming: &Incoming,
    tokens: &[Token],
    orgs: &[i64],
) -> Result<Caller, Box<Reply>> {
    let authorization = incoming.header("authorization").unwrap_or_default();
    // A header that is no number, or zero, counts as none.
    let header = incoming.header("x-grafana-org-id");
    let header = header
        .and_then(|org| org.parse().ok())
        .filter(|&org| org > 0);
    let asked = namespace(incoming).or(header);
    if let Some(secret) = authorization.strip_prefix("Bearer ") {
        let found = tokens
            .iter()
            .zip(1..)
            .find(|(token, _)| token.secret == secret);
        let Some((token, number)) = found else {
            return Err(Box::new(unknown_token(flavor, secret)));
        };
        return match (flavor, asked) {
            (Flavor::Resource124, Some(org)) if org != token.org => Err(Box::new(other_org())),
            _ => Ok(Caller {
                role: token.role,
                org: token.org,
                login: None,
                id: format!("service-account:fake{number}"),
            }),
        };
    }
    if authorization != ADMIN {
        return Err(Box::new(unauthorized(flavor, !authorization.is_empty())));
    }
    let org = asked.unwrap_or(1);
    if !orgs.contains(&org) {
        return Err(Box::new(no_org(flavor, incoming.path())));
    }
    Ok(Caller {
        role: Role::Admin,
        org,
        login: Some("admin"),
        id: ADMIN_ID.to_owned(),
    })
}

/// The organisation that the path of the resource API names; it outranks the header.
fn namespace(incoming: &Incoming) -> Option<i64> {
    let (_, rest) = incoming.path().split_once("/namespaces/")?;
    match rest.split('/').next()? {
        "default" => Some(1),
        name => Some(
            name.strip_prefix("org-")
                .and_then(|org| org.parse().ok())
                .unwrap_or(0),
        ),
    }
}

fn unauthorized(flavor: Flavor, wrong: bool) -> Reply {
    let (text, id) = match (flavor, wrong) {
        (Flavor::Classic75, false) => return message(401, "Unauthorized"),
        (Flavor::Classic75, true) => return message(401, "invalid username or password"),
        (Flavor::Resource124, false) => ("Unauthorized", "auth.unauthorized"),
        (Flavor::Resource124, true) => ("Invalid username or password", "password-auth.failed"),
    };
    refused(text, id)
}

fn unknown_token(flavor: Flavor, secret: &str) -> Reply {
    match flavor {
        Flavor::Classic75 => message(401, "invalid API key"),
        Flavor::Resource124 if secret.starts_with("glsa_") => {
            refused("Invalid API key", "api-key.invalid")
        }
        Flavor::Resource124 => Reply::json(401, &json!({"message": "Unauthorized", "traceID": ""})),
    }
}

fn other_org() -> Reply {
    refused(
        "API key does not belong to the requested organization",
        "api-key.organization-mismatch",
    )
}

fn refused(text: &str, id: &str) -> Reply {
    Reply::json(
        401,
        &json!({"extra": null, "message": text, "messageId": id, "statusCode": 401, "traceID": ""}),
    )
}

/// An organisation that is not there, or that one is not in. Some lists are then empty, and look like an
/// empty organisation.
fn no_org(flavor: Flavor, path: &str) -> Reply {
    match (flavor, path) {
        (Flavor::Classic75, "/api/org") => message(404, "Organization not found"),
        (Flavor::Classic75, "/api/search" | "/api/folders") => Reply::json(200, &json!([])),
        (Flavor::Classic75, _) => message(403, "Permission denied"),
        (Flavor::Resource124, "/api/search") => message(500, "Search failed"),
        (Flavor::Resource124, "/api/library-elements") => answer::denied("library.panels:read"),
        // One object of it is only missing; a list says what is wrong.
        (Flavor::Resource124, path) if path.matches('/').count() == 7 => {
            let name = path.rsplit('/').next().unwrap_or_default();
            if path.contains("/dashboards/") {
                dashboard_kind("v0alpha1").missing(name)
            } else {
                folder_kind().missing(name)
            }
        }
        (Flavor::Resource124, path) if path.starts_with("/apis/") => {
            answer::failure(500, &json!({"message": "namespace mismatch"}))
        }
        (Flavor::Resource124, _) => answer::denied("orgs:read"),
    }
}
