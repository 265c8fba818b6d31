//! The value of a text in quotes.

/// What a text stands for, after `strutil.Unquote` of Prometheus: backquotes know no escapes, the other two know those
/// of Go. `None` where the lexer would not have taken it, or where its bytes are no UTF-8 (`"\xff"`).
pub(super) fn unquote(quoted: &str) -> Option<String> {
    let quote = quoted.chars().next()?;
    let inner = quoted.get(1..quoted.len().checked_sub(1)?)?;
    if quote == '`' || !inner.contains('\\') {
        return Some(inner.to_owned());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(c) = rest.chars().next() {
        if c == '\\' {
            rest = escape(&rest[1..], &mut bytes)?;
        } else {
            let length = c.len_utf8();
            bytes.extend_from_slice(&rest.as_bytes()[..length]);
            rest = &rest[length..];
        }
    }
    String::from_utf8(bytes).ok()
}

/// One escape, without its backslash; gives what follows it.
fn escape<'t>(tail: &'t str, bytes: &mut Vec<u8>) -> Option<&'t str> {
    let kind = tail.chars().next()?;
    let simple = match kind {
        'a' => Some(7),
        'b' => Some(8),
        'f' => Some(12),
        'n' => Some(b'\n'),
        'r' => Some(b'\r'),
        't' => Some(b'\t'),
        'v' => Some(11),
        '\\' | '\'' | '"' => u8::try_from(kind).ok(),
        _ => None,
    };
    if let Some(byte) = simple {
        bytes.push(byte);
        return Some(&tail[1..]);
    }
    let (skip, digits, radix) = match kind {
        '0'..='7' => (0, 3, 8),
        'x' => (1, 2, 16),
        'u' => (1, 4, 16),
        'U' => (1, 8, 16),
        _ => return None,
    };
    let digits_of = tail.get(skip..skip + digits)?;
    let plain = digits_of.chars().all(|c| c.is_digit(radix));
    let value = plain.then(|| u32::from_str_radix(digits_of, radix).ok())??;
    if matches!(kind, 'u' | 'U') {
        let mut buffer = [0; 4];
        let c = char::from_u32(value)?;
        bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
    } else {
        // A byte, not a character: `\xc3\xa9` is one é.
        bytes.push(u8::try_from(value).ok()?);
    }
    Some(&tail[skip + digits..])
}

#[cfg(test)]
mod tests {
    use super::unquote;
    use rstest::rstest;

    #[rstest]
    #[case(r#""name\x73pace""#, "namespace")]
    #[case(r#""\156amespace""#, "namespace")]
    #[case(r"'\u006eamespace'", "namespace")]
    #[case(r#""\U0000006eamespace""#, "namespace")]
    #[case(r"`name\x73pace`", r"name\x73pace")]
    #[case(r#""\xc3\xa9é""#, "éé")]
    #[case(r#""a\"b\\c\n""#, "a\"b\\c\n")]
    #[case("''", "")]
    fn stands_for(#[case] quoted: &str, #[case] value: &str) {
        assert_eq!(unquote(quoted).as_deref(), Some(value));
    }

    #[test]
    fn bytes_that_are_no_text_are_none() {
        assert_eq!(unquote(r#""\xff""#), None);
        assert_eq!(unquote(r#""\400""#), None);
        assert_eq!(unquote("\""), None);
    }
}
