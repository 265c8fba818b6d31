//! Git over https as servers offer it: nginx with an own certificate authority in front of
//! `git http-backend`.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::fixture::{World, free_port, git};
use crate::support::certificates::issued;
use crate::support::{Need, program};

pub const NEEDS: &[Need] = &[
    Need::Program("git"),
    Need::Program("nginx"),
    Need::Program("fcgiwrap"),
    Need::Program("openssl"),
];

/// What the protected location asks for. It must show up nowhere.
pub const PASSWORD: &str = "canary-7f3a9c";

/// A server whose state is in the world's folder, and which ends with this value.
pub struct Nginx {
    pub port: u16,
    /// The authority that signed the server's certificate.
    pub ca_file: PathBuf,
    access_log: PathBuf,
    _children: [Running; 2],
}

/// A process that ends with this value.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let id = rustix::process::Pid::from_child(&self.0);
        // Asked first: nginx takes its workers along only then.
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

impl Nginx {
    /// Serves the folder `served` of the world:
    /// - `/git/…` freely, `/private/…` with a password;
    /// - `/moved/…` and `/away/…` redirect to `/git/…`, on this and on another host name;
    /// - `/login/…` answers with a page, `/failing/…` with 503;
    /// - `/echo/…`, `/page/…` and `/elsewhere/…` repeat the credential in an error, a page and a redirect;
    /// - `/slow/…` hands the request to `slow_port`.
    pub fn start(world: &World, slow_port: u16) -> Self {
        let folder = world.path("nginx");
        fs::create_dir_all(&folder).unwrap();
        let (certificate, key, ca_file) = issued(&folder);
        let socket = folder.join("cgi");
        let cgi = Command::new(program("fcgiwrap").unwrap())
            .arg("-s")
            .arg(format!("unix:{}", socket.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .spawn()
            .map(Running)
            .unwrap();
        fs::write(
            folder.join("users"),
            format!("ann:{{PLAIN}}{PASSWORD}\nx-access-token:{{PLAIN}}{PASSWORD}\n"),
        )
        .unwrap();
        let port = free_port();
        let backend = git(&folder, ["--exec-path"]);
        let text = include_str!("nginx.conf")
            .replace("@FOLDER@", folder.to_str().unwrap())
            .replace("@PORT@", &port.to_string())
            .replace("@SLOW_PORT@", &slow_port.to_string())
            .replace("@CERTIFICATE@", certificate.to_str().unwrap())
            .replace("@KEY@", key.to_str().unwrap())
            .replace("@SOCKET@", socket.to_str().unwrap())
            .replace("@BACKEND@", &format!("{}/git-http-backend", backend.trim()))
            .replace("@SERVED@", world.path("served").to_str().unwrap())
            .replace(
                "@USER@",
                if super::local::is_root() {
                    "user root;"
                } else {
                    ""
                },
            );
        fs::write(folder.join("nginx.conf"), text).unwrap();
        let nginx = Command::new(program("nginx").unwrap())
            .args(["-e", "stderr", "-g", "daemon off;", "-p"])
            .arg(&folder)
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .map(Running)
            .unwrap();
        until("fcgiwrap listens", || UnixStream::connect(&socket).is_ok());
        until("nginx listens", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self {
            port,
            ca_file,
            access_log: folder.join("access"),
            _children: [nginx, cgi],
        }
    }

    pub fn url(&self, location: &str) -> String {
        format!("https://127.0.0.1:{}/{location}/platform.git", self.port)
    }

    /// The lines that nginx logged of requests until now.
    ///
    /// It logs a request after its answer is sent. A request of our own is made and waited for: the one worker
    /// logs in order. It speaks no TLS, so that it is refused and stands out.
    pub fn requests(&self) -> Vec<String> {
        const MARK: &str = "/mark-";
        let lines = || -> Vec<String> {
            let log = fs::read_to_string(&self.access_log).unwrap();
            log.lines().map(str::to_owned).collect()
        };
        let marks = |lines: &[String]| lines.iter().filter(|line| line.contains(MARK)).count();
        let before = marks(&lines());
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(connection, "GET {MARK} HTTP/1.0\r\n\r\n").unwrap();
        connection.read_to_end(&mut Vec::new()).unwrap();
        until("nginx logs", || marks(&lines()) > before);
        let mut lines = lines();
        lines.retain(|line| !line.contains(MARK));
        lines
    }
}

/// Waits for a condition of another process.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
