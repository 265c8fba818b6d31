//! The body of a webhook: all of it is proved, little of it is kept.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;

use super::Refusal;

/// GitHub sends no longer ones, and the others far shorter.
pub(super) const MOST: usize = 25 << 20;

/// What is kept of one: a push of hundreds of commits. All connections together keep 64 MiB at most, whoever
/// they are; of a longer body it is known whether it is genuine, and that is enough.
pub(super) const KEPT: usize = 256 << 10;

/// Reads a body; `see` is given all of it, part by part. What comes back is the whole, unless it is longer than
/// [`KEPT`].
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    mut see: impl FnMut(&[u8]),
) -> Result<Option<Vec<u8>>, Refusal> {
    let told = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if told.is_some_and(|length| length > MOST) {
        return Err(too_long());
    }
    let mut kept = Some(Vec::with_capacity(told.unwrap_or(0).min(KEPT)));
    let mut length = 0;
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| {
            let reason = "the body ended too early";
            Refusal::new(StatusCode::BAD_REQUEST, reason)
        })?;
        length += part.len();
        if length > MOST {
            return Err(too_long());
        }
        see(&part);
        kept = kept.filter(|_| length <= KEPT);
        if let Some(kept) = &mut kept {
            kept.extend_from_slice(&part);
        }
    }
    Ok(kept)
}

fn too_long() -> Refusal {
    let reason = format!("the body has more than {} MiB", MOST >> 20);
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason)
}
