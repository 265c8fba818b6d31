//! Writing.

use std::sync::Arc;

use super::Site;
use crate::model::Outcome;
use crate::provider::{Work, Writer};

/// The writing half of a target.
#[derive(Debug)]
pub struct GrafanaWriter {
    site: Arc<Site>,
}

impl GrafanaWriter {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self { site }
    }
}

impl Writer for GrafanaWriter {
    async fn apply(&self, _work: Work<'_>) -> Vec<Outcome> {
        let _ = &self.site;
        Vec::new()
    }
}
