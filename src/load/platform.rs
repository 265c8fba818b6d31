//! The `Platform`: the repository's own settings.

use ignore::gitignore::GitignoreBuilder;

use super::document::PlatformDocument;
use super::meta::{metadata, name, owner, selector};
use super::read::{Fields, Sink, fault};
use super::yaml::Node;
use crate::model::{Code, Diagnostic, Platform, RepoPath, Spanned};

/// The one file in which a `Platform` may stand.
pub const FILE: &str = "trueup.yaml";

/// Reads a `Platform`.
pub(crate) fn platform(node: &Node<'_>, path: &RepoPath, sink: &mut Sink<'_>) -> PlatformDocument {
    let mark = sink.mark();
    let place = sink.place(node.span);
    if path.as_str() != FILE {
        let message = format!("a Platform stands only in {FILE} at the root of the repository");
        let diagnostic = Diagnostic::error(Code::PlatformMisplaced, place.clone(), message)
            .with_hint(format!("Move it to {FILE}; there is at most one."));
        let detail = fault(&diagnostic);
        sink.add(diagnostic);
        return PlatformDocument {
            platform: empty(place),
            fault: Some(detail),
        };
    }
    let mut platform = empty(place);
    let document = ["apiVersion", "kind", "metadata", "spec"];
    if let Some(document) = sink.fields(node, "a Platform", &document) {
        let named = metadata(&document, true, sink).and_then(|metadata| name(&metadata, sink));
        if let Some((name, span)) = named {
            platform.name = name;
            platform.place = sink.place(span);
        }
        if let Some(spec) = document.get("spec") {
            let known = ["include", "exclude", "owner", "defaults"];
            if let Some(spec) = sink.fields(spec, "spec of a Platform", &known) {
                fill(&mut platform, &spec, sink);
            }
        }
    }
    PlatformDocument {
        platform,
        fault: sink.fault_since(mark),
    }
}

fn empty(place: crate::model::Place) -> Platform {
    Platform {
        name: String::new(),
        place,
        include: Vec::new(),
        exclude: Vec::new(),
        owner: None,
        default_targets: None,
    }
}

fn fill(platform: &mut Platform, spec: &Fields<'_>, sink: &mut Sink<'_>) {
    platform.include = patterns(spec, "include", sink);
    platform.exclude = patterns(spec, "exclude", sink);
    platform.owner = spec.get("owner").and_then(|node| owner(node, sink));
    let Some(defaults) = spec.get("defaults") else {
        return;
    };
    if let Some(defaults) = sink.fields(defaults, "spec.defaults", &["targets"]) {
        platform.default_targets = defaults
            .get("targets")
            .and_then(|node| selector(node, sink));
    }
}

fn patterns(spec: &Fields<'_>, field: &str, sink: &mut Sink<'_>) -> Vec<Spanned<String>> {
    let Some(node) = spec.get(field) else {
        return Vec::new();
    };
    let patterns = sink.texts(node, field);
    for pattern in &patterns {
        if let Err(error) = GitignoreBuilder::new("").add_line(None, &pattern.value) {
            let message = format!("not a gitignore pattern: {error}");
            let hint = "Write it as in a .gitignore file, such as charts/** or *.tmpl.yaml.";
            sink.error(Code::InvalidValue, pattern.span, message, hint);
        }
    }
    patterns
}
