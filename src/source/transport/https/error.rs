//! What an answer, or its absence, means.

use std::error::Error;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};

use super::super::super::SourceError;
use super::super::clean;
use super::super::context::{Context, Failed};

const HINT: &str = "check repository.auth: that the token or password is right, not expired, and may read \
                    this repository";

/// Whether the answer is one of Git's; `kind` is `advertisement` or `result`.
pub(super) fn check(context: &Context, response: &Response, kind: &str) -> Result<(), Failed> {
    let status = response.status();
    let place = context.place();
    let error = if is_refusal(status) {
        SourceError::Authentication {
            place,
            detail: format!("HTTP status {status}"),
            hint: HINT,
        }
    } else if status == StatusCode::NOT_FOUND || status == StatusCode::GONE {
        SourceError::RepositoryNotFound { place }
    } else if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        SourceError::Unreachable {
            place,
            detail: format!("the server answers with HTTP status {status}"),
        }
    } else if !status.is_success() {
        SourceError::NotGit {
            place,
            detail: format!("it answers with HTTP status {status}"),
        }
    } else {
        let given = response.headers().get(CONTENT_TYPE);
        let given = given
            .and_then(|value| value.to_str().ok())
            .unwrap_or("nothing");
        if given == format!("application/x-git-upload-pack-{kind}") {
            return Ok(());
        }
        SourceError::NotGit {
            place,
            detail: format!(
                "it answers with content of the type {}, as a login page would",
                clean(given)
            ),
        }
    };
    Err(context.fail(error))
}

/// A request that got no answer, or whose answer broke off.
pub(super) fn sending(context: &Context, error: &reqwest::Error) -> Failed {
    let place = context.place();
    let detail = chain(error);
    context.fail(if error.is_timeout() && error.is_connect() {
        context.timeout("a connection", context.timeouts().connect)
    } else if detail.contains("certificate") {
        SourceError::Certificate { place, detail }
    } else {
        SourceError::Unreachable { place, detail }
    })
}

/// The client could not be made.
pub(super) fn building(error: &reqwest::Error) -> SourceError {
    SourceError::Git {
        doing: "set up https".to_owned(),
        detail: chain(error),
    }
}

/// The causes of an error, the outermost left out where there are deeper ones: it only says that sending
/// failed, and where to.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(clean(&cause.to_string()));
        next = cause.source();
    }
    // Wrappers often print what they wrap.
    causes.dedup();
    match causes.last() {
        Some(_) => causes.join(": "),
        None if error.is_body() || error.is_decode() => "the answer broke off".to_owned(),
        None => "the request failed".to_owned(),
    }
}

/// Whether the server says that the credentials are the matter.
fn is_refusal(status: StatusCode) -> bool {
    status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN
}
