//! What is known for sure about the texts that a regular expression of Prometheus takes, without running it.
//!
//! A small part of Go's syntax is followed: characters, alternations, groups, `.`, `.*`, `.+`, simple classes. Of all
//! else nothing is known, and nothing is concluded from it.

/// Above that a product of alternations is not followed.
const MAX_ALTERNATIVES: usize = 256;
const MAX_DEPTH: usize = 20;

/// A text is taken only where one of these takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    alternatives: Vec<Alternative>,
}

/// A text that begins so.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Alternative {
    prefix: String,
    rest: Rest,
}

/// What follows the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// `.*`
    Any,
    /// `.+`
    Some,
    /// Something that is not followed; `breaks` where a line break may be in it that a dot would not take.
    Unknown {
        breaks: bool,
    },
}

impl Shape {
    pub(super) fn exactly(text: &str) -> Self {
        Self {
            alternatives: vec![Alternative::of(text.to_owned())],
        }
    }

    /// All texts that it takes, where they can be listed.
    pub(super) fn listed(&self) -> Option<Vec<&str>> {
        let texts = self.alternatives.iter();
        texts
            .map(|alternative| (alternative.rest == Rest::Nothing).then_some(&*alternative.prefix))
            .collect()
    }

    /// Whether no text is surely taken by both.
    pub(super) fn disjoint(&self, other: &Self) -> bool {
        let mut pairs = self
            .alternatives
            .iter()
            .flat_map(|left| other.alternatives.iter().map(move |right| (left, right)));
        pairs.all(|(left, right)| left.apart(right))
    }

    /// Whether every text that it takes is surely taken by the other, of which `takes` may know more.
    pub(super) fn inside(&self, other: &Self, takes: impl Fn(&str) -> bool) -> bool {
        let mut each = self.alternatives.iter();
        each.all(|alternative| {
            let listed = alternative.rest == Rest::Nothing && takes(&alternative.prefix);
            listed
                || other
                    .alternatives
                    .iter()
                    .any(|outer| alternative.within(outer))
        })
    }
}

impl Alternative {
    fn of(prefix: String) -> Self {
        Self {
            prefix,
            rest: Rest::Nothing,
        }
    }

    fn apart(&self, other: &Self) -> bool {
        let ends = |one: &Self| one.rest == Rest::Nothing;
        let (left, right) = (&*self.prefix, &*other.prefix);
        !match (ends(self), ends(other)) {
            (true, true) => left == right,
            (true, false) => left.starts_with(right),
            (false, true) => right.starts_with(left),
            (false, false) => left.starts_with(right) || right.starts_with(left),
        }
    }

    fn within(&self, outer: &Self) -> bool {
        let Some(beyond) = self.prefix.strip_prefix(&*outer.prefix) else {
            return false;
        };
        if self.prefix.contains('\n') || self.rest == (Rest::Unknown { breaks: true }) {
            return false;
        }
        match outer.rest {
            Rest::Nothing => beyond.is_empty() && self.rest == Rest::Nothing,
            Rest::Any => true,
            Rest::Some => !beyond.is_empty() || self.rest == Rest::Some,
            Rest::Unknown { .. } => false,
        }
    }

    /// Puts something behind it.
    fn push(&mut self, next: &Atom) {
        match (self.rest, next) {
            (Rest::Nothing, Atom::Character(c)) => self.prefix.push(*c),
            (Rest::Nothing, Atom::Rest(rest)) => self.rest = *rest,
            (rest, next) => {
                let breaks = rest.breaks() || next.breaks();
                self.rest = Rest::Unknown { breaks };
            }
        }
    }
}

impl Rest {
    fn breaks(self) -> bool {
        match self {
            Self::Nothing | Self::Any | Self::Some => false,
            Self::Unknown { breaks } => breaks,
        }
    }
}

/// How often an atom stands there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeats {
    Once,
    Any,
    Some,
    Maybe,
}

enum Atom {
    Character(char),
    Rest(Rest),
}

impl Atom {
    fn breaks(&self) -> bool {
        match self {
            Self::Character(c) => *c == '\n',
            Self::Rest(rest) => rest.breaks(),
        }
    }
}

/// The shape of a regular expression, anchored on both sides; `None` where nothing is known of it.
pub(super) fn of(regex: &str) -> Option<Shape> {
    // Anchors at both ends say again what is so already; inside an alternation they would be the end of one branch only.
    let inner = regex.strip_prefix('^').unwrap_or(regex);
    let inner = match inner.strip_suffix('$') {
        Some(inner) if !inner.ends_with('\\') => inner,
        _ => inner,
    };
    let mut reader = Reader { rest: inner };
    let alternatives = reader.alternation(0)?;
    reader.rest.is_empty().then_some(Shape { alternatives })
}

struct Reader<'r> {
    rest: &'r str,
}

impl Reader<'_> {
    fn take(&mut self, mark: char) -> bool {
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn alternation(&mut self, depth: usize) -> Option<Vec<Alternative>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut all = self.sequence(depth)?;
        while self.take('|') {
            all.extend(self.sequence(depth)?);
            if all.len() > MAX_ALTERNATIVES {
                return None;
            }
        }
        Some(all)
    }

    fn sequence(&mut self, depth: usize) -> Option<Vec<Alternative>> {
        let mut all = vec![Alternative::of(String::new())];
        while let Some(c) = self.rest.chars().next() {
            if matches!(c, '|' | ')') {
                break;
            }
            if c == '(' {
                let group = self.group(depth)?;
                all = product(&all, &group)?;
                continue;
            }
            let atom = self.atom(c)?;
            let atom = match (self.repeats()?, c) {
                (Repeats::Once, _) => atom,
                (Repeats::Any, '.') => Atom::Rest(Rest::Any),
                (Repeats::Some, '.') => Atom::Rest(Rest::Some),
                (Repeats::Any | Repeats::Some | Repeats::Maybe, _) => Atom::Rest(Rest::Unknown {
                    breaks: atom.breaks(),
                }),
            };
            for each in &mut all {
                each.push(&atom);
            }
        }
        Some(all)
    }

    /// `(…)` or `(?:…)`; a repeated one may be anything.
    fn group(&mut self, depth: usize) -> Option<Vec<Alternative>> {
        self.take('(');
        if self.take('?') && !self.take(':') {
            return None;
        }
        let inner = self.alternation(depth + 1)?;
        if !self.take(')') {
            return None;
        }
        if self.repeats()? == Repeats::Once {
            return Some(inner);
        }
        Some(vec![Alternative {
            prefix: String::new(),
            rest: Rest::Unknown { breaks: true },
        }])
    }

    /// `*`, `+` or `?`, also the reluctant ones; counts are not followed.
    fn repeats(&mut self) -> Option<Repeats> {
        let repeats = match self.rest.chars().next() {
            Some('*') => Repeats::Any,
            Some('+') => Repeats::Some,
            Some('?') => Repeats::Maybe,
            Some('{') => return None,
            Some(_) | None => return Some(Repeats::Once),
        };
        self.rest = &self.rest[1..];
        self.take('?');
        Some(repeats)
    }

    fn atom(&mut self, c: char) -> Option<Atom> {
        match c {
            '[' => return self.class(),
            '\\' => {
                self.take(c);
                let escaped = self.rest.chars().next()?;
                self.take(escaped);
                return match escaped {
                    c if c.is_ascii_punctuation() => Some(Atom::Character(c)),
                    'd' | 'w' => Some(Atom::Rest(Rest::Unknown { breaks: false })),
                    'D' | 'W' | 's' | 'S' => Some(Atom::Rest(Rest::Unknown { breaks: true })),
                    _ => None,
                };
            }
            '^' | '$' | '{' | '*' | '+' | '?' => return None,
            _ => {}
        }
        self.take(c);
        Some(match c {
            '.' => Atom::Rest(Rest::Unknown { breaks: false }),
            c => Atom::Character(c),
        })
    }

    /// A class without escapes and brackets.
    fn class(&mut self) -> Option<Atom> {
        self.take('[');
        let negated = self.take('^');
        let (inside, after) = self.rest.split_once(']')?;
        if inside.is_empty() || inside.contains(['[', '\\']) {
            return None;
        }
        self.rest = after;
        let breaks = negated || inside.contains(char::is_control);
        Some(Atom::Rest(Rest::Unknown { breaks }))
    }
}

fn product(left: &[Alternative], right: &[Alternative]) -> Option<Vec<Alternative>> {
    if left.len() * right.len() > MAX_ALTERNATIVES {
        return None;
    }
    let joined = left.iter().flat_map(|before| {
        right.iter().map(move |after| {
            let mut both = before.clone();
            after
                .prefix
                .chars()
                .for_each(|c| both.push(&Atom::Character(c)));
            if after.rest != Rest::Nothing {
                both.push(&Atom::Rest(after.rest));
            }
            both
        })
    });
    Some(joined.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a|b", &["a", "b"])]
    #[case("^a$", &["a"])]
    #[case("a(b|c)(?:d|)", &["abd", "ab", "acd", "ac"])]
    #[case(r"a\.b|c\|d", &["a.b", "c|d"])]
    #[case("", &[""])]
    fn lists(#[case] regex: &str, #[case] texts: &[&str]) {
        assert_eq!(of(regex).unwrap().listed().unwrap(), texts);
    }

    #[rstest]
    #[case("a.")]
    #[case("a?")]
    #[case("(a|b)*")]
    #[case("[ab]")]
    #[case("a|.*")]
    fn does_not_list(#[case] regex: &str) {
        assert_eq!(of(regex).unwrap().listed(), None);
    }

    #[rstest]
    #[case("(?i)a")]
    #[case("a{2}")]
    #[case("^a|b$c")]
    #[case("a|^b")]
    #[case(r"\Qa.b")]
    #[case(r"\x61")]
    #[case("[[:alpha:]]")]
    #[case("[a&&b]\\")]
    #[case("a)|(b")]
    #[case("a)")]
    fn knows_nothing(#[case] regex: &str) {
        assert_eq!(of(regex), None);
    }

    #[rstest]
    #[case("a-.*", "b-.*", true)]
    #[case("a-.*", "a-b.*", false)]
    #[case("a-.*", "a", true)]
    #[case("a?b", "c", false)]
    #[case("a|b", "b|c", false)]
    #[case("a|b", "c|d", true)]
    fn is_disjoint(#[case] left: &str, #[case] right: &str, #[case] so: bool) {
        let (left, right) = (of(left).unwrap(), of(right).unwrap());
        assert_eq!(left.disjoint(&right), so);
        assert_eq!(right.disjoint(&left), so);
    }

    #[rstest]
    #[case("a-b", "a-.*", true)]
    #[case("a-[a-z]+", "a-.*", true)]
    #[case("a-[^b]+", "a-.*", false)]
    #[case("a-.*", "a-.+", false)]
    #[case("a-.+", "a-.+", true)]
    #[case("a-|b", "a-.*", false)]
    #[case("a-(.*|b)", "a-.*", true)]
    #[case("a.*", "a-.*", false)]
    #[case("a-.*", "a-b", false)]
    #[case("a-b?", "a-b?", false)]
    fn is_inside(#[case] inner: &str, #[case] outer: &str, #[case] so: bool) {
        let (inner, outer) = (of(inner).unwrap(), of(outer).unwrap());
        assert_eq!(inner.inside(&outer, |_| false), so);
    }
}
