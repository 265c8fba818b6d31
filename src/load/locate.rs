//! From what was read of a file back to the place where it stands.

use bumpalo::Bump;

use super::text;
use super::yaml::{self, Locator, Node, Scalar, Style, Tag, Value};
use crate::model::{Locus, Position, RepoPath, Span};

/// Looks up a place in the text of a file; `None` where the text is another one.
pub fn locate(path: &RepoPath, bytes: &[u8], locus: &Locus) -> Option<Span> {
    let source = text::decode(bytes).ok()?;
    match locus {
        Locus::Inside {
            start,
            value,
            from,
            to,
        } => inside(source, *start, value, (*from, *to)),
        Locus::Pointer(pointer) => {
            let arena = Bump::new();
            if path.extension() == Some("json") {
                let document = yaml::json::document(&arena, source).ok()?;
                return at(&document.root, pointer);
            }
            let documents = yaml::documents(&arena, source, |_| false).ok()?;
            documents
                .iter()
                .find_map(|document| at(&document.root, pointer))
        }
    }
}

fn inside(source: &str, start: Position, value: &str, (from, to): (usize, usize)) -> Option<Span> {
    let line = source.lines().nth(start.line as usize - 1)?;
    let style = match line.chars().nth(start.column as usize - 1)? {
        '\'' => Style::SingleQuoted,
        '"' => Style::DoubleQuoted,
        '|' => Style::Literal,
        '>' => Style::Folded,
        _ => Style::Plain,
    };
    let scalar = Scalar {
        text: value,
        style,
        tag: Tag::None,
    };
    let node = Node {
        span: Span { start, end: start },
        value: Value::Scalar(scalar),
    };
    Some(Locator::new(source).inside(&node, from, to))
}

/// The value that a JSON Pointer leads to.
fn at(root: &Node<'_>, pointer: &str) -> Option<Span> {
    let mut node = *root;
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        node = match &node.value {
            Value::Map(_) => *node.get(&key)?,
            Value::List(items) => *items.get(key.parse::<usize>().ok()?)?,
            Value::Scalar(_) => return None,
        };
    }
    Some(node.span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, text: &str, locus: &Locus) -> String {
        let path = RepoPath::new(path).unwrap();
        let span = locate(&path, text.as_bytes(), locus).unwrap();
        format!(
            "{}:{}-{}",
            span.start.line, span.start.column, span.end.column
        )
    }

    #[test]
    fn finds_parts_of_expressions() {
        let text = "a:\n  expr: up == 0\n  b: |\n    sum(\n      up)\n  c: 'up'\n";
        let at = |line, column, value: &str, from| Locus::Inside {
            start: Position { line, column },
            value: value.to_owned(),
            from,
            to: from + 2,
        };
        assert_eq!(shown("a.yaml", text, &at(2, 9, "up == 0", 0)), "2:9-11");
        assert_eq!(
            shown("a.yaml", text, &at(3, 6, "sum(\n  up)\n", 7)),
            "5:7-9"
        );
        assert_eq!(shown("a.yaml", text, &at(6, 6, "up", 0)), "6:7-9");
    }

    #[test]
    fn finds_values_of_json() {
        let text = "{\"panels\": [\n {\"targets\": [{\"expr\": \"up\"}]}]}";
        let locus = Locus::Pointer("/panels/0/targets/0/expr".to_owned());
        assert_eq!(shown("a.json", text, &locus), "2:24-28");
    }
}
