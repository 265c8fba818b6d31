//! Files of the repository that entities refer to: targets of `Location`s, placeholders.

use std::sync::Arc;

use serde_json::Value;

use super::Files;
use super::files::{Pattern, Presence};
use crate::model::entity::{Embedding, FileRef};
use crate::model::{Code, Diagnostic, Entity, Place, RepoPath, Span};

pub(super) fn check(entities: &[Arc<Entity>], files: &Files<'_>, found: &mut Vec<Diagnostic>) {
    for entity in entities {
        for reference in &entity.files {
            found.extend(match reference {
                FileRef::Target { path, span } => target(entity, path, *span, files),
                FileRef::Embedded {
                    how,
                    path,
                    pointer,
                    span,
                } => embedded(&Embedded {
                    place: Place::new(entity.place.file.clone(), *span),
                    how: *how,
                    path,
                    pointer,
                    files,
                }),
            });
        }
    }
}

/// A target that leads nowhere is an error, as it is for Backstage, which marks the location as failed: a `Location`
/// is nothing but its targets. What it would have led to is in the catalog all the same if it is in the repository,
/// for files are found without locations; so a target that is only passed over is a warning.
fn target(entity: &Entity, path: &str, span: Span, files: &Files<'_>) -> Option<Diagnostic> {
    let place = Place::new(entity.place.file.clone(), span);
    let presence = match Pattern::of(path) {
        None => files.look(path),
        Some(Ok(pattern)) => files.look_for(&pattern),
        Some(Err(why)) => {
            let message = format!("{path:?} is not a pattern: {why}");
            return Some(Diagnostic::error(Code::InvalidValue, place, message));
        }
    };
    match presence {
        Presence::Read => None,
        Presence::PassedOver => {
            let message =
                format!("{path} is in the repository, but not among the files that are read");
            let hint = "Hidden files, what the Platform excludes, and what is not .yaml, .yml or .json is not \
                        read: include it, or take the target out.";
            Some(Diagnostic::warning(Code::LocationNotRead, place, message).with_hint(hint))
        }
        Presence::Refused(why) => {
            let message = format!("{path} cannot be read: {}", why.message);
            let hint = "Put the file itself into the repository, or take the target out.";
            Some(Diagnostic::error(Code::LocationNotRead, place, message).with_hint(hint))
        }
        Presence::Absent if is_optional(entity) => None,
        Presence::Absent => {
            let message = format!("no file of this commit is {path}");
            let hint = match files.nearest(path) {
                Some(near) => format!("Did you mean {near:?}?"),
                None => {
                    "Correct the target, take it out, or set `spec.presence: optional`.".to_owned()
                }
            };
            Some(Diagnostic::error(Code::LocationMissing, place, message).with_hint(hint))
        }
    }
}

/// Whether a location says that its targets need not be there. Only asked where one is not.
fn is_optional(location: &Entity) -> bool {
    let body: Result<Value, _> = serde_json::from_str(&location.body);
    body.is_ok_and(|body| body["spec"]["presence"] == "optional")
}

/// A placeholder and where it stands.
struct Embedded<'a> {
    place: Place,
    how: Embedding,
    path: &'a RepoPath,
    pointer: &'a str,
    files: &'a Files<'a>,
}

/// Any file of the repository will do here: what is embedded need not be a document.
fn embedded(embedded: &Embedded<'_>) -> Option<Diagnostic> {
    let Embedded {
        place,
        how,
        path,
        pointer,
        files,
    } = embedded;
    let word = word(*how);
    match files.look(path.as_str()) {
        Presence::Read | Presence::PassedOver => None,
        Presence::Refused(why) => {
            let message = format!(
                "{word} of {pointer}: {path} cannot be read: {}",
                why.message
            );
            let diagnostic = Diagnostic::error(Code::EmbeddedUnreadable, place.clone(), message);
            Some(diagnostic.with_hint("Put the file itself into the repository."))
        }
        Presence::Absent => {
            let message = format!("{word} of {pointer}: no file of this commit is {path}");
            let hint = match files.nearest(path.as_str()) {
                Some(near) => format!("Did you mean {near:?}?"),
                None => "Correct the path, or add the file.".to_owned(),
            };
            Some(Diagnostic::error(Code::EmbeddedMissing, place.clone(), message).with_hint(hint))
        }
    }
}

fn word(how: Embedding) -> &'static str {
    match how {
        Embedding::Text => "$text",
        Embedding::Json => "$json",
        Embedding::Yaml => "$yaml",
    }
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{build_over, entity};
    use super::*;
    use rstest::rstest;

    /// A commit of `a/one.yaml`, `a/two.txt`, `.b/hidden.yaml` and a symbolic link `link`.
    fn found(file: FileRef, body: &str) -> Vec<Diagnostic> {
        let location = entity("Location", "all").with_file(file, body);
        let (_, found) = build_over([location], &["a/one.yaml", "a/two.txt", ".b/hidden.yaml"]);
        found
    }

    #[rstest]
    #[case("a/one.yaml", None)]
    #[case("a/*.yaml", None)]
    #[case("**/*.yaml", None)]
    #[case("a/two.txt", Some(Code::LocationNotRead))]
    #[case(".b/*", Some(Code::LocationNotRead))]
    #[case("link", Some(Code::LocationNotRead))]
    #[case("link/in/it.yaml", Some(Code::LocationNotRead))]
    #[case("lin?", Some(Code::LocationNotRead))]
    #[case("a/onne.yaml", Some(Code::LocationMissing))]
    #[case("*.yaml", Some(Code::LocationMissing))]
    #[case("a", Some(Code::LocationMissing))]
    #[case("a/[one].yaml*", Some(Code::LocationMissing))]
    fn targets(#[case] path: &str, #[case] code: Option<Code>) {
        let target = || FileRef::Target {
            path: path.into(),
            span: Span::default(),
        };
        let codes: Vec<Code> = found(target(), "{}").iter().map(|d| d.code).collect();
        assert_eq!(codes.first().copied(), code);
        let optional = found(target(), r#"{"spec":{"presence":"optional"}}"#);
        assert!(optional.iter().all(|d| d.code != Code::LocationMissing));
    }

    #[rstest]
    #[case("a/two.txt", None)]
    #[case(".b/hidden.yaml", None)]
    #[case("a/tow.txt", Some((Code::EmbeddedMissing, "Did you mean \"a/two.txt\"?")))]
    #[case("b/two.txt", Some((Code::EmbeddedMissing, "Correct the path, or add the file.")))]
    #[case("link", Some((Code::EmbeddedUnreadable, "Put the file itself into the repository.")))]
    fn placeholders(#[case] path: &str, #[case] wrong: Option<(Code, &str)>) {
        let file = FileRef::Embedded {
            how: Embedding::Text,
            path: RepoPath::new(path).unwrap(),
            pointer: "/spec/definition".into(),
            span: Span::default(),
        };
        let found = found(file, "{}");
        let told = found.first().map(|d| (d.code, d.hint.as_deref().unwrap()));
        assert_eq!(told, wrong);
    }
}
