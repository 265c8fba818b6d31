//! The relations that an entity states.
//!
//! Sources: `@backstage/plugin-catalog-backend` 3.9.0, `processors/BuiltinKindsEntityProcessor` (`doEmit`) and
//! `ModelProcessor` (for what only takes some kinds); `@backstage/catalog-model` 1.10.1, `entity/ref`.

use super::kinds::Link;
use super::path::Path;
use super::typed::{Typed, typed};
use crate::load::read::Sink;
use crate::load::yaml::Node;
use crate::model::entity::{EntityRef, Stated};
use crate::model::{Code, Diagnostic, Span};

/// The relations in `spec`, in the order of the text. `namespace` is the entity's own: the one of references that name
/// none.
pub(super) fn stated(
    spec: &Node<'_>,
    links: &'static [Link],
    namespace: &str,
    sink: &mut Sink<'_>,
) -> Vec<Stated> {
    let mut reader = Reader {
        namespace,
        sink,
        found: Vec::new(),
    };
    let at = Path::Field(&Path::Root, "spec");
    for link in links {
        let Some(node) = spec.get(link.field) else {
            continue;
        };
        let at = Path::Field(&at, link.field);
        match typed(node, true) {
            Typed::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    reader.reference(item, link, &Path::Item(&at, index));
                }
            }
            // As JavaScript has it, this is nothing.
            Typed::Null | Typed::Bool(false) | Typed::Text("") => {}
            _ => reader.reference(node, link, &at),
        }
    }
    let mut found = reader.found;
    found.sort_by_key(|stated| stated.span);
    found
}

struct Reader<'s, 'a> {
    namespace: &'s str,
    sink: &'s mut Sink<'a>,
    found: Vec<Stated>,
}

impl Reader<'_, '_> {
    fn reference(&mut self, node: &Node<'_>, link: &Link, at: &Path<'_>) {
        let text = match typed(node, true) {
            Typed::Text(text) => text,
            Typed::SomeText | Typed::Anything => {
                let message = format!("{at} stands in another file, where no references are read");
                return self.warn(node.span, message, "Write the references here.");
            }
            other => {
                let message = format!("{at} must be a reference, found {}", other.describe());
                return self.warn(node.span, message, REFUSED);
            }
        };
        let to = match EntityRef::parse(text, link.kind, self.namespace) {
            Ok(to) => to,
            Err(fault) => return self.warn(node.span, format!("{at}: {fault}"), REFUSED),
        };
        if !link.only.is_empty() && !link.only.contains(&to.kind()) {
            let message = format!(
                "{at}: Backstage does not follow references to a {} here",
                to.kind()
            );
            let hint = format!("Here it follows: {}.", link.only.join(", "));
            return self.warn(node.span, message, &hint);
        }
        self.found.push(Stated {
            relation: link.relation,
            to,
            span: node.span,
        });
    }

    fn warn(&mut self, span: Span, message: String, hint: &str) {
        let place = self.sink.place(span);
        let diagnostic =
            Diagnostic::warning(Code::ReferenceInvalid, place, message).with_hint(hint);
        self.sink.add(diagnostic);
    }
}

/// Backstage's schemas let it pass, and its processor throws.
const REFUSED: &str = "Write [kind:][namespace/]name, such as component:default/checkout; Backstage refuses the entity as it is.";
