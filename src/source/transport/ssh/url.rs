//! Where `ssh` goes.

use super::super::super::SourceError;
use super::super::without_userinfo;

/// A remote for `ssh`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SshUrl {
    pub(super) user: Option<String>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) path: String,
}

impl SshUrl {
    /// Reads `ssh://[user@]host[:port]/path` and `[user@]host:path`.
    pub(super) fn parse(text: &str) -> Result<Self, SourceError> {
        let invalid = |detail: &str| SourceError::InvalidUrl {
            place: without_userinfo(text),
            detail: detail.to_owned(),
        };
        let (user, host, port, path) = if let Some(rest) = text.strip_prefix("ssh://") {
            let (authority, path) = rest
                .split_once('/')
                .ok_or_else(|| invalid("write ssh://user@host/path"))?;
            let (user, host_port) = split_user(authority);
            let (host, port) =
                split_port(host_port).ok_or_else(|| invalid("the port is no number"))?;
            // `/~user/path` is relative to that user's home.
            let path = if path.starts_with('~') {
                path.to_owned()
            } else {
                format!("/{path}")
            };
            (user, host, port, path)
        } else if text.contains("://") {
            // libgit2 would take `git://` over a connection that nothing protects.
            return Err(invalid("only ssh:// is spoken here"));
        } else {
            let (authority, path) = text
                .split_once(':')
                .ok_or_else(|| invalid("write user@host:path or ssh://user@host/path"))?;
            let (user, host) = split_user(authority);
            (user, host.to_owned(), None, path.to_owned())
        };
        let url = Self {
            user,
            host,
            port,
            path,
        };
        let user = url.user.as_deref().unwrap_or("git");
        if url.host.is_empty() || url.path.trim_matches('/').is_empty() {
            return Err(invalid("a host and a path are needed"));
        }
        if url.host.contains('/') {
            return Err(invalid("a host has no slash; a local path needs no colon"));
        }
        // `ssh` would take it for an option.
        if url.host.starts_with('-') || user.starts_with('-') || user.contains(':') {
            return Err(invalid(
                "host and user may not look like an option or hold a password",
            ));
        }
        Ok(url)
    }

    /// `[user@]host`, as `ssh` wants it.
    pub(super) fn destination(&self) -> String {
        match &self.user {
            Some(user) => format!("{user}@{}", self.host),
            None => self.host.clone(),
        }
    }
}

fn split_user(authority: &str) -> (Option<String>, &str) {
    match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, authority),
    }
}

/// Host and port; an IPv6 address stands in brackets. `None` where the port is no number.
fn split_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        Some(port) => Some(port.parse().ok()?),
        None => None,
    };
    Some((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        "ssh://git@example.com/acme/p.git",
        "git@example.com",
        None,
        "/acme/p.git"
    )]
    #[case("ssh://example.com:2222/p.git", "example.com", Some(2222), "/p.git")]
    #[case("ssh://git@[::1]:2222/p.git", "git@::1", Some(2222), "/p.git")]
    #[case(
        "ssh://git@example.com/~ann/p.git",
        "git@example.com",
        None,
        "~ann/p.git"
    )]
    #[case("git@example.com:acme/p.git", "git@example.com", None, "acme/p.git")]
    fn reads_both_forms(
        #[case] text: &str,
        #[case] destination: &str,
        #[case] port: Option<u16>,
        #[case] path: &str,
    ) {
        let url = SshUrl::parse(text).unwrap();
        assert_eq!(
            (url.destination().as_str(), url.port, url.path.as_str()),
            (destination, port, path)
        );
    }

    #[rstest]
    #[case("ssh://example.com")]
    #[case("ssh://example.com:x/p")]
    #[case("ssh://-oProxyCommand=evil/p")]
    #[case("-oProxyCommand=evil@host:p")]
    #[case("ssh://git:canary@example.com/p")]
    #[case("no-colon")]
    #[case("git://example.com/p")]
    #[case("/srv/a:b")]
    fn refuses(#[case] text: &str) {
        let error = SshUrl::parse(text).unwrap_err();
        assert!(matches!(error, SourceError::InvalidUrl { .. }));
        assert!(!error.to_string().contains("canary"));
    }
}
