//! Diagnostics for a terminal: message, the lines in question with a caret, and what to do.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::model::{Diagnostic, Place, Position, RepoPath, Severity, Span};

/// All diagnostics with the lines that they are about, an empty line between.
///
/// `sources` gives the text of a file; where it has none, only the place is named. `colour` asks for
/// ANSI colours.
pub fn text(
    found: &[Diagnostic],
    sources: &dyn Fn(&RepoPath) -> Option<String>,
    colour: bool,
) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for diagnostic in found {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&renderer.render(&[group(diagnostic, sources)]));
        out.push('\n');
        // Without a place there is no frame of lines to put it in.
        if let (true, Some(hint)) = (is_placeless(diagnostic), &diagnostic.hint) {
            let _ = writeln!(out, " = help: {}", printable(hint));
        }
    }
    out
}

fn group<'d>(
    diagnostic: &'d Diagnostic,
    sources: &dyn Fn(&RepoPath) -> Option<String>,
) -> Group<'d> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level
        .primary_title(printable(&diagnostic.message))
        .id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    let mut shown: Vec<Shown<'d>> = Vec::new();
    if let Some(place) = &diagnostic.place {
        show(&mut shown, place, None);
    }
    for related in &diagnostic.related {
        show(&mut shown, &related.place, Some(&related.message));
    }
    for file in shown {
        group = file.add_to(group, sources);
    }
    match &diagnostic.hint {
        Some(_) if is_placeless(diagnostic) => group,
        Some(hint) => group.element(Level::HELP.message(printable(hint))),
        None => group,
    }
}

fn is_placeless(diagnostic: &Diagnostic) -> bool {
    diagnostic.place.is_none() && diagnostic.related.is_empty()
}

/// The places of one file; the one without a label is the diagnostic's own.
struct Shown<'d> {
    path: &'d RepoPath,
    places: Vec<(Span, Option<&'d str>)>,
}

fn show<'d>(shown: &mut Vec<Shown<'d>>, place: &'d Place, label: Option<&'d str>) {
    let places = place.span.map(|span| (span, label));
    if let Some(file) = shown.iter_mut().find(|file| *file.path == place.file) {
        file.places.extend(places);
        return;
    }
    shown.push(Shown {
        path: &place.file,
        places: places.into_iter().collect(),
    });
}

impl<'d> Shown<'d> {
    fn add_to(self, group: Group<'d>, sources: &dyn Fn(&RepoPath) -> Option<String>) -> Group<'d> {
        let origin = Origin::path(self.path.as_str());
        let lines = self.places.iter().map(|(span, _)| span.start.line);
        let (Some(first), Some(last)) = (lines.clone().min(), lines.max()) else {
            return group.element(origin);
        };
        let window = sources(self.path).and_then(|text| Window::of(&text, first, last));
        let Some(window) = window else {
            let start = self.places[0].0.start;
            let origin = origin
                .line(start.line as usize)
                .char_column(start.column as usize);
            return group.element(origin);
        };
        let annotations = self.places.iter().map(|(span, label)| {
            let kind = match label {
                None => AnnotationKind::Primary,
                Some(_) => AnnotationKind::Context,
            };
            kind.span(window.bytes(*span)).label(label.map(printable))
        });
        let annotations: Vec<_> = annotations.collect();
        let snippet = Snippet::source(window.text)
            .path(self.path.as_str())
            .line_start(first as usize)
            .annotations(annotations);
        group.element(snippet)
    }
}

/// Some lines of a file.
struct Window {
    text: String,
    first: u32,
}

impl Window {
    /// `None` where the file has no such line.
    fn of(text: &str, first: u32, last: u32) -> Option<Self> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let count = (last - first + 1) as usize;
        // YAML knows a carriage return alone as a line break.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let lines: Vec<&str> = text.lines().skip(first as usize - 1).take(count).collect();
        (!lines.is_empty()).then(|| Self {
            text: lines.join("\n"),
            first,
        })
    }

    /// The bytes of a span; one that goes over several lines ends with its first.
    fn bytes(&self, span: Span) -> std::ops::Range<usize> {
        let start = self.offset(span.start);
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |length| start + length);
        let end = if span.end.line > span.start.line {
            line_end
        } else {
            self.offset(span.end).min(line_end)
        };
        start..end.max(start)
    }

    fn offset(&self, at: Position) -> usize {
        let mut offset = 0;
        for (number, line) in (self.first..).zip(self.text.split('\n')) {
            if number == at.line {
                let column = at.column.saturating_sub(1) as usize;
                let inside = line
                    .char_indices()
                    .nth(column)
                    .map_or(line.len(), |(at, _)| at);
                return offset + inside;
            }
            offset += line.len() + 1;
        }
        self.text.len()
    }
}

/// Texts hold what files hold; nothing of it may steer a terminal.
fn printable(text: &str) -> String {
    let safe = |c: char| {
        if c.is_control() && c != '\n' {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    text.chars().map(safe).collect()
}
