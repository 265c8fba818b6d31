//! Kubernetes label selectors as one string: `env=prod,region in (eu,us),!canary`.
//!
//! Grammar and meaning follow `k8s.io/apimachinery/pkg/labels`: `=`, `==`, `!=`, `in`, `notin`,
//! `key`, `!key`. As there, `!=` and `notin` also match where the key is absent, and an empty
//! selector matches everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A parsed selector: all requirements must hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    /// Shared, as every definition carries its selector along.
    requirements: Arc<[Requirement]>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Test {
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Exists,
    Missing,
}

/// What is wrong with a selector, and at which character (from 0).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    pub message: String,
    pub offset: usize,
}

impl Selector {
    fn of(requirements: Vec<Requirement>) -> Self {
        Self {
            requirements: requirements.into(),
        }
    }

    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut parser = Parser {
            chars: text.chars().collect(),
            at: 0,
        };
        parser.selector()
    }

    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            match &requirement.test {
                Test::In(values) => value.is_some_and(|value| values.contains(value)),
                Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
            }
        })
    }
}

impl Selector {
    /// Whether nothing can match both, whatever labels there are; told by each key on its own.
    pub fn excludes(&self, other: &Self) -> bool {
        let pairs = self.requirements.iter().flat_map(|one| {
            let same = other.requirements.iter().filter(|two| two.key == one.key);
            same.map(move |two| (&one.test, &two.test))
        });
        pairs.into_iter().any(|(one, two)| one.excludes(two))
    }
}

impl Test {
    fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::In(one), Self::In(two)) => one.is_disjoint(two),
            (Self::In(all), Self::NotIn(none)) | (Self::NotIn(none), Self::In(all)) => {
                all.is_subset(none)
            }
            (Self::In(_) | Self::Exists, Self::Missing)
            | (Self::Missing, Self::In(_) | Self::Exists) => true,
            (Self::NotIn(_), Self::NotIn(_) | Self::Exists | Self::Missing)
            | (Self::Exists, Self::In(_) | Self::NotIn(_) | Self::Exists)
            | (Self::Missing, Self::NotIn(_) | Self::Missing)
            | (Self::In(_), Self::Exists) => false,
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Requirement { key, test }) in self.requirements.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match test {
                Test::In(values) => write_values(f, key, "=", " in ", values)?,
                Test::NotIn(values) => write_values(f, key, "!=", " notin ", values)?,
                Test::Exists => f.write_str(key)?,
                Test::Missing => write!(f, "!{key}")?,
            }
        }
        Ok(())
    }
}

fn write_values(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    one: &str,
    many: &str,
    values: &BTreeSet<String>,
) -> fmt::Result {
    let mut listed = values.iter();
    if let (Some(only), None) = (listed.next(), listed.next()) {
        return write!(f, "{key}{one}{only}");
    }
    let joined: Vec<&str> = values.iter().map(String::as_str).collect();
    write!(f, "{key}{many}({})", joined.join(","))
}

struct Parser {
    chars: Vec<char>,
    at: usize,
}

impl Parser {
    fn selector(&mut self) -> Result<Selector, SelectorError> {
        let mut requirements = Vec::new();
        self.skip_space();
        if self.at == self.chars.len() {
            return Ok(Selector::of(requirements));
        }
        loop {
            requirements.push(self.requirement()?);
            match self.next_mark() {
                None => return Ok(Selector::of(requirements)),
                Some(',') => self.at += 1,
                Some(other) => {
                    return self.fail(format!("expected a comma or the end, found {other:?}"));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        if self.next_mark() == Some('!') {
            self.at += 1;
            let key = self.key()?;
            let test = Test::Missing;
            return Ok(Requirement { key, test });
        }
        let key = self.key()?;
        let test = match self.next_mark() {
            Some('=') => {
                self.at += 1;
                if self.peek() == Some('=') {
                    self.at += 1;
                }
                Test::In(BTreeSet::from([self.value()?]))
            }
            Some('!') => {
                self.at += 1;
                if self.peek() != Some('=') {
                    return self.fail("expected = after !".to_owned());
                }
                self.at += 1;
                Test::NotIn(BTreeSet::from([self.value()?]))
            }
            None | Some(',') => Test::Exists,
            Some(_) => self.set_test()?,
        };
        Ok(Requirement { key, test })
    }

    fn set_test(&mut self) -> Result<Test, SelectorError> {
        let start = self.at;
        let word = self.word();
        match word.as_str() {
            "in" => Ok(Test::In(self.values()?)),
            "notin" => Ok(Test::NotIn(self.values()?)),
            _ => {
                self.at = start;
                self.fail(format!(
                    "expected =, ==, !=, in or notin, found {:?}",
                    if word.is_empty() {
                        self.chars[start].to_string()
                    } else {
                        word
                    }
                ))
            }
        }
    }

    fn values(&mut self) -> Result<BTreeSet<String>, SelectorError> {
        if self.next_mark() != Some('(') {
            return self.fail("expected ( and a list of values".to_owned());
        }
        self.at += 1;
        let mut values = BTreeSet::new();
        loop {
            values.insert(self.value()?);
            match self.next_mark() {
                Some(',') => self.at += 1,
                Some(')') => {
                    self.at += 1;
                    return Ok(values);
                }
                _ => return self.fail("expected a comma or )".to_owned()),
            }
        }
    }

    fn key(&mut self) -> Result<String, SelectorError> {
        self.skip_space();
        let start = self.at;
        let key = self.word();
        if is_label_key(&key) {
            return Ok(key);
        }
        self.at = start;
        self.fail(if key.is_empty() {
            "expected a label key".to_owned()
        } else {
            format!("{key:?} is not a label key")
        })
    }

    fn value(&mut self) -> Result<String, SelectorError> {
        self.skip_space();
        let start = self.at;
        let value = self.word();
        if is_label_value(&value) {
            return Ok(value);
        }
        self.at = start;
        self.fail(format!("{value:?} is not a label value"))
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_alphanumeric() || "-_./".contains(c))
        {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn next_mark(&mut self) -> Option<char> {
        self.skip_space();
        self.peek()
    }

    fn fail<T>(&self, message: String) -> Result<T, SelectorError> {
        Err(SelectorError {
            message,
            offset: self.at,
        })
    }
}

/// Whether a selector can name this label: `env`, `example.com/team`.
pub fn is_label_key(text: &str) -> bool {
    let name = text.rsplit_once('/').map_or(text, |(_, name)| name);
    is_name(name) && text.matches('/').count() <= 1 && !text.starts_with('/')
}

/// Whether a selector can name this value of a label; it may be empty.
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

/// At most 63 of `[-A-Za-z0-9_.]`, a letter or digit at both ends.
fn is_name(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    (1..=63).contains(&text.len())
        && text.starts_with(edge)
        && text.ends_with(edge)
        && text.chars().all(|c| edge(c) || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn labels() -> BTreeMap<String, String> {
        [("env", "prod"), ("region", "eu")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into()
    }

    #[rstest]
    #[case("", true)]
    #[case("env=prod", true)]
    #[case("env==prod, region in (eu,us)", true)]
    #[case("env in (dev)", false)]
    #[case("env!=dev", true)]
    #[case("zone!=a", true)]
    #[case("zone notin (a, b)", true)]
    #[case("zone", false)]
    #[case("!zone,env", true)]
    #[case("region notin (eu)", false)]
    fn matches_as_kubernetes_does(#[case] text: &str, #[case] expected: bool) {
        let selector = Selector::parse(text).unwrap();
        assert_eq!(selector.matches(&labels()), expected);
        assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
    }

    #[rstest]
    #[case("env=prod,", 9)]
    #[case("env in prod", 7)]
    #[case("env is prod", 4)]
    #[case("env in (a", 9)]
    #[case("-x=1", 0)]
    #[case("env=prod region=eu", 9)]
    #[case("a=b;c", 3)]
    fn says_where_it_is_wrong(#[case] text: &str, #[case] offset: usize) {
        assert_eq!(Selector::parse(text).unwrap_err().offset, offset, "{text}");
    }
}
