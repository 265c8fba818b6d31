//! A real Prometheus on loopback, and a proxy that tells when it answered a reload.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) fn is_installed(program: &str) -> bool {
    let asked = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_mins(1),
            "waited for {what}"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// One request; status and body.
pub(crate) fn request(address: SocketAddr, method: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    // In one write, as the proxy looks at how each begins.
    let head = format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

/// A port that nobody listens on, as far as anybody can know.
pub(crate) fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// A child that is killed when it goes out of scope.
pub(crate) struct Kept(pub(crate) Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Prometheus that scrapes nothing and loads `rules/*.yaml` of its folder.
pub(crate) struct Prometheus {
    _process: Kept,
    pub(crate) rules: PathBuf,
    /// Of the proxy in front of it.
    pub(crate) address: SocketAddr,
    reloaded: Receiver<Instant>,
}

impl Prometheus {
    pub(crate) fn start(folder: &Path) -> Self {
        let rules = folder.join("rules");
        std::fs::create_dir_all(&rules).unwrap();
        let config = folder.join("prometheus.yml");
        let text = format!(
            "global: {{ evaluation_interval: 5m }}\nrule_files: [{}/*.yaml]\n",
            rules.display()
        );
        std::fs::write(&config, text).unwrap();
        let own = free_port();
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .arg(format!("--web.listen-address={own}"))
            .arg("--web.enable-lifecycle")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let process = Kept(process);
        until("prometheus", || {
            request(own, "GET", "/-/ready").is_some_and(|(status, _)| status == 200)
        });
        let (told, reloaded) = channel();
        Self {
            _process: process,
            rules,
            address: proxy(own, told),
            reloaded,
        }
    }

    /// When the next reload was answered.
    pub(crate) fn reloaded(&self) -> Instant {
        self.reloaded.recv_timeout(Duration::from_mins(1)).unwrap()
    }

    /// Forgets reloads that nobody waited for.
    pub(crate) fn forget(&self) {
        while self.reloaded.try_recv().is_ok() {}
    }

    pub(crate) fn runs(&self, text: &str) -> bool {
        let rules = request(self.address, "GET", "/api/v1/rules");
        rules.is_some_and(|(_, body)| body.contains(text))
    }
}

/// Hands everything on, and tells when a reload's answer came back.
fn proxy(to: SocketAddr, told: Sender<Instant>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let told = Arc::new(Mutex::new(told));
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(to) else {
                continue;
            };
            near.set_nodelay(true).unwrap();
            far.set_nodelay(true).unwrap();
            let reload = Arc::new(AtomicBool::new(false));
            let (asked, told) = (reload.clone(), told.clone());
            let (from, into) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || {
                pass(from, into, |bytes| {
                    if bytes.starts_with(b"POST /-/reload") {
                        asked.store(true, Ordering::SeqCst);
                    }
                });
            });
            thread::spawn(move || {
                pass(far, near, |_| {
                    if reload.swap(false, Ordering::SeqCst) {
                        let _ = told.lock().unwrap().send(Instant::now());
                    }
                });
            });
        }
    });
    address
}

fn pass(mut from: TcpStream, mut into: TcpStream, see: impl Fn(&[u8])) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        see(&buffer[..count]);
        if into.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = into.shutdown(std::net::Shutdown::Write);
}
