//! Routes: the top one, and those below it, which are of the same shape.

use super::reader::Reader;
use super::{Names, is_defined, matchers};
use crate::load::read::Fields;
use crate::load::yaml::Node;
use crate::model::alertmanager::Route;
use crate::model::alertmanager::matcher::is_label;
use crate::model::{Code, Diagnostic, Span};

const FIELDS: &[&str] = &[
    "receiver",
    "groupBy",
    "groupWait",
    "groupInterval",
    "repeatInterval",
    "matchers",
    "continue",
    "routes",
    "muteTimeIntervals",
    "activeTimeIntervals",
];

/// Groups by all labels.
const ALL: &str = "...";

/// The definition's own route. Whether it says `continue` does not matter: in the whole it always does.
pub(super) fn top(node: &Node<'_>, names: &Names, reader: &mut Reader<'_, '_>) -> Option<Route> {
    route(node, true, names, reader)
}

fn route(node: &Node<'_>, top: bool, names: &Names, reader: &mut Reader<'_, '_>) -> Option<Route> {
    let fields = reader.sink.fields(node, "a route", FIELDS)?;
    let continues = fields.get("continue");
    let continues = continues.and_then(|node| reader.flag(node, "continue"));
    let routes = fields.get("routes");
    let routes = routes.map_or(&[][..], |node| reader.sink.list(node, "routes"));
    Some(Route {
        receiver: receiver(&fields, top, names, reader),
        matchers: matchers::read(&fields, "matchers", reader),
        continues: continues.unwrap_or(false),
        group_wait: duration(&fields, "groupWait", reader),
        group_interval: positive(&fields, "groupInterval", reader),
        repeat_interval: positive(&fields, "repeatInterval", reader),
        group_by: group_by(&fields, reader),
        mute_time_intervals: intervals(&fields, "muteTimeIntervals", names, reader),
        active_time_intervals: intervals(&fields, "activeTimeIntervals", names, reader),
        routes: routes
            .iter()
            .filter_map(|node| route(node, false, names, reader))
            .collect(),
    })
}

fn receiver(
    fields: &Fields<'_>,
    top: bool,
    names: &Names,
    reader: &mut Reader<'_, '_>,
) -> Option<String> {
    let node = if top {
        fields.required("receiver", reader.sink)?
    } else {
        fields.get("receiver")?
    };
    let name = reader.sink.text(node, "receiver")?;
    if name.is_empty() {
        if top {
            let message = "the receiver of the definition's own route is empty";
            let hint = "Name a receiver of this definition; only routes below may leave it out.";
            reader
                .sink
                .error(Code::MissingField, node.span, message, hint);
        }
        return None;
    }
    let given = &names.receivers;
    is_defined(&name, "receiver", "receivers", given, node, reader.sink).then_some(name)
}

/// A duration as written.
fn duration(
    fields: &Fields<'_>,
    field: &'static str,
    reader: &mut Reader<'_, '_>,
) -> Option<String> {
    let node = fields.get(field).filter(|node| !node.is_null())?;
    reader.sink.duration(node, field)?;
    reader.sink.text(node, field)
}

/// One that is not zero.
fn positive(
    fields: &Fields<'_>,
    field: &'static str,
    reader: &mut Reader<'_, '_>,
) -> Option<String> {
    let node = fields.get(field).filter(|node| !node.is_null())?;
    if reader.sink.duration(node, field)?.is_zero() {
        let message = format!("{field} must not be zero");
        let hint = "Write a length of time, such as 5m, or leave it out.";
        reader
            .sink
            .error(Code::InvalidDuration, node.span, message, hint);
        return None;
    }
    reader.sink.text(node, field)
}

fn group_by(fields: &Fields<'_>, reader: &mut Reader<'_, '_>) -> Vec<String> {
    let Some(node) = fields.get("groupBy") else {
        return Vec::new();
    };
    let mut found: Vec<(String, Span)> = Vec::new();
    for item in reader.sink.list(node, "groupBy") {
        let Some(text) = group_label(item, reader) else {
            continue;
        };
        if let Some((_, first)) = found.iter().find(|(other, _)| *other == text) {
            let message = format!("the label {text:?} stands twice in groupBy");
            let place = reader.sink.place(item.span);
            let first = reader.sink.place(*first);
            let diagnostic = Diagnostic::error(Code::InvalidValue, place, message)
                .with_hint("Take one of them out.")
                .with_related("the first one", first);
            reader.sink.add(diagnostic);
            continue;
        }
        found.push((text, item.span));
    }
    if found.len() > 1
        && let Some((_, span)) = found.iter().find(|(text, _)| text == ALL)
    {
        let message = "\"...\" stands for all labels, and cannot stand beside others";
        let hint = "Write it alone, or take it out.";
        reader.sink.error(Code::InvalidValue, *span, message, hint);
    }
    found.into_iter().map(|(text, _)| text).collect()
}

fn group_label(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<String> {
    match node.scalar() {
        Some(scalar) if scalar.text == ALL => Some(ALL.to_owned()),
        _ => label(node, "groupBy", reader),
    }
}

/// The name of a label.
pub(super) fn label(node: &Node<'_>, field: &str, reader: &mut Reader<'_, '_>) -> Option<String> {
    let text = reader.sink.text(node, format!("an item of {field}"))?;
    if is_label(&text) {
        return Some(text);
    }
    let message = format!("{text:?} in {field} is not the name of a label");
    let hint = "Use letters, digits and _; the first one is no digit.";
    reader
        .sink
        .error(Code::InvalidLabel, node.span, message, hint);
    None
}

fn intervals(
    fields: &Fields<'_>,
    field: &'static str,
    names: &Names,
    reader: &mut Reader<'_, '_>,
) -> Vec<String> {
    let Some(node) = fields.get(field) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in reader.sink.list(node, field) {
        let Some(name) = reader.sink.text(item, format!("an item of {field}")) else {
            continue;
        };
        let (given, where_) = (&names.intervals, reader.api.intervals_field());
        if is_defined(&name, "time interval", where_, given, item, reader.sink) {
            found.push(name);
        }
    }
    found
}
