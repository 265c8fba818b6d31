//! Tables of fields: what each is called in a definition and in Alertmanager's file, of what form it is, and with
//! which version it came.

use super::form::Form;
use super::reader::{Api, Reader, Selector};
use crate::load::read::Fields;
use crate::load::yaml::Node;
use crate::model::alertmanager::{SecretFile, Value};
use crate::model::nearest::nearest;
use crate::model::{Code, Span, Version};

/// An object of a definition.
pub(super) struct Table {
    /// For messages: "a webhook".
    pub(super) what: &'static str,
    /// In the order in which the fields are written.
    pub(super) rows: &'static [Row],
    pub(super) rules: &'static [Rule],
}

/// A field.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// In the definition.
    pub(super) field: &'static str,
    /// In Alertmanager's file.
    pub(super) to: &'static str,
    form: Form,
    required: bool,
    /// The first Alertmanager that knows it; none where 0.25 does.
    since: Option<Version>,
    /// The only version of the format that has it.
    only: Option<Api>,
}

/// What must hold between the fields of an object.
pub(super) enum Rule {
    /// One of them at least is there.
    AnyOf(&'static [&'static str]),
    AtMostOne(&'static [&'static str]),
    /// Where the first is there, one of the others is.
    Needs(&'static str, &'static [&'static str]),
    Check(fn(&Fields<'_>, &mut Reader<'_, '_>)),
}

pub(super) const fn row(field: &'static str, to: &'static str, form: Form) -> Row {
    Row {
        field,
        to,
        form,
        required: false,
        since: None,
        only: None,
    }
}

pub(super) const fn text(field: &'static str, to: &'static str) -> Row {
    row(field, to, Form::Text)
}

pub(super) const fn flag(field: &'static str, to: &'static str) -> Row {
    row(field, to, Form::Flag)
}

pub(super) const fn url(field: &'static str, to: &'static str) -> Row {
    row(field, to, Form::Url)
}

pub(super) const fn object(field: &'static str, to: &'static str, table: &'static Table) -> Row {
    row(field, to, Form::Object(table))
}

pub(super) const fn objects(field: &'static str, to: &'static str, table: &'static Table) -> Row {
    row(field, to, Form::Objects(table))
}

/// A secret by a reference of the format's own type, with the field that takes the path of its file.
pub(super) const fn secret(field: &'static str, to: &'static str, file: SecretFile) -> Row {
    row(field, to, Form::Secret(Selector::Own, Some(file)))
}

/// A secret by a reference of Kubernetes' type.
pub(super) const fn kube_secret(field: &'static str, to: &'static str, file: SecretFile) -> Row {
    row(field, to, Form::Secret(Selector::Kubernetes, Some(file)))
}

/// The sibling field that takes the path of a secret's file, since 0.`minor`.
pub(super) const fn file(field: &'static str, minor: u32) -> SecretFile {
    SecretFile {
        field,
        since: Version::new(0, minor, 0),
    }
}

impl Row {
    pub(super) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// Came with Alertmanager 0.`minor`.
    pub(super) const fn since(self, minor: u32) -> Self {
        Self {
            since: Some(Version::new(0, minor, 0)),
            ..self
        }
    }

    pub(super) const fn only(self, api: Api) -> Self {
        Self {
            only: Some(api),
            ..self
        }
    }

    fn is_of(&self, api: Api) -> bool {
        self.only.is_none_or(|only| only == api)
    }

    /// The field's value as it stands in Alertmanager's file; `None` where there is none, or a fault.
    fn read(
        &self,
        fields: &Fields<'_>,
        known: &[&str],
        reader: &mut Reader<'_, '_>,
    ) -> Option<Value> {
        let node = if self.required {
            required(fields, self.field, known, reader)
        } else {
            fields.get(self.field).filter(|node| !node.is_null())
        };
        let node = node?;
        reader.field(self.field, |reader| {
            let value = self.form.read(node, self.field, reader)?;
            if let Some(since) = self.since {
                reader.need(since);
            }
            Some(value)
        })
    }
}

impl Table {
    /// The values of an object's fields, each with its row; `None` where it is no object. The `others` are read
    /// elsewhere.
    pub(super) fn values(
        &self,
        node: &Node<'_>,
        others: &[&str],
        reader: &mut Reader<'_, '_>,
    ) -> Option<Vec<(&'static Row, Value)>> {
        let api = reader.api;
        let rows = self.rows.iter().filter(|row| row.is_of(api));
        let known: Vec<&str> = rows.clone().map(|row| row.field).collect();
        let known = [others, &known].concat();
        let fields = reader.sink.fields(node, self.what, &known)?;
        let mut values = Vec::new();
        for row in rows {
            if let Some(value) = row.read(&fields, &known, reader) {
                values.push((row, value));
            }
        }
        for rule in self.rules {
            rule.hold(self, &fields, &known, reader);
        }
        Some(values)
    }

    /// Whether a field says something: what is null or empty, and a flag that is false, does not.
    fn is_set(&self, fields: &Fields<'_>, field: &str) -> bool {
        let mut rows = self.rows.iter().filter(|row| row.field == field);
        let is_flag = rows.any(|row| matches!(row.form, Form::Flag));
        fields.get(field).is_some_and(|node| match node.scalar() {
            Some(scalar) => {
                let is_off = is_flag && scalar.as_bool() == Some(false);
                !(node.is_null() || scalar.text.is_empty() || is_off)
            }
            None => node.entries().is_none_or(|entries| !entries.is_empty()),
        })
    }

    pub(super) fn read(&self, node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
        let values = self.values(node, &[], reader)?.into_iter();
        let entries = values.map(|(row, value)| (row.to.to_owned(), value));
        Some(Value::Map(entries.collect()))
    }
}

/// A field that must say something.
fn required<'n>(
    fields: &Fields<'n>,
    field: &str,
    known: &[&str],
    reader: &mut Reader<'_, '_>,
) -> Option<&'n Node<'n>> {
    let Some(node) = fields.get(field) else {
        if !is_misspelled(fields, &[field], known) {
            let message = format!("{} needs the field {field:?}", fields.what);
            missing(fields, message, format!("Add {field:?} here."), reader);
        }
        return None;
    };
    let empty = node.scalar().is_some_and(|scalar| scalar.text.is_empty());
    if node.is_null() || empty {
        let message = format!("{field} of {} is empty", fields.what);
        let hint = format!("Give {field:?} a value; it cannot be left out.");
        reader
            .sink
            .error(Code::MissingField, node.span, message, hint);
        return None;
    }
    Some(node)
}

/// Whether an unknown field looks like one of those that are missing: that is told already. One that is known, and
/// only named alike, does not stand for it.
fn is_misspelled(fields: &Fields<'_>, missing: &[&str], known: &[&str]) -> bool {
    let mut names = fields.entries.iter().filter_map(|(key, _)| key.scalar());
    names.any(|name| !known.contains(&name.text) && nearest(name.text, missing).is_some())
}

impl Rule {
    fn hold(
        &self,
        table: &Table,
        fields: &Fields<'_>,
        known: &[&str],
        reader: &mut Reader<'_, '_>,
    ) {
        let what = fields.what;
        let is_set = |field: &str| table.is_set(fields, field);
        match self {
            Self::AnyOf(any) => {
                if !any.iter().any(|field| is_set(field)) && !is_misspelled(fields, any, known) {
                    let message = format!("{what} needs one of the fields {}", quoted(any));
                    missing(fields, message, "Add one of them here.", reader);
                }
            }
            Self::AtMostOne(of) => {
                let set: Vec<&str> = of.iter().copied().filter(|f| is_set(f)).collect();
                if let [_, second, ..] = set[..] {
                    let span = fields
                        .entry(second)
                        .map_or(fields.span, |(key, _)| key.span);
                    let message = format!(
                        "{what} has {}, of which one rules out the other",
                        quoted(&set)
                    );
                    let hint = "Keep one of them.";
                    reader.sink.error(Code::InvalidValue, span, message, hint);
                }
            }
            Self::Needs(field, others) => {
                if is_set(field) && !others.iter().any(|other| is_set(other)) {
                    let span = fields.entry(field).map_or(fields.span, |(key, _)| key.span);
                    let message =
                        format!("{field} of {what} has no effect without {}", quoted(others));
                    let hint = format!("Add it, or take {field:?} out.");
                    reader.sink.error(Code::MissingField, span, message, hint);
                }
            }
            Self::Check(check) => check(fields, reader),
        }
    }
}

/// An error at the start of an object.
fn missing(
    fields: &Fields<'_>,
    message: String,
    hint: impl Into<String>,
    reader: &mut Reader<'_, '_>,
) {
    let start = Span {
        start: fields.span.start,
        end: fields.span.start,
    };
    reader.sink.error(Code::MissingField, start, message, hint);
}

fn quoted(fields: &[&str]) -> String {
    let quoted: Vec<String> = fields.iter().map(|field| format!("{field:?}")).collect();
    match quoted.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => quoted.concat(),
    }
}
