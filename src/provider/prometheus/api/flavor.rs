//! Where the products differ: how they tell their version, and how they answer a reload.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::{Api, ApiError, SMALL};
use crate::model::Version;
use crate::model::capabilities::Flavor;
use crate::provider::http::{HttpError, HttpFault, Method};
use crate::provider::reload::Reload;

const RELOAD: &str = "/-/reload";
/// How long vmalert may take to carry out a reload that it took note of.
/// Longer than its default interval of evaluation, a minute.
const VMALERT_RELOAD: Duration = Duration::from_secs(75);
/// How long its metrics may stay as they were before it is asked again.
const VMALERT_QUIET: Duration = Duration::from_millis(1500);
const VMALERT_POLL: Duration = Duration::from_millis(50);

impl Api {
    pub(super) async fn version(&self) -> Result<Option<Version>, ApiError> {
        match self.flavor {
            Flavor::Prometheus => self.build_info().await,
            // Thanos has had it since 0.16 only, and some serve it elsewhere.
            Flavor::Thanos => match self.build_info().await {
                Err(ApiError::Product(_, _, error)) if error.fault.status() == Some(404) => {
                    Ok(None)
                }
                answer => answer,
            },
            Flavor::Vmalert => Ok(self.vmalert().await?.version),
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

    /// Whether a refused reload leaves everything as it was. Thanos Ruler has a rule manager for each
    /// partial response strategy, and one may take what the other refuses (`rules.Manager.Update`).
    pub(in super::super) fn refuses_whole(&self) -> bool {
        match self.flavor {
            Flavor::Prometheus | Flavor::Vmalert => true,
            Flavor::Thanos => false,
        }
    }

    /// Orders one reload, and waits until its result is known.
    pub(in super::super) async fn reload(&self) -> Reload {
        match self.flavor {
            // Both answer when they have loaded, or refused.
            Flavor::Prometheus | Flavor::Thanos => match self.text(Method::Post, RELOAD).await {
                Ok(_) => Reload::Accepted,
                Err(error) => refusal(&error),
            },
            Flavor::Vmalert => self.reload_vmalert().await,
        }
    }

    /// vmalert answers 200 before it has looked at the files (it sends itself a SIGHUP), also where it
    /// refuses them afterwards. Its metrics tell: `_total` rises when it begins, `_errors_total` when it
    /// refuses; when it is through, `_successful` is 1, and the success time stamp (whole seconds) has
    /// changed if any group did. Where that stays, it found nothing to change, or waits for a group
    /// that was started a moment ago: such a one takes changes only after its first evaluation. A second
    /// order tells: it is not begun before the first one is through. Seen with 1.79.
    async fn reload_vmalert(&self) -> Reload {
        let before = match self.vmalert().await {
            Ok(metrics) => metrics,
            Err(error) => return Reload::NotDone(error.to_string()),
        };
        if let Err(error) = self.text(Method::Post, RELOAD).await {
            return refusal(&error);
        }
        let ordered = Instant::now();
        let mut asked_again = false;
        while ordered.elapsed() < VMALERT_RELOAD {
            sleep(VMALERT_POLL).await;
            let now = match self.vmalert().await {
                Ok(metrics) => metrics,
                Err(error) => return Reload::Unknown(error.to_string()),
            };
            if let Some(result) = now.result_since(&before) {
                return result;
            }
            if !asked_again && ordered.elapsed() >= VMALERT_QUIET {
                asked_again = true;
                if let Err(error) = self.text(Method::Post, RELOAD).await {
                    return Reload::Unknown(error.to_string());
                }
            }
        }
        Reload::Unknown(format!(
            "vmalert is not through with the reload after {VMALERT_RELOAD:?}; it changes a group only after that group's first evaluation"
        ))
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
        _ => Reload::of(error, || error.to_string()),
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
    /// How a reload ended that was ordered after `before`; `None` while that cannot be told.
    fn result_since(&self, before: &Self) -> Option<Reload> {
        if self.errors > before.errors {
            return Some(Reload::Refused(
                "vmalert refused the rules (vmalert_config_last_reload_successful is 0); its log says why"
                    .into(),
            ));
        }
        let changed = !before.successful || self.succeeded_at != before.succeeded_at;
        let through = self.begun > before.begun + 1.0 || (self.begun > before.begun && changed);
        (self.successful && through).then_some(Reload::Accepted)
    }

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
    fn vmalerts_metrics_tell_the_end_of_a_reload() {
        let metrics = |begun, errors, successful, succeeded_at: &str| VmalertMetrics {
            version: None,
            begun,
            errors,
            successful,
            succeeded_at: succeeded_at.into(),
        };
        let before = metrics(3.0, 1.0, true, "10");
        let after = |begun, errors, successful, at| {
            metrics(begun, errors, successful, at).result_since(&before)
        };
        assert_eq!(after(3.0, 1.0, true, "10"), None, "not begun");
        assert_eq!(after(4.0, 1.0, true, "10"), None, "not through");
        assert_eq!(after(4.0, 1.0, true, "11"), Some(Reload::Accepted));
        assert_eq!(after(5.0, 1.0, true, "10"), Some(Reload::Accepted));
        assert!(matches!(
            after(4.0, 2.0, false, "10"),
            Some(Reload::Refused(_))
        ));
        let failed = metrics(3.0, 1.0, false, "10");
        let now = metrics(4.0, 1.0, true, "10");
        assert_eq!(now.result_since(&failed), Some(Reload::Accepted));
    }

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
