//! Secrets, which no server shows: what was last applied stands for what is live.

use super::Relation;
use crate::model::diagnostic::Severity;
use crate::model::grafana::DataSource;
use crate::model::{Canonical, Code, Diagnostic, Hash, HeldReason, Ownership, ResourceId, Spec};
use crate::provider::grafana::normalise::{self, data_source, secret_hash};
use crate::provider::grafana::observe::replace;
use crate::provider::secrets;

impl Relation<'_> {
    pub(super) fn relate_sources(&mut self) {
        for (id, spec) in self.wanted() {
            if let Spec::DataSource(wanted) = spec {
                self.relate_source(id, wanted, spec);
            }
        }
    }

    fn relate_source(&mut self, id: &ResourceId, wanted: &DataSource, spec: &Spec) {
        let mut hashes: Vec<(&str, Hash)> = Vec::new();
        for (field, place) in &wanted.secrets {
            match secrets::read(self.secrets_dir, place) {
                Ok(value) => {
                    let hash = secret_hash(self.instance, &wanted.uid, field, &value);
                    hashes.push((field, hash));
                }
                Err(why) => {
                    let detail = format!("its secret {field} cannot be read: {why}");
                    self.refuse(id, HeldReason::Invalid, detail);
                    return;
                }
            }
        }
        let capabilities = self.observed.capabilities;
        let Ok(declared) =
            normalise::declared(spec, &capabilities, self.instance, self.secrets_dir)
        else {
            return;
        };
        let Some(live) = self.observed.live.get_mut(id) else {
            return;
        };
        let before = live.canonical.open();
        // Of those that are set and not declared nothing is said: no server lets go of one.
        let set: Vec<(&str, Hash)> = hashes
            .into_iter()
            .filter(|(field, _)| is_set(&before, field))
            .collect();
        let applied = self.beside.inventory.entries.get(id);
        let known = applied.map(|entry| entry.hash == declared.hash());
        let secrets: Vec<(&str, Hash)> = match known {
            Some(false) => set
                .iter()
                .map(|(field, _)| (*field, secrets::unknown()))
                .collect(),
            Some(true) | None => set.clone(),
        };
        let mut canonical = data_source::with_secrets(&before, secrets);
        if !wanted.fields.contains_key(data_source::IS_DEFAULT) {
            canonical = data_source::without_default(&canonical);
        }
        replace(live, &canonical);
        if known.is_none() && !set.is_empty() && live.ownership == Ownership::Ours {
            let fields: Vec<&str> = set.iter().map(|(field, _)| *field).collect();
            self.observed.diagnostics.push(Diagnostic {
                place: None,
                severity: Severity::Info,
                code: Code::SecretUnverified,
                message: format!(
                    "{id}: whether {} is live as declared cannot be told: no server shows it, and nothing \
                     is known to have been applied",
                    fields.join(", ")
                ),
                hint: Some("change the data source once, or apply with the daemon's state".into()),
                related: Vec::new(),
            });
        }
    }
}

fn is_set(live: &Canonical, field: &str) -> bool {
    let secrets = live.get("secureJsonData");
    secrets.and_then(|secrets| secrets.get(field)).is_some()
}
