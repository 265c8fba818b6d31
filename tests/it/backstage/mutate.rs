//! Changes of valid entities, each of them one that may or may not make it invalid.

use fastrand::Rng;

use super::odd;
use super::text::Text;

/// An entity without each of its values in turn, and with what is of another type or blank in its place: so no field
/// is left out by chance.
pub fn each(entity: &Text) -> Vec<Text> {
    let mut paths = Vec::new();
    collect(entity, &mut Vec::new(), &mut paths);
    let raw = ["null", "5", "true"].map(Text::raw);
    let quoted = ["", "\u{FEFF}", "\u{85}"].map(Text::quoted);
    let empty = [Text::List(Vec::new()), Text::Map(Vec::new())];
    let values: Vec<Text> = raw.into_iter().chain(quoted).chain(empty).collect();
    let mut changed = Vec::new();
    for path in paths {
        let (last, parents) = path.split_last().unwrap();
        let with = |change: &dyn Fn(&mut Text)| {
            let mut entity = entity.clone();
            let parent = parents
                .iter()
                .fold(&mut entity, |node, step| child(node, *step));
            change(parent);
            entity
        };
        changed.push(with(&|parent| match parent {
            Text::Map(fields) => drop(fields.remove(*last)),
            Text::List(items) => drop(items.remove(*last)),
            Text::Raw(_) | Text::Quoted(_) => unreachable!("a scalar has no children"),
        }));
        changed.extend(
            values
                .iter()
                .map(|value| with(&|parent| *child(parent, *last) = value.clone())),
        );
    }
    changed
}

/// Changes an entity in one place, or a few.
pub fn mutate(entity: &Text, rng: &mut Rng) -> Text {
    let mut changed = entity.clone();
    let times = [1, 1, 1, 2, 3][rng.usize(..5)];
    for _ in 0..times {
        change(&mut changed, rng);
    }
    changed
}

fn change(entity: &mut Text, rng: &mut Rng) {
    let mut paths = Vec::new();
    collect(entity, &mut Vec::new(), &mut paths);
    // What is of no kind that is known tells little: seldom the apiVersion and the kind, which come first.
    if rng.u8(0..8) > 0 {
        paths.retain(|path| !matches!(path.as_slice(), [0 | 1]));
    }
    if paths.is_empty() {
        return;
    }
    // What follows a rule of its own comes first as often as all else.
    let ruled: Vec<_> = paths
        .iter()
        .filter(|path| rule(entity, path).is_some())
        .cloned()
        .collect();
    let from = if rng.bool() && !ruled.is_empty() {
        &ruled
    } else {
        &paths
    };
    let path = from[rng.usize(..from.len())].clone();
    let rule = rule(entity, &path);
    let (last, parents) = path.split_last().unwrap();
    let parent = parents.iter().fold(entity, |node, step| child(node, *step));
    match (parent, rule, rng.u8(0..12)) {
        (Text::Map(fields), Some(Rule::Keyed), 0..=5) => fields[*last].0 = odd::key(rng),
        (Text::Map(fields), Some(Rule::Url), 0..=8) => fields[*last].1 = odd::url(rng),
        (Text::Map(fields), Some(Rule::Text), 0..=5) => fields[*last].1 = odd::text(rng),
        (Text::List(items), Some(Rule::Text), 0..=5) => items[*last] = odd::text(rng),
        (Text::Map(fields), _, 6 | 7) => drop(fields.remove(*last)),
        (Text::Map(fields), _, 8) => rename(&mut fields[*last].0, rng),
        (Text::Map(fields), _, 9) => fields.push((odd::key(rng), odd::value(rng))),
        (Text::Map(fields), _, _) => fields[*last].1 = odd::value(rng),
        (Text::List(items), _, 6) => drop(items.remove(*last)),
        (Text::List(items), _, 7) => items.push(items[*last].clone()),
        (Text::List(items), _, 8) => items.clear(),
        (Text::List(items), _, _) => items[*last] = odd::value(rng),
        (Text::Raw(_) | Text::Quoted(_), ..) => unreachable!("a scalar has no children"),
    }
}

/// What is more than a type.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// The keys of labels and annotations.
    Keyed,
    Url,
    Text,
}

fn rule(entity: &Text, path: &[usize]) -> Option<Rule> {
    let mut names = Vec::new();
    let mut node = entity;
    for step in path {
        match node {
            Text::Map(fields) => {
                let (key, value) = &fields[*step];
                names.push(match key {
                    Text::Raw(name) | Text::Quoted(name) => name.as_str(),
                    Text::List(_) | Text::Map(_) => "",
                });
                node = value;
            }
            Text::List(items) => {
                names.push("");
                node = &items[*step];
            }
            Text::Raw(_) | Text::Quoted(_) => return None,
        }
    }
    match names.as_slice() {
        ["metadata", "labels" | "annotations", _] => Some(Rule::Keyed),
        ["metadata", "links", _, "url"] => Some(Rule::Url),
        ["apiVersion" | "kind"]
        | [
            "metadata",
            "name" | "namespace" | "title" | "tags" | "links",
            ..,
        ]
        | ["spec", "type" | "presence" | "compatibility"] => {
            matches!(node, Text::Raw(_) | Text::Quoted(_)).then_some(Rule::Text)
        }
        _ => None,
    }
}

/// The paths of all values below a value.
fn collect(node: &Text, path: &mut Vec<usize>, paths: &mut Vec<Vec<usize>>) {
    let children: Vec<&Text> = match node {
        Text::Raw(_) | Text::Quoted(_) => Vec::new(),
        Text::List(items) => items.iter().collect(),
        Text::Map(fields) => fields.iter().map(|(_, value)| value).collect(),
    };
    for (index, child) in children.into_iter().enumerate() {
        path.push(index);
        paths.push(path.clone());
        collect(child, path, paths);
        path.pop();
    }
}

fn child(node: &mut Text, step: usize) -> &mut Text {
    match node {
        Text::List(items) => &mut items[step],
        Text::Map(fields) => &mut fields[step].1,
        Text::Raw(_) | Text::Quoted(_) => unreachable!("a scalar has no children"),
    }
}

fn rename(key: &mut Text, rng: &mut Rng) {
    let (Text::Raw(name) | Text::Quoted(name)) = &*key else {
        return;
    };
    let name = match rng.u8(0..6) {
        0 => name.to_uppercase(),
        1 => format!("${name}"),
        2 => format!("{name}s"),
        3 => name.chars().skip(1).collect(),
        4 => format!(" {name}"),
        _ => ["relations", "status", "spec", "name", "$text"][rng.usize(..5)].to_owned(),
    };
    *key = Text::Quoted(name);
}
