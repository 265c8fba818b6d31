//! A platform repository in a scratch folder, and the ways in which people change one.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{BranchType, IndexAddOption, ObjectType, Repository, RepositoryInitOptions, Signature};

/// A work tree with its `.git`, on the branch `main`.
pub struct Platform {
    folder: PathBuf,
}

impl Platform {
    /// An empty repository, without a commit.
    pub fn new(folder: PathBuf) -> Self {
        init(&folder);
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `file://`, which is mirrored, where the path alone is read in place.
    pub fn file_url(&self) -> String {
        format!("file://{}", self.folder.display())
    }

    fn open(&self) -> Repository {
        Repository::open(&self.folder).unwrap()
    }

    /// Writes a file of the work tree.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let file = self.folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.join(path)).unwrap()
    }

    /// Replaces a text that must be there.
    pub fn replace(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, text.replace(from, to))
    }

    pub fn remove(&self, path: &str) -> &Self {
        fs::remove_file(self.folder.join(path)).unwrap();
        self
    }

    pub fn rename(&self, from: &str, to: &str) -> &Self {
        let to = self.folder.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(self.folder.join(from), to).unwrap();
        self
    }

    /// Commits the work tree as it is; returns the full id.
    pub fn commit(&self, message: &str) -> String {
        self.commit_by("Ada Lovelace", message)
    }

    /// A commit of somebody's.
    pub fn commit_by(&self, name: &str, message: &str) -> String {
        let repository = self.open();
        let mut index = repository.index().unwrap();
        let everything = IndexAddOption::DEFAULT;
        index.add_all(["*"], everything, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let author = Signature::now(name, "somebody@example.com").unwrap();
        let head = repository.head().ok();
        let parent = head.map(|head| head.peel_to_commit().unwrap());
        let parents: Vec<_> = parent.iter().collect();
        repository
            .commit(Some("HEAD"), &author, &author, message, &tree, &parents)
            .unwrap()
            .to_string()
    }

    /// Moves branch and work tree to a commit, as a force-push does.
    pub fn reset(&self, commit: &str) {
        let repository = self.open();
        let commit = repository.revparse_single(commit).unwrap();
        let mut force = CheckoutBuilder::new();
        repository
            .reset(&commit, git2::ResetType::Hard, Some(force.force()))
            .unwrap();
    }

    /// Puts another repository in its place: one commit of the present work tree, and none of the
    /// objects that were there before.
    pub fn recreate(&self, message: &str) -> String {
        fs::remove_dir_all(self.folder.join(".git")).unwrap();
        init(&self.folder);
        self.commit(message)
    }

    pub fn branch(&self, name: &str) {
        let repository = self.open();
        let head = repository.head().unwrap().peel_to_commit().unwrap();
        repository.branch(name, &head, true).unwrap();
    }

    pub fn rename_branch(&self, from: &str, to: &str) {
        let repository = self.open();
        let mut branch = repository.find_branch(from, BranchType::Local).unwrap();
        branch.rename(to, true).unwrap();
    }

    pub fn tag(&self, name: &str) {
        let repository = self.open();
        let head = repository.head().unwrap();
        let head = head.peel(ObjectType::Commit).unwrap();
        repository.tag_lightweight(name, &head, true).unwrap();
    }

    pub fn head(&self) -> String {
        let repository = self.open();
        let head = repository.head().unwrap().peel_to_commit().unwrap();
        head.id().to_string()
    }
}

fn init(folder: &Path) {
    let mut options = RepositoryInitOptions::new();
    options.initial_head("main").external_template(false);
    Repository::init_opts(folder, &options).unwrap();
}

/// A `RuleSet` of the files of a pattern, placed on `env=prod`.
pub fn rule_set(name: &str, pattern: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ name: {name} }}\n\
         spec:\n  targets: env=prod\n  files: [\"{pattern}\"]\n"
    )
}

/// A rule file of one group with one alert.
pub fn group(name: &str, alert: &str, expr: &str) -> String {
    groups(&[(name, alert, expr)])
}

/// A rule file of groups with one alert each: name, alert, expression.
pub fn groups(groups: &[(&str, &str, &str)]) -> String {
    let mut text = "groups:\n".to_owned();
    for (name, alert, expr) in groups {
        let rule = format!("  - alert: {alert}\n    expr: {expr}\n");
        write!(text, "- name: {name}\n  rules:\n{rule}").unwrap();
    }
    text
}
