//! What was probably meant by a word that is not known.

/// The nearest of the known words, or all of them.
pub fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("Did you mean {near:?}?"),
        None => format!("Known here: {}.", known.join(", ")),
    }
}

/// The known word that the given one is most likely a slip of.
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let lower = word.to_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    let best = known.iter().min_by_key(|candidate| distance(candidate))?;
    let allowed = (best.chars().count().max(3) / 3).max(1);
    (distance(best) <= allowed).then_some(*best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_was_probably_meant() {
        assert_eq!(nearest("lables", &["labels", "rules"]), Some("labels"));
        assert_eq!(nearest("Expr", &["expr", "for"]), Some("expr"));
        assert_eq!(nearest("groups", &["expr", "for"]), None);
    }
}
