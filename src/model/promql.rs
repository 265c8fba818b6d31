//! The form in which PromQL expressions are compared.

/// Stand for `=~` and `!~` while an expression is parsed; of the private use area of Unicode.
const MATCHES: char = '\u{E000}';
const MATCHES_NOT: char = '\u{E001}';

/// An expression as `promql-parser` prints it; `None` where it does not know the syntax.
///
/// Parsing compiles every regular expression, which takes a hundred times as long as all the rest and
/// is of no use here: they are parsed as plain texts, and printed as what they are.
pub fn print(expr: &str) -> Option<String> {
    quickly(expr).or_else(|| {
        let parsed = promql_parser::parser::parse(expr).ok()?;
        Some(parsed.to_string())
    })
}

/// `None` where it cannot be told from the text that the result would be the same.
fn quickly(expr: &str) -> Option<String> {
    let (plain, count) = as_texts(expr)?;
    let printed = promql_parser::parser::parse(&plain).ok()?.to_string();
    if count == 0 {
        return Some(printed);
    }
    let (matches, not) = (format!("=\"{MATCHES}"), format!("!=\"{MATCHES_NOT}"));
    let back = printed.matches(&matches).count() + printed.matches(&not).count();
    let same = back == count && printed.matches([MATCHES, MATCHES_NOT]).count() == count;
    same.then(|| printed.replace(&not, "!~\"").replace(&matches, "=~\""))
}

/// The expression with `x=~"y"` written as `x="…y"` with a mark before the y, and how many there are.
fn as_texts(expr: &str) -> Option<(String, usize)> {
    if expr.contains([MATCHES, MATCHES_NOT]) {
        return None;
    }
    let mut out = String::with_capacity(expr.len() + 16);
    let (mut rest, mut count) = (expr, 0);
    // A metric's name may be printed before the braces, without any operator.
    if !expr.contains('~') || expr.contains("__name__") {
        return (!expr.contains('~')).then(|| (expr.to_owned(), 0));
    }
    while let Some(at) = rest.find(['"', '\'', '`', '#', '~']) {
        let (before, from) = rest.split_at(at);
        let tail = &from[1..];
        rest = match from.as_bytes().first()? {
            b'#' => {
                out.push_str(before);
                let end = from.find('\n').unwrap_or(from.len());
                out.push_str(&from[..end]);
                &from[end..]
            }
            b'~' => {
                let (op, mark) = match before.as_bytes().last()? {
                    b'=' => ("=", MATCHES),
                    b'!' => ("!=", MATCHES_NOT),
                    _ => return None,
                };
                out.push_str(&before[..before.len() - 1]);
                out.push_str(op);
                let text = tail.trim_start();
                let quote = text.chars().next().filter(|c| "\"'`".contains(*c))?;
                out.push(quote);
                out.push(mark);
                count += 1;
                let end = 1 + end_of_text(&text[1..], quote)?;
                out.push_str(&text[1..end]);
                &text[end..]
            }
            quote => {
                let end = end_of_text(tail, char::from(*quote))?;
                out.push_str(before);
                out.push_str(&from[..=end]);
                &tail[end..]
            }
        };
    }
    out.push_str(rest);
    Some((out, count))
}

/// The length of a text's rest with its closing quote.
fn end_of_text(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(r#"up"#)]
    #[case(r#"up{a="~", b='=~"x"'} # =~ "no""#)]
    #[case(r#"rate(x{code=~"5..", job !~ 'a|"b"'}[5m]) / ignoring(a) y{a!="b"} > 1"#)]
    #[case(r#"x{a=~`\d+`} and y{b=~"\\d\"+", c="=~"}"#)]
    #[case(r#"{__name__=~"a.*", b!~"c"}"#)]
    #[case("sum by (a) (x{a=~ \"b\" , c=~\"\"}) # a comment ' with a quote\n > 2")]
    #[case(r#"label_replace(x{é=~"ü"}, "a", "$1", "b", "(.*)~")"#)]
    fn prints_as_the_parser_does(#[case] expr: &str) {
        let parsed = promql_parser::parser::parse(expr).ok();
        assert_eq!(print(expr), parsed.map(|expr| expr.to_string()));
    }

    #[test]
    fn is_quick_where_it_matters() {
        assert!(quickly(r#"sum(rate(x{a=~"b.*",c!~'d'}[5m]))"#).is_some());
        assert!(quickly("x{a=~\"\u{E000}\"}").is_none());
    }
}
