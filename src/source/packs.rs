//! Keeping a mirror's packs few. Each fetch that brings something leaves a pack, every look for an object
//! goes through all of them, and libgit2 never tidies up.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::{Odb, Repository};
use tempfile::TempDir;

/// From so many packs on they are joined.
const MANY: usize = 32;

/// What a pack consists of, the one that makes it visible first.
const PARTS: [&str; 3] = ["idx", "rev", "pack"];

/// How libgit2 calls a pack that is still being received.
const UNFINISHED: &str = "pack_git2_";

/// The folder that exists while packs are joined.
const JOINING: &str = "join-";

/// Joins all packs but the largest into one if there are many; tells whether it did. The largest is what
/// the first clone brought: reading that again each time would cost more than it saves.
///
/// Every object is kept, also those that no branch reaches any more: what was applied last may be among
/// them. An interruption at any point leaves packs that overlap, which does no harm.
pub(super) fn join_if_many(mirror: &Repository) -> io::Result<bool> {
    let folder = mirror.path().join("objects/pack");
    let mut packs = packs(&folder)?;
    if packs.len() < MANY {
        return Ok(false);
    }
    packs.sort();
    packs.pop();
    let small: Vec<_> = packs.into_iter().map(|(_, pack)| pack).collect();
    let joined = join(mirror, &folder, &small).map_err(io::Error::other)?;
    for pack in small.iter().filter(|pack| !pack.ends_with(&joined)) {
        for part in PARTS {
            match fs::remove_file(pack.with_extension(part)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(true)
}

/// Removes what an interrupted fetch or joining left. Only for a mirror that nobody else writes to.
pub(super) fn sweep(mirror: &Path) -> io::Result<()> {
    for entry in fs::read_dir(mirror.join("objects/pack"))? {
        let entry = entry?;
        if starts_with(&entry, UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    for entry in fs::read_dir(mirror)? {
        let entry = entry?;
        if starts_with(&entry, JOINING) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn starts_with(entry: &fs::DirEntry, prefix: &str) -> bool {
    entry
        .file_name()
        .as_encoded_bytes()
        .starts_with(prefix.as_bytes())
}

/// The packs with their sizes.
fn packs(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut packs = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if path.extension().is_some_and(|end| end == "pack") {
            packs.push((entry.metadata()?.len(), path));
        }
    }
    Ok(packs)
}

/// Writes the objects of `packs` as one pack into `folder`; returns its file name.
fn join(
    mirror: &Repository,
    folder: &Path,
    packs: &[PathBuf],
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    // A store of only these packs, since nothing else tells what is in which.
    let store = TempDir::with_prefix_in(JOINING, mirror.path())?;
    fs::create_dir(store.path().join("pack"))?;
    for pack in packs {
        for part in ["pack", "idx"] {
            let file = pack.with_extension(part);
            let name = file.file_name().unwrap_or_default();
            fs::hard_link(&file, store.path().join("pack").join(name))?;
        }
    }
    let objects = Odb::new()?;
    objects.add_disk_alternate(&store.path().to_string_lossy())?;
    let mut ids = Vec::new();
    objects.foreach(|id| {
        ids.push(*id);
        true
    })?;
    let mut builder = mirror.packbuilder()?;
    for id in ids {
        builder.insert_object(id, None)?;
    }
    builder.write(folder, 0)?;
    let name = builder.name()?.ok_or("the pack has no name")?;
    Ok(format!("pack-{name}.pack"))
}
