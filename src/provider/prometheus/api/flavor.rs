//! Where the products differ: how they tell their version, and how they answer a reload.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::{Api, ApiError, Reload, SMALL};
use crate::model::Version;
use crate::model::capabilities::Product;
use crate::provider::http::{HttpError, HttpFault, Method};

const RELOAD: &str = "/-/reload";
/// How long vmalert may take to carry out a reload that it took note of.
const VMALERT_RELOAD: Duration = Duration::from_secs(30);
/// How long an accepted reload must stay without an error where nothing else tells its end.
const VMALERT_QUIET: Duration = Duration::from_millis(1500);
const VMALERT_POLL: Duration = Duration::from_millis(50);

impl Api {
    pub(super) async fn version(&self) -> Result<Option<Version>, ApiError> {
        match self.product {
            Product::Prometheus => self.build_info().await,
            // Thanos has had it since 0.16 only, and some serve it elsewhere.
            Product::Thanos => match self.build_info().await {
                Err(ApiError::Product(_, _, error)) if error.fault.status() == Some(404) => {
                    Ok(None)
                }
                answer => answer,
            },
            Product::Vmalert => Ok(self.vmalert().await?.version),
        }
    }

    async fn build_info(&self) -> Result<Option<Version>, ApiError> {
        #[derive(Deserialize)]
        struct BuildInfo {
            version: String,
        }
        let info: Result<BuildInfo, _> = self.get("/api/v1/status/buildinfo", SMALL).await;
        match info {
            Ok(info) => Ok(Version::parse(&info.version)),
            Err(ApiError::Http(error)) => Err(self.wrong_product(error)),
            Err(error) => Err(error),
        }
    }

    /// Orders one reload, and waits until its result is known.
    pub(in super::super) async fn reload(&self) -> Reload {
        match self.product {
            // Both answer when they have loaded, or refused.
            Product::Prometheus | Product::Thanos => match self.text(Method::Post, RELOAD).await {
                Ok(_) => Reload::Accepted,
                Err(error) => refusal(&error),
            },
            Product::Vmalert => self.reload_vmalert().await,
        }
    }

    /// vmalert answers 200 before it has looked at the files (it sends itself a SIGHUP), also where it
    /// refuses them afterwards. Its metrics tell: `_total` rises when it begins, `_errors_total` when it
    /// refuses; when it succeeds `_successful` is 1, and the success time stamp (whole seconds)
    /// changes if any group did. Seen with 1.79.
    async fn reload_vmalert(&self) -> Reload {
        let before = match self.vmalert().await {
            Ok(metrics) => metrics,
            Err(error) => return Reload::NotDone(error.to_string()),
        };
        if let Err(error) = self.text(Method::Post, RELOAD).await {
            return refusal(&error);
        }
        let ordered = Instant::now();
        let mut began = None;
        loop {
            sleep(VMALERT_POLL).await;
            let now = match self.vmalert().await {
                Ok(metrics) => metrics,
                Err(error) => return Reload::Unknown(error.to_string()),
            };
            if now.errors > before.errors {
                return Reload::Refused(
                    "vmalert refused the rules (vmalert_config_last_reload_successful is 0); its log says why"
                        .into(),
                );
            }
            if now.begun > before.begun {
                let began = *began.get_or_insert_with(Instant::now);
                let succeeded = now.successful
                    && (!before.successful || now.succeeded_at != before.succeeded_at);
                if succeeded || (now.successful && began.elapsed() >= VMALERT_QUIET) {
                    return Reload::Accepted;
                }
            }
            if ordered.elapsed() >= VMALERT_RELOAD {
                return Reload::Unknown(format!(
                    "vmalert did not finish the reload within {VMALERT_RELOAD:?}"
                ));
            }
        }
    }

    async fn vmalert(&self) -> Result<VmalertMetrics, ApiError> {
        let answer = self.text(Method::Get, "/metrics").await;
        let answer = answer.map_err(|error| self.wrong_product(error))?;
        let text = String::from_utf8_lossy(&answer.body);
        VmalertMetrics::parse(&text).ok_or_else(|| {
            let error = HttpError {
                method: "GET",
                url: self.client.address("/metrics"),
                fault: HttpFault::NotJson("no vmalert_config_last_reload_* metrics".into()),
            };
            self.wrong_product(error)
        })
    }
}

fn refusal(error: &HttpError) -> Reload {
    match &error.fault {
        HttpFault::Status {
            status: 403, words, ..
        } if words.contains("Lifecycle API") => Reload::NotDone(format!(
            "{error}: start the server with --web.enable-lifecycle, or the new rules are never loaded"
        )),
        HttpFault::Status { status, .. } => match status {
            401 | 403 | 404 | 405 => Reload::NotDone(error.to_string()),
            // What a proxy says for a server that did not answer it.
            429 | 502 | 503 | 504 => Reload::Unknown(error.to_string()),
            _ => Reload::Refused(error.to_string()),
        },
        HttpFault::Setup(_)
        | HttpFault::Secret(_)
        | HttpFault::Connect(_)
        | HttpFault::Redirect { .. } => Reload::NotDone(error.to_string()),
        HttpFault::Timeout { .. }
        | HttpFault::Broken(_)
        | HttpFault::TooLarge { .. }
        | HttpFault::Html { .. }
        | HttpFault::NotJson(_) => Reload::Unknown(error.to_string()),
    }
}

/// What vmalert's `/metrics` tell of reloads.
#[derive(Clone, Debug, PartialEq)]
struct VmalertMetrics {
    version: Option<Version>,
    begun: f64,
    errors: f64,
    successful: bool,
    /// As it is written: only compared.
    succeeded_at: String,
}

impl VmalertMetrics {
    fn parse(text: &str) -> Option<Self> {
        let written = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim())
        };
        let value = |name: &str| written(name)?.parse::<f64>().ok();
        let short = text
            .lines()
            .find(|line| line.starts_with("vm_app_version{"))
            .and_then(|line| line.split_once("short_version=\""))
            .and_then(|(_, rest)| rest.split_once('"'));
        Some(Self {
            version: short.and_then(|(version, _)| Version::parse(version)),
            begun: value("vmalert_config_last_reload_total ")?,
            errors: value("vmalert_config_last_reload_errors_total ")?,
            successful: value("vmalert_config_last_reload_successful ")? > 0.0,
            succeeded_at: written("vmalert_config_last_reload_success_timestamp_seconds ")?
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_vmalerts_metrics() {
        let text = "vmalert_config_last_reload_errors_total 1\n\
            vmalert_config_last_reload_success_timestamp_seconds 1795339624\n\
            vmalert_config_last_reload_successful 1\n\
            vmalert_config_last_reload_total 2\n\
            vm_app_version{version=\"vmalert-tags-v1.93.0-0-g1\", short_version=\"v1.93.0\"} 1\n";
        let metrics = VmalertMetrics::parse(text).unwrap();
        assert_eq!(metrics.version, Some(Version::new(1, 93, 0)));
        assert!(metrics.successful && metrics.begun > metrics.errors);
        assert_eq!(VmalertMetrics::parse("go_info 1\n"), None);
    }
}
