//! The bearer token that some answers ask for.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use secrecy::ExposeSecret as _;

use super::secret::{Secret, same};

/// Lets through who has the token.
pub(super) async fn ask(State(token): State<Secret>, request: Request, next: Next) -> Response {
    let Ok(token) = token.get().await else {
        let text = "the token that is asked for here cannot be read: see the daemon's log\n";
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let given = given(request.headers());
    if given.is_some_and(|given| same(given, token.expose_secret().as_bytes())) {
        return next.run(request).await;
    }
    (
        StatusCode::UNAUTHORIZED,
        [(header::WWW_AUTHENTICATE, "Bearer")],
        "a bearer token is needed here: that of server.token_file\n",
    )
        .into_response()
}

fn given(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}
