//! Time intervals (`timeinterval/timeinterval.go` of Alertmanager, `validation.go` of the operator).

use super::reader::Reader;
use super::unique_name;
use crate::load::read::Fields;
use crate::load::yaml::Node;
use crate::model::Code;
use crate::model::alertmanager::{TimeInterval, Value};

const WEEKDAYS: &[&str] = &[
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The time intervals of a spec, and their names, also of those that are faulty.
pub(super) fn read(
    spec: &Fields<'_>,
    reader: &mut Reader<'_, '_>,
) -> (Vec<TimeInterval>, Vec<String>) {
    let field = reader.api.intervals_field();
    let (mut found, mut seen) = (Vec::new(), Vec::new());
    let items = spec.get(field);
    for item in items.map_or(&[][..], |node| reader.sink.list(node, field)) {
        let known = ["name", "timeIntervals"];
        let Some(fields) = reader.sink.fields(item, "a time interval", &known) else {
            continue;
        };
        let name = unique_name(&fields, "a time interval", &mut seen, reader.sink);
        let periods = fields.required("timeIntervals", reader.sink);
        let intervals = periods.and_then(|node| periods_of(node, reader));
        if let (Some(name), Some(intervals)) = (name, intervals) {
            found.push(TimeInterval { name, intervals });
        }
    }
    (found, seen.into_iter().map(|(name, _)| name).collect())
}

fn periods_of(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let items = reader.sink.list(node, "timeIntervals");
    if items.is_empty() {
        let message = "a time interval without a period is never";
        let hint = "Add one, such as weekdays: [\"saturday:sunday\"], or take it out.";
        reader
            .sink
            .error(Code::MissingField, node.span, message, hint);
        return None;
    }
    let periods = items.iter().filter_map(|item| period(item, reader));
    Some(Value::List(periods.collect()))
}

/// How one kind of range is read.
type Read = fn(&Node<'_>, &mut Reader<'_, '_>) -> Option<Value>;

/// Fields of a period, in the definition and in Alertmanager's file.
const RANGES: &[(&str, &str, Read)] = &[
    ("times", "times", time_range),
    ("weekdays", "weekdays", weekdays),
    ("daysOfMonth", "days_of_month", days_of_month),
    ("months", "months", months),
    ("years", "years", years),
];

fn period(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let known: Vec<&str> = RANGES.iter().map(|(field, _, _)| *field).collect();
    let fields = reader.sink.fields(node, "a period of time", &known)?;
    let mut entries = Vec::new();
    for (field, to, read) in RANGES {
        let items = fields.get(field);
        let items = items.map_or(&[][..], |node| reader.sink.list(node, field));
        let ranges = items.iter().filter_map(|item| read(item, reader));
        let ranges: Vec<Value> = ranges.collect();
        if !ranges.is_empty() {
            entries.push(((*to).to_owned(), Value::List(ranges)));
        }
    }
    Some(Value::Map(entries))
}

/// `{ startTime: "09:00", endTime: "17:00" }`.
fn time_range(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let fields = reader
        .sink
        .fields(node, "a time range", &["startTime", "endTime"])?;
    let [start, end] = ["startTime", "endTime"].map(|field| {
        let node = fields.required(field, reader.sink)?;
        let text = reader.sink.text(node, field)?;
        let Some(minutes) = minutes(&text) else {
            let message = format!("{field} {text:?} is not a time of day");
            let hint = "Write hours and minutes with two digits each, in quotes: \"09:00\".";
            reader.invalid(node, message, hint);
            return None;
        };
        Some((minutes, text))
    });
    let (start, end) = (start?, end?);
    if start.0 >= end.0 {
        let message = format!(
            "the time range ends at {} before it starts at {}",
            end.1, start.1
        );
        let hint = "For a night write two ranges: until 24:00, and from 00:00.";
        reader.invalid(node, message, hint);
        return None;
    }
    Some(Value::Map(vec![
        ("start_time".to_owned(), Value::Text(start.1)),
        ("end_time".to_owned(), Value::Text(end.1)),
    ]))
}

/// Of `HH:MM`, up to `24:00`.
fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two(hours) || !two(minutes) {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let within = hours < 24 && minutes < 60 || (hours, minutes) == (24, 0);
    within.then_some(hours * 60 + minutes)
}

/// `monday:friday`, written with names.
fn weekdays(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let day = |text: &str| named(text, WEEKDAYS, 0);
    let hint = "Write a day of the week or a range from sunday to saturday, such as monday:friday.";
    let (from, to) = range(node, "weekdays", day, hint, reader)?;
    Some(names(from, to, WEEKDAYS, 0))
}

/// `march:may`, or `3:5`.
fn months(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let month = |text: &str| named(text, MONTHS, 1);
    let hint = "Write a month by name or number, or a range in the order of the year: march:may.";
    let (from, to) = range(node, "months", month, hint, reader)?;
    Some(names(from, to, MONTHS, 1))
}

fn years(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let year = |text: &str| text.parse().ok();
    let hint = "Write a year, or a range such as 2026:2028.";
    let (from, to) = range(node, "years", year, hint, reader)?;
    Some(Value::Text(joined(&from.to_string(), &to.to_string())))
}

/// The place of a name in its list; numbers count from `first`.
fn named(text: &str, list: &[&str], first: i64) -> Option<i64> {
    let lower = text.to_lowercase();
    let by_name = (first..).zip(list).find(|(_, name)| **name == lower);
    if let Some((number, _)) = by_name {
        return Some(number);
    }
    let number: i64 = text.parse().ok()?;
    (first..)
        .zip(list)
        .any(|(n, _)| n == number)
        .then_some(number)
}

fn names(from: i64, to: i64, list: &[&str], first: i64) -> Value {
    let name = |number: i64| {
        let index = usize::try_from(number - first).ok();
        index
            .and_then(|index| list.get(index))
            .copied()
            .unwrap_or_default()
    };
    Value::Text(joined(name(from), name(to)))
}

fn joined(from: &str, to: &str) -> String {
    if from == to {
        from.to_owned()
    } else {
        format!("{from}:{to}")
    }
}

/// One value, or two in order with a colon between.
fn range(
    node: &Node<'_>,
    field: &str,
    read: impl Fn(&str) -> Option<i64>,
    hint: &str,
    reader: &mut Reader<'_, '_>,
) -> Option<(i64, i64)> {
    let text = reader.sink.text(node, format!("an item of {field}"))?;
    let (from, to) = text.split_once(':').unwrap_or((&text, &text));
    let (Some(from), Some(to)) = (read(from), read(to)) else {
        reader.invalid(node, format!("{text:?} in {field} is not a range"), hint);
        return None;
    };
    if from > to {
        let message = format!("the range {text:?} in {field} ends before it starts");
        reader.invalid(node, message, hint);
        return None;
    }
    Some((from, to))
}

/// `{ start: 1, end: 5 }`; negative days count from the end of the month.
fn days_of_month(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Value> {
    let fields = reader
        .sink
        .fields(node, "a range of days", &["start", "end"])?;
    let [start, end] = ["start", "end"].map(|field| {
        let node = fields.required(field, reader.sink)?;
        let day = reader.sink.integer(node, field)?;
        if day == 0 || !(-31..=31).contains(&day) {
            let message = format!("{field} cannot be {day}");
            let hint = "Write a day from 1 to 31, or from -1, the last one, to -31.";
            reader.invalid(node, message, hint);
            return None;
        }
        Some(day)
    });
    let (start, end) = (start?, end?);
    // As Alertmanager compares them: by the shortest month.
    let in_shortest = |day: i64| if day < 0 { 28 + day } else { day };
    let turns = start < 0 && end > 0;
    if turns || in_shortest(start) > in_shortest(end) {
        let message = format!("the days from {start} to {end} are never in order");
        let hint = "Let the range end after it starts, in every month.";
        reader.invalid(node, message, hint);
        return None;
    }
    Some(Value::Text(joined(&start.to_string(), &end.to_string())))
}
