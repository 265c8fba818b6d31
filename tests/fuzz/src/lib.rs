//! What the fuzz targets share: a snapshot from texts, and places that lie within them.

pub mod target;

use std::sync::Arc;

use trueup::load::{self, Files, Loaded};
use trueup::model::{BlobId, Diagnostic, Entry, Place, Position, RepoPath, Revision, Snapshot};
use trueup::report;

/// Files of a repository: path and bytes.
pub type Texts<'a> = [(RepoPath, &'a [u8])];

/// A path that is known to be one.
pub fn path(text: &str) -> RepoPath {
    RepoPath::new(text).expect("a path")
}

/// A snapshot of these files.
pub fn snapshot(texts: &Texts<'_>) -> Snapshot {
    let entry = |text: &[u8]| Entry {
        blob: BlobId([0; 20]),
        size: text.len() as u64,
    };
    let files = texts.iter().map(|(path, text)| (path.clone(), entry(text)));
    Snapshot {
        repository: "platform".into(),
        revision: Revision::Unversioned,
        files: files.collect(),
        diagnostics: Vec::new(),
    }
}

/// The files parsed, as `assemble` takes them.
pub fn parsed(texts: &Texts<'_>) -> Files {
    let parse = |(path, text): &(RepoPath, &[u8])| {
        let file = load::parse(path, text);
        (path.clone(), Arc::new(file))
    };
    texts.iter().map(parse).collect()
}

/// All that the files declare.
pub fn load(texts: &Texts<'_>) -> Loaded {
    load::assemble(&snapshot(texts), &parsed(texts), &Files::new(), &load::Given::default())
}

/// Panics where a diagnostic speaks of a place that its file does not have, or cannot be shown.
pub fn check_places(diagnostics: &[Diagnostic], texts: &Texts<'_>) {
    let source = |wanted: &RepoPath| {
        let (_, text) = texts.iter().find(|(path, _)| path == wanted)?;
        String::from_utf8(text.to_vec()).ok()
    };
    let shown = report::diagnostics::text(diagnostics, &source, true);
    assert_eq!(shown.is_empty(), diagnostics.is_empty());
    for diagnostic in diagnostics {
        let related = diagnostic.related.iter().map(|related| &related.place);
        for place in diagnostic.place.iter().chain(related) {
            let (_, text) = texts
                .iter()
                .find(|(path, _)| *path == place.file)
                .unwrap_or_else(|| panic!("no such file: {diagnostic:?}"));
            check_place(place, text, diagnostic);
        }
    }
}

fn check_place(place: &Place, text: &[u8], diagnostic: &Diagnostic) {
    let Some(span) = place.span else { return };
    assert!(
        span.start <= span.end,
        "ends before it starts: {diagnostic:?}"
    );
    let said = format!("{diagnostic:?}");
    for position in [span.start, span.end] {
        check_position(position, text, &said);
    }
}

/// Panics where the position is beyond the text; one character behind a line, or one line behind the
/// last, is where "here something is missing" points.
///
/// A carriage return alone ends a line for some of the parsers that say where something is, and not for
/// others: texts with one are not looked at here.
pub fn check_position(position: Position, text: &[u8], said: &str) {
    let mut text = String::from_utf8_lossy(text).replace("\r\n", "\n");
    if text.contains('\r') {
        return;
    }
    text.push('\n');
    let Position { line, column } = position;
    assert!(
        line >= 1 && column >= 1,
        "{position:?} counts from 0: {said}"
    );
    let found = text.split('\n').nth(line as usize - 1);
    let found = found.unwrap_or_else(|| panic!("{position:?} is behind the last line: {said}"));
    let length = found.chars().count();
    assert!(
        column as usize <= length + 1,
        "{position:?} is behind its line of {length} characters: {said}"
    );
}
