//! What templates of rules may do beside filling in what their alert has.

/// Whether a template may ask the server for series of its own: Prometheus has the function `query` for that, and what
/// it asks for stands in no expression. Follows the lexer of Go's `text/template`.
pub fn queries(text: &str) -> bool {
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        rest = &rest[open + 2..];
        let inner = rest.strip_prefix('-').and_then(|rest| {
            let trimmed = rest.strip_prefix([' ', '\t', '\r', '\n']);
            trimmed.filter(|rest| rest.starts_with("/*"))
        });
        if let Some(comment) = inner.unwrap_or(rest).strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
            continue;
        }
        let (asks, after) = action(rest);
        if asks {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether an action has the function in it, and what follows the action.
fn action(text: &str) -> (bool, &str) {
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("}}") {
            return (false, after);
        }
        let length = match c {
            '"' | '\'' => quoted(rest, c),
            '`' => rest[1..].find('`').map_or(rest.len(), |end| end + 2),
            c if is_word(c) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                if &rest[..end] == "query" && !matches!(before, '.' | '$') {
                    return (true, "");
                }
                end
            }
            c => c.len_utf8(),
        };
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    (false, "")
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The length of a text in quotes, with them.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if !escaped && c == quote {
            return at + 1;
        }
        escaped = !escaped && c == '\\';
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a query of {{ $labels.instance }}, a query")]
    #[case("{{ $value }} query {{ $value }}")]
    #[case("{{ .query }} {{ $query }} {{ $labels.query }} {{ queryable }}")]
    #[case("{{ \"query\" }} {{ `query` }} {{ \"\\\" query\" }}")]
    #[case("{{/* query */}} {{- /* query */ -}}")]
    #[case("query")]
    fn asks_nothing(#[case] text: &str) {
        assert!(!queries(text));
    }

    #[rstest]
    #[case("{{ query \"up\" | first | value }}")]
    #[case("{{query `up`}}")]
    #[case("{{- range query \"up\" -}}{{ end }}")]
    #[case("{{ with $x := (query \"up\") }}{{ end }}")]
    #[case("{{ \"up\" | query }}")]
    #[case("{{ \"}}\" | query }}")]
    #[case("{{ '\"' }}{{ query \"up\" }}")]
    #[case("{{/* \" */}}{{ query \"up\" }}{{/* \" */}}")]
    #[case("{{- /* ` */ -}}{{ query \"up\" }}")]
    #[case("{{ $labels.x }}{{ define \"t\" }}{{ query \"up\" }}{{ end }}")]
    fn asks(#[case] text: &str) {
        assert!(queries(text));
    }
}
