//! Whether a committed file is still what would be made.

use std::collections::BTreeMap;
use std::fmt;

/// How a committed file is out of step. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// A line that should be there.
    Missing { wanted: String },
    /// A line that should not.
    Extra { line: u32, text: String },
    /// Both have the same lines, but another one stands here; the last that matches wins, so the order matters.
    Order {
        line: u32,
        text: String,
        wanted: String,
    },
}

impl Difference {
    /// Where in the committed file it is.
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::Missing { .. } => None,
            Self::Extra { line, .. } | Self::Order { line, .. } => Some(*line),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { wanted } => write!(f, "there is no line `{wanted}`"),
            Self::Extra { text, .. } => write!(f, "no tenant is behind the line `{text}`"),
            Self::Order { text, wanted, .. } => {
                write!(f, "`{wanted}` should stand where `{text}` does")
            }
        }
    }
}

/// What makes a committed file differ from the wanted one: not comments, empty lines and spacing. Missing lines
/// come first, then those that should not be there, then the first one out of order.
pub fn differences(wanted: &str, committed: &str) -> Vec<Difference> {
    let (wanted, committed) = (rules(wanted), rules(committed));
    let mut found = Vec::new();
    for (_, text) in only_in(&wanted, &committed) {
        found.push(Difference::Missing { wanted: text });
    }
    for (line, text) in only_in(&committed, &wanted) {
        found.push(Difference::Extra { line, text });
    }
    if found.is_empty() {
        let pairs = wanted.iter().zip(&committed);
        let moved = pairs.filter(|((_, wanted), (_, text))| wanted != text).map(
            |((_, wanted), (line, text))| Difference::Order {
                line: *line,
                text: text.clone(),
                wanted: wanted.clone(),
            },
        );
        found.extend(moved.take(1));
    }
    found
}

/// The lines that say something, with their numbers, evenly spaced.
fn rules(text: &str) -> Vec<(u32, String)> {
    let lines = (1..).zip(text.lines());
    let rules = lines.map(|(number, line)| (number, words(line).join(" ")));
    rules.filter(|(_, rule)| !rule.is_empty()).collect()
}

/// The words of a line up to a comment. A space behind a backslash is part of its word.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut escaped = false;
    for letter in line.chars() {
        let splits = letter.is_whitespace() && !escaped;
        if splits && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter == '#' && word.is_empty() && !escaped {
            return words;
        }
        if !splits {
            word.push(letter);
        }
        escaped = letter == '\\' && !escaped;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The lines of one that the other has not, or not as often; in order.
fn only_in(one: &[(u32, String)], other: &[(u32, String)]) -> Vec<(u32, String)> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, text) in other {
        *left.entry(text).or_default() += 1;
    }
    let only = one.iter().filter(|(_, text)| {
        let Some(count) = left.get_mut(text.as_str()).filter(|count| **count > 0) else {
            return true;
        };
        *count -= 1;
        false
    });
    only.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &str = "# Head\n* @acme/platform\n/teams/a\\ b/ @acme/a\n/teams/c/ @acme/c\n";

    #[test]
    fn spacing_and_comments_do_not_count() {
        let committed =
            "* \t@acme/platform\r\n\n/teams/a\\ b/   @acme/a # ours\n   # x\n/teams/c/ @acme/c";
        assert_eq!(differences(WANTED, committed), []);
    }

    #[test]
    fn lines_that_differ_are_told() {
        let committed =
            "* @acme/platform\n/teams/a\\ b/ @acme/b\n/teams/c/ @acme/c\n/teams/c/ @acme/c";
        let told: Vec<String> = differences(WANTED, committed)
            .iter()
            .map(|difference| format!("{:?} {difference}", difference.line()))
            .collect();
        assert_eq!(
            told,
            [
                "None there is no line `/teams/a\\ b/ @acme/a`",
                "Some(2) no tenant is behind the line `/teams/a\\ b/ @acme/b`",
                "Some(4) no tenant is behind the line `/teams/c/ @acme/c`",
            ]
        );
    }

    #[test]
    fn the_order_matters() {
        let committed = "/teams/a\\ b/ @acme/a\n* @acme/platform\n/teams/c/ @acme/c\n";
        let [
            Difference::Order {
                line: 1,
                text,
                wanted,
            },
        ] = &differences(WANTED, committed)[..]
        else {
            panic!("one line is out of order");
        };
        assert_eq!(
            (text.as_str(), wanted.as_str()),
            ("/teams/a\\ b/ @acme/a", "* @acme/platform")
        );
    }
}
