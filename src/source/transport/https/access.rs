//! Who asks, and whom is trusted.

use std::path::Path;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Certificate, Client, Method, RequestBuilder, Url, redirect};
use secrecy::ExposeSecret;

use super::super::super::{SourceError, Timeouts};
use super::super::context::Access;
use super::super::without_userinfo;
use super::{SERVICE, error};
use crate::settings::{GitAuth, Tls};

/// The user name that goes with a token. GitHub, Gitea, Forgejo and GitLab look only at the password then;
/// a server that also wants a certain name (Bitbucket, GitLab's deploy tokens) is given `username` and
/// `password_file`.
const TOKEN_USER: &str = "x-access-token";

/// Servers decide by its beginning whether they talk to Git.
const USER_AGENT: &str = concat!("git/2.0 (trueup ", env!("CARGO_PKG_VERSION"), ")");

/// A client, and what it shows to whom.
pub(in crate::source) struct HttpsAccess {
    client: Client,
    /// The repository as configured, without a trailing slash.
    pub(super) url: Url,
    /// Marked as sensitive, so that its `Debug` shows nothing. Sent to the configured origin only.
    authorization: Option<HeaderValue>,
}

/// Reads credentials and certificates.
///
/// # Errors
/// Where they cannot be read, or the URL is not a plain https one.
pub(in crate::source) fn access(
    url: &str,
    auth: Option<&GitAuth>,
    tls: &Tls,
    timeouts: &Timeouts,
) -> Result<Access, SourceError> {
    let url = parse(url)?;
    let (user, password) = match auth {
        Some(GitAuth::Token(token)) => (TOKEN_USER, Some(token.read()?)),
        Some(GitAuth::Password { username, password }) => {
            (username.as_str(), Some(password.read()?))
        }
        Some(GitAuth::SshKey { .. }) | None => ("", None),
    };
    let client = client(tls, timeouts)?;
    let authorization = match password {
        None => None,
        Some(password) => {
            let request = client
                .get(url.clone())
                .basic_auth(user, Some(password.expose_secret()))
                .build()
                .map_err(|error| error::building(&error))?;
            request.headers().get(AUTHORIZATION).cloned()
        }
    };
    let authorization = authorization.map(|mut value| {
        value.set_sensitive(true);
        value
    });
    Ok(Access::Https(HttpsAccess {
        client,
        url,
        authorization,
    }))
}

fn parse(text: &str) -> Result<Url, SourceError> {
    let invalid = |detail: &str| SourceError::InvalidUrl {
        place: without_userinfo(text),
        detail: detail.to_owned(),
    };
    let url = Url::parse(text.trim_end_matches('/')).map_err(|_| invalid("it is not a URL"))?;
    if url.scheme() != "https" {
        return Err(invalid("only https is spoken, so that nobody reads along"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            "put credentials into repository.auth, not into the URL",
        ));
    }
    Ok(url)
}

fn client(tls: &Tls, timeouts: &Timeouts) -> Result<Client, SourceError> {
    let mut builder = Client::builder()
        .https_only(true)
        // Followed by hand: only for the first request, and without credentials for others.
        .redirect(redirect::Policy::none())
        .connect_timeout(timeouts.connect)
        .referer(false)
        .user_agent(USER_AGENT);
    if let Some(path) = &tls.ca_file {
        builder = builder.tls_certs_merge(certificates(path)?);
    }
    builder.build().map_err(|error| error::building(&error))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, SourceError> {
    let pem = std::fs::read(path).map_err(|error| SourceError::read(path, &error))?;
    let unusable = |detail: String| SourceError::Read {
        path: path.to_owned(),
        detail,
    };
    let certificates =
        Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error::chain(&error)))?;
    if certificates.is_empty() {
        return Err(unusable("there is no PEM certificate in it".to_owned()));
    }
    Ok(certificates)
}

/// A request with the credentials, if it goes to where they belong.
pub(super) fn request(access: &HttpsAccess, method: Method, url: &Url) -> RequestBuilder {
    let kind = if method == Method::POST {
        "result"
    } else {
        "advertisement"
    };
    let request = access
        .client
        .request(method, url.clone())
        .header(ACCEPT, format!("application/x-{SERVICE}-{kind}"));
    match &access.authorization {
        Some(value) if url.origin() == access.url.origin() => {
            request.header(AUTHORIZATION, value.clone())
        }
        _ => request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_https_without_credentials() {
        assert!(parse("https://git.example.com/acme/p.git/").is_ok());
        for url in [
            "http://git.example.com/p",
            "git://git.example.com/p",
            "https://user:canary@git.example.com/p",
            "nonsense",
        ] {
            let error = parse(url).unwrap_err();
            assert!(matches!(error, SourceError::InvalidUrl { .. }), "{url}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
