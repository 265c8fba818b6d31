//! Reading many blobs at once.

use git2::{ErrorCode, ObjectType, Oid, Repository};

use crate::model::BlobId;

use super::damage::Damage;

/// The bytes of each blob; `None` where there is no such blob.
pub(super) fn read(
    repository: &Repository,
    blobs: &[BlobId],
) -> Result<Vec<Option<Vec<u8>>>, Damage> {
    let odb = repository.odb()?;
    let read = |blob: &BlobId| match odb.read(Oid::from_bytes(&blob.0)?) {
        Ok(object) if object.kind() == ObjectType::Blob => Ok(Some(object.data().to_vec())),
        Ok(_) => Ok(None),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    };
    blobs.iter().map(read).collect()
}
