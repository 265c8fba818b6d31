//! The HTTP client that all providers share: limits, retries, and errors that say what to do.
//!
//! Redirects are never followed: an API does not redirect, a login page and a wrong scheme do, and
//! the error names where to. The system's proxy variables are honoured as `reqwest` does.

mod error;
mod request;
mod retry;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

pub use error::{HttpError, HttpFault};
pub use request::{Answer, Method, Repeat, Request, RequestEvent, RequestHook};

use super::redact::redacted;
use crate::settings::{HttpAuth, SecretSource, Tls};

/// For a TCP connection with its TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of an error's body is read.
const ERROR_BODY: usize = 16 * 1024;

/// How a server is reached and trusted.
#[derive(Clone)]
pub struct Profile {
    /// With or without a path; a slash at the end is dropped.
    pub url: String,
    pub tls: Tls,
    pub auth: Option<HttpAuth>,
    /// For one attempt, from the connection to the last byte.
    pub timeout: Duration,
    /// Sent with every request; nothing secret.
    pub headers: Vec<(&'static str, String)>,
    pub hook: Option<RequestHook>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url,
            tls,
            auth,
            timeout,
            headers,
            hook: _,
        } = self;
        f.debug_struct("Profile")
            .field("url", &error::without_userinfo(url))
            .field("tls", tls)
            .field("auth", auth)
            .field("timeout", timeout)
            .field("headers", headers)
            .finish_non_exhaustive()
    }
}

/// A client of one server.
pub struct Client {
    profile: Profile,
    /// Built at first use, so that a CA file that cannot be read fails requests, not the start.
    inner: Mutex<Option<reqwest::Client>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &error::without_userinfo(&self.profile.url))
            .finish_non_exhaustive()
    }
}

impl Client {
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            inner: Mutex::new(None),
        }
    }

    /// The address of `path`, without credentials.
    pub fn address(&self, path: &str) -> String {
        error::without_userinfo(&self.url(path))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.profile.url.trim_end_matches('/'))
    }

    /// Reads JSON.
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        path: &str,
        body_limit: usize,
    ) -> Result<T, HttpError> {
        let request = Request::new(Method::Get, path, body_limit, Repeat::Idempotent);
        self.json(request).await
    }

    /// Sends a request whose answer is JSON.
    ///
    /// # Errors
    /// Where the answer is not 2xx, did not come whole, or is not JSON of this shape.
    pub async fn json<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, HttpError> {
        let answer = self.send(request).await?;
        serde_json::from_slice(&answer.body).map_err(|error| {
            let fault = if error::is_html(answer.content_type.as_deref(), &answer.body) {
                HttpFault::Html {
                    status: answer.status,
                }
            } else {
                // It quotes what it did not expect.
                HttpFault::NotJson(self.redacted(&error.to_string(), request.secrets))
            };
            self.error(request, fault)
        })
    }

    /// Sends a request, again where it failed in passing and may be repeated.
    ///
    /// # Errors
    /// Where the answer is not 2xx or did not come whole.
    pub async fn send(&self, request: Request<'_>) -> Result<Answer, HttpError> {
        match request.repeat {
            Repeat::Never => self.attempt(request).await,
            Repeat::Idempotent => retry::repeating(|| self.attempt(request)).await,
        }
    }

    async fn attempt(&self, request: Request<'_>) -> Result<Answer, HttpError> {
        let began = Instant::now();
        let mut status = None;
        let result = self.exchange(request, &mut status).await;
        if let Some(hook) = &self.profile.hook {
            hook(&RequestEvent {
                method: request.method.as_str(),
                status,
                duration: began.elapsed(),
            });
        }
        result.map_err(|fault| self.error(request, fault))
    }

    async fn exchange(
        &self,
        request: Request<'_>,
        status: &mut Option<u16>,
    ) -> Result<Answer, HttpFault> {
        let client = self.client()?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let timeout = self.profile.timeout * request.patience;
        let mut builder = client
            .request(method, self.url(request.path))
            .timeout(timeout);
        for (name, value) in &self.profile.headers {
            builder = builder.header(*name, value);
        }
        if let Some(body) = request.body {
            builder = builder
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_vec());
        }
        let (outgoing, sent) = self.ready(builder)?;
        let hidden = sent.hidden(request.secrets);
        let mut response = client
            .execute(outgoing)
            .await
            .map_err(|error| HttpFault::of_transport(&error, timeout))?;
        *status = Some(response.status().as_u16());
        let header = |name| {
            let value: Option<&HeaderValue> = response.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let content_type = header(CONTENT_TYPE);
        let retry_after = header(RETRY_AFTER);
        let location = header(LOCATION);
        let code = response.status();
        if code.is_success() {
            let body = read(&mut response, request.body_limit, timeout).await?;
            return Ok(Answer {
                status: code.as_u16(),
                content_type,
                body,
            });
        }
        if let (true, Some(to)) = (code.is_redirection(), location) {
            return Err(HttpFault::Redirect {
                status: code.as_u16(),
                to: redacted(&error::without_userinfo(&to), &hidden),
            });
        }
        // What an error says is worth having even where it breaks off.
        let body = read_prefix(&mut response, ERROR_BODY).await;
        Err(HttpFault::Status {
            status: code.as_u16(),
            words: error::words(content_type.as_deref(), &body, &hidden),
            retry_after: retry_after.as_deref().and_then(retry::parse_retry_after),
        })
    }

    fn error(&self, request: Request<'_>, fault: HttpFault) -> HttpError {
        HttpError {
            method: request.method.as_str(),
            url: self.address(request.path),
            fault,
        }
    }

    fn client(&self) -> Result<reqwest::Client, HttpFault> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*inner {
            return Ok(client.clone());
        }
        let client = build(&self.profile.tls)?;
        *inner = Some(client.clone());
        Ok(client)
    }

    /// The secret is read anew each time, so that a rotated one is used.
    fn authorize(
        &self,
        builder: RequestBuilder,
    ) -> Result<(RequestBuilder, Option<SecretString>), HttpFault> {
        let read = |secret: &SecretSource| {
            let read = secret.read();
            read.map_err(|error| HttpFault::Secret(error.to_string()))
        };
        Ok(match &self.profile.auth {
            None => (builder, None),
            Some(HttpAuth::Bearer(token)) => {
                let token = read(token)?;
                (builder.bearer_auth(token.expose_secret()), Some(token))
            }
            Some(HttpAuth::Basic { username, password }) => {
                let password = read(password)?;
                let builder = builder.basic_auth(username, Some(password.expose_secret()));
                (builder, Some(password))
            }
        })
    }

    /// A request with the credential, and what of it nobody is to read.
    fn ready(&self, builder: RequestBuilder) -> Result<(reqwest::Request, Sent), HttpFault> {
        let (builder, secret) = self.authorize(builder)?;
        let request = builder
            .build()
            .map_err(|error| HttpFault::of_transport(&error, self.profile.timeout))?;
        let authorization = request.headers().get(AUTHORIZATION).cloned();
        let sent = Sent {
            secret,
            authorization,
        };
        Ok((request, sent))
    }

    /// Words of an answer without the credential that it may repeat, and without `more`.
    pub fn redacted(&self, words: &str, more: &[&str]) -> String {
        let as_sent = self
            .client()
            .and_then(|client| self.ready(client.get(self.url("/"))));
        match as_sent {
            Ok((_, sent)) => redacted(words, &sent.hidden(more)),
            Err(_) => "(its words may hold a credential that cannot be read any more)".to_owned(),
        }
    }
}

/// The credential that a request goes with.
struct Sent {
    secret: Option<SecretString>,
    authorization: Option<HeaderValue>,
}

impl Sent {
    /// What an answer may repeat and nobody is to read: the secret, as it is and as it was sent, and `more`.
    fn hidden<'s>(&'s self, more: &[&'s str]) -> Vec<&'s str> {
        let written = self.authorization.as_ref();
        let written = written.and_then(|value| value.to_str().ok()?.split_once(' '));
        let secret = self.secret.as_ref().map(ExposeSecret::expose_secret);
        let own = secret.into_iter().chain(written.map(|(_, value)| value));
        own.chain(more.iter().copied()).collect()
    }
}

fn build(tls: &Tls) -> Result<reqwest::Client, HttpFault> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("trueup/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if let Some(path) = &tls.ca_file {
        let fault = |error: &dyn fmt::Display| {
            HttpFault::Setup(format!(
                "cannot use the CA file {}: {error}",
                path.display()
            ))
        };
        let pem = std::fs::read(path).map_err(|error| fault(&error))?;
        let certificates =
            reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| fault(&error))?;
        if certificates.is_empty() {
            return Err(fault(&"it holds no certificate"));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    builder
        .build()
        .map_err(|error| HttpFault::Setup(format!("cannot make an HTTP client: {error}")))
}

async fn read(
    response: &mut reqwest::Response,
    limit: usize,
    timeout: Duration,
) -> Result<Vec<u8>, HttpFault> {
    let mut body = Vec::new();
    loop {
        let chunk = response
            .chunk()
            .await
            .map_err(|error| HttpFault::of_body(&error, timeout))?;
        let Some(chunk) = chunk else {
            return Ok(body);
        };
        if body.len() + chunk.len() > limit {
            return Err(HttpFault::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
}

async fn read_prefix(response: &mut reqwest::Response, limit: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= limit {
            break;
        }
    }
    body.truncate(limit);
    body
}
