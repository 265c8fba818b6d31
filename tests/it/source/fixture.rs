//! Repositories made for one test, and sources opened on them.

use std::ffi::OsStr;
use std::fs;
use std::future::Future;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Runtime;
use trueup::model::{BlobId, CommitId, RepoPath, Snapshot};
use trueup::settings::{GitAuth, Limits, Repository, RepositoryUrl, Tls};
use trueup::source::{Source, SourceError, Timeouts, Want};

/// A folder for one test, with a work tree in it, and a runtime.
pub struct World {
    pub runtime: Runtime,
    pub folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self {
            runtime,
            folder: TempDir::with_prefix("trueup-test-").unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new work tree `origin` with one commit on `main` that holds `rules.yaml`.
    pub fn origin(&self) -> WorkTree {
        let origin = self.empty("origin");
        origin.write("rules.yaml", "groups: []\n");
        origin.commit("First");
        origin
    }

    /// A new work tree without a commit.
    pub fn empty(&self, name: &str) -> WorkTree {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        let tree = WorkTree { path };
        tree.git(["init", "-q", "-b", "main"]);
        tree
    }

    /// A bare clone of `origin`, as servers have them.
    pub fn bare(&self, origin: &WorkTree) -> PathBuf {
        let bare = self.path("served/platform.git");
        fs::create_dir_all(bare.parent().unwrap()).unwrap();
        let bare_text = bare.to_str().unwrap();
        origin.git(["clone", "-q", "--bare", ".", bare_text]);
        origin.git(["remote", "add", "served", bare_text]);
        bare
    }

    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    pub fn mirror(&self) -> PathBuf {
        self.path("state/platform.git")
    }

    pub fn open(&self, repository: &Repository) -> Opened<'_> {
        self.open_with(repository, Timeouts::default())
    }

    pub fn open_with(&self, repository: &Repository, timeouts: Timeouts) -> Opened<'_> {
        let handle = self.runtime.handle().clone();
        Opened {
            source: Source::open_with(repository, &self.state(), &limits(), handle, timeouts),
            world: self,
        }
    }

    pub fn open_readonly(&self, repository: &Repository) -> Opened<'_> {
        let handle = self.runtime.handle().clone();
        Opened {
            source: Source::open_readonly(repository, &self.state(), &limits(), handle),
            world: self,
        }
    }

    pub fn folder(&self, path: &Path, sub_path: Option<&str>) -> Opened<'_> {
        let sub_path = sub_path.map(repo_path);
        Opened {
            source: Source::folder(path, sub_path.as_ref(), "platform", &limits()),
            world: self,
        }
    }
}

/// A source, asked from a test that is not async.
pub struct Opened<'a> {
    pub source: Source,
    world: &'a World,
}

impl Opened<'_> {
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.world.runtime.block_on(future)
    }

    pub fn head(&self) -> Result<Snapshot, SourceError> {
        self.wait(self.source.snapshot(Want::Head))
    }

    pub fn rev(&self, rev: &str) -> Result<Snapshot, SourceError> {
        self.wait(self.source.snapshot(Want::Rev(rev.to_owned())))
    }

    pub fn read(&self, blobs: Vec<BlobId>) -> Vec<Option<Vec<u8>>> {
        self.wait(self.source.read(blobs)).unwrap()
    }

    /// The text of one file of a snapshot.
    pub fn text(&self, snapshot: &Snapshot, path: &str) -> String {
        let entry = snapshot.files[&repo_path(path)];
        let bytes = self.read(vec![entry.blob]).pop().unwrap().unwrap();
        assert_eq!(bytes.len() as u64, entry.size);
        String::from_utf8(bytes).unwrap()
    }
}

/// The paths of a snapshot.
pub fn paths(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.files.keys().map(RepoPath::as_str).collect()
}

/// What a snapshot says of what it left out: `<path> <code>`.
pub fn diagnostics(snapshot: &Snapshot) -> Vec<String> {
    let line = |diagnostic: &trueup::model::Diagnostic| {
        let file = &diagnostic.place.as_ref().unwrap().file;
        format!("{file} {}", diagnostic.code.as_str())
    };
    snapshot.diagnostics.iter().map(line).collect()
}

pub fn repo_path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

pub fn limits() -> Limits {
    Limits {
        file_size: 10_000,
        files: 1_000,
    }
}

/// Settings for the branch `main` of the repository at `url`.
pub fn repository(url: RepositoryUrl) -> Repository {
    Repository {
        name: Arc::from("platform"),
        url,
        branch: "main".to_owned(),
        path: None,
        poll: Duration::from_mins(1),
        auth: None,
        tls: Tls::default(),
    }
}

pub fn with_auth(repository: Repository, auth: GitAuth) -> Repository {
    Repository {
        auth: Some(auth),
        ..repository
    }
}

/// A work tree that the `git` program works on.
pub struct WorkTree {
    pub path: PathBuf,
}

impl WorkTree {
    pub fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        git(&self.path, arguments)
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path.join(path)).unwrap();
    }

    /// Commits all there is.
    pub fn commit(&self, message: &str) -> CommitId {
        self.git(["add", "-A"]);
        self.commit_index(message)
    }

    /// Commits what was added, even if that is nothing.
    pub fn commit_index(&self, message: &str) -> CommitId {
        self.git(["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    pub fn head(&self) -> CommitId {
        CommitId::parse(self.git(["rev-parse", "HEAD"]).trim()).unwrap()
    }

    /// Brings `main` to the bare clone, whatever is there.
    pub fn push(&self) {
        self.git(["push", "-q", "--force", "served", "main"]);
    }
}

/// Runs `git` without any configuration of whoever runs the tests; returns what it prints.
pub fn git<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> String {
    let output = Command::new("git")
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "Ann Author")
        .env("GIT_AUTHOR_EMAIL", "ann@example.com")
        .env("GIT_COMMITTER_NAME", "Carl Committer")
        .env("GIT_COMMITTER_EMAIL", "carl@example.com")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A port that nobody listens on at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Small enough for a test to wait for, large enough for a loaded machine.
pub fn short() -> Timeouts {
    Timeouts {
        connect: Duration::from_millis(300),
        answer: Duration::from_millis(300),
        idle: Duration::from_millis(300),
        total: Duration::from_secs(20),
    }
}
