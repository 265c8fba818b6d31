//! One file: from bytes to documents of ours.

use bumpalo::Bump;

use super::alertmanager;
use super::backstage;
use super::document::{Document, ParsedFile, RulesDocument, SyntaxFault};
use super::grafana;
use super::kinds::{self, Class};
use super::platform::platform;
use super::read::Sink;
use super::rule_set::rule_set;
use super::tenant::tenant;
use super::text;
use super::yaml::{self, Node, Value, YamlError};
use crate::model::definition::RuleSetKind;
use crate::model::{Code, Diagnostic, Place, Position, RepoPath, Span};

/// Reads one file. The result depends on nothing but the path and the bytes.
///
/// Never fails: what is wrong stands in the result.
pub fn parse(path: &RepoPath, bytes: &[u8]) -> ParsedFile {
    let source = match text::decode(bytes) {
        Ok(source) => source,
        Err(fault) => {
            let span = Span {
                start: fault.at,
                end: fault.at,
            };
            let place = Place::new(path.clone(), span);
            let diagnostic =
                Diagnostic::error(fault.code, place, fault.message).with_hint(fault.hint);
            return broken(diagnostic, &String::from_utf8_lossy(bytes));
        }
    };
    let read = if path.extension() == Some("json") {
        read_json(path, source)
    } else if text::may_hold_definitions(source) {
        // Most files take about so much.
        let arena = Bump::with_capacity(source.len() * 4);
        let documents = yaml::documents(&arena, source, is_entity);
        documents.map(|documents| read(path, source, &documents))
    } else {
        yaml::count(source).map(|skipped| ParsedFile {
            skipped,
            ..nothing()
        })
    };
    read.unwrap_or_else(|error| broken(syntax(path, source, error), source))
}

/// Whether a document is read as Backstage does it, which has no merge keys.
fn is_entity(root: &Node<'_>) -> bool {
    root.text("apiVersion").is_some_and(backstage::is_version)
}

/// A `*.json` file. Most are exported dashboards: large, and read without the place of each value.
fn read_json(path: &RepoPath, source: &str) -> Result<ParsedFile, YamlError> {
    if source.trim_start().is_empty() {
        return Ok(nothing());
    }
    let outline = yaml::json::outline(source)?;
    if outline.api_version.is_some() || outline.groups.is_some() {
        let arena = Bump::new();
        let document = yaml::json::document(&arena, source)?;
        return Ok(read(path, source, &[document]));
    }
    let dashboard = outline.title.is_some() && (outline.panels.is_some() || outline.rows.is_some());
    let mut file = nothing();
    if dashboard {
        file.counted = 1;
        let dashboard = grafana::read_dashboard(path, source);
        file.documents.push(Document::Dashboard(dashboard));
    } else {
        file.skipped = 1;
    }
    Ok(file)
}

fn nothing() -> ParsedFile {
    ParsedFile {
        documents: Vec::new(),
        counted: 0,
        skipped: 0,
        diagnostics: Vec::new(),
        syntax: None,
    }
}

fn broken(diagnostic: Diagnostic, source: &str) -> ParsedFile {
    let syntax = Some(SyntaxFault {
        diagnostic,
        names_us: kinds::names_known_group(source),
        names_tenant: kinds::names_tenant(source),
    });
    ParsedFile {
        syntax,
        ..nothing()
    }
}

fn syntax(path: &RepoPath, source: &str, error: YamlError) -> Diagnostic {
    let at = tab_indentation(source, &error).unwrap_or(error.at);
    let place = Place::new(path.clone(), Span { start: at, end: at });
    let (code, message) = if error.too_complex {
        (Code::TooComplex, error.message)
    } else {
        let json = path.extension() == Some("json");
        let language = if json { "JSON" } else { "YAML" };
        let message = format!("not valid {language}: {}", error.message);
        (Code::YamlInvalid, message)
    };
    let hint = match error.hint {
        Some(hint) => hint,
        None if at != error.at => "Indent with spaces: YAML does not allow tabs.".to_owned(),
        None => "Check indentation, quotes and brackets here and on the line before.".to_owned(),
    };
    Diagnostic::error(code, place, message).with_hint(hint)
}

/// The first tab that indents, where the parser complains of a tab: it names the token before.
fn tab_indentation(source: &str, error: &YamlError) -> Option<Position> {
    if !error.message.contains("tab") {
        return None;
    }
    let lines = (1..).zip(source.lines()).skip(error.at.line as usize - 1);
    let mut tabs = lines.filter_map(|(line, text)| {
        let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
        let tab = text[..blank].find('\t')?;
        let column = u32::try_from(tab + 1).ok()?;
        Some(Position { line, column })
    });
    tabs.next()
}

/// Reads the documents of a text that is YAML.
fn read(path: &RepoPath, source: &str, documents: &[yaml::Document<'_>]) -> ParsedFile {
    let mut file = nothing();
    for document in documents {
        let mut sink = Sink::new(path, source);
        note_duplicates(document, &mut sink);
        if document.root.get("apiVersion").is_some() {
            manifest_document(path, document, sink, &mut file);
        } else {
            bare_document(&document.root, sink, &mut file);
        }
    }
    note_more_documents(path, &mut file);
    file
}

fn note_duplicates(document: &yaml::Document<'_>, sink: &mut Sink<'_>) {
    for duplicate in &document.duplicates {
        let place = sink.place(duplicate.second);
        let message = format!("the key {:?} stands twice in one mapping", duplicate.key);
        let diagnostic = Diagnostic::error(Code::DuplicateKey, place, message)
            .with_hint("Take one of them out; readers disagree on which counts.")
            .with_related("the first one", sink.place(duplicate.first));
        sink.add(diagnostic);
    }
}

/// A document with `apiVersion`, or a list of such.
fn manifest_document(
    path: &RepoPath,
    document: &yaml::Document<'_>,
    mut sink: Sink<'_>,
    file: &mut ParsedFile,
) {
    let duplicate = sink.fault_since(0);
    let (counted, had) = (file.counted, file.documents.len());
    manifest(path, &document.root, &mut sink, file);
    if file.counted == counted {
        // Somebody else's: what is wrong with it is theirs to say.
        return;
    }
    if let Some(fault) = duplicate {
        file.documents[had..]
            .iter_mut()
            .for_each(|document| document.spoil(&fault));
    }
    file.diagnostics.extend(sink.into_found());
}

fn manifest(path: &RepoPath, node: &Node<'_>, sink: &mut Sink<'_>, file: &mut ParsedFile) {
    let (version, kind) = (node.text("apiVersion"), node.text("kind"));
    let (version, class) = match (version, kind) {
        (Some(version), Some(kind)) => (version, kinds::classify(version, kind)),
        // Its fault is said; Backstage has no lists.
        (Some(version), None) if backstage::is_version(version) => (version, Class::Entity),
        (_, None) | (None, _) => {
            file.skipped += 1;
            return;
        }
    };
    let is_list = class != Class::Entity && kind.is_some_and(|kind| kind.ends_with("List"));
    if let (true, Some(items)) = (is_list, items(node)) {
        for item in items {
            manifest(path, item, sink, file);
        }
        return;
    }
    if class == Class::Foreign {
        file.skipped += 1;
        return;
    }
    file.counted += 1;
    let document = match class {
        Class::Platform => Document::Platform(platform(node, path, sink)),
        Class::Tenant => Document::Tenant(tenant(node, sink)),
        Class::RuleSet => Document::RuleSet(rule_set(node, RuleSetKind::RuleSet, path, sink)),
        Class::PrometheusRule => {
            Document::RuleSet(rule_set(node, RuleSetKind::PrometheusRule, path, sink))
        }
        Class::DashboardSet => Document::DashboardSet(grafana::dashboard_set(node, path, sink)),
        Class::Folder => Document::Object(grafana::folder(node, sink)),
        Class::DataSource => Document::Object(grafana::data_source(node, sink)),
        Class::AlertmanagerConfig => {
            Document::Object(alertmanager::definition(node, version, sink))
        }
        Class::Dashboard => {
            let version = version.strip_prefix(kinds::DASHBOARDS).unwrap_or_default();
            let source = sink.source();
            let document = grafana::resource_dashboard(node, version, path, source, sink);
            Document::Object(document)
        }
        Class::Entity => Document::Entity(backstage::entity(node, path, sink)),
        Class::Later | Class::UnknownKind(_) | Class::UnknownVersion | Class::Foreign => {
            return note_unread(node, class, sink);
        }
    };
    file.documents.push(document);
}

/// Says what there is to say of a document of ours that is not read.
fn note_unread(node: &Node<'_>, class: Class, sink: &mut Sink<'_>) {
    let span = |field: &str| node.get(field).map_or(node.span, |node| node.span);
    match class {
        Class::UnknownKind(near) => {
            let kind = node.text("kind").unwrap_or_default();
            let message = format!("there is no kind {kind:?} in {}", kinds::OWN_VERSION);
            let hint = match near {
                Some(near) => format!("Did you mean {near:?}?"),
                None => format!("Known here: {}.", kinds::own_kinds()),
            };
            sink.error(Code::UnknownKind, span("kind"), message, hint);
        }
        Class::UnknownVersion => {
            let version = node.text("apiVersion").unwrap_or_default();
            let message = format!("there is no version {version:?} of our kinds");
            let hint = format!("Write {}.", kinds::OWN_VERSION);
            sink.error(Code::UnknownKind, span("apiVersion"), message, hint);
        }
        Class::Platform
        | Class::Tenant
        | Class::RuleSet
        | Class::PrometheusRule
        | Class::DashboardSet
        | Class::Folder
        | Class::DataSource
        | Class::Dashboard
        | Class::AlertmanagerConfig
        | Class::Entity
        | Class::Later
        | Class::Foreign => {}
    }
}

/// A document without `apiVersion`: rules, a dashboard, or somebody else's.
fn bare_document(node: &Node<'_>, sink: Sink<'_>, file: &mut ParsedFile) {
    let has = |key: &str| node.get(key).is_some();
    if has("groups") {
        file.counted += 1;
        file.documents
            .push(Document::Rules(RulesDocument::read(node, sink)));
    } else if has("route") && has("receivers") {
        file.counted += 1;
        let document = alertmanager::BaseDocument::read(node, sink);
        file.documents.push(Document::AlertmanagerFile(document));
    } else if has("title") && (has("panels") || has("rows")) {
        file.counted += 1;
    } else {
        file.skipped += 1;
    }
}

fn items<'n>(node: &'n Node<'n>) -> Option<&'n [Node<'n>]> {
    match &node.get("items")?.value {
        Value::List(items) => Some(items),
        Value::Scalar(_) | Value::Map(_) => None,
    }
}

/// Prometheus and Alertmanager ignore all but the first document of a file without a word, so more are an error.
fn note_more_documents(path: &RepoPath, file: &mut ParsedFile) {
    if file.counted + file.skipped < 2 {
        return;
    }
    let more = |place: &Place, what: &str, reader: &str, hint: &str| {
        let message = format!("{what} must hold one document; {reader} reads only the first");
        let place = Place::new(path.clone(), place.span.unwrap_or_default());
        Diagnostic::error(Code::MultipleDocuments, place, message).with_hint(hint)
    };
    for document in &mut file.documents {
        let (diagnostic, found) = match document {
            Document::Rules(rules) => {
                let hint = "Put the groups under one `groups:`, or use one file for each document.";
                let diagnostic = more(&rules.place, "a rule file", "Prometheus", hint);
                (diagnostic, &mut rules.diagnostics)
            }
            Document::AlertmanagerFile(base) => {
                let hint = "Use one file for each document.";
                let what = "an Alertmanager configuration";
                let diagnostic = more(&base.place, what, "Alertmanager", hint);
                (diagnostic, &mut base.diagnostics)
            }
            Document::Platform(_)
            | Document::Tenant(_)
            | Document::RuleSet(_)
            | Document::DashboardSet(_)
            | Document::Dashboard(_)
            | Document::Object(_)
            | Document::Entity(_) => continue,
        };
        let fault = super::read::fault(&diagnostic);
        found.push(diagnostic);
        document.spoil(&fault);
    }
}
