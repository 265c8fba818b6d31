//! From the file's text to its raw form, with errors that a person can act on.

use std::path::{Path, PathBuf};

use super::outline::Outline;
use super::raw::Raw;
use super::{Settings, SettingsError, SettingsErrors, validate};
use crate::model::Position;

impl Settings {
    /// Reads and validates a settings file.
    ///
    /// # Errors
    /// All that is wrong with it, in the file's order. Of what is wrong with its form (an unknown key, a
    /// text where a number belongs) only the first is found at once.
    pub fn load(path: &Path) -> Result<Self, SettingsErrors> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let fault = SettingsError {
                position: None,
                key: String::new(),
                message: format!("cannot read the settings: {error}"),
                hint: None,
            };
            SettingsErrors::new(path, vec![fault])
        })?;
        Self::parse(&text, path)
    }

    /// Validates the text of a settings file. `path` is named in errors, and its folder is what relative
    /// paths start from; the file is not read.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsErrors> {
        let base = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        let failed = |errors| SettingsErrors::new(path, errors);
        let outline = Outline::read(text).map_err(failed)?;
        let refused = refused(&outline);
        if !refused.is_empty() {
            return Err(failed(refused));
        }
        let raw: Raw =
            serde_yaml::from_str(text).map_err(|error| failed(vec![explain(&error, &outline)]))?;
        validate::validate(raw, &base, &outline).map_err(failed)
    }
}

/// What is refused before the form is looked at, because its own message helps more than "unknown key".
fn refused(outline: &Outline) -> Vec<SettingsError> {
    let mut errors = Vec::new();
    for (key, _) in outline.scalars() {
        let name = key.rsplit(['.', ']']).next().unwrap_or_default();
        let secret_of = |part: &str| key.ends_with(&format!("{part}.{name}"));
        let in_auth = secret_of("auth") || secret_of("webhook") || key == "server.token";
        if in_auth && matches!(name, "token" | "password" | "secret" | "ssh_key") {
            let file = format!("{name}_file");
            errors.push(SettingsError {
                position: outline.key(key),
                key: key.to_owned(),
                message: "secrets are not written into the settings".to_owned(),
                hint: Some(match name {
                    "token" | "password" if secret_of("auth") => {
                        format!("name the file or variable that holds it: {file} or {name}_env")
                    }
                    _ => format!("name the file that holds it: {file}"),
                }),
            });
        }
    }
    errors
}

/// Puts an error of `serde_yaml` into the words of the settings: key, place, and what was meant.
fn explain(error: &serde_yaml::Error, outline: &Outline) -> SettingsError {
    let full = error.to_string();
    let message = full
        .rfind(" at line ")
        .map_or(full.as_str(), |end| &full[..end]);
    let (path, message) = split_path(message);
    let fault = |key: &str, position, message: String, hint: Option<String>| SettingsError {
        position,
        key: key.to_owned(),
        message,
        hint,
    };
    match ticked(message).split_first() {
        Some((name, known)) if message.starts_with("unknown field") => {
            let key = join(path, name);
            let hint = nearest(name, known).map_or_else(
                || format!("known here: {}", known.join(", ")),
                |meant| format!("did you mean {meant}?"),
            );
            fault(
                &key,
                outline.key(&key),
                "unknown key".to_owned(),
                Some(hint),
            )
        }
        Some((value, known)) if message.starts_with("unknown variant") => {
            let hint = format!("write one of {}", known.join(", "));
            let message = format!("{value:?} is not known");
            fault(path, outline.value(path), message, Some(hint))
        }
        Some((name, _)) if message.starts_with("missing field") => {
            let message = format!("the key {name} is missing");
            fault(path, outline.key(path), message, None)
        }
        _ => {
            let position = if path.is_empty() {
                error.location().map(|place| Position {
                    line: u32::try_from(place.line()).unwrap_or(u32::MAX),
                    column: u32::try_from(place.column()).unwrap_or(u32::MAX),
                })
            } else {
                outline.value(path)
            };
            fault(path, position, wrong_type(message), None)
        }
    }
}

/// Says what belongs there instead of `invalid type: string "many", expected u32`. A text is not
/// repeated: it may be a secret in the wrong place.
fn wrong_type(message: &str) -> String {
    let parts = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.rsplit_once(", expected "));
    let Some((found, expected)) = parts else {
        return message.to_owned();
    };
    let expected = match expected {
        "u32" | "u64" => "a whole number",
        "a boolean" => "true or false",
        "a string" | "path string" => "a text",
        "a sequence" => "a list",
        other if other.starts_with("struct ") || other == "a map" => "a mapping",
        other => other,
    };
    let found = match found.split([' ', '`']).next().unwrap_or_default() {
        "string" => "a text",
        "map" => "a mapping",
        "sequence" => "a list",
        "unit" => "nothing",
        _ => ticked(found).first().copied().unwrap_or(found),
    };
    format!("expected {expected}, found {found}")
}

/// `targets[0].labels: invalid type` is path and message.
fn split_path(message: &str) -> (&str, &str) {
    match message.split_once(": ") {
        Some((path, rest)) if !path.contains(' ') => (path.trim_end_matches(['?', '.']), rest),
        _ => ("", message),
    }
}

/// What stands in backticks.
fn ticked(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The known key that `name` was probably meant to be.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()) / 3 + 1)
        .min()
        .map(|(_, candidate)| candidate)
}
