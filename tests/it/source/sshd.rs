//! Git over ssh: a real `sshd` with its own host key, for one user key.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use trueup::settings::{GitAuth, Repository, RepositoryUrl};

use super::fixture::{World, free_port, repository, with_auth};
use super::nginx::{Running, until};
use crate::support::{Need, program};

pub const NEEDS: &[Need] = &[
    Need::Program("git"),
    Need::Program("ssh"),
    Need::Program("sshd"),
    Need::Program("ssh-keygen"),
];

pub struct Sshd {
    pub port: u16,
    /// The private key that is let in.
    pub key_file: PathBuf,
    pub known_hosts_file: PathBuf,
    folder: PathBuf,
    _child: Running,
}

impl Sshd {
    pub fn start(world: &World) -> Self {
        let folder = world.path("sshd");
        fs::create_dir_all(&folder).unwrap();
        // `sshd` run by root wants its empty folder, which Debian makes when the service starts.
        if super::local::is_root() {
            let _ = fs::create_dir("/run/sshd");
        }
        let host_key = key(&folder, "host");
        let key_file = key(&folder, "user");
        fs::copy(folder.join("user.pub"), folder.join("authorized")).unwrap();
        let port = free_port();
        let known_hosts_file = folder.join("known hosts");
        fs::write(&known_hosts_file, known_host(port, &host_key)).unwrap();
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin yes\n",
            host_key.display(),
            folder.join("authorized").display(),
        );
        fs::write(folder.join("config"), config).unwrap();
        let child = Command::new(program("sshd").unwrap())
            .args(["-D", "-e", "-f"])
            .arg(folder.join("config"))
            .stdin(Stdio::null())
            .stderr(fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .map(Running)
            .unwrap();
        until("sshd listens", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self {
            port,
            key_file,
            known_hosts_file,
            folder,
            _child: child,
        }
    }

    pub fn settings(&self, path: &Path) -> Repository {
        let user = user_name();
        let url = format!("ssh://{user}@127.0.0.1:{}{}", self.port, path.display());
        with_auth(
            repository(RepositoryUrl::Ssh(url)),
            GitAuth::SshKey {
                key_file: self.key_file.clone(),
                known_hosts_file: self.known_hosts_file.clone(),
            },
        )
    }

    /// Another private key, which nobody knows.
    pub fn another_key(&self) -> PathBuf {
        key(&self.folder, "another")
    }

    /// A known-hosts file that holds another key for this server.
    pub fn changed_host(&self) -> PathBuf {
        let file = self.folder.join("changed");
        fs::write(
            &file,
            known_host(self.port, &key(&self.folder, "changed-host")),
        )
        .unwrap();
        file
    }
}

fn user_name() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn key(folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(name);
    let status = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&file)
        .status()
        .unwrap();
    assert!(status.success());
    file
}

fn known_host(port: u16, key: &Path) -> String {
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    format!("[127.0.0.1]:{port} {public}")
}
