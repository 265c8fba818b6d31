//! Git over the `ssh` program.

mod error;
mod url;

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

use super::super::SourceError;
use super::context::{Access, Context, Failed};
use super::sniff::Sniffer;
use crate::settings::GitAuth;
use url::SshUrl;

/// Where `ssh` goes, and as whom.
pub(in crate::source) struct SshAccess {
    url: SshUrl,
    key: Option<(PathBuf, PathBuf)>,
}

impl SshAccess {
    /// Where host keys are looked up, for messages.
    pub(super) fn known_hosts(&self) -> String {
        self.key.as_ref().map_or_else(
            || "~/.ssh/known_hosts".to_owned(),
            |(_, known_hosts)| known_hosts.display().to_string(),
        )
    }
}

/// Reads the URL, and checks that the files are there: `ssh` itself would only say that access is denied.
pub(in crate::source) fn access(url: &str, auth: Option<&GitAuth>) -> Result<Access, SourceError> {
    let url = SshUrl::parse(url)?;
    let key = match auth {
        Some(GitAuth::SshKey {
            key_file,
            known_hosts_file,
        }) => {
            for file in [key_file, known_hosts_file] {
                std::fs::File::open(file).map_err(|error| SourceError::read(file, &error))?;
            }
            Some((key_file.clone(), known_hosts_file.clone()))
        }
        Some(GitAuth::Token(_) | GitAuth::Password { .. }) | None => None,
    };
    Ok(Access::Ssh(SshAccess { url, key }))
}

/// The subtransport of one connection, which is one `ssh`.
pub(super) struct Ssh {
    context: Arc<Context>,
}

impl Ssh {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }
}

impl SmartSubtransport for Ssh {
    fn action(
        &self,
        _url: &str,
        service: Service,
    ) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let Access::Ssh(access) = self.context.access() else {
            return Err(git2::Error::from_str("this fetch does not go over ssh"));
        };
        if service != Service::UploadPackLs {
            return Err(git2::Error::from_str("nothing is ever pushed"));
        }
        let session = Session::start(&self.context, access).map_err(|error| {
            let detail = match error.kind() {
                io::ErrorKind::NotFound => {
                    "there is no such program; install an OpenSSH client".to_owned()
                }
                _ => error.to_string(),
            };
            self.context.fail(SourceError::Git {
                doing: "run ssh".to_owned(),
                detail,
            })
        })?;
        Ok(Box::new(session))
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

/// A running `ssh`.
struct Session {
    context: Arc<Context>,
    socket: UnixStream,
    stderr: pipe::Receiver,
    child: Child,
    sniffer: Sniffer,
    /// Whether something was asked that has no answer yet.
    waiting: bool,
    connected: bool,
}

impl Session {
    fn start(context: &Arc<Context>, access: &SshAccess) -> io::Result<Self> {
        // Making sockets of a runtime needs it to be the current one.
        let _runtime = context.handle().enter();
        let (near, far) = StdUnixStream::pair()?;
        near.set_nonblocking(true)?;
        let socket = UnixStream::from_std(near)?;
        let (stderr, stderr_far) = std::io::pipe()?;
        let stderr = pipe::Receiver::from_owned_fd(OwnedFd::from(stderr))?;
        let mut command = command(access, context.timeouts().connect.as_secs().max(1));
        command
            .stdin(OwnedFd::from(far.try_clone()?))
            .stdout(OwnedFd::from(far))
            .stderr(Stdio::from(stderr_far));
        let child = command.spawn()?;
        // It holds the far ends; while they are open here too, the end of the data would never be seen.
        drop(command);
        Ok(Self {
            context: context.clone(),
            socket,
            stderr,
            child,
            sniffer: Sniffer::default(),
            waiting: true,
            connected: false,
        })
    }

    /// Notes why `ssh` ended, which only its messages tell.
    fn explain(&mut self) -> Failed {
        const MAX: u64 = 16 * 1024;
        let mut text = Vec::new();
        let limit = self.context.timeouts().idle;
        let mut stderr = (&mut self.stderr).take(MAX);
        let reading = stderr.read_to_end(&mut text);
        // A cut-off message is still better than none.
        let _ = self.context.wait_quietly(limit, reading);
        let Access::Ssh(access) = self.context.access() else {
            return self.context.fail(SourceError::Stopped);
        };
        let text = String::from_utf8_lossy(&text);
        let error = error::explain(&text, self.context.place(), access.known_hosts());
        self.context.fail(error)
    }
}

impl Read for Session {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let timeouts = self.context.timeouts();
        let (what, limit) = match (self.connected, self.waiting) {
            (false, _) => ("the list of references", timeouts.connect + timeouts.answer),
            (true, true) => ("the objects", timeouts.answer),
            (true, false) => ("more data", timeouts.idle),
        };
        let read = self.context.wait(what, limit, self.socket.read(buffer))?;
        match read {
            Ok(count) if count > 0 => {
                self.connected = true;
                self.waiting = false;
                self.sniffer
                    .look(&buffer[..count], &self.context.place())
                    .map_err(|error| self.context.fail(error))?;
                Ok(count)
            }
            // The protocol says when it is over, so nobody reads on to the end.
            Ok(_) | Err(_) => Err(self.explain().into()),
        }
    }
}

impl Write for Session {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let limit = self.context.timeouts().idle;
        let written = self
            .context
            .wait("the server to read", limit, self.socket.write(bytes))?;
        self.waiting = true;
        match written {
            Ok(count) => Ok(count),
            Err(_) => Err(self.explain().into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Whatever it still does, nobody wants it; without the wait it would stay as a zombie.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `ssh`, reading no configuration, asking nobody, and trusting only the given host keys.
fn command(access: &SshAccess, connect_seconds: u64) -> Command {
    let mut command = Command::new("ssh");
    command.args(["-F", "none", "-T", "-x", "-a"]);
    let mut option = |text: String| {
        command.arg("-o").arg(text);
    };
    option("BatchMode=yes".to_owned());
    option("StrictHostKeyChecking=yes".to_owned());
    option("UpdateHostKeys=no".to_owned());
    option("ClearAllForwardings=yes".to_owned());
    option(format!("ConnectTimeout={connect_seconds}"));
    if let Some((key, known_hosts)) = &access.key {
        option("IdentitiesOnly=yes".to_owned());
        option("IdentityAgent=none".to_owned());
        option("PreferredAuthentications=publickey".to_owned());
        option(format!("IdentityFile={}", quoted(key)));
        option(format!("UserKnownHostsFile={}", quoted(known_hosts)));
        option("GlobalKnownHostsFile=none".to_owned());
    }
    if let Some(port) = access.url.port {
        option(format!("Port={port}"));
    }
    command
        .arg("--")
        .arg(access.url.destination())
        .arg(format!(
            "git-upload-pack {}",
            shell_quoted(&access.url.path)
        ))
        // Messages are recognised by their English words.
        .env("LC_ALL", "C");
    command
}

/// A path as an option's value: `ssh` splits at blanks and replaces `%` tokens.
fn quoted(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("\"{}\"", path.display().to_string().replace('%', "%%"))
}

/// A word for the shell at the other end, as Git quotes it.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''").replace('!', r"'\!'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_asks_nobody_and_runs_nothing_else() {
        let access = SshAccess {
            url: SshUrl::parse("ssh://git@example.com:2222/it's/p.git").unwrap(),
            key: Some((
                PathBuf::from("/run/a key"),
                PathBuf::from("/run/known%hosts"),
            )),
        };
        let command = command(&access, 7);
        let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
        for expected in [
            "BatchMode=yes",
            "StrictHostKeyChecking=yes",
            "ConnectTimeout=7",
            "IdentityFile=\"/run/a key\"",
            "UserKnownHostsFile=\"/run/known%%hosts\"",
            "Port=2222",
        ] {
            assert!(arguments.contains(&expected.into()), "{expected}");
        }
        assert_eq!(
            arguments[arguments.len() - 3..],
            ["--", "git@example.com", r"git-upload-pack '/it'\''s/p.git'"]
        );
    }
}
