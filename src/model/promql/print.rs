//! The form in which `PromQL` expressions are compared.

/// Stand for `=~` and `!~` while an expression is parsed; of the private use area of Unicode.
const MATCHES: char = '\u{E000}';
const MATCHES_NOT: char = '\u{E001}';

/// Of brackets, as deep as they may nest.
const MAX_DEPTH: usize = 100;
/// Of operators and the spaces around them.
const MAX_OPERATORS: usize = 4000;

/// An expression as `promql-parser` prints it; `None` where it does not know the syntax, or is not asked.
///
/// Parsing compiles every regular expression, which takes a hundred times as long as all the rest and
/// is of no use here: they are parsed as plain texts, and printed as what they are.
pub fn print(expr: &str) -> Option<String> {
    if !is_printable(expr) {
        return None;
    }
    quickly(expr).or_else(|| {
        let parsed = promql_parser::parser::parse(expr).ok()?;
        Some(parsed.to_string())
    })
}

/// Whether `promql-parser` is asked. Its trees are printed and dropped by recursion, and a hand-edited file
/// may hold anything: what may nest too deep is compared as written. So is a number too long for a
/// duration, which it silently cuts. Both are told roughly, since both sides are told the same.
fn is_printable(expr: &str) -> bool {
    let mut depth: usize = 0;
    let mut operators: usize = 0;
    let mut digits: usize = 0;
    for byte in expr.bytes() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'<' | b'>' | b'=' | b'!' => operators += 1,
            // For `and`, `or`, `unless` and `atan2`, which need it around them.
            space if space.is_ascii_whitespace() => operators += 1,
            _ => {}
        }
        if digits > 9 && byte.is_ascii_lowercase() {
            return false;
        }
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        if depth > MAX_DEPTH || operators > MAX_OPERATORS {
            return false;
        }
    }
    true
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
    #[case("up")]
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

    #[test]
    fn what_is_too_deep_is_compared_as_written() {
        let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(print(&nested(100)).is_some());
        assert_eq!(print(&nested(101)), None);
        assert!(print(&format!("1{}", "+1".repeat(MAX_OPERATORS))).is_some());
        assert!(print(&format!("x{}", " or x".repeat(MAX_OPERATORS / 2))).is_some());
        assert_eq!(print(&format!("1{}", "+1".repeat(MAX_OPERATORS + 1))), None);
        assert_eq!(print(&"-".repeat(1_000_000)), None);
        assert_eq!(print("x offset 12345678901s"), None);
    }
}
