//! What texts must look like, beside being texts.
//!
//! Source: `@backstage/catalog-model` 1.10.1, `validation/CommonValidatorFunctions`, `KubernetesValidatorFunctions`
//! and `makeValidator`. Their patterns take ASCII only, so that the length of what they take is the same in bytes as
//! in JavaScript's units; what is too long by either is refused by both.

use url::Url;

/// A rule for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `[dns-subdomain/]suffix`
    ApiVersion,
    Kind,
    /// `metadata.name`
    Name,
    Namespace,
    /// `[dns-subdomain/]name`: keys of labels and annotations.
    Key,
    LabelValue,
    Tag,
    Url,
    NotBlank,
}

impl Format {
    pub(super) fn holds(self, text: &str) -> bool {
        match self {
            Self::ApiVersion => prefixed(text, is_version),
            Self::Kind => is_kind(text),
            Self::Name => is_object_name(text),
            Self::Namespace => is_dns_label(text),
            Self::Key => prefixed(text, is_object_name),
            Self::LabelValue => text.is_empty() || is_object_name(text),
            Self::Tag => is_tag(text),
            Self::Url => Url::parse(text).is_ok(),
            Self::NotBlank => !text.chars().all(is_white),
        }
    }

    /// What the text is not, for messages.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::ApiVersion => "an API version",
            Self::Kind => "the name of a kind",
            Self::Name => "the name of an entity",
            Self::Namespace => "a namespace",
            Self::Key => "a key of labels and annotations",
            Self::LabelValue => "the value of a label",
            Self::Tag => "a tag",
            Self::Url => "a URL",
            Self::NotBlank => "a text to show",
        }
    }

    /// How to write it.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::ApiVersion => {
                "Write a group, a slash and a version, such as backstage.io/v1alpha1."
            }
            Self::Kind => "Use letters and digits, at most 63, a letter first.",
            Self::Name | Self::LabelValue => {
                "Use letters, digits, - _ and ., at most 63, a letter or a digit first and last."
            }
            Self::Namespace => "Use lower case letters, digits and - between them, at most 63.",
            Self::Key => {
                "Write a name (letters, digits, - _ ., at most 63), if need be behind a domain and a slash: example.com/name."
            }
            Self::Tag => "Use lower case letters, digits, : + # and - between them, at most 63.",
            Self::Url => "Write it with its scheme, such as https://example.com.",
            Self::NotBlank => "Write something that can be seen, or take the field out.",
        }
    }
}

/// At most so long are names and their parts.
const LONGEST: usize = 63;

/// At most so long is a DNS subdomain.
const LONGEST_SUBDOMAIN: usize = 253;

fn fits(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
}

/// `isValidPrefixAndOrSuffix` with a DNS subdomain before the slash.
fn prefixed(text: &str, suffix: impl Fn(&str) -> bool) -> bool {
    match text.split_once('/') {
        None => suffix(text),
        // A second slash is in no suffix.
        Some((before, behind)) => is_dns_subdomain(before) && suffix(behind),
    }
}

/// `^[a-z0-9A-Z]+$`
fn is_version(text: &str) -> bool {
    fits(text) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// `^[a-zA-Z][a-z0-9A-Z]*$`
fn is_kind(text: &str) -> bool {
    is_version(text) && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// `^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`
fn is_object_name(text: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    let mut bytes = text.bytes();
    fits(text)
        && edge(text.bytes().next())
        && edge(text.bytes().last())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// `^[a-z0-9]+(?:\-+[a-z0-9]+)*$`
fn is_dns_label(text: &str) -> bool {
    let mut bytes = text.bytes();
    fits(text)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= LONGEST_SUBDOMAIN && text.split('.').all(is_dns_label)
}

/// `^[a-z0-9:+#]+(\-[a-z0-9:+#]+)*$`
fn is_tag(text: &str) -> bool {
    let part = |part: &str| {
        let mut bytes = part.bytes();
        let known =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b':' | b'+' | b'#');
        !part.is_empty() && bytes.all(known)
    };
    fits(text) && text.split('-').all(part)
}

/// What JavaScript's `trim` takes away: Unicode's white space without U+0085, and the byte order mark.
fn is_white(c: char) -> bool {
    c == '\u{FEFF}' || c.is_whitespace() && c != '\u{85}'
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Format::Name, "a", true)]
    #[case(Format::Name, "A_b.c-9", true)]
    #[case(Format::Name, "a-", false)]
    #[case(Format::Name, "ä", false)]
    #[case(Format::Name, "a\n", false)]
    #[case(Format::Namespace, "a--b", true)]
    #[case(Format::Namespace, "A", false)]
    #[case(Format::Key, "example.com/a", true)]
    #[case(Format::Key, "example..com/a", false)]
    #[case(Format::Key, "a/b/c", false)]
    #[case(Format::Key, "/a", false)]
    #[case(Format::Tag, "c++:x#-1", true)]
    #[case(Format::Tag, "a--b", false)]
    #[case(Format::LabelValue, "", true)]
    #[case(Format::Kind, "9a", false)]
    #[case(Format::ApiVersion, "backstage.io/v1alpha1", true)]
    #[case(Format::ApiVersion, "backstage.io/", false)]
    #[case(Format::Url, "//example.com", false)]
    #[case(Format::Url, "mailto:a", true)]
    #[case(Format::NotBlank, " \u{FEFF}\u{A0}", false)]
    #[case(Format::NotBlank, "\u{85}", true)]
    fn texts(#[case] format: Format, #[case] text: &str, #[case] holds: bool) {
        assert_eq!(format.holds(text), holds);
    }

    #[test]
    fn lengths_have_a_limit() {
        for (format, longest) in [
            (Format::Name, 63),
            (Format::Namespace, 63),
            (Format::Tag, 63),
        ] {
            assert!(format.holds(&"a".repeat(longest)));
            assert!(!format.holds(&"a".repeat(longest + 1)));
        }
        let domain = |last: usize| {
            let label = "a".repeat(63);
            format!("{label}.{label}.{label}.{}", "a".repeat(last))
        };
        assert!(Format::Key.holds(&format!("{}/a", domain(61))));
        assert!(!Format::Key.holds(&format!("{}/a", domain(62))));
    }
}
