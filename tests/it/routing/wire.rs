//! The composed file, taken apart again.

use std::collections::BTreeMap;

use fastrand::Rng;
use trueup::model::alertmanager::{Base, Part, Piece, Value};
use trueup::provider::alertmanager::wire::{ReadError, Written, read, write, write_pieces};

use super::generate;

const HEAD: &str = "trueup instance=acme set=alertmanager/alertmanager.yml";

struct Case {
    base: Base,
    pieces: BTreeMap<String, Piece>,
    text: String,
}

fn case(seed: u64) -> Case {
    let rng = &mut Rng::with_seed(seed);
    let base = generate::base(rng);
    let parts = generate::parts(&generate::routings(rng));
    let text = write(&[HEAD.to_owned()], &base, &parts, &|_| {
        Written::Value(String::new())
    });
    let pieces = parts.iter().map(|part| (part.id.clone(), Piece::of(part)));
    // What adds nothing leaves no trace.
    let pieces = pieces.filter(|(_, piece)| *piece != Piece::default());
    Case {
        base,
        pieces: pieces.collect(),
        text,
    }
}

pub fn read_back() {
    for seed in 0..300 {
        let case = case(seed);
        let found = read(&case.text).unwrap();
        assert_eq!(found.head, [HEAD], "seed {seed}");
        assert_eq!(found.pieces, case.pieces, "seed {seed}");
        for (field, value) in case.base.file.entries() {
            assert_eq!(found.base.get(field), Some(value), "seed {seed}: {field}");
        }
        let again = write_pieces(&found.head, &found.base, &found.pieces, &|_| {
            Written::Value(String::new())
        });
        assert_eq!(again, case.text, "seed {seed}");
    }
}

/// Texts of several lines, and of what YAML gives a meaning, as the last thing of a receiver, and of the base.
pub fn texts() {
    const TEXTS: &[&str] = &[
        "a\n",
        "a\n\n",
        "\n\na",
        "a\n\nb\n",
        "  a\nb",
        " \n a\n",
        "\n",
        "\t",
        "a\tb\n",
        "a ",
        "a \n",
        "a\n# payments/web\n- name: x\n",
        "a\nroute:\n  routes:\n  # payments/web\n",
        "# a",
        "- a",
        "a: b",
        "|",
        ">-\n a",
        "yes",
        "null",
        "~",
        "0o17",
        "1e3",
        "\u{2028}a\u{2028}# b",
        "\u{85}\n",
        "\u{feff}a",
        "a\n\u{2028}- name: x\u{2028}inhibit_rules: []\n\u{2029}",
        "a\u{2029}\u{85}b\n",
        "\u{e000}0\u{e000}\n\u{2028}\"\\é",
        "a\r\nb\r\n",
        "a\rb",
        "'\"'",
        "{{ range .Alerts }}\n{{ .Labels.x }}\n{{ end }}\n",
        "%\n---\n...\n",
        "",
    ];
    for text in TEXTS {
        let file = serde_json::json!({
            "global": { "smtp_hello": text },
            "route": { "receiver": "default", "group_by": [text] },
            "receivers": [{ "name": "default", "email_configs": [{ "to": "a", "text": text }] }],
        });
        let base = Base::new(Value::from(&file)).unwrap();
        let mut routing = generate::routing(&mut Rng::with_seed(7), "team", "web");
        for receiver in &mut routing.receivers {
            let text = ("text".to_owned(), Value::text(*text));
            receiver.integrations = vec![("email_configs", vec![Value::Map(vec![text])])];
        }
        let part = Part::new(&routing, &[]);
        let expected = Piece::of(&part);
        let written = write(&[HEAD.to_owned()], &base, &[part], &|_| {
            Written::Value(String::new())
        });
        let found = read(&written).unwrap_or_else(|error| panic!("{text:?}: {error}\n{written}"));
        assert_eq!(found.pieces["team/web"], expected, "{text:?}\n{written}");
        assert_eq!(found.base, base.file, "{text:?}\n{written}");
    }
}

/// Every place where a value can be changed by hand: the one that is found to differ is the one that was changed.
pub fn edits() {
    let mut found_in = BTreeMap::<&str, usize>::new();
    for seed in 0..100 {
        let case = case(seed);
        let lines: Vec<&str> = case.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some((field, "/hook")) = line.split_once("127.0.0.1:9") else {
                continue;
            };
            let mut edited = lines.clone();
            let changed = format!("{field}127.0.0.1:9/elsewhere");
            edited[index] = &changed;
            let found = read(&edited.join("\n")).unwrap();
            assert_eq!(found.base, read(&case.text).unwrap().base);
            let differ = found
                .pieces
                .iter()
                .filter(|(id, piece)| case.pieces.get(*id) != Some(piece));
            let differ: Vec<&String> = differ.map(|(id, _)| id).collect();
            let comments = lines[..index].iter().rev();
            let above = comments.clone().find_map(|line| line.strip_prefix("# "));
            assert_eq!(differ, [above.unwrap()], "seed {seed}, line {index}");
            *found_in.entry("receivers").or_default() += 1;
        }
    }
    assert!(found_in["receivers"] > 100);
}

/// With any line taken out or doubled, what is read adds up to what the file says, or nothing is.
pub fn moved_lines() {
    let (mut read_so_far, mut refused) = (0, 0);
    for seed in 0..10 {
        let case = case(seed);
        let lines: Vec<&str> = case.text.lines().collect();
        for index in 0..lines.len() {
            for double in [false, true] {
                let mut edited = lines.clone();
                if double {
                    edited.insert(index, lines[index]);
                } else {
                    edited.remove(index);
                }
                let text = edited.join("\n");
                match read(&text) {
                    Err(ReadError::Yaml(_) | ReadError::Mixed | ReadError::Shape) => refused += 1,
                    Ok(found) => {
                        read_so_far += 1;
                        let whole: serde_json::Value = serde_yaml::from_str(&text).unwrap();
                        let whole = Value::from(&whole);
                        let names = |value: &Value| {
                            let items = value.get("receivers").map_or(&[][..], Value::items);
                            items.to_vec()
                        };
                        let mut all = names(&found.base);
                        all.extend(found.pieces.values().flat_map(|p| p.receivers.clone()));
                        assert_eq!(all, names(&whole), "seed {seed}, line {index}");
                    }
                }
            }
        }
    }
    assert!(
        read_so_far > 100 && refused > 100,
        "{read_so_far}, {refused}"
    );
}
