//! The platform repository of a world.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{IndexEntry, IndexTime, Oid, Repository, Signature, Time};

/// Where it lies in the folder of a world.
pub const FOLDER: &str = "platform.git";

/// A bare repository that is written without a work tree. The same files in the same order of commits have the same
/// commit ids.
pub struct Git {
    repository: Repository,
    index: git2::Index,
}

impl Git {
    /// In the folder of a world.
    pub fn new(world: &Path) -> Self {
        let path = world.join(FOLDER);
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).initial_head("main");
        let repository = Repository::init_opts(&path, &options).unwrap();
        let index = repository.index().unwrap();
        Self { repository, index }
    }

    /// Commits exactly these files.
    pub fn hold(&mut self, texts: &BTreeMap<String, String>) {
        self.index.clear().unwrap();
        for (path, text) in texts {
            self.write(path, text);
        }
        self.commit();
    }

    pub fn write(&mut self, path: &str, text: &str) {
        let entry = IndexEntry {
            ctime: IndexTime::new(0, 0),
            mtime: IndexTime::new(0, 0),
            dev: 0,
            ino: 0,
            mode: 0o100_644,
            uid: 0,
            gid: 0,
            file_size: 0,
            id: Oid::ZERO_SHA1,
            flags: 0,
            flags_extended: 0,
            path: path.as_bytes().to_vec(),
        };
        self.index.add_frombuffer(&entry, text.as_bytes()).unwrap();
    }

    pub fn remove(&mut self, path: &str) {
        self.index.remove_path(Path::new(path)).unwrap();
    }

    pub fn commit(&mut self) {
        let tree = self.index.write_tree().unwrap();
        let tree = self.repository.find_tree(tree).unwrap();
        let somebody = Signature::new(
            "somebody",
            "somebody@example.com",
            &Time::new(1_700_000_000, 0),
        );
        let somebody = somebody.unwrap();
        let head = self
            .repository
            .head()
            .ok()
            .and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<_> = head.iter().collect();
        self.repository
            .commit(
                Some("HEAD"),
                &somebody,
                &somebody,
                "change",
                &tree,
                &parents,
            )
            .unwrap();
    }
}
