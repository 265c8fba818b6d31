//! How libgit2 reaches other machines: https over `reqwest`, so that there is one TLS stack, and ssh by
//! the `ssh` program.
//!
//! libgit2 makes a transport on the thread that fetches and hands it nothing but the URL. What it needs
//! beside that, credentials above all, it finds in a [`Context`] that [`enter`] puts into a thread-local
//! for the time of the fetch; no credential is in a global, a URL or an argument.
//!
//! Errors go the same way back: libgit2 passes on only texts, aborts the process on a NUL in one, and may
//! report a consequence ("broken pipe") in place of the cause. So the first failure is kept in the
//! context, typed, and libgit2 is told no more than that there was one.

pub(super) mod context;
pub(super) mod https;
mod sniff;
pub(super) mod ssh;

use git2::Remote;
use git2::transport::Transport;

pub(super) use context::{Access, Context, enter};

/// The schemes that are ours; `http` is among them only to be refused.
pub(super) const SCHEMES: [&str; 3] = ["https", "http", "ssh"];

/// Makes the transport for one connection, out of the context of this thread.
pub(super) fn connect(remote: &Remote<'_>) -> Result<Transport, git2::Error> {
    let context = context::current()?;
    match context.access() {
        Access::Https(_) => Transport::smart(remote, true, https::Https::new(context)),
        Access::Ssh(_) => Transport::smart(remote, false, ssh::Ssh::new(context)),
        Access::None => Err(git2::Error::from_str(
            "no access to other machines was asked for",
        )),
    }
}

/// Text of somebody else, fit for a log line: without control characters, and not too long.
pub(super) fn clean(text: &str) -> String {
    const MAX: usize = 500;
    let mut clean: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX)
        .collect();
    if text.trim().chars().nth(MAX).is_some() {
        clean.push('…');
    }
    clean
}

/// The URL without `user:password@`; a user alone is no secret of ssh, and stays.
pub(in crate::source) fn without_userinfo(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((user, host)) if scheme != "ssh" || user.contains(':') => {
            format!("{scheme}://{host}{path}")
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, without_userinfo};

    #[test]
    fn foreign_text_has_no_control_characters() {
        assert_eq!(clean("a\0b\x1b[31mred\r\n"), "a b [31mred");
        assert_eq!(clean(&"x".repeat(600)).chars().count(), 501);
    }

    #[test]
    fn shows_no_credentials() {
        for (url, shown) in [
            ("https://u:p@example.com/a@b", "https://example.com/a@b"),
            ("https://example.com/a", "https://example.com/a"),
            ("ssh://git@example.com/a", "ssh://git@example.com/a"),
            ("git@example.com:a", "git@example.com:a"),
        ] {
            assert_eq!(without_userinfo(url), shown);
        }
    }
}
