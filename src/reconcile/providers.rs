//! The providers as one closed set, so that a lane need not know which one it has.

use std::sync::Arc;

use crate::model::{Canonical, Capabilities, Change, Journal, Observation, Outcome, Spec};
use crate::provider::prometheus::{self, Prometheus};
use crate::provider::{Cancel, ReadWork, Reader, Scope, Unsupported, Writer};
use crate::settings::{ProviderSettings, TargetSettings};

/// Speaks to one target.
#[derive(Debug)]
pub enum Provider {
    Prometheus(Prometheus),
}

/// The reading half.
#[derive(Debug)]
pub enum AnyReader {
    Prometheus(prometheus::PrometheusReader),
}

/// The writing half.
#[derive(Debug)]
pub enum AnyWriter {
    Prometheus(prometheus::PrometheusWriter),
}

impl Provider {
    pub fn new(instance: &Arc<str>, target: &TargetSettings) -> Self {
        match &target.provider {
            ProviderSettings::Prometheus(settings) => Self::Prometheus(Prometheus::new(
                instance.clone(),
                target.name.clone(),
                settings,
                target.timeout,
                None,
            )),
        }
    }

    /// The newest server of its product: what `render`, which asks nobody, assumes.
    pub fn newest(&self) -> Capabilities {
        match self {
            Self::Prometheus(provider) => Capabilities {
                product: provider.product(),
                version: None,
            },
        }
    }

    pub fn reader(&self) -> AnyReader {
        match self {
            Self::Prometheus(provider) => AnyReader::Prometheus(provider.reader()),
        }
    }

    pub fn writer(&self) -> AnyWriter {
        match self {
            Self::Prometheus(provider) => AnyWriter::Prometheus(provider.writer()),
        }
    }
}

impl Reader for AnyReader {
    async fn observe(&self, scope: Scope<'_>) -> Observation {
        match self {
            Self::Prometheus(reader) => reader.observe(scope).await,
        }
    }

    fn normalise(
        &self,
        spec: &Spec,
        capabilities: &Capabilities,
    ) -> Result<Canonical, Unsupported> {
        match self {
            Self::Prometheus(reader) => reader.normalise(spec, capabilities),
        }
    }

    fn work(&self) -> ReadWork {
        match self {
            Self::Prometheus(reader) => reader.work(),
        }
    }
}

impl Writer for AnyWriter {
    async fn apply(
        &self,
        changes: &[Change],
        journal: &dyn Journal,
        cancel: &dyn Cancel,
    ) -> Vec<Outcome> {
        match self {
            Self::Prometheus(writer) => writer.apply(changes, journal, cancel).await,
        }
    }
}
