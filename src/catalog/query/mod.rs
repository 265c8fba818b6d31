//! Which entities are asked for, in words: `kind=Component owner=payments tag=java checkout`.

mod facet;
mod haystack;
mod index;
mod posting;

pub(super) use index::Index;

use crate::model::EntityRef;
use crate::model::entity::DEFAULT_NAMESPACE;
use crate::model::nearest::suggestion;

/// The keys of a query.
const KEYS: [&str; 7] = [
    "kind",
    "owner",
    "system",
    "tag",
    "type",
    "lifecycle",
    "name",
];

/// What must hold of an entity; all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    terms: Vec<Term>,
}

/// Texts are folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Kind(String),
    /// Exactly this owner, not groups below it.
    Owner(EntityRef),
    /// A part of this, directly.
    System(EntityRef),
    Tag(String),
    Type(String),
    Lifecycle(String),
    Name(String),
    /// Stands in the name, title, description or a tag.
    Text(String),
}

impl Query {
    /// Reads the words of a query: `key=value` with a known key, everything else is searched for as text.
    ///
    /// # Errors
    /// What is wrong with a word, and what is known instead.
    pub fn parse<W: AsRef<str>>(words: &[W]) -> Result<Self, String> {
        let words = words.iter().map(|word| word.as_ref().trim());
        let terms = words.filter(|word| !word.is_empty()).map(term);
        Ok(Self {
            terms: terms.collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn terms(&self) -> &[Term] {
        &self.terms
    }
}

fn term(word: &str) -> Result<Term, String> {
    // `kind:Component` is how people search on forges; with other words before it, a colon is text.
    let on_forges = || {
        let pair = word.split_once(':');
        pair.filter(|(key, _)| KEYS.contains(&&*key.to_lowercase()))
    };
    let Some((key, value)) = word.split_once('=').or_else(on_forges) else {
        return Ok(Term::Text(fold(word)));
    };
    if value.is_empty() {
        return Err(format!("{word:?} has no value: write {key}=VALUE"));
    }
    let reference = |kind| {
        EntityRef::parse(value, Some(kind), DEFAULT_NAMESPACE)
            .map_err(|error| format!("{word:?}: {error}"))
    };
    match key.to_lowercase().as_str() {
        "kind" => Ok(Term::Kind(value.to_lowercase())),
        "owner" => reference("Group").map(Term::Owner),
        "system" => reference("System").map(Term::System),
        "tag" => Ok(Term::Tag(fold(value))),
        "type" => Ok(Term::Type(fold(value))),
        "lifecycle" => Ok(Term::Lifecycle(fold(value))),
        "name" => Ok(Term::Name(value.to_lowercase())),
        _ => Err(format!(
            "{word:?}: there is nothing to look for by {key:?}. {}",
            suggestion(key, &KEYS)
        )),
    }
}

/// Letter by letter in lower case. Not as [`str::to_lowercase`] does it, to which the place in a word matters: a part
/// of a text must become a part of the folded text.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(&mut folded, text);
    folded
}

fn fold_into(out: &mut String, text: &str) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
    } else {
        out.extend(text.chars().flat_map(char::to_lowercase));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("kind=Component", Term::Kind("component".into()))]
    #[case("Kind:component", Term::Kind("component".into()))]
    #[case("http://x", Term::Text("http://x".into()))]
    #[case(
        "OWNER=Payments",
        Term::Owner(EntityRef::new("group", "default", "payments"))
    )]
    #[case("owner=user:x/ann", Term::Owner(EntityRef::new("user", "x", "ann")))]
    #[case(
        "system=ticketing",
        Term::System(EntityRef::new("system", "default", "ticketing"))
    )]
    #[case("tag=Java", Term::Tag("java".into()))]
    #[case("type=service", Term::Type("service".into()))]
    #[case("lifecycle=production", Term::Lifecycle("production".into()))]
    #[case("name=X", Term::Name("x".into()))]
    #[case("Two words", Term::Text("two words".into()))]
    fn words(#[case] word: &str, #[case] term: Term) {
        let query = Query::parse(&[word, " "]).unwrap();
        assert_eq!(query.terms, [term]);
    }

    #[rstest]
    #[case("onwer=payments", "Did you mean \"owner\"?")]
    #[case(
        "colour=red",
        "Known here: kind, owner, system, tag, type, lifecycle, name."
    )]
    #[case("tag=", "write tag=VALUE")]
    #[case("owner=:x", "is not of the form")]
    fn errors(#[case] word: &str, #[case] says: &str) {
        let error = Query::parse(&[word]).unwrap_err();
        assert!(error.contains(says), "{error}");
        assert!(error.contains(word), "{error}");
    }
}
