//! Git's smart HTTP protocol over `reqwest`.

mod access;
mod error;
mod exchange;

use std::sync::{Arc, Mutex, PoisonError};

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream};
use reqwest::header::LOCATION;
use reqwest::{Method, Response, Url};

use super::super::SourceError;
use super::context::{Access, Context, Failed};
use super::without_userinfo;
use access::request;
pub(in crate::source) use access::{HttpsAccess, access};
use exchange::{Exchange, send};

const MAX_REDIRECTS: usize = 5;
const SERVICE: &str = "git-upload-pack";

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
                error::check(&self.context, &response, "advertisement")?;
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
            Service::UploadPackLs => {
                let response = self.list()?;
                Ok(Box::new(Exchange::answered(self.context.clone(), response)))
            }
            Service::UploadPack => {
                let access = self.access()?;
                let base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
                let url = below(base.as_ref().unwrap_or(&access.url), SERVICE);
                let request = request(access, Method::POST, &url);
                Ok(Box::new(Exchange::new(self.context.clone(), request)))
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
    without_userinfo(&format!(
        "{}{}",
        url.origin().ascii_serialization(),
        url.path()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_the_protocol() {
        let base = Url::parse("https://git.example.com/acme/p.git").unwrap();
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
