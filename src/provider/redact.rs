//! A server's words, without the secrets that it repeats: what it was sent, or what stands in the file that it read.

use std::cmp::Reverse;

/// What a server says, without the values that are never shown, and the parts of them that it quotes.
pub(super) fn redacted(words: &str, hidden: &[&str]) -> String {
    const SHOWN: &str = "(secret)";
    /// Less than this stands in many words that are none.
    const SHORTEST: usize = 4;
    let mut hidden: Vec<&str> = hidden.to_vec();
    hidden.retain(|value| value.len() >= SHORTEST);
    hidden.sort_by_key(|value| Reverse(value.len()));
    let mut words = words.to_owned();
    for value in &hidden {
        words = words.replace(value, SHOWN).replace(&quoted(value), SHOWN);
    }
    for quote in ['"', '`', '\''] {
        let parts: Vec<&str> = words.split(quote).collect();
        let last = parts.len() - 1;
        let parts = parts.iter().enumerate().map(|(index, part)| {
            // Every second one stands between quotes.
            let is_quoted = index % 2 == 1 && index < last;
            // Long ones are cut.
            let start = part.trim_end_matches("...");
            let is_of = |value: &&str| {
                start.len() >= SHORTEST && (value.contains(start) || quoted(value).contains(start))
            };
            if is_quoted && hidden.iter().any(is_of) {
                SHOWN
            } else {
                part
            }
        });
        words = parts.collect::<Vec<_>>().join(&quote.to_string());
    }
    words
}

/// As Go writes a text between quotes.
fn quoted(value: &str) -> String {
    value.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::redacted;
    use rstest::rstest;

    #[rstest]
    #[case(
        "undefined receiver \"x\" used in route",
        "undefined receiver \"x\" used in route"
    )]
    #[case(
        "parse \"https://h.example/canary%zz\": invalid URL escape \"%zz\"",
        "parse \"(secret)\": invalid URL escape \"%zz\""
    )]
    #[case(
        "parse \"x\": invalid port \":canary\" after host",
        "parse \"x\": invalid port \"(secret)\" after host"
    )]
    #[case(
        "cannot unmarshal !!str `a b:can...` into int",
        "cannot unmarshal !!str `(secret)` into int"
    )]
    #[case("it's b:canary/x of \"y\"", "it's (secret) of \"y\"")]
    fn words_lose_what_is_secret(#[case] words: &str, #[case] expected: &str) {
        let hidden = [
            "https://h.example/canary%zz",
            "https://h:canary/",
            "b:canary/x",
            "a b:canary-long",
            "",
            "it",
        ];
        assert_eq!(redacted(words, &hidden), expected);
    }
}
