//! What stands for a variable while a query is read.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::mask::{Place, Use, VARIABLE, is_name};
use super::variables::{Values, Variable, Variables};

/// What a variable is outside of quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Number,
    Duration,
    Name,
}

/// What becomes of variables whose values come of sources that are not fenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strangers {
    Refused,
    /// In quotes they may stand.
    Text,
}

type Wrong = (String, String);

/// What stands for a variable, of the same length.
///
/// # Errors
/// Why it could be more than a value.
pub(super) fn stand_in(
    text: &str,
    used: &Use<'_>,
    place: Place,
    variables: &Variables,
    strangers: Strangers,
) -> Result<String, Wrong> {
    let written = &text[used.range.clone()];
    let length = written.len();
    let declared = variables.get(used.name);
    if used.name.starts_with("__") {
        let class = built_in(used, declared).ok_or_else(|| {
            (
                format!("nobody can tell what {written} stands for"),
                "Write the value, or one of $__interval, $__rate_interval, $__range, $__from and $__to.".to_owned(),
            )
        })?;
        return Ok(filled(class, length));
    }
    if used.path || declared.is_empty() && used.format.is_some() {
        let hint = format!("Write ${{{}}}.", used.name);
        return Err((format!("nobody can tell what {written} stands for"), hint));
    }
    if declared.is_empty() {
        return match place {
            // Grafana leaves it as it is; it is no value that is known to us.
            Place::Text | Place::Comment => Ok("a".repeat(length)),
            Place::Code | Place::Escape => Err((
                format!("the dashboard has no variable for {written}"),
                "Declare it, or write the value.".to_owned(),
            )),
        };
    }
    for variable in declared {
        if strangers == Strangers::Refused {
            known(written, variable)?;
        }
        clean(written, variable)?;
        formatted(written, used, variable)?;
    }
    match place {
        Place::Text => Ok("a".repeat(length)),
        Place::Escape => Err((
            format!("{written} stands behind a backslash, which would change its first character"),
            "Take the backslash out.".to_owned(),
        )),
        Place::Code | Place::Comment => {
            let joined = joins_word(text, &used.range);
            let class = declared.iter().map(|variable| class(variable, joined));
            let mut class = class.collect::<Option<Vec<_>>>().into_iter().flatten();
            let first = class
                .next()
                .filter(|first| class.all(|class| class == *first));
            let first = first.filter(|_| used.format.is_none());
            let class = first.ok_or_else(|| syntax(written))?;
            Ok(filled(class, length))
        }
    }
}

fn syntax(written: &str) -> Wrong {
    (
        format!("{written} stands where syntax stands, and could hold a selector that is not fenced"),
        "Use variables inside quotes; elsewhere only of type interval, custom, constant or textbox, with numbers, durations or plain names for values."
            .to_owned(),
    )
}

/// What Grafana itself puts in, if it is a number or a duration.
fn built_in(used: &Use<'_>, declared: &[Variable]) -> Option<Class> {
    let format = used.format.unwrap_or("date:seconds");
    if used.path || !declared.is_empty() || format != "date:seconds" {
        return None;
    }
    match used.name {
        // The last is Loki's.
        "__interval" | "__rate_interval" | "__range" | "__auto" => Some(Class::Duration),
        "__interval_ms" | "__rate_interval_ms" | "__range_ms" | "__range_s" | "__from" | "__to" => {
            Some(Class::Number)
        }
        name if name.starts_with("__auto_interval_") => Some(Class::Duration),
        _ => None,
    }
}

/// A number, duration or name of so many bytes.
fn filled(class: Class, length: usize) -> String {
    match class {
        Class::Number => format!("{:0>length$}", "1"),
        Class::Duration => format!("{:0>length$}", "1m"),
        Class::Name => "a".repeat(length),
    }
}

/// Whether it is part of a longer word.
fn joins_word(text: &str, range: &Range<usize>) -> bool {
    let word = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let (before, after) = (&text[..range.start], &text[range.end..]);
    // Also of one that begins or ends with another variable.
    before.ends_with(word)
        || after.starts_with(word)
        || before.ends_with('}')
        || after.starts_with('$')
}

/// Refuses a variable of which nobody knows the values.
fn known(written: &str, variable: &Variable) -> Result<(), Wrong> {
    if let Values::Foreign(why) = &variable.values {
        let hint = "Take the values from a Prometheus data source, or list them.".to_owned();
        return Err((
            format!("nobody can tell what {written} stands for: {why}"),
            hint,
        ));
    }
    Ok(())
}

/// Refuses a variable with a value that could end a text.
fn clean(written: &str, variable: &Variable) -> Result<(), Wrong> {
    let special = |c: char| matches!(c, '"' | '\'' | '`' | '\\' | '{' | '}') || c.is_control();
    let found = variable.written.iter().find(|value| {
        let nested = value.contains(['$', '['])
            && VARIABLE.as_ref().is_some_and(|regex| regex.is_match(value));
        value.contains(special) || nested && !is_automatic(value) && *value != "$__all"
    });
    match found {
        None => Ok(()),
        Some(value) => Err((
            format!(
                "{written} can stand for {value:?}, which could end the text that it is put into"
            ),
            "Take quotes, braces, backslashes, line breaks and other variables out of its values."
                .to_owned(),
        )),
    }
}

/// What an interval variable has for a value where Grafana chooses.
fn is_automatic(value: &str) -> bool {
    value.strip_prefix("$__auto").is_some_and(is_name)
}

/// Refuses formats that write values out as they are.
fn formatted(written: &str, used: &Use<'_>, variable: &Variable) -> Result<(), Wrong> {
    let listed = matches!(variable.values, Values::Listed(_));
    match used.format {
        None | Some("regex" | "percentencode") => Ok(()),
        Some("pipe" | "csv") if listed => Ok(()),
        Some(format) => Err((
            format!("{written} is put in without escapes, by the format {format}"),
            format!("Write ${{{}}}.", used.name),
        )),
    }
}

/// What a variable surely is outside of quotes.
fn class(variable: &Variable, joins_word: bool) -> Option<Class> {
    static NUMBER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$").ok());
    static DURATION: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^([0-9]+(ms|[smhdwy]))+$").ok());
    static NAME: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[A-Za-z_][A-Za-z0-9_:]*$").ok());
    let is = |regex: &LazyLock<Option<Regex>>, value: &str| {
        LazyLock::force(regex)
            .as_ref()
            .is_some_and(|regex| regex.is_match(value))
    };
    let Values::Listed(values) = &variable.values else {
        return None;
    };
    let mut classes = values
        .iter()
        .filter(|value| !value.is_empty())
        .map(|value| {
            if joins_word
                && value
                    .bytes()
                    .all(|b| b == b'_' || b.is_ascii_alphanumeric())
            {
                // A unit behind it, or the rest of a name before it.
                let number = value.bytes().all(|b| b.is_ascii_digit());
                Some(if number { Class::Number } else { Class::Name })
            } else if joins_word {
                None
            } else if is(&NUMBER, value) {
                Some(Class::Number)
            } else if is(&DURATION, value) || is_automatic(value) || value == "auto" {
                Some(Class::Duration)
            } else if is(&NAME, value) {
                Some(Class::Name)
            } else {
                None
            }
        });
    let first = classes.next()??;
    let same = classes.all(|class| class == Some(first));
    (same && !variable.several).then_some(first)
}
