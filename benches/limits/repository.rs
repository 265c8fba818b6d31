//! Git repositories of made-up files.

use std::path::Path;
use std::sync::Arc;

use git2::{FileMode, Oid, Repository, Signature};
use trueup::load::{self, Loaded};
use trueup::model::{BlobId, Entry, RepoPath, Revision, Snapshot};

/// Files by path.
pub(crate) type Tree = Vec<(String, String)>;

/// 10,000 documents of a kilobyte, half of them sets of their own, half of them rule files that a set
/// takes in, in a hundred folders; and what holds them together.
pub(crate) fn ten_thousand() -> Tree {
    let mut files = vec![("trueup.yaml".to_owned(), super::corpus::PLATFORM.to_owned())];
    for team in 0..100 {
        let folder = format!("teams/team-{team}");
        files.push((
            format!("{folder}/files.yaml"),
            super::corpus::set_of_files(team),
        ));
        for service in 0..50 {
            let set = super::corpus::rule_set(team, service);
            files.push((format!("{folder}/sets/service-{service}.yaml"), set));
            let rules = super::corpus::rule_file(team, service);
            files.push((format!("{folder}/rules/service-{service}.yaml"), rules));
        }
    }
    files
}

/// A bare repository with one commit on `main`, whose objects are in one pack, as after a clone.
pub(crate) fn packed(path: &Path, files: &Tree) -> Repository {
    let loose = tempfile::tempdir().unwrap();
    let made = Repository::init_bare(loose.path()).unwrap();
    let commit = commit(&made, files, None);
    let repository = Repository::init_bare(path).unwrap();
    let mut pack = made.packbuilder().unwrap();
    pack.insert_commit(commit).unwrap();
    pack.write(&path.join("objects/pack"), 0o444).unwrap();
    let main = "refs/heads/main";
    repository.reference(main, commit, true, "made").unwrap();
    repository.set_head(main).unwrap();
    repository
}

/// Makes a commit with exactly these files, without moving a branch.
pub(crate) fn commit(repository: &Repository, files: &Tree, parent: Option<Oid>) -> Oid {
    let mut index = git2::Index::new().unwrap();
    for (path, text) in files {
        index
            .add(&git2::IndexEntry {
                ctime: git2::IndexTime::new(0, 0),
                mtime: git2::IndexTime::new(0, 0),
                dev: 0,
                ino: 0,
                mode: u32::try_from(i32::from(FileMode::Blob)).unwrap(),
                uid: 0,
                gid: 0,
                file_size: 0,
                id: repository.blob(text.as_bytes()).unwrap(),
                flags: 0,
                flags_extended: 0,
                path: path.clone().into_bytes(),
            })
            .unwrap();
    }
    let tree = index.write_tree_to(repository).unwrap();
    let tree = repository.find_tree(tree).unwrap();
    let author = Signature::now("Bench", "bench@example.com").unwrap();
    let parent = parent.map(|id| repository.find_commit(id).unwrap());
    let parents: Vec<_> = parent.iter().collect();
    repository
        .commit(None, &author, &author, "A change", &tree, &parents)
        .unwrap()
}

/// Writes the files to a folder without Git.
pub(crate) fn write(folder: &Path, files: &Tree) {
    for (path, text) in files {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

/// What the files declare, read without any repository.
pub(crate) fn loaded(files: &Tree) -> (Snapshot, Loaded) {
    let parsed = files.iter().map(|(path, text)| {
        let path = RepoPath::new(path).unwrap();
        let parsed = load::parse(&path, text.as_bytes());
        (path, Arc::new(parsed))
    });
    let parsed: Vec<_> = parsed.collect();
    let entry = Entry {
        blob: BlobId([0; 20]),
        size: 1,
    };
    let entries = parsed.iter().map(|(path, _)| (path.clone(), entry));
    let snapshot = Snapshot {
        repository: "platform".into(),
        revision: Revision::Unversioned,
        files: entries.collect(),
        diagnostics: Vec::new(),
    };
    let given = load::Given::default();
    let loaded = load::assemble(
        &snapshot,
        &load::Files::from(parsed),
        &load::Files::new(),
        &given,
    );
    (snapshot, loaded)
}
