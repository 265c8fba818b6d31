//! A plan's identity: what would be done to what, and nothing about when, where from or why.

use sha2::{Digest, Sha256};

use crate::model::Hash;

use super::Plan;

/// sha256 over (id, action, desired hash, live hash) of every change, sorted by id. Each part is
/// followed by a line feed; an absent hash is `-`.
pub fn digest(plan: &Plan) -> String {
    let mut hasher = Sha256::new();
    let hash_text = |hash: Option<Hash>| hash.map_or_else(|| "-".to_owned(), |h| h.to_string());
    for change in plan.changes() {
        let desired = change.desired.as_ref().map(|desired| desired.hash);
        for part in [
            change.id.to_string(),
            change.action.as_str().to_owned(),
            hash_text(desired),
            hash_text(change.live_hash),
        ] {
            hasher.update(part);
            hasher.update(b"\n");
        }
    }
    Hash::from_bytes(hasher.finalize().into()).to_string()
}
