//! Files of the same repository that an entity refers to: placeholders, and the targets of a Location.
//!
//! Sources: `@backstage/plugin-catalog-backend` 3.9.0, `processors/PlaceholderProcessor` (where a placeholder counts) and
//! `processing/DefaultCatalogProcessingOrchestrator` (what a Location's targets are relative to); `@backstage/integration`,
//! `helpers.ts` (what is a URL). Backstage fetches; here everything comes from one commit.

use std::sync::Arc;

use url::Url;

use super::path::Path;
use super::typed::{Typed, key_text, literal, resolves_inside};
use crate::load::read::Sink;
use crate::load::yaml::Node;
use crate::model::entity::{Embedding, FileRef};
use crate::model::{Code, Diagnostic, RepoPath};

/// Finds the files of one entity.
pub(super) struct Finder<'s, 'a> {
    /// Of the entity's file.
    folder: &'s str,
    sink: &'s mut Sink<'a>,
    found: Vec<FileRef>,
}

impl<'s, 'a> Finder<'s, 'a> {
    pub(super) fn new(folder: &'s str, sink: &'s mut Sink<'a>) -> Self {
        let found = Vec::new();
        Self {
            folder,
            sink,
            found,
        }
    }

    pub(super) fn finish(self) -> Vec<FileRef> {
        self.found
    }

    /// The placeholders in a value, as Backstage looks for them: not in a mapping with a key of its own that
    /// starts with `$`.
    pub(super) fn placeholders(&mut self, node: &Node<'_>, at: &Path<'_>) {
        match literal(node) {
            Typed::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.placeholders(item, &Path::Item(at, index));
                }
            }
            Typed::Map([(key, value)]) if embedding(&key_text(key)).is_some() => {
                if let Some(how) = embedding(&key_text(key)) {
                    self.placeholder(how, value, at);
                }
            }
            Typed::Map(entries) if resolves_inside(entries) => {
                for (key, value) in entries {
                    self.placeholders(value, &Path::Field(at, &key_text(key)));
                }
            }
            _ => {}
        }
    }

    fn placeholder(&mut self, how: Embedding, value: &Node<'_>, at: &Path<'_>) {
        let Typed::Text(text) = literal(value) else {
            let message = format!(
                "{at} must name a file by its path, found {}",
                literal(value).describe()
            );
            let hint = "Write the path from this file's folder, such as ./openapi.yaml.";
            return self.sink.error(Code::WrongType, value.span, message, hint);
        };
        match resolve(self.folder, text).and_then(|path| RepoPath::new(&path).ok_or(Fault::Folder))
        {
            Ok(path) => self.found.push(FileRef::Embedded {
                how,
                path,
                pointer: at.pointer().into(),
                span: value.span,
            }),
            Err(fault) => self.refuse(fault, value, at, "fetched"),
        }
    }

    /// `spec.target` and `spec.targets` of a Location.
    pub(super) fn targets(&mut self, spec: &Node<'_>, at: &Path<'_>) {
        let type_ = super::envelope::type_of(spec).unwrap_or("url");
        let files = matches!(type_, "url" | "file");
        if let Some(node) = spec.get("target") {
            self.target(node, files, &Path::Field(at, "target"));
        }
        let Some(Typed::List(items)) = spec.get("targets").map(literal) else {
            return;
        };
        let at = Path::Field(at, "targets");
        for (index, item) in items.iter().enumerate() {
            self.target(item, files, &Path::Item(&at, index));
        }
    }

    fn target(&mut self, node: &Node<'_>, is_file: bool, at: &Path<'_>) {
        let Typed::Text(text) = literal(node) else {
            // A placeholder, or a fault that is told already.
            return;
        };
        if text.is_empty() {
            return;
        }
        if !is_file {
            let message = format!("{at} is not followed: it is no file of the repository");
            let place = self.sink.place(node.span);
            let diagnostic = Diagnostic::info(Code::NotFetched, place, message)
                .with_hint("What it leads to is not in the catalog here.");
            return self.sink.add(diagnostic);
        }
        match resolve(self.folder, text).and_then(|path| match &*path {
            "" => Err(Fault::Folder),
            _ => Ok(path),
        }) {
            Ok(path) => self.found.push(FileRef::Target {
                path: Arc::from(path),
                span: node.span,
            }),
            Err(fault) => self.refuse(fault, node, at, "followed"),
        }
    }

    fn refuse(&mut self, fault: Fault, node: &Node<'_>, at: &Path<'_>, done: &str) {
        let (what, hint) = match fault {
            // Not shown: there may be a password in it.
            Fault::Url => {
                let message =
                    format!("{at} is a URL, which is not {done}: everything comes from the commit");
                let place = self.sink.place(node.span);
                let diagnostic = Diagnostic::warning(Code::NotFetched, place, message)
                    .with_hint("Put the file into the repository and name it by its path.");
                return self.sink.add(diagnostic);
            }
            Fault::Outside => (
                "leads out of the repository",
                "Name a file of the repository: everything comes from the commit.",
            ),
            Fault::Absolute => (
                "is an absolute path",
                "Write the path from this file's folder, such as ./openapi.yaml.",
            ),
            Fault::Backslash => ("has a backslash in it", "Write / between folders."),
            Fault::Folder => (
                "is the repository itself, and no file",
                "Write the path of a file.",
            ),
        };
        let message = format!("{at} {what}");
        self.sink.error(Code::PathOutside, node.span, message, hint);
    }
}

fn embedding(key: &str) -> Option<Embedding> {
    match key {
        "$text" => Some(Embedding::Text),
        "$json" => Some(Embedding::Json),
        "$yaml" => Some(Embedding::Yaml),
        _ => None,
    }
}

/// Why a path is not one of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Url,
    Outside,
    Absolute,
    Backslash,
    /// The root.
    Folder,
}

/// A path from `folder`, as one from the root of the repository.
fn resolve(folder: &str, text: &str) -> Result<String, Fault> {
    // One letter is a drive, for whoever wrote it.
    if Url::parse(text).is_ok_and(|url| url.scheme().len() > 1) {
        return Err(Fault::Url);
    }
    if text.contains('\\') {
        return Err(Fault::Backslash);
    }
    if text.starts_with('/') || Url::parse(text).is_ok() {
        return Err(Fault::Absolute);
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(Fault::Outside)?;
            }
            _ => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a/b", "./x.yaml", Ok("a/b/x.yaml"))]
    #[case("a/b", "../x/../y.yaml", Ok("a/y.yaml"))]
    #[case("a", "../*/catalog-info.yaml", Ok("*/catalog-info.yaml"))]
    #[case("a", "..", Ok(""))]
    #[case("a", "../../x", Err(Fault::Outside))]
    #[case("", "../x", Err(Fault::Outside))]
    #[case("a", "/etc/passwd", Err(Fault::Absolute))]
    #[case("a", "C:/x", Err(Fault::Absolute))]
    #[case("a", "C:\\x", Err(Fault::Backslash))]
    #[case("a", "..\\x", Err(Fault::Backslash))]
    #[case("a", "https://example.com/x", Err(Fault::Url))]
    #[case("a", "file:///etc/passwd", Err(Fault::Url))]
    fn paths(#[case] folder: &str, #[case] text: &str, #[case] path: Result<&str, Fault>) {
        assert_eq!(resolve(folder, text).as_deref(), path.as_ref().copied());
    }
}
