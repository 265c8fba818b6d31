//! The providers as one closed set, so that a lane need not know which one it has.

use std::sync::Arc;

use crate::model::capabilities::{self, Dialect, Product};
use crate::model::{Canonical, Capabilities, Observation, Observed, Outcome, Spec, TargetName};
use crate::provider::alertmanager::{self, Alertmanager};
use crate::provider::grafana::{self, Grafana};
use crate::provider::http::{RequestEvent, RequestHook};
use crate::provider::prometheus::{self, Prometheus};
use crate::provider::{Beside, ReadWork, Reader, Scope, Unsupported, Work, Writer};
use crate::settings::{ProviderSettings, TargetSettings};
use crate::telemetry::RequestEnded;

/// Speaks to one target.
#[derive(Debug)]
pub enum Provider {
    Prometheus(Prometheus),
    Alertmanager(Alertmanager),
    Grafana(Grafana),
}

/// The reading half.
#[derive(Debug)]
pub enum AnyReader {
    Prometheus(prometheus::PrometheusReader),
    Alertmanager(alertmanager::AlertmanagerReader),
    Grafana(grafana::GrafanaReader),
}

/// The writing half.
#[derive(Debug)]
pub enum AnyWriter {
    Prometheus(prometheus::PrometheusWriter),
    Alertmanager(alertmanager::AlertmanagerWriter),
    Grafana(grafana::GrafanaWriter),
}

impl Provider {
    pub fn new(instance: &Arc<str>, target: &TargetSettings) -> Self {
        match &target.provider {
            ProviderSettings::Prometheus(settings) => Self::Prometheus(Prometheus::new(
                instance.clone(),
                target.name.clone(),
                settings,
                target.timeout,
                Some(hook(&target.name)),
            )),
            ProviderSettings::Alertmanager(settings) => Self::Alertmanager(Alertmanager::new(
                instance.clone(),
                target.name.clone(),
                settings,
                target.timeout,
                Some(hook(&target.name)),
            )),
            ProviderSettings::Grafana(settings) => Self::Grafana(Grafana::new(
                instance.clone(),
                target.name.clone(),
                settings,
                target.timeout,
                target.concurrency,
                Some(hook(&target.name)),
            )),
        }
    }

    /// The newest server of its product: what `render`, which asks nobody, assumes.
    pub fn newest(&self) -> Capabilities {
        match self {
            Self::Prometheus(provider) => Capabilities {
                product: provider.product(),
                version: None,
                grafana: None,
            },
            Self::Alertmanager(_) => Capabilities {
                product: Product::Alertmanager,
                version: None,
                grafana: None,
            },
            Self::Grafana(_) => Capabilities {
                product: Product::Grafana,
                version: None,
                grafana: Some(capabilities::Grafana {
                    dialect: Dialect::Resource,
                    nested_folders: true,
                    shared_titles: true,
                }),
            },
        }
    }

    pub fn reader(&self) -> AnyReader {
        match self {
            Self::Prometheus(provider) => AnyReader::Prometheus(provider.reader()),
            Self::Alertmanager(provider) => AnyReader::Alertmanager(provider.reader()),
            Self::Grafana(provider) => AnyReader::Grafana(provider.reader()),
        }
    }

    pub fn writer(&self) -> AnyWriter {
        match self {
            Self::Prometheus(provider) => AnyWriter::Prometheus(provider.writer()),
            Self::Alertmanager(provider) => AnyWriter::Alertmanager(provider.writer()),
            Self::Grafana(provider) => AnyWriter::Grafana(provider.writer()),
        }
    }
}

/// Counts the requests to a target.
fn hook(target: &TargetName) -> RequestHook {
    let target = target.clone();
    Arc::new(move |event: &RequestEvent| {
        RequestEnded {
            target: &target,
            method: event.method,
            status_class: event.status_class(),
            duration: event.duration,
        }
        .emit();
    })
}

impl Reader for AnyReader {
    async fn observe(&self, scope: Scope<'_>) -> Observation {
        match self {
            Self::Prometheus(reader) => reader.observe(scope).await,
            Self::Alertmanager(reader) => reader.observe(scope).await,
            Self::Grafana(reader) => reader.observe(scope).await,
        }
    }

    fn normalise(
        &self,
        spec: &Spec,
        capabilities: &Capabilities,
    ) -> Result<Canonical, Unsupported> {
        match self {
            Self::Prometheus(reader) => reader.normalise(spec, capabilities),
            Self::Alertmanager(reader) => reader.normalise(spec, capabilities),
            Self::Grafana(reader) => reader.normalise(spec, capabilities),
        }
    }

    fn relate(&self, observed: Observed, beside: Beside<'_>) -> Observed {
        match self {
            Self::Prometheus(reader) => reader.relate(observed, beside),
            Self::Alertmanager(reader) => reader.relate(observed, beside),
            Self::Grafana(reader) => reader.relate(observed, beside),
        }
    }

    fn work(&self) -> ReadWork {
        match self {
            Self::Prometheus(reader) => reader.work(),
            Self::Alertmanager(reader) => reader.work(),
            Self::Grafana(reader) => reader.work(),
        }
    }
}

impl Writer for AnyWriter {
    async fn apply(&self, work: Work<'_>) -> Vec<Outcome> {
        match self {
            Self::Prometheus(writer) => writer.apply(work).await,
            Self::Alertmanager(writer) => writer.apply(work).await,
            Self::Grafana(writer) => writer.apply(work).await,
        }
    }
}
