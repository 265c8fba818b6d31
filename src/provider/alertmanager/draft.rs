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
        let base = base.ok_or_else(|| {
            "there is no file with base_file to put it in; the next pass writes it whole".to_owned()
        })?;
        let mut head = vec![file::marker(&site.instance, &site.path)];
        head.extend(lines(&self.noted));
        // They are put in already.
        let none = |_: &_| Written::Value(String::new());
        let text = wire::write_pieces(&head, base, &self.pieces, &none);
        Ok(text.into_bytes())
    }
}

const WORD: &str = "secret";

/// One line a secret: `secret <hash> <definition> <pointer>`.
fn lines(noted: &Noted) -> impl Iterator<Item = String> {
    noted.iter().flat_map(|(name, secrets)| {
        secrets
            .iter()
            .map(move |(pointer, hash)| format!("{WORD} {hash} {name} {}", escaped(pointer)))
    })
}

/// What a definition's author wrote must not leave its comment: for YAML more ends a line than a line break, such as
/// U+2028. Everything but what can be seen in ASCII stands as `%` and its hexadecimal digits.
fn escaped(pointer: &str) -> String {
    let bytes = pointer.bytes().map(|byte| match byte {
        b' '..=b'~' if byte != b'%' => char::from(byte).to_string(),
        other => format!("%{other:02x}"),
    });
    bytes.collect()
}

/// The opposite; `None` where it is not what [`escaped`] gives.
fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
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
        if let (Some(hash), Some(pointer)) = (Hash::parse(hash), unescaped(pointer)) {
            let secrets = noted.entry(name.to_owned()).or_default();
            secrets.insert(pointer, hash);
        }
    }
    noted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_comment() {
        let names = [
            "x",
            "x y",
            " x ",
            "%41",
            "%",
            "x\ny",
            "x\u{2028}y: z",
            "\u{85}",
            "\u{feff}",
            "é#",
            "\t",
            "",
        ];
        let pointers = names.map(|name| format!("/receivers/name={name}/url"));
        let secrets = pointers.clone().map(|pointer| (pointer, Hash::of(b"x")));
        let all = Noted::from([("team/web".to_owned(), BTreeMap::from(secrets))]);
        let head: Vec<String> = lines(&all).collect();
        assert!(
            head.iter()
                .all(|line| line.is_ascii() && !line.contains(char::is_control))
        );
        assert_eq!(noted(&head), all);
    }
}
