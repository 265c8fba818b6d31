//! The printed form, by `promql-parser`.

use promql_parser::parser;

/// Marks values of regular expressions while `promql-parser` has them; of the private use area, where
/// nobody's values are.
const MARK: char = '\u{F8FE}';

/// Prints an expression in one form whatever its white space, quotes and order of clauses. `regexes` are
/// the places of operators and values of its regular expressions.
///
/// `promql-parser` compiles every regular expression that it meets, which costs several times all the
/// rest, and refuses some that Go takes. Their syntax is checked already. So it is shown an equality
/// with a marked value, and the operator is put back into what it prints.
pub(super) fn print(text: &str, regexes: &[(usize, usize)]) -> Result<String, String> {
    if regexes.is_empty() || text.contains(MARK) {
        return Ok(parser::parse(text)?.to_string());
    }
    let mut shown = String::with_capacity(text.len() + 4 * regexes.len());
    let mut at = 0;
    for (operator, value) in regexes {
        shown.push_str(&text[at..*operator]);
        let negated = text[*operator..].starts_with('!');
        shown.push_str(if negated { "!=" } else { "=" });
        // Behind the operator's two characters, up to and with the opening quote.
        shown.push_str(&text[operator + 2..=*value]);
        shown.push(MARK);
        at = value + 1;
    }
    shown.push_str(&text[at..]);
    let printed = parser::parse(&shown)?.to_string();
    let restored = printed.replace(&format!("!=\"{MARK}"), "!~\"");
    Ok(restored.replace(&format!("=\"{MARK}"), "=~\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_expressions_are_printed_as_such() {
        let text = "sum(a{b =~ 'x\\\\.y\"', c!~`z`, d=\"=~\"}) by (e)";
        let regexes = super::super::parse::check(text).regexes;
        assert_eq!(regexes.len(), 2);
        let printed = print(text, &regexes).unwrap();
        assert_eq!(
            printed,
            "sum by (e) (a{b=~\"x\\\\.y\\\"\",c!~\"z\",d=\"=~\"})"
        );
        assert_eq!(printed, parser::parse(text).unwrap().to_string());
    }
}
