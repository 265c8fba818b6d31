//! Diagnostics for people, for GitHub and for programs. Order is kept; `load` sorts.

mod github;
mod json;
mod text;

pub use github::github;
pub use json::json;
pub use text::text;

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::model::{Code, Diagnostic, Place, Position, RepoPath, Span};

    const RULES: &str = "groups:
  - name: node
    rules:
      - alert: Dówn
        expr: up = 0
  - name: other
    rules: []


  - name: node
";

    fn place(line: u32, from: u32, to: u32) -> Place {
        let path = RepoPath::new("rules/node.yaml").unwrap();
        let start = Position { line, column: from };
        let end = Position { line, column: to };
        Place::new(path, Span { start, end })
    }

    fn examples() -> Vec<Diagnostic> {
        let whole = Place::whole(RepoPath::new("a,b.yaml").unwrap());
        let mut nowhere = Diagnostic::info(Code::Unplaced, whole.clone(), "3 sets are unplaced");
        nowhere.place = None;
        vec![
            Diagnostic::error(Code::PromqlInvalid, place(5, 18, 19), "unexpected \"=\"")
                .with_hint("Expected an operator or the end."),
            Diagnostic::error(Code::DuplicateGroup, place(10, 11, 15), "declared twice")
                .with_hint("Rename one of them.")
                .with_related("the other one", place(2, 11, 15)),
            Diagnostic::warning(Code::YamlUnparsed, whole, "100% wrong: \u{1b}[31m\nreally"),
            nowhere,
        ]
    }

    fn source(path: &RepoPath) -> Option<String> {
        (path.as_str() == "rules/node.yaml").then(|| RULES.to_owned())
    }

    #[test]
    fn text_shows_the_place() {
        assert_snapshot!(text(&examples(), &source, false));
    }

    #[test]
    fn text_has_colours_only_where_they_are_wanted() {
        let plain = text(&examples(), &source, false);
        assert!(!plain.contains('\u{1b}'));
        assert!(text(&examples(), &source, true).contains('\u{1b}'));
    }

    #[test]
    fn places_outside_of_the_text_are_survived() {
        let far = Diagnostic::error(Code::YamlInvalid, place(99, 99, 99), "the file ends");
        let span = Span {
            start: Position { line: 1, column: 3 },
            end: Position { line: 4, column: 1 },
        };
        let path = RepoPath::new("rules/node.yaml").unwrap();
        let long = Diagnostic::error(Code::YamlInvalid, Place::new(path, span), "long");
        assert_snapshot!(text(&[far, long], &source, false));
    }

    #[test]
    fn github_escapes() {
        assert_snapshot!(github(&examples()));
    }

    #[test]
    fn json_has_every_field() {
        insta::assert_json_snapshot!(json(&examples()));
    }
}
