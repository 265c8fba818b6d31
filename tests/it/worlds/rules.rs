//! Rules directories as they are on disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A rules directory as it is: content, and what changes with every write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules(pub BTreeMap<String, Seen>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub bytes: Vec<u8>,
    pub stat: (u64, i64, i64),
}

impl Rules {
    pub fn read(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let meta = fs::symlink_metadata(entry.path()).unwrap();
            let bytes = if meta.is_file() {
                fs::read(entry.path()).unwrap()
            } else {
                format!("{:?}", meta.file_type()).into_bytes()
            };
            let seen = Seen {
                bytes,
                stat: (meta.ino(), meta.mtime(), meta.mtime_nsec()),
            };
            files.insert(entry.file_name().into_string().unwrap(), seen);
        }
        Self(files)
    }

    /// Names and contents alone.
    pub fn texts(&self) -> BTreeMap<&str, String> {
        let text = |seen: &Seen| String::from_utf8_lossy(&seen.bytes).into_owned();
        let files = self.0.iter();
        files
            .map(|(name, seen)| (name.as_str(), text(seen)))
            .collect()
    }

    /// Panics where a file that has not our marker is not what it was before.
    pub fn assert_only_ours_changed(&self, before: &Self) {
        for (name, old) in &before.0 {
            let ours = old.bytes.starts_with(b"# trueup instance=acme set=");
            assert!(
                ours || self.0.get(name) == Some(old),
                "{name} is not ours and was changed from {:?} to {:?}",
                String::from_utf8_lossy(&old.bytes),
                self.0
                    .get(name)
                    .map(|seen| String::from_utf8_lossy(&seen.bytes))
            );
        }
    }
}
