//! From bytes to text that is worth parsing.

use crate::model::{Code, Position};

/// Why bytes are not text that YAML or JSON may have.
#[derive(Debug)]
pub(crate) struct TextFault {
    pub(crate) code: Code,
    pub(crate) at: Position,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// The text without a byte order mark. Refuses what go-yaml refuses: bytes that are not UTF-8 and
/// characters that YAML does not allow (`yaml_parser_update_buffer`). A NUL would otherwise end the
/// parser's input silently.
pub(crate) fn decode(bytes: &[u8]) -> Result<&str, TextFault> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            return Err(TextFault {
                code: Code::NotUtf8,
                at: end_of(good),
                message: "the file is not UTF-8 text".to_owned(),
                hint: "Save it in UTF-8.".to_owned(),
            });
        }
    };
    // All that YAML refuses starts with one of these bytes.
    let suspicious = |byte: &u8| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 127 | 0xC2 | 0xEF);
    // A look at every byte without leaving early is done many bytes at a time.
    if !bytes.iter().fold(false, |any, byte| any | suspicious(byte)) {
        return Ok(text);
    }
    match text.char_indices().find(|(_, c)| is_refused(*c)) {
        None => Ok(text),
        Some((at, c)) => Err(TextFault {
            code: Code::YamlInvalid,
            at: end_of(&text[..at]),
            message: format!(
                "the control character U+{:04X} is not allowed",
                u32::from(c)
            ),
            hint: "Take it out; in a quoted text write it as an escape such as \\x07.".to_owned(),
        }),
    }
}

fn is_refused(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{FFFE}' | '\u{FFFF}' => true,
        _ => c.is_control(),
    }
}

/// The place right behind a text.
fn end_of(text: &str) -> Position {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let (mut lines, mut last) = (1, text);
    while let Some(rest) = after_line(last) {
        (lines, last) = (lines + 1, rest);
    }
    Position {
        line: number(lines),
        column: number(last.chars().count() + 1),
    }
}

/// What follows the first line break, if there is one: LF, CR LF, or CR alone, as in YAML.
pub(crate) fn after_line(text: &str) -> Option<&str> {
    let (_, rest) = text.split_at(text.find(['\n', '\r'])?);
    rest.strip_prefix("\r\n").or_else(|| rest.get(1..))
}

/// Whether a text has a word without which no document is ours. Keys spelled with escapes
/// (`"\x67roups"`) are not seen.
pub(crate) fn may_hold_definitions(text: &str) -> bool {
    ["apiVersion", "groups", "panels", "receivers", "rows"]
        .iter()
        .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_place_of_what_is_refused() {
        let at = |bytes: &[u8]| decode(bytes).unwrap_err().at;
        assert_eq!(at(b"a: 1\nb: \0"), Position { line: 2, column: 4 });
        assert_eq!(at(b"a: 1\n\xC3\xA9: \xFF"), Position { line: 2, column: 4 });
        // A carriage return alone is a line break, too.
        assert_eq!(at(b"a: 1\rb: \0"), Position { line: 2, column: 4 });
        assert_eq!(at(b"a: 1\r\nb: \0"), Position { line: 2, column: 4 });
        assert_eq!(
            decode("\u{FEFF}é: 1\r\n\tx".as_bytes()).unwrap(),
            "é: 1\r\n\tx"
        );
    }
}
