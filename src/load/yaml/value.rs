//! A node as JSON, for what is handed to a server as it is.

use serde_json::{Map, Number, Value as Json};

use super::node::{Node, Scalar, Style, Tag, Value};

impl Node<'_> {
    /// The value as JSON, plain scalars as YAML 1.2's core schema reads them, which is how Kubernetes' and
    /// Grafana's tools do: `yes` is a text. Keys that are no scalars are left out.
    pub(crate) fn to_json(self) -> Json {
        match &self.value {
            Value::Scalar(scalar) => scalar.to_json(),
            Value::List(items) => items.iter().map(|item| item.to_json()).collect(),
            Value::Map(entries) => {
                let fields = entries.iter().filter_map(|(key, value)| {
                    Some((key.scalar()?.text.to_owned(), value.to_json()))
                });
                Json::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}

impl Scalar<'_> {
    fn to_json(self) -> Json {
        if self.is_null() {
            return Json::Null;
        }
        let plain = self.style == Style::Plain && matches!(self.tag, Tag::None | Tag::Other);
        match self.tag {
            _ if plain => self.plain_json(),
            Tag::Int | Tag::Float | Tag::Bool => self.plain_json(),
            _ => Json::from(self.text),
        }
    }

    fn plain_json(&self) -> Json {
        match self.text {
            "true" | "True" | "TRUE" => return Json::Bool(true),
            "false" | "False" | "FALSE" => return Json::Bool(false),
            _ => {}
        }
        let looks_like_a_number = self
            .text
            .trim_start_matches(['+', '-'])
            .starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if !looks_like_a_number {
            return Json::from(self.text);
        }
        if let Ok(number) = self.text.trim_start_matches('+').parse::<i64>() {
            return Json::from(number);
        }
        let decimal = self
            .text
            .chars()
            .all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
        let number = decimal.then(|| self.text.parse::<f64>().ok()).flatten();
        match number.and_then(Number::from_f64) {
            Some(number) => Json::Number(number),
            None => Json::from(self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::documents;
    use bumpalo::Bump;
    use serde_json::json;

    #[test]
    fn plain_scalars_have_types_and_quoted_ones_do_not() {
        let text =
            "a: [1, -2, 1.5, 1e3, true, yes, null, ~, '1', \"true\", 1.2.3, 5m, !!str 7, 010]\n";
        let arena = Bump::new();
        let documents = documents(&arena, text, |_| false).unwrap();
        assert_eq!(
            documents[0].root.to_json(),
            json!({"a": [1, -2, 1.5, 1000.0, true, "yes", null, null, "1", "true", "1.2.3", "5m", "7", 10]})
        );
    }
}
