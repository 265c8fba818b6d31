//! What is carried along while a definition is read.

use std::sync::Arc;

use crate::load::read::{Fields, Sink};
use crate::load::secret::secret_ref;
use crate::load::yaml::Node;
use crate::model::alertmanager::{Need, SecretFile, SecretValue, Value};
use crate::model::{Code, Version};

/// The version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    V1Alpha1,
    V1Beta1,
}

impl Api {
    /// Of an `apiVersion` that is one of the two.
    pub(super) fn of(version: &str) -> Self {
        if version.ends_with("v1alpha1") {
            Self::V1Alpha1
        } else {
            Self::V1Beta1
        }
    }

    /// Where the time intervals stand.
    pub(super) fn intervals_field(self) -> &'static str {
        match self {
            Self::V1Alpha1 => "muteTimeIntervals",
            Self::V1Beta1 => "timeIntervals",
        }
    }
}

/// Whose type a reference to a secret has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selector {
    /// Of the format: in `v1alpha1` it is that of Kubernetes.
    Own,
    /// Of Kubernetes, with `optional`.
    Kubernetes,
}

/// Reads a definition: faults go to the sink, and fields that not every Alertmanager knows are noted.
pub(super) struct Reader<'r, 's> {
    pub(super) sink: &'r mut Sink<'s>,
    pub(super) api: Api,
    namespace: Arc<str>,
    /// The field that is being read, from the spec down: `receivers[0].webhookConfigs`.
    at: String,
    needs: Vec<Need>,
}

impl<'r, 's> Reader<'r, 's> {
    pub(super) fn new(api: Api, namespace: Arc<str>, sink: &'r mut Sink<'s>) -> Self {
        Self {
            sink,
            api,
            namespace,
            at: String::new(),
            needs: Vec::new(),
        }
    }

    pub(super) fn into_needs(self) -> Vec<Need> {
        self.needs
    }

    /// Reads a field below the current one.
    pub(super) fn field<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.at.len();
        if before > 0 {
            self.at.push('.');
        }
        self.at.push_str(name);
        let read = read(self);
        self.at.truncate(before);
        read
    }

    /// Reads an item of the current list.
    pub(super) fn item<T>(&mut self, index: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.at.len();
        self.at.extend(["[", &index.to_string(), "]"]);
        let read = read(self);
        self.at.truncate(before);
        read
    }

    /// Notes that the current field came with a version.
    pub(super) fn need(&mut self, since: Version) {
        let field = self.at.clone();
        self.needs.push(Need { field, since });
    }

    pub(super) fn invalid(
        &mut self,
        node: &Node<'_>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.sink
            .error(Code::InvalidValue, node.span, message, hint);
    }

    pub(super) fn flag(&mut self, node: &Node<'_>, what: &str) -> Option<bool> {
        let flag = node.scalar().and_then(crate::load::yaml::Scalar::as_bool);
        if flag.is_none() && !node.is_null() {
            let message = format!("{what} must be true or false, found {}", node.describe());
            let hint = "Write true or false, without quotes.";
            self.sink.error(Code::WrongType, node.span, message, hint);
        }
        flag
    }

    /// `{ name: prom, key: password }`.
    pub(super) fn secret(
        &mut self,
        node: &Node<'_>,
        selector: Selector,
        file: Option<SecretFile>,
    ) -> Option<Value> {
        let plain = selector == Selector::Own && self.api == Api::V1Beta1;
        let known: &[&str] = if plain {
            &["name", "key"]
        } else {
            &["name", "key", "optional"]
        };
        if node.entries().is_none() {
            let message = format!(
                "a reference to a secret must be a mapping, found {}",
                node.describe()
            );
            let hint = "Write { name: <name>, key: <key> }; secrets never stand in the repository.";
            self.sink.error(Code::WrongType, node.span, message, hint);
            return None;
        }
        let fields: Fields<'_> = self.sink.fields(node, "a reference to a secret", known)?;
        if let Some(node) = fields.get("optional") {
            // A secret that is missing is an error of its user in any case.
            self.flag(node, "optional");
        }
        let secret = secret_ref(&self.namespace, &fields, self.sink)?;
        Some(Value::Secret(SecretValue { secret, file }))
    }
}
