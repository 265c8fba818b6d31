//! Git's smart HTTP protocol over `reqwest`.

use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use secrecy::ExposeSecret;

use super::super::{SourceError, Timeouts};
use super::context::{Access, Context, Failed};
use super::https_error;
use super::sniff::Sniffer;
use crate::settings::{GitAuth, Tls};

/// The user name that goes with a token. GitHub, Gitea, Forgejo and GitLab look only at the password then;
/// a server that also wants a certain name (Bitbucket, GitLab's deploy tokens) is given `username` and
/// `password_file`.
const TOKEN_USER: &str = "x-access-token";

/// Servers decide by its beginning whether they talk to Git.
const USER_AGENT: &str = concat!("git/2.0 (trueup ", env!("CARGO_PKG_VERSION"), ")");

const MAX_REDIRECTS: usize = 5;
const SERVICE: &str = "git-upload-pack";

/// A client, and what it shows to whom.
pub(in crate::source) struct HttpsAccess {
    client: Client,
    /// The repository as configured, without a trailing slash.
    url: Url,
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
                .map_err(|error| https_error::building(&error))?;
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
        place: super::url::without_userinfo(text),
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
    builder
        .build()
        .map_err(|error| https_error::building(&error))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, SourceError> {
    let pem = std::fs::read(path).map_err(|error| SourceError::read(path, &error))?;
    let unusable = |detail: String| SourceError::Read {
        path: path.to_owned(),
        detail,
    };
    let certificates =
        Certificate::from_pem_bundle(&pem).map_err(|error| unusable(https_error::chain(&error)))?;
    if certificates.is_empty() {
        return Err(unusable("there is no PEM certificate in it".to_owned()));
    }
    Ok(certificates)
}

/// The subtransport of one connection: each request of the protocol is a stream of its own.
pub(super) struct Https {
    context: Arc<Context>,
    /// Where the repository turned out to be after redirects.
    base: Mutex<Option<Url>>,
}

impl Https {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self {
            context,
            base: Mutex::new(None),
        }
    }

    fn access(&self) -> Result<&HttpsAccess, Failed> {
        match self.context.access() {
            Access::Https(access) => Ok(access),
            Access::Ssh(_) | Access::None => Err(self.context.fail(SourceError::Stopped)),
        }
    }

    /// Asks for the references, following redirects.
    fn list(&self) -> Result<Response, Failed> {
        let access = self.access()?;
        let mut url = advertisement(&access.url);
        for _ in 0..=MAX_REDIRECTS {
            let request = request(access, Method::GET, &url);
            let response = send(&self.context, request, "the list of references")?;
            if !response.status().is_redirection() {
                https_error::check(&self.context, &response, "advertisement")?;
                let base = base(&url, access).ok_or_else(|| {
                    self.context.fail(SourceError::NotGit {
                        place: self.context.place(),
                        detail: format!("it redirects to {}, which is no repository", shown(&url)),
                    })
                })?;
                *self.base.lock().unwrap_or_else(PoisonError::into_inner) = Some(base);
                return Ok(response);
            }
            url = self.follow(&url, &response)?;
        }
        Err(self.context.fail(SourceError::NotGit {
            place: self.context.place(),
            detail: format!("it redirects more than {MAX_REDIRECTS} times"),
        }))
    }

    fn follow(&self, from: &Url, response: &Response) -> Result<Url, Failed> {
        let location = response.headers().get(LOCATION);
        let next = location
            .and_then(|value| value.to_str().ok())
            .and_then(|location| from.join(location).ok());
        match next {
            Some(next) if next.scheme() == "https" => Ok(next),
            next => Err(self.context.fail(SourceError::NotGit {
                place: self.context.place(),
                detail: match next {
                    Some(next) => format!("it redirects to {}, which is not https", shown(&next)),
                    None => "it redirects to nowhere".to_owned(),
                },
            })),
        }
    }
}

impl SmartSubtransport for Https {
    fn action(
        &self,
        _url: &str,
        service: Service,
    ) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        match service {
            Service::UploadPackLs => Ok(Box::new(Exchange {
                context: self.context.clone(),
                request: None,
                body: Vec::new(),
                answer: Some(Answer::new(self.list()?)),
            })),
            Service::UploadPack => {
                let access = self.access()?;
                let base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
                let base = base.as_ref().unwrap_or(&access.url);
                let url = below(base, SERVICE);
                Ok(Box::new(Exchange {
                    context: self.context.clone(),
                    request: Some(request(access, Method::POST, &url)),
                    body: Vec::new(),
                    answer: None,
                }))
            }
            Service::ReceivePackLs | Service::ReceivePack => {
                Err(git2::Error::from_str("nothing is ever pushed"))
            }
        }
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

fn advertisement(base: &Url) -> Url {
    let mut url = below(base, "info/refs");
    url.set_query(Some("service=git-upload-pack"));
    url
}

/// The repository's URL out of the one that answered with the references; `None` where it is another page.
fn base(answered: &Url, access: &HttpsAccess) -> Option<Url> {
    let mut url = answered.clone();
    url.set_path(answered.path().strip_suffix("/info/refs")?);
    url.set_query(access.url.query());
    Some(url)
}

fn shown(url: &Url) -> String {
    super::url::without_userinfo(&format!(
        "{}{}",
        url.origin().ascii_serialization(),
        url.path()
    ))
}

/// A request with the credentials, if it goes to where they belong.
fn request(access: &HttpsAccess, method: Method, url: &Url) -> RequestBuilder {
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

fn send(
    context: &Context,
    request: RequestBuilder,
    what: &'static str,
) -> Result<Response, Failed> {
    let limit = context.timeouts().connect + context.timeouts().answer;
    context
        .wait(what, limit, request.send())?
        .map_err(|error| https_error::sending(context, &error))
}

/// One request and its answer, as a stream: what is written is sent as a whole at the first read.
struct Exchange {
    context: Arc<Context>,
    request: Option<RequestBuilder>,
    body: Vec<u8>,
    answer: Option<Answer>,
}

impl Exchange {
    fn answer(&mut self) -> Result<&mut Answer, Failed> {
        if let Some(request) = self.request.take() {
            let request = request
                .header(CONTENT_TYPE, format!("application/x-{SERVICE}-request"))
                .body(std::mem::take(&mut self.body));
            let response = send(&self.context, request, "the objects")?;
            https_error::check(&self.context, &response, "result")?;
            self.answer = Some(Answer::new(response));
        }
        let context = &self.context;
        self.answer
            .as_mut()
            .ok_or_else(|| context.fail(SourceError::Stopped))
    }
}

impl Read for Exchange {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let context = self.context.clone();
        let answer = self.answer()?;
        Ok(answer.read(&context, buffer)?)
    }
}

impl Write for Exchange {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.body.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A body that arrives piece by piece.
struct Answer {
    response: Response,
    piece: Cursor<Vec<u8>>,
    sniffer: Sniffer,
}

impl Answer {
    fn new(response: Response) -> Self {
        Self {
            response,
            piece: Cursor::default(),
            sniffer: Sniffer::default(),
        }
    }

    fn read(&mut self, context: &Context, buffer: &mut [u8]) -> Result<usize, Failed> {
        loop {
            let count = self
                .piece
                .read(buffer)
                .map_err(|_| context.fail(SourceError::Stopped))?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let next = context
                .wait("more data", context.timeouts().idle, self.response.chunk())?
                .map_err(|error| https_error::sending(context, &error))?;
            let Some(piece) = next else {
                return Ok(0);
            };
            self.sniffer
                .look(&piece, &context.place())
                .map_err(|error| context.fail(error))?;
            self.piece = Cursor::new(piece.to_vec());
        }
    }
}

/// Whether the server says that the credentials are the matter.
pub(super) fn is_refusal(status: StatusCode) -> bool {
    status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN
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

    #[test]
    fn urls_of_the_protocol() {
        let base = parse("https://git.example.com/acme/p.git").unwrap();
        assert_eq!(
            advertisement(&base).as_str(),
            "https://git.example.com/acme/p.git/info/refs?service=git-upload-pack"
        );
        assert_eq!(
            below(&base, SERVICE).as_str(),
            "https://git.example.com/acme/p.git/git-upload-pack"
        );
    }
}
