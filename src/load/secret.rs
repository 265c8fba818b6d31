//! References to secrets: their values never stand in the repository.

use super::read::{Fields, Sink};
use crate::model::Code;
use crate::model::grafana::SecretRef;

/// `{ name: prom, key: password }`, of the namespace of the definition.
pub(crate) fn secret_ref(
    namespace: &str,
    reference: &Fields<'_>,
    sink: &mut Sink<'_>,
) -> Option<SecretRef> {
    let name = part(reference, "name", sink);
    let key = part(reference, "key", sink);
    Some(SecretRef {
        namespace: namespace.into(),
        name: name?.into(),
        key: key?.into(),
    })
}

/// A part of a secret's path: nothing that could lead elsewhere.
fn part(reference: &Fields<'_>, field: &'static str, sink: &mut Sink<'_>) -> Option<String> {
    let node = reference.required(field, sink)?;
    let text = sink.text(node, field)?;
    let clean =
        !text.is_empty() && !text.contains(['/', '\\', '\0']) && text != "." && text != "..";
    if !clean {
        let message = format!("{text:?} is not the {field} of a secret");
        let hint =
            "It is the name of a folder or file below the target's secrets_dir, without slashes.";
        sink.error(Code::InvalidName, node.span, message, hint);
        return None;
    }
    Some(text)
}
