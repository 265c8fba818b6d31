//! Matchers of labels, as Alertmanager's routes and inhibition rules have them.

use std::collections::BTreeMap;
use std::fmt;

use regex::Regex;

/// Labels of an alert. A label that is not there counts as an empty one, as in Prometheus.
pub type Labels = BTreeMap<String, String>;

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    Equal,
    NotEqual,
    Matches,
    MatchesNot,
}

impl Operator {
    pub const ALL: &'static [Self] =
        &[Self::Equal, Self::NotEqual, Self::Matches, Self::MatchesNot];

    /// As it is written in a matcher.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::MatchesNot => "!~",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|op| op.as_str() == text)
    }
}

/// One condition on one label.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: String,
    operator: Operator,
    value: String,
    /// Anchored on both sides; of the operators that have one.
    regex: Option<Regex>,
}

/// Why a matcher is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    #[error("{0:?} is not the name of a label")]
    Name(String),
    #[error("{value:?} is not a regular expression: {detail}")]
    Regex { value: String, detail: String },
    #[error("{0:?} is not a matcher")]
    Shape(String),
}

impl Matcher {
    /// # Errors
    /// Where the name is not that of a label (`^[a-zA-Z_][a-zA-Z0-9_]*$`), or the value of a regular operator is
    /// no regular expression.
    pub fn new(
        name: impl Into<String>,
        operator: Operator,
        value: impl Into<String>,
    ) -> Result<Self, MatcherError> {
        let (name, value) = (name.into(), value.into());
        if !is_label(&name) {
            return Err(MatcherError::Name(name));
        }
        let regex = match operator {
            Operator::Equal | Operator::NotEqual => None,
            Operator::Matches | Operator::MatchesNot => Some(anchored(&value)?),
        };
        Ok(Self {
            name,
            operator,
            value,
            regex,
        })
    }

    /// Reads one matcher as Alertmanager 0.25 does (`pkg/labels`, `ParseMatcher`): a name, an operator, a value
    /// with or without double quotes, space around each.
    ///
    /// # Errors
    /// Where it is not of that shape.
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        let shape = || MatcherError::Shape(text.to_owned());
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .ok_or_else(shape)?;
        let (name, rest) = trimmed.split_at(end);
        let rest = rest.trim_start();
        // The longer ones first: `=~` begins with `=`.
        let operators = [
            Operator::NotEqual,
            Operator::Matches,
            Operator::MatchesNot,
            Operator::Equal,
        ];
        let found = operators
            .into_iter()
            .find_map(|op| Some((op, rest.strip_prefix(op.as_str())?)));
        let (operator, value) = found.ok_or_else(shape)?;
        let value = unquoted(value.trim()).ok_or_else(shape)?;
        Self::new(name, operator, value)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn operator(&self) -> Operator {
        self.operator
    }

    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether an alert with these labels meets it.
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.name).map_or("", String::as_str);
        let fits = match &self.regex {
            Some(regex) => regex.is_match(value),
            None => value == self.value,
        };
        match self.operator {
            Operator::Equal | Operator::Matches => fits,
            Operator::NotEqual | Operator::MatchesNot => !fits,
        }
    }
}

/// Whether all of them are met; none is.
pub fn all_match(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels))
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            name,
            operator,
            value,
            // Of the value.
            regex: _,
        } = self;
        (name, operator, value) == (&other.name, &other.operator, &other.value)
    }
}

impl Eq for Matcher {}

/// As Alertmanager writes it, with the value always in quotes: `severity=~"page|ticket"`.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}\"", self.name, self.operator.as_str())?;
        for c in self.value.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}

/// Whether a text is the name of a label.
pub fn is_label(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
        && chars.all(|c| c == '_' || c.is_ascii_alphanumeric())
}

fn anchored(value: &str) -> Result<Regex, MatcherError> {
    // The group keeps an alternation inside; `(?s)` is not set, as in Go.
    Regex::new(&format!("^(?:{value})$")).map_err(|error| MatcherError::Regex {
        value: value.to_owned(),
        detail: last_line(&error.to_string()),
    })
}

fn last_line(text: &str) -> String {
    let last = text.lines().last().unwrap_or(text).trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// The value of a matcher without its quotes and escapes; an unquoted one stands for itself. `None` where a
/// quote is not closed, or stands in the middle.
fn unquoted(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('"') else {
        return (!text.contains('"')).then(|| text.to_owned());
    };
    let inner = inner.strip_suffix('"')?;
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => match chars.next()? {
                'n' => value.push('\n'),
                c @ ('"' | '\\') => value.push(c),
                // As Alertmanager does: what it does not know stays.
                c => value.extend(['\\', c]),
            },
            c => value.push(c),
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[rstest]
    #[case("team=a", "team=\"a\"")]
    #[case(" team != \"a b\" ", "team!=\"a b\"")]
    #[case("team=~\"a|b\"", "team=~\"a|b\"")]
    #[case("team!~a.*", "team!~\"a.*\"")]
    #[case("team=\"a\\\"b\\\\c\\nd\"", "team=\"a\\\"b\\\\c\\nd\"")]
    #[case("team=", "team=\"\"")]
    fn reads_and_writes(#[case] text: &str, #[case] written: &str) {
        let matcher = Matcher::parse(text).unwrap();
        assert_eq!(matcher.to_string(), written);
        assert_eq!(Matcher::parse(written).unwrap(), matcher);
    }

    #[rstest]
    #[case("team")]
    #[case("=a")]
    #[case("1team=a")]
    #[case("team=\"a")]
    #[case("team=a\"b")]
    #[case("team=~\"(\"")]
    fn refuses(#[case] text: &str) {
        assert!(Matcher::parse(text).is_err());
    }

    #[test]
    fn regular_expressions_are_anchored() {
        let matcher = Matcher::parse("team=~\"a|b\"").unwrap();
        assert!(matcher.matches(&labels(&[("team", "b")])));
        assert!(!matcher.matches(&labels(&[("team", "ab")])));
        assert!(!matcher.matches(&labels(&[])));
    }

    #[test]
    fn a_missing_label_is_an_empty_one() {
        assert!(Matcher::parse("team=\"\"").unwrap().matches(&labels(&[])));
        assert!(Matcher::parse("team!=a").unwrap().matches(&labels(&[])));
        assert!(Matcher::parse("team=~.*").unwrap().matches(&labels(&[])));
    }
}
