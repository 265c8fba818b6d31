//! Taking a composed file apart.
//!
//! What belongs to whom is told by the comments. A file that somebody edited is read as long as they are there;
//! what stands under none is the platform's.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use super::ROUTES;
use super::section::Section;
use super::write::sorted;
use crate::model::alertmanager::{BASE, Piece, Value};

/// A composed file by whom its parts belong to.
#[derive(Clone, Default, PartialEq)]
pub struct Composed {
    /// The comment lines before everything, without their mark.
    pub head: Vec<String>,
    /// What is nobody's part.
    pub base: Value,
    pub pieces: BTreeMap<String, Piece>,
}

/// Values of secrets are in it: only names are shown.
impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.pieces.keys().map(String::as_str).collect();
        f.debug_struct("Composed")
            .field("pieces", &names)
            .finish_non_exhaustive()
    }
}

/// Why a file cannot be taken apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("it is not YAML: {0}")]
    Yaml(String),
    #[error("it is no mapping")]
    Shape,
    /// The parts do not make the whole: somebody has moved lines or comments.
    #[error("what belongs to which definition cannot be told any more")]
    Mixed,
}

/// Takes a file apart.
///
/// # Errors
/// Where it is not what was written, and what it holds cannot be told apart.
pub fn read(text: &str) -> Result<Composed, ReadError> {
    let whole: Json = yaml(text)?;
    if !whole.is_object() {
        return Err(ReadError::Shape);
    }
    let mut reader = Reader {
        composed: Composed {
            head: head(text),
            ..Composed::default()
        },
        fields: Vec::new(),
        routes: Vec::new(),
    };
    for block in blocks(text) {
        reader.block(&block)?;
    }
    let Reader {
        mut composed,
        fields,
        routes,
    } = reader;
    composed.base = Value::Map(fields);
    if !is_whole(&whole, &composed, &routes) {
        return Err(ReadError::Mixed);
    }
    Ok(composed)
}

/// A file that nobody composed: all of it is one part.
///
/// # Errors
/// Where it is no YAML mapping.
pub fn read_foreign(text: &str) -> Result<Composed, ReadError> {
    let whole = yaml(text)?;
    if !whole.is_object() {
        return Err(ReadError::Shape);
    }
    Ok(Composed {
        base: Value::from(&whole),
        ..Composed::default()
    })
}

struct Reader {
    composed: Composed,
    fields: Vec<(String, Value)>,
    /// The definitions' and the platform's, in the order of the file.
    routes: Vec<Value>,
}

impl Reader {
    /// One field of the top and what is under it.
    fn block(&mut self, block: &[&str]) -> Result<(), ReadError> {
        let Some((first, lines)) = block.split_first() else {
            return Ok(());
        };
        let field = first.split(':').next().unwrap_or_default();
        match Section::of(field) {
            Some(section) if first.trim_end() == format!("{field}:") => {
                self.section(section, lines)
            }
            None if *first == "route:" => self.route(lines),
            Some(_) | None => {
                let Json::Object(fields) = yaml(&text(block))? else {
                    return Err(ReadError::Shape);
                };
                let fields = fields.iter();
                self.fields
                    .extend(fields.map(|(name, value)| (name.clone(), Value::from(value))));
                Ok(())
            }
        }
    }

    fn section(&mut self, section: Section, lines: &[&str]) -> Result<(), ReadError> {
        let mut own = Vec::new();
        for (id, lines) in chunks(lines, "# ") {
            let items = list(&text(lines))?;
            match id {
                None => own.extend(items),
                Some(id) => section.of_piece_mut(self.piece(id)).extend(items),
            }
        }
        if !own.is_empty() {
            let field = section.field().to_owned();
            self.fields.push((field, Value::List(own)));
        }
        Ok(())
    }

    fn route(&mut self, lines: &[&str]) -> Result<(), ReadError> {
        let at = lines.iter().position(|line| line.trim_end() == ROUTES);
        let (fields, routes) = lines.split_at(at.unwrap_or(lines.len()));
        let mut root = match yaml(&unindented(fields))? {
            Json::Object(fields) => Value::from(&Json::Object(fields)).into_entries(),
            Json::Null => Vec::new(),
            _ => return Err(ReadError::Shape),
        };
        let mut own = Vec::new();
        for (id, lines) in chunks(routes.get(1..).unwrap_or_default(), "  # ") {
            let items = list(&unindented(lines))?;
            self.routes.extend(items.iter().cloned());
            match id.filter(|id| *id != BASE) {
                None => own.extend(items),
                Some(id) => {
                    let piece = self.piece(id);
                    let mut items = items.into_iter();
                    if piece.route.is_some() {
                        return Err(ReadError::Mixed);
                    }
                    piece.route = items.next();
                    // Another one was put beside it by hand.
                    if items.next().is_some() {
                        return Err(ReadError::Mixed);
                    }
                }
            }
        }
        if !own.is_empty() {
            root.push(("routes".to_owned(), Value::List(own)));
        }
        self.fields.push(("route".to_owned(), Value::Map(root)));
        Ok(())
    }

    fn piece(&mut self, id: &str) -> &mut Piece {
        self.composed.pieces.entry(id.to_owned()).or_default()
    }
}

/// Whether the parts are all that the file holds, in its order.
fn is_whole(whole: &Json, composed: &Composed, routes: &[Value]) -> bool {
    let Value::Map(whole) = Value::from(whole) else {
        return false;
    };
    whole.iter().all(|(field, value)| {
        let own = composed.base.get(field);
        if let Some(section) = Section::of(field) {
            let pieces = sorted(&composed.pieces);
            let pieces = pieces.iter();
            let mut all = own.map_or_else(Vec::new, |own| own.items().to_vec());
            all.extend(pieces.flat_map(|(_, piece)| section.of_piece(piece).to_vec()));
            return value.items() == all;
        }
        if field == "route" {
            let rest = |value: &Value| {
                let fields = value.entries().iter().filter(|(name, _)| name != "routes");
                fields.cloned().collect::<Vec<_>>()
            };
            let all = value.get("routes").map_or(&[][..], Value::items);
            return own.is_some_and(|own| rest(own) == rest(value)) && all == routes;
        }
        own == Some(value)
    })
}

/// The comment lines before everything.
fn head(text: &str) -> Vec<String> {
    let lines = text.lines().map_while(|line| line.strip_prefix("# "));
    lines.map(str::to_owned).collect()
}

/// The lines of each field of the top.
fn blocks(text: &str) -> Vec<Vec<&str>> {
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    for line in text.lines() {
        if line.starts_with(|c: char| !c.is_whitespace() && c != '#' && c != '-') {
            blocks.push(vec![line]);
        } else if let Some(block) = blocks.last_mut() {
            block.push(line);
        }
    }
    blocks
}

/// The lines under each comment; those before the first are under none.
fn chunks<'a, 't>(lines: &'a [&'t str], mark: &str) -> Vec<(Option<&'t str>, &'a [&'t str])> {
    let comments = lines.iter().enumerate();
    let comments = comments.filter_map(|(index, line)| Some((index, line.strip_prefix(mark)?)));
    let comments: Vec<(usize, &str)> = comments.collect();
    let first = comments.first().map_or(lines.len(), |(index, _)| *index);
    let mut chunks = vec![(None, &lines[..first])];
    for (number, (index, id)) in comments.iter().enumerate() {
        let end = comments.get(number + 1).map_or(lines.len(), |next| next.0);
        chunks.push((Some(id.trim()), &lines[index + 1..end]));
    }
    chunks
}

fn unindented(lines: &[&str]) -> String {
    let lines = lines
        .iter()
        .map(|line| line.strip_prefix("  ").unwrap_or(line));
    text(&lines.collect::<Vec<_>>())
}

/// Every line ends: a text that stands in lines of its own has its last line break, too.
fn text(lines: &[&str]) -> String {
    lines.iter().flat_map(|line| [*line, "\n"]).collect()
}

fn list(text: &str) -> Result<Vec<Value>, ReadError> {
    match yaml(text)? {
        Json::Null => Ok(Vec::new()),
        Json::Array(items) => Ok(items.iter().map(Value::from).collect()),
        _ => Err(ReadError::Mixed),
    }
}

fn yaml(text: &str) -> Result<Json, ReadError> {
    serde_yaml::from_str(text).map_err(|error| ReadError::Yaml(error.to_string()))
}
