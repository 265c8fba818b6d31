//! The bodies of what goes wrong, as each dialect words it.

use serde_json::{Value, json};

use crate::support::exchange::Reply;

/// `{"message": …}`, the classic API's way.
pub(super) fn message(status: u16, text: &str) -> Reply {
    Reply::json(status, &json!({"message": text}))
}

/// The classic API's way where a program is meant to tell causes apart.
pub(super) fn message_with_status(status: u16, text: &str, word: &str) -> Reply {
    Reply::json(status, &json!({"message": text, "status": word}))
}

/// A route that is not there.
pub(super) fn not_found() -> Reply {
    message(404, "Not found")
}

/// What 7.5 answers to a body that its binding refuses.
pub(super) fn required(status: u16, field: &str) -> Reply {
    let error = json!([{
        "fieldNames": [field],
        "classification": "RequiredError",
        "message": "Required",
    }]);
    Reply::json(status, &error)
}

/// A refusal of 12.4's access control.
pub(super) fn denied(needed: &str) -> Reply {
    let text = format!(
        "You'll need additional permissions to perform this action. Permissions needed: {needed}"
    );
    Reply::json(
        403,
        &json!({"accessErrorId": "ACE0000000001", "message": text, "title": "Access denied"}),
    )
}

/// A failure of the resource API, with the fields that it has beside `code`.
pub(super) fn failure(code: u16, fields: &Value) -> Reply {
    let mut body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
    });
    for (key, value) in fields.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body["code"] = code.into();
    Reply::json(code, &body)
}

pub(super) fn bad_request(text: &str) -> Reply {
    failure(400, &json!({"message": text, "reason": "BadRequest"}))
}

/// A group, version or resource that the resource API does not serve.
pub(super) fn no_such_resource() -> Reply {
    failure(
        404,
        &json!({
            "message": "the server could not find the requested resource",
            "reason": "NotFound",
            "details": {},
        }),
    )
}

/// A method that a resource does not have.
pub(super) fn not_allowed() -> Reply {
    let text = "the server does not allow this method on the requested resource";
    failure(
        405,
        &json!({"message": text, "reason": "MethodNotAllowed", "details": {}}),
    )
}

/// `SQLite` has one writer.
pub(super) fn locked() -> Reply {
    message(500, "database is locked")
}
