//! Reading.

use std::sync::Arc;

use super::Site;
use crate::model::{Canonical, Capabilities, Observation, Observed, Spec};
use crate::provider::{Beside, ReadWork, Reader, Scope, Unsupported};

/// The reading half of a target.
#[derive(Debug)]
pub struct GrafanaReader {
    site: Arc<Site>,
}

impl GrafanaReader {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self { site }
    }
}

impl Reader for GrafanaReader {
    async fn observe(&self, _scope: Scope<'_>) -> Observation {
        Observation::Unknown {
            reason: format!("{}: not read yet", self.site.target),
        }
    }

    fn normalise(
        &self,
        _spec: &Spec,
        _capabilities: &Capabilities,
    ) -> Result<Canonical, Unsupported> {
        Ok(Canonical::Null)
    }

    fn relate(&self, observed: Observed, _beside: Beside<'_>) -> Observed {
        observed
    }

    fn work(&self) -> ReadWork {
        ReadWork::default()
    }
}
