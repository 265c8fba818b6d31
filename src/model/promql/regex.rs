//! The syntax of regular expressions as Go's `regexp/syntax` (RE2, with Perl's classes) takes it.
//!
//! Own, since Rust's `regex` takes others and refuses some, and building a matcher costs more than all
//! the rest of an expression. After `parse.go` of Go 1.19; `(?<name>…)` is of 1.22. Names of Unicode
//! classes are taken as they are.

use std::collections::BTreeSet;

/// Most repetitions, also of nested ones together.
const MAX_REPEAT: u64 = 1000;

/// Why Prometheus does not take a matcher's expression; `None` where it does.
pub fn fault(regex: &str) -> Option<String> {
    // Prometheus parses it as it stands, and again with anchors around it, where an unfinished \Q or
    // backslash at the end shows.
    let anchored = format!("^(?:{regex})$");
    let scan = |text| Scanner::new(text).scan().err();
    scan(regex).or_else(|| scan(&anchored))
}

struct Scanner<'r> {
    rest: &'r str,
    /// For each open group: the repetitions inside the group around it.
    groups: Vec<u64>,
    /// Repetitions of what a repetition would repeat; `None` where there is nothing.
    atom: Option<u64>,
    /// Highest repetitions inside the current group.
    inner: u64,
    names: BTreeSet<&'r str>,
}

type Checked<T> = Result<T, String>;

impl<'r> Scanner<'r> {
    fn new(rest: &'r str) -> Self {
        Self {
            rest,
            groups: Vec::new(),
            atom: None,
            inner: 1,
            names: BTreeSet::new(),
        }
    }

    fn scan(&mut self) -> Checked<()> {
        let mut repeated = false;
        while let Some(c) = self.rest.chars().next() {
            let again = std::mem::take(&mut repeated);
            match c {
                '(' => self.open()?,
                ')' => {
                    let outer = self.groups.pop().ok_or("unexpected )")?;
                    self.take(1);
                    let inner = self.inner;
                    self.inner = outer;
                    self.push(inner);
                }
                '|' => {
                    self.take(1);
                    self.atom = None;
                }
                '[' => {
                    self.class()?;
                    self.push(1);
                }
                '*' | '+' | '?' => {
                    self.repeat(1, 1, again)?;
                    repeated = true;
                }
                '{' => match repetition(&self.rest[1..]) {
                    Some((least, most, length)) => {
                        let count = most.unwrap_or(least);
                        if count > MAX_REPEAT || least > count {
                            return Err(format!(
                                "bad count of repetitions {}",
                                &self.rest[..=length]
                            ));
                        }
                        self.repeat(length + 1, count, again)?;
                        repeated = true;
                    }
                    None => self.literal(c),
                },
                '\\' => self.escaped()?,
                c => self.literal(c),
            }
        }
        if self.groups.is_empty() {
            Ok(())
        } else {
            Err("missing )".to_owned())
        }
    }

    fn take(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn push(&mut self, repetitions: u64) {
        self.atom = Some(repetitions);
        self.inner = self.inner.max(repetitions);
    }

    fn literal(&mut self, c: char) {
        self.take(c.len_utf8());
        self.push(1);
    }

    /// A repetition of so many bytes; `again` where one stands right before.
    fn repeat(&mut self, bytes: usize, count: u64, again: bool) -> Checked<()> {
        let operator = &self.rest[..bytes];
        let Some(atom) = self.atom else {
            return Err(format!("nothing to repeat before {operator}"));
        };
        if again {
            return Err(format!("{operator} follows another repetition"));
        }
        let repetitions = atom * count.max(1);
        if count >= 2 && repetitions > MAX_REPEAT {
            return Err(format!("more than {MAX_REPEAT} repetitions"));
        }
        self.take(bytes);
        if self.rest.starts_with('?') {
            self.take(1);
        }
        self.push(repetitions);
        Ok(())
    }

    /// `(`, `(?P<name>`, `(?flags:` or `(?flags)`.
    fn open(&mut self) -> Checked<()> {
        let Some(tail) = self.rest.strip_prefix("(?") else {
            self.take(1);
            self.enter();
            return Ok(());
        };
        let named = tail.strip_prefix("P<").or_else(|| tail.strip_prefix('<'));
        let unsupported = || {
            format!(
                "unsupported group {}",
                self.rest.chars().take(4).collect::<String>()
            )
        };
        if let Some(named) = named {
            let (name, after) = named.split_once('>').ok_or_else(unsupported)?;
            let word = |c: char| c == '_' || c.is_ascii_alphanumeric();
            if name.is_empty() || !name.chars().all(word) {
                return Err(unsupported());
            }
            if !self.names.insert(name) {
                return Err(format!("the group name {name} comes twice"));
            }
            self.rest = after;
            self.enter();
            return Ok(());
        }
        let length = tail.find([':', ')']).ok_or_else(unsupported)?;
        let flags = &tail[..length];
        let (on, off) = flags.split_once('-').unwrap_or((flags, "i"));
        if off.is_empty() || !on.chars().chain(off.chars()).all(|c| "imsU".contains(c)) {
            return Err(unsupported());
        }
        self.rest = &tail[length + 1..];
        if tail[length..].starts_with(':') {
            self.enter();
        }
        Ok(())
    }

    fn enter(&mut self) {
        self.groups.push(self.inner);
        self.inner = 1;
        self.atom = None;
    }

    /// What follows a backslash outside of a class.
    fn escaped(&mut self) -> Checked<()> {
        let tail = &self.rest[1..];
        match tail.chars().next() {
            Some('A' | 'b' | 'B' | 'z' | 'd' | 'D' | 's' | 'S' | 'w' | 'W') => {
                self.take(2);
                self.push(1);
            }
            Some('Q') => {
                let quoted = &tail[1..];
                let (text, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                self.rest = after;
                if !text.is_empty() {
                    self.push(1);
                }
            }
            Some('p' | 'P') => {
                self.unicode()?;
                self.push(1);
            }
            _ => {
                self.escape()?;
                self.push(1);
            }
        }
        Ok(())
    }

    /// `\pL`, `\p{Greek}`, `\P{^Lu}`.
    fn unicode(&mut self) -> Checked<()> {
        let tail = &self.rest[2..];
        let (name, length) = if let Some(braced) = tail.strip_prefix('{') {
            let end = braced.find('}').ok_or("unfinished \\p{")?;
            (&braced[..end], 2 + end + 2)
        } else {
            let length = tail.chars().next().map_or(0, char::len_utf8);
            (&tail[..length], 2 + length)
        };
        let known = name.strip_prefix('^').unwrap_or(name);
        let word = |c: char| c == '_' || c.is_ascii_alphanumeric();
        let single = known.len() > 1 || "LMNPSZC".contains(known);
        if !single
            || !known.starts_with(|c: char| c.is_ascii_uppercase())
            || !known.chars().all(word)
        {
            return Err(format!("unknown class {}", &self.rest[..length]));
        }
        self.take(length);
        Ok(())
    }

    /// An escape that stands for one character.
    fn escape(&mut self) -> Checked<u32> {
        let tail = &self.rest[1..];
        let Some(c) = tail.chars().next() else {
            return Err("a backslash at the end".to_owned());
        };
        let invalid = || format!("invalid escape \\{c}");
        let octal = tail
            .bytes()
            .take(3)
            .take_while(|b| (b'0'..=b'7').contains(b))
            .count();
        let (value, length) = match c {
            '0' => (u32::from_str_radix(&tail[..octal], 8), octal),
            '1'..='7' if octal >= 2 => (u32::from_str_radix(&tail[..octal], 8), octal),
            'x' => match tail[1..].strip_prefix('{') {
                Some(braced) => {
                    let end = braced.find('}').ok_or_else(invalid)?;
                    (u32::from_str_radix(&braced[..end], 16), end + 3)
                }
                None => (
                    u32::from_str_radix(tail.get(1..3).ok_or_else(invalid)?, 16),
                    3,
                ),
            },
            'a' => (Ok(7), 1),
            'f' => (Ok(12), 1),
            'n' => (Ok(10), 1),
            'r' => (Ok(13), 1),
            't' => (Ok(9), 1),
            'v' => (Ok(11), 1),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => (Ok(u32::from(c)), 1),
            _ => return Err(invalid()),
        };
        let value = value
            .ok()
            .filter(|value| *value <= 0x10_FFFF)
            .ok_or_else(invalid)?;
        self.take(1 + length);
        Ok(value)
    }

    /// `[…]`
    fn class(&mut self) -> Checked<()> {
        self.take(1);
        if self.rest.starts_with('^') {
            self.take(1);
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            let posix = self
                .rest
                .strip_prefix("[:")
                .and_then(|rest| rest.split_once(":]"));
            if let Some((whole, _)) = posix {
                let name = whole.strip_prefix('^').unwrap_or(whole);
                if !POSIX.contains(&name) {
                    return Err(format!("unknown class [:{name}:]"));
                }
                self.take(2 + whole.len() + 2);
                continue;
            }
            if let Some(escaped) = self.rest.strip_prefix('\\') {
                match escaped.chars().next() {
                    Some('d' | 'D' | 's' | 'S' | 'w' | 'W') => {
                        self.take(2);
                        continue;
                    }
                    Some('p' | 'P') => {
                        self.unicode()?;
                        continue;
                    }
                    _ => {}
                }
            }
            let low = self.class_character()?;
            if self.rest.starts_with('-') && !self.rest[1..].starts_with(']') {
                self.take(1);
                let high = self.class_character()?;
                if high < low {
                    return Err("a range in [] that runs backwards".to_owned());
                }
            }
        }
        self.take(1);
        Ok(())
    }

    fn class_character(&mut self) -> Checked<u32> {
        match self.rest.chars().next() {
            None => Err("missing ]".to_owned()),
            Some('\\') => self.escape(),
            Some(c) => {
                self.take(c.len_utf8());
                Ok(u32::from(c))
            }
        }
    }
}

const POSIX: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// `n}`, `n,}` or `n,m}` at the start: least, most, and the length with the brace. Without limit the
/// most is `None`. Where it is none of these the brace stands for itself.
fn repetition(tail: &str) -> Option<(u64, Option<u64>, usize)> {
    let (inside, _) = tail.split_once('}')?;
    let (low, high) = match inside.split_once(',') {
        Some((low, "")) => (low, None),
        Some((low, high)) => (low, Some(high)),
        None => (inside, Some(inside)),
    };
    let number = |text: &str| {
        // Go reads no leading zeros here.
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let plain = text.len() == 1 || !text.starts_with('0');
        (digits && plain).then(|| text.parse().unwrap_or(u64::MAX))
    };
    let least = number(low)?;
    let most = match high {
        Some(high) => Some(number(high)?),
        None => None,
    };
    Some((least, most, inside.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::fault;
    use rstest::rstest;

    #[rstest]
    #[case("")]
    #[case("5..|a+?b{2,}")]
    #[case("{a}{,2}x{")]
    #[case("(?i:a)(?P<n>b)(?i)c(?s-i)")]
    #[case("[]a-z^&&[:alpha:]\\d\\]-]")]
    #[case("\\p{Greek}\\pL\\x{41}\\x41\\012\\Qa(b\\E\\.")]
    #[case("^*$+\\b?")]
    fn takes(#[case] regex: &str) {
        assert_eq!(fault(regex), None);
    }

    #[rstest]
    #[case("(")]
    #[case("a)")]
    #[case("a)(b")]
    #[case("[a")]
    #[case("[z-a]")]
    #[case("*a")]
    #[case("a|*")]
    #[case("a**")]
    #[case("a{2}{3}")]
    #[case("a{1001}")]
    #[case("a{2,1}")]
    #[case("(a{100}){100}")]
    #[case("(?=a)")]
    #[case("(?<!a)")]
    #[case("(?x)a")]
    #[case("(?P<n>a)(?P<n>b)")]
    #[case("\\1")]
    #[case("\\C")]
    #[case("\\Z")]
    #[case("\\e")]
    #[case("\\Qa")]
    #[case("[[:foo:]]")]
    fn refuses(#[case] regex: &str) {
        assert!(fault(regex).is_some(), "{regex}");
    }
}
