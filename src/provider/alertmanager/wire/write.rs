//! Writing.

use std::collections::BTreeMap;

use serde_yaml::Value as Yaml;

use super::ROUTES;
use super::section::Section;
use crate::model::alertmanager::{BASE, Base, Part, Piece, SecretValue, Value, order};

/// How a secret comes into the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Its value, in its own field.
    Value(String),
    /// The path of a file that holds it, in the field of that.
    File { field: String, path: String },
}

/// What stands in for secrets.
pub type Secrets<'a> = &'a dyn Fn(&SecretValue) -> Written;

/// The whole file. `head` is put before everything, as comment lines.
pub fn write(head: &[String], base: &Base, parts: &[Part], secrets: Secrets<'_>) -> String {
    let pieces = parts.iter().map(|part| (part.id.clone(), Piece::of(part)));
    write_pieces(head, &base.file, &pieces.collect(), secrets)
}

/// The same of what is in the form of the file already.
pub fn write_pieces(
    head: &[String],
    base: &Value,
    pieces: &BTreeMap<String, Piece>,
    secrets: Secrets<'_>,
) -> String {
    let sorted = sorted(pieces);
    let mut writer = Writer {
        out: String::new(),
        pieces: &sorted,
        secrets,
    };
    for line in head {
        writer.line(&format!("# {line}"));
    }
    for (field, value) in base.entries() {
        match (field.as_str(), Section::of(field)) {
            ("route", _) => writer.route(value),
            (_, Some(section)) => writer.section(section, value.items()),
            (name, None) => writer.field(name, value),
        }
    }
    for section in Section::ALL {
        if base.get(section.field()).is_none() {
            writer.section(*section, &[]);
        }
    }
    writer.out
}

struct Writer<'a> {
    out: String,
    /// In the order of their names.
    pieces: &'a [(&'a str, &'a Piece)],
    secrets: Secrets<'a>,
}

/// Pieces in the order in which they stand in the file.
pub(super) fn sorted(pieces: &BTreeMap<String, Piece>) -> Vec<(&str, &Piece)> {
    let mut sorted: Vec<_> = pieces
        .iter()
        .map(|(id, piece)| (id.as_str(), piece))
        .collect();
    sorted.sort_by_key(|(id, _)| order(id));
    sorted
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn field(&mut self, name: &str, value: &Value) {
        let entry = Value::Map(vec![(name.to_owned(), value.clone())]);
        self.block("", &entry);
    }

    /// A list with the platform's items first.
    fn section(&mut self, section: Section, own: &[Value]) {
        let pieces = self.pieces;
        let added = pieces
            .iter()
            .map(|(id, piece)| (*id, section.of_piece(piece)));
        let added: Vec<_> = added.filter(|(_, items)| !items.is_empty()).collect();
        if own.is_empty() && added.is_empty() {
            return;
        }
        self.line(&format!("{}:", section.field()));
        self.items("", own);
        for (id, items) in added {
            self.line(&format!("# {id}"));
            self.items("", items);
        }
    }

    /// The root with the definitions' routes before the platform's own.
    fn route(&mut self, root: &Value) {
        self.line("route:");
        let rest = root.entries().iter().filter(|(name, _)| name != "routes");
        let rest: Vec<_> = rest.cloned().collect();
        if !rest.is_empty() {
            self.block("  ", &Value::Map(rest));
        }
        let own = root.get("routes").map_or(&[][..], Value::items);
        let pieces = self.pieces;
        let added = pieces.iter();
        let added: Vec<_> = added
            .filter_map(|(id, piece)| Some((*id, piece.route.as_ref()?)))
            .collect();
        if own.is_empty() && added.is_empty() {
            return;
        }
        self.line(ROUTES);
        for (id, route) in added {
            self.line(&format!("  # {id}"));
            self.items("  ", std::slice::from_ref(route));
        }
        if !own.is_empty() {
            self.line(&format!("  # {BASE}"));
            self.items("  ", own);
        }
    }

    fn items(&mut self, indent: &str, items: &[Value]) {
        if !items.is_empty() {
            self.block(indent, &Value::List(items.to_vec()));
        }
    }

    /// Writes a value, indented.
    fn block(&mut self, indent: &str, value: &Value) {
        let mut texts = Texts {
            secrets: self.secrets,
            quoted: Vec::new(),
        };
        let yaml = texts.yaml(value);
        // A tree of texts, numbers, lists and mappings with text keys can always be written.
        let mut text = serde_yaml::to_string(&yaml).unwrap_or_default();
        for (index, quoted) in texts.quoted.iter().enumerate() {
            text = text.replacen(&mark(index), quoted, 1);
        }
        for line in text.lines() {
            if line.is_empty() {
                self.line("");
            } else {
                self.line(&format!("{indent}{line}"));
            }
        }
    }
}

/// What ends a line for some readers of YAML, and not for others.
const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];
/// Begins and ends a stand-in; a text that has it itself gets one.
const MARK: char = '\u{e000}';

fn mark(index: usize) -> String {
    format!("{MARK}{index}{MARK}")
}

/// Values on their way into YAML.
struct Texts<'a> {
    secrets: Secrets<'a>,
    /// What is to be put in place of stand-ins.
    quoted: Vec<String>,
}

impl Texts<'_> {
    fn yaml(&mut self, value: &Value) -> Yaml {
        match value {
            Value::Bool(value) => Yaml::Bool(*value),
            Value::Int(value) => Yaml::Number((*value).into()),
            Value::Float(value) => Yaml::Number((*value).into()),
            Value::Text(text) => self.text(text),
            Value::List(items) => items.iter().map(|item| self.yaml(item)).collect(),
            Value::Map(fields) => {
                let fields = fields.iter().map(|(name, value)| match value {
                    Value::Secret(secret) => match (self.secrets)(secret) {
                        Written::Value(value) => (self.text(name), self.text(&value)),
                        Written::File { field, path } => (self.text(&field), self.text(&path)),
                    },
                    other => (self.text(name), self.yaml(other)),
                });
                Yaml::Mapping(fields.collect())
            }
            // Only fields have a sibling for a path.
            Value::Secret(secret) => match (self.secrets)(secret) {
                Written::Value(value) | Written::File { path: value, .. } => self.text(&value),
            },
        }
    }

    fn text(&mut self, text: &str) -> Yaml {
        if !text.contains(BREAKS) && !text.contains(MARK) {
            return Yaml::String(text.to_owned());
        }
        self.quoted.push(quoted(text));
        Yaml::String(mark(self.quoted.len() - 1))
    }
}

/// In one line, whoever reads it.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        other => format!("\\U{:08x}", u32::from(other)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
