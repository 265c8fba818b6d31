//! What `plan` and `apply` share: everything up to the point where one prints and the other writes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Failure, open, output};
use crate::model::{Diagnostic, Inventory, Outcome, Snapshot, TargetName};
use crate::plan::{digest, display};
use crate::provider::Depth;
use crate::reconcile::cycle::{self, Considered, Prepared};
use crate::reconcile::memo::ParseMemo;
use crate::reconcile::{Declaration, Lane};
use crate::report::json::{self, Frame};
use crate::report::{diagnostics, text};
use crate::settings::Settings;
use crate::source::Source;
use crate::state::StateView;

/// One pass, as far as it goes without writing.
pub(super) struct Look {
    pub(super) declaration: Declaration,
    pub(super) prepared: Prepared,
    pub(super) digest: String,
    /// What is wrong in the repository and on the targets.
    pub(super) found: Vec<Diagnostic>,
    orphaned: BTreeMap<TargetName, usize>,
}

/// Where a command looks.
pub(super) struct Eyes<'a> {
    pub(super) settings: &'a Settings,
    pub(super) source: &'a Source,
    pub(super) state: &'a StateView,
    /// `--allow-deletes`
    pub(super) flag: Option<u32>,
}

impl Eyes<'_> {
    /// Declares, observes, plans and guards.
    pub(super) async fn look(
        &self,
        lanes: &mut [Lane],
        snapshot: Snapshot,
    ) -> Result<Look, Failure> {
        let Self {
            settings,
            source,
            state,
            flag,
        } = *self;
        let mut memo = ParseMemo::default();
        let (declaration, observations) = tokio::join!(
            cycle::declare(settings, source, snapshot, &mut memo, state),
            cycle::observe(lanes, Depth::Full, state),
        );
        let (declaration, observations) = (declaration?, observations?);
        let inventory: Inventory = state.inventory()?;
        let unseen = BTreeMap::new();
        let peers = cycle::peers(lanes, &declaration, &unseen);
        let considered = Considered {
            settings,
            declaration: &declaration,
            inventory: &inventory,
            peers: &peers,
            flag,
        };
        let prepared = cycle::prepare(lanes, observations, source, state, considered).await?;
        let mut found = declaration.diagnostics();
        found.extend(prepared.diagnostics.iter().cloned());
        Ok(Look {
            digest: digest(&prepared.plan),
            orphaned: cycle::orphaned(settings, &inventory),
            declaration,
            prepared,
            found,
        })
    }

    /// Findings, plan and outcomes for a terminal.
    pub(super) async fn text(&self, look: &Look, outcomes: &[Outcome]) -> String {
        let snapshot = &look.declaration.snapshot;
        let texts = open::texts(self.source, snapshot, &look.found).await;
        let shown = output::worth_showing(&look.found);
        let colour = output::colour();
        let shown = diagnostics::text(&shown, &|path| texts.get(path).cloned(), colour);
        format!(
            "{}{}{}{}",
            output::above(&shown),
            display::text(&look.prepared.plan),
            display::orphaned(&look.orphaned),
            text::outcomes(outcomes)
        )
    }

    /// The JSON of a plan, or of an apply with its outcomes.
    pub(super) fn json(&self, look: &Look, outcomes: Option<&[Outcome]>) -> Value {
        let revision = look.declaration.revision().to_text();
        let frame = Frame {
            instance: &self.settings.instance,
            revision: revision.as_deref(),
            digest: &look.digest,
            orphaned: &look.orphaned,
            diagnostics: &look.found,
        };
        let plan = &look.prepared.plan;
        match outcomes {
            None => json::plan(plan, frame),
            Some(outcomes) => json::apply(plan, outcomes, frame),
        }
    }
}
