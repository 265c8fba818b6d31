//! Stand-ins for Grafana's variables, as long in bytes as they are, so that places stay what they are.
//!
//! A variable may stand in a text in quotes, where it can be of any value without quotes. Elsewhere it must surely be a
//! number, a duration or a plain name: it is put there by text, and could hold a selector of its own.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::stand_in::{Strangers, stand_in};
use super::variables::Variables;
use crate::model::promql::fence::FenceFault;

/// A query with stand-ins; `open` is where they are.
#[derive(Debug)]
pub(super) struct Masked {
    pub(super) text: String,
    pub(super) open: Vec<Range<usize>>,
}

/// Where a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Code,
    Comment,
    /// In quotes.
    Text,
    /// In quotes, right behind a backslash.
    Escape,
}

/// `$x`, `[[x]]`, `[[x:format]]`, `${x}`, `${x.path}`, `${x:format}`, as Grafana finds them. Until 8 it took anything
/// in double brackets for a name: see [`odd_name`].
pub(super) static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\$([0-9A-Za-z_]+)|\[\[([0-9A-Za-z_]+?)(?::([0-9A-Za-z_]+))?\]\]|\$\{([0-9A-Za-z_]+)(\.[^:^\}]+)?(?::([^\}]+))?\}",
    )
    .ok()
});

/// One use of a variable.
pub(super) struct Use<'t> {
    pub(super) name: &'t str,
    pub(super) format: Option<&'t str>,
    pub(super) path: bool,
    pub(super) range: Range<usize>,
}

/// The query with a stand-in for each variable.
///
/// # Errors
/// Variables that could be more than a value where they stand.
pub(super) fn mask(text: &str, variables: &Variables) -> Result<Masked, Vec<FenceFault>> {
    let mut masked = Masked {
        text: text.to_owned(),
        open: Vec::new(),
    };
    let mut faults = Vec::new();
    faults.extend(odd_name(text, variables));
    for (found, place) in uses(text) {
        match stand_in(text, &found, place, variables, Strangers::Refused) {
            Ok(stand_in) => {
                masked.text.replace_range(found.range.clone(), &stand_in);
                masked.open.push(found.range);
            }
            Err((message, hint)) => faults.push(FenceFault {
                from: found.range.start,
                to: found.range.end,
                message,
                hint,
            }),
        }
    }
    if faults.is_empty() {
        Ok(masked)
    } else {
        Err(faults)
    }
}

/// Every use in order, and where it stands.
fn uses(text: &str) -> Vec<(Use<'_>, Place)> {
    let Some(regex) = VARIABLE.as_ref() else {
        return Vec::new();
    };
    let mut scan = Scan::of(text);
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(captures) = regex.captures_at(text, from) {
        let (Some(whole), Some(name)) = (
            captures.get(0),
            captures.get(1).or(captures.get(2)).or(captures.get(4)),
        ) else {
            break;
        };
        let place = scan.place_of(whole.range());
        from = whole.end();
        let used = Use {
            name: name.as_str(),
            format: captures
                .get(3)
                .or(captures.get(6))
                .map(|format| format.as_str()),
            path: captures.get(5).is_some(),
            range: whole.range(),
        };
        found.push((used, place));
    }
    found
}

/// A variable with a name that only some versions of Grafana find: `[[a b]]`.
fn odd_name(text: &str, variables: &Variables) -> Option<FenceFault> {
    let mut odd = variables.names().filter(|name| !is_name(name));
    let (from, written) = odd.find_map(|name| {
        let written = format!("[[{name}");
        Some((text.find(&written)?, written))
    })?;
    Some(FenceFault {
        from,
        to: from + written.len(),
        message: format!("{written}]] is a variable for some versions of Grafana only"),
        hint: "Give the variable a name of letters, digits and underscores.".to_owned(),
    })
}

/// Whether a `|` stands outside of quotes and comments, for everybody who reads it and whatever its variables are.
pub(super) fn has_pipe(text: &str, variables: &Variables) -> bool {
    // A comment of some ends at a carriage return.
    let text = text.replace('\r', " ");
    let mut plain = text.clone();
    for (found, place) in uses(&text) {
        match stand_in(&text, &found, place, variables, Strangers::Text) {
            Ok(stand_in) => plain.replace_range(found.range, &stand_in),
            Err(_) => return false,
        }
    }
    let mut scan = Scan::of(&plain);
    let mut found = plain.match_indices('|').map(|(at, _)| at);
    odd_name(&text, variables).is_none() && found.any(|at| scan.place_of(at..at + 1) == Place::Code)
}

pub(super) fn is_name(text: &str) -> bool {
    text.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
}

/// Follows quotes and comments as Prometheus' lexer does.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    place: Place,
    quote: char,
}

impl<'t> Scan<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            place: Place::Code,
            quote: ' ',
        }
    }

    /// What the start of a range stands in; goes on behind it.
    fn place_of(&mut self, range: Range<usize>) -> Place {
        while self.at < range.start {
            let Some(c) = self.text[self.at..].chars().next() else {
                break;
            };
            self.at += c.len_utf8();
            self.place = match self.place {
                Place::Code if c == '#' => Place::Comment,
                Place::Code if matches!(c, '"' | '\'' | '`') => {
                    self.quote = c;
                    Place::Text
                }
                Place::Comment if matches!(c, '\n' | '\r') => Place::Code,
                Place::Text if c == self.quote => Place::Code,
                Place::Text if c == '\\' && self.quote != '`' => Place::Escape,
                Place::Escape => Place::Text,
                place => place,
            };
        }
        let place = self.place;
        self.at = range.end;
        if place == Place::Escape {
            self.place = Place::Text;
        }
        place
    }
}
