//! The file in the making: what it holds, and what is changed of it.

use std::collections::BTreeMap;

use super::Site;
use super::file::{self, ConfigFile};
use super::secret::{self, Keyed, Vault};
use super::wire::{self, Composed, Written};
use crate::model::alertmanager::{BASE, Piece, Value};
use crate::model::{Action, Change, Hash, Ownership, Spec, Version};

/// What stands for secrets that a file names by path, by holder and pointer.
pub(super) type Noted = BTreeMap<String, BTreeMap<String, Hash>>;

/// What a file of ours holds, or is to hold. Values of secrets are in it, so it cannot be shown.
#[derive(Clone, Default)]
pub(super) struct Draft {
    base: Option<Value>,
    pieces: BTreeMap<String, Piece>,
    noted: Noted,
    /// Whether the value of a declared secret was put in: then the file is not for others.
    holds_secrets: bool,
}

impl Draft {
    /// Of a file as it was found. What is not ours, or cannot be taken apart, is replaced.
    pub(super) fn of(file: Option<&ConfigFile>) -> Self {
        let ours = file.filter(|file| file.ownership == Ownership::Ours);
        let Some(Ok(composed)) = ours.map(|file| &file.composed) else {
            return Self::default();
        };
        let Composed { head, base, pieces } = composed;
        Self {
            base: Some(base.clone()),
            pieces: pieces.clone(),
            noted: noted(head),
            holds_secrets: false,
        }
    }

    pub(super) fn holds_secrets(&self) -> bool {
        self.holds_secrets
    }

    pub(super) fn has_base(&self) -> bool {
        self.base.is_some()
    }

    /// Carries out a change.
    ///
    /// # Errors
    /// With the reason why it cannot be.
    pub(super) fn change(
        &mut self,
        change: &Change,
        site: &Site,
        version: Option<Version>,
    ) -> Result<(), String> {
        let name = &*change.id.name;
        if change.action == Action::Delete {
            if name == BASE {
                return Err("an Alertmanager cannot be without the platform's own part".to_owned());
            }
            self.pieces.remove(name);
            self.noted.remove(name);
            return Ok(());
        }
        let desired = change.desired.as_ref();
        let desired =
            desired.ok_or_else(|| "the plan does not say what it is to become".to_owned())?;
        match &*desired.resource.spec {
            Spec::RouteBase(base) => self.base = Some(base.file.clone()),
            Spec::Route(fenced) => {
                let vault = Vault {
                    folder: site.secrets_dir.as_deref(),
                    version,
                };
                let keyed = Keyed {
                    instance: &site.instance,
                    name,
                };
                let piece = Piece::of(&fenced.part());
                let filled = secret::put_in(piece, vault, keyed)?;
                self.pieces.insert(name.to_owned(), filled.piece);
                self.noted.insert(name.to_owned(), filled.noted);
                self.holds_secrets |= filled.holds_secrets;
            }
            Spec::RuleGroup(_) | Spec::Folder(_) | Spec::DataSource(_) | Spec::Dashboard(_) => {
                return Err(format!("{} is no route", change.id));
            }
        }
        Ok(())
    }

    /// The text.
    ///
    /// # Errors
    /// Where there is no base to put the rest in.
    pub(super) fn text(&self, site: &Site) -> Result<Vec<u8>, String> {
        let base = self.base.as_ref();
        let base = base.ok_or_else(|| "there is no base_file to put it in".to_owned())?;
        let mut head = vec![file::marker(&site.instance, &site.path)];
        head.extend(lines(&self.noted));
        // They are put in already.
        let none = |_: &_| Written::Value(String::new());
        let text = wire::write_pieces(&head, base, &self.pieces, &none);
        Ok(text.into_bytes())
    }
}

const WORD: &str = "secret";

/// One line a secret: `secret <definition> <pointer> <hash>`.
fn lines(noted: &Noted) -> impl Iterator<Item = String> {
    noted.iter().flat_map(|(name, secrets)| {
        // A line break in a name would let it write lines of its own.
        let plain = secrets
            .iter()
            .filter(|(pointer, _)| !pointer.contains(char::is_control));
        plain.map(move |(pointer, hash)| format!("{WORD} {hash} {name} {pointer}"))
    })
}

/// Reads them back.
pub(super) fn noted(head: &[String]) -> Noted {
    let mut noted = Noted::new();
    for line in head {
        let mut words = line.splitn(4, ' ');
        let (Some(WORD), Some(hash), Some(name), Some(pointer)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        if let Some(hash) = Hash::parse(hash) {
            let secrets = noted.entry(name.to_owned()).or_default();
            secrets.insert(pointer.to_owned(), hash);
        }
    }
    noted
}
