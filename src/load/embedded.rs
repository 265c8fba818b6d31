//! Files that stand in place of a value of an entity: `$text`, `$json`, `$yaml`.

use bumpalo::Bump;
use serde_json::Value;

use super::{text, yaml};
use crate::model::entity::Embedding;

/// What a file is, put in place of the placeholder; as Backstage's `PlaceholderProcessor` (plugin-catalog-backend 3.9)
/// reads it.
///
/// # Errors
/// Why it cannot be read so.
pub fn embedded(bytes: &[u8], how: Embedding) -> Result<Value, String> {
    let source = text::decode(bytes).map_err(|fault| fault.message)?;
    match how {
        Embedding::Text => Ok(Value::from(source)),
        Embedding::Json => {
            serde_json::from_str(source).map_err(|error| format!("it is not JSON: {error}"))
        }
        Embedding::Yaml => {
            let arena = Bump::new();
            let documents = yaml::documents(&arena, source, |_| true);
            let documents = documents.map_err(|error| {
                format!("it is not YAML: line {}, {}", error.at.line, error.message)
            })?;
            match documents.as_slice() {
                [only] => Ok(only.root.to_json()),
                [] => Err("it is empty".to_owned()),
                _ => Err("it holds more than one document".to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_form_is_read_as_itself() {
        let read = |text: &str, how| embedded(text.as_bytes(), how);
        assert_eq!(read("a: 1\n", Embedding::Text), Ok(json!("a: 1\n")));
        assert_eq!(read("a: [1]\n", Embedding::Yaml), Ok(json!({"a": [1]})));
        assert_eq!(read("{\"a\": 1}", Embedding::Json), Ok(json!({"a": 1})));
        assert!(read("a: 1\n", Embedding::Json).is_err());
        assert!(read("a: 1\n---\nb: 2\n", Embedding::Yaml).is_err());
        assert!(read("", Embedding::Yaml).is_err());
    }
}
