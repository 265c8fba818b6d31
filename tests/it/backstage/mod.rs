//! The verdict of `check` on entities against Backstage's own packages: the same for every one.

mod mutate;
mod odd;
mod reference;
mod text;
mod urls;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use fastrand::Rng;
use libtest_mimic::Trial;
use serde_json::Value as Json;

use self::reference::{Answer, Verdict};
use self::text::Text;
use crate::support::{Need, test};

pub fn tests() -> Vec<Trial> {
    let needs = || {
        let packages = reference::PACKAGES.iter().map(|name| Need::Npm(name));
        packages.chain([Need::Program("node")])
    };
    let corpus: Vec<Need> = needs().chain([Need::Env("TRUEUP_CORPUS")]).collect();
    vec![
        test(
            "backstage::mutations",
            &needs().collect::<Vec<_>>(),
            mutations,
        ),
        test("backstage::corpus", &corpus, corpus_documents),
    ]
}

/// Errors that are ours alone, and no verdict on the entity itself: what is wrong between files or with their paths.
const OURS_ALONE: &[&str] = &[
    "path_outside",
    "duplicate_name",
    "duplicate_entity",
    "location_missing",
    "embedded_missing",
    "embedded_unreadable",
];

/// So many entities are changed by chance, beside those that are changed field by field.
const MUTATIONS: usize = 1_600;

fn mutations() {
    let seeds: Vec<Text> = serde_yaml::Deserializer::from_str(include_str!("valid.yaml"))
        .map(|document| serde::Deserialize::deserialize(document).unwrap())
        .map(|json: Json| Text::from(json))
        .collect();
    let mut rng = Rng::with_seed(6);
    let changed = (0..MUTATIONS).map(|index| mutate::mutate(&seeds[index % seeds.len()], &mut rng));
    let changed: Vec<Text> = seeds.iter().flat_map(mutate::each).chain(changed).collect();
    let documents = seeds.iter().chain(&changed).enumerate();
    let documents: Vec<Document> = documents
        .map(|(index, entity)| Document {
            path: format!("{index:04}.yaml"),
            text: entity.document(),
        })
        .collect();
    let table = compare(&documents);
    println!("{table}");
    let (valid, _) = documents.split_at(seeds.len());
    assert_eq!(
        refused(valid),
        BTreeMap::new(),
        "all start from what is valid"
    );
    table.assert_both_verdicts_for(&[
        "API",
        "AiResource",
        "Component",
        "Domain",
        "Group",
        "Location",
        "Resource",
        "System",
        "Template",
        "User",
    ]);
    assert!(table.compared() >= 500, "{table}");
}

fn corpus_documents() {
    let root = std::env::var_os("TRUEUP_CORPUS").unwrap();
    let root = Path::new(&root);
    let mut documents = Vec::new();
    for file in ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .build()
    {
        let file = file.unwrap();
        let path = file.path().strip_prefix(root).unwrap().to_str().unwrap();
        if !matches!(
            file.path().extension().and_then(|end| end.to_str()),
            Some("yaml" | "yml")
        ) {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(file.path()) else {
            continue;
        };
        if text.contains("backstage.io/") {
            // In the same folder, so that paths lead where they did.
            let parts = split(&text).into_iter().enumerate();
            documents.extend(parts.map(|(index, text)| Document {
                path: format!("{path}.{index}.yaml"),
                text,
            }));
        }
    }
    let table = compare(&documents);
    println!("{table}");
    assert!(table.compared() > 0, "no entity in the corpus");
}

/// The documents of a file.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.lines() {
        if line == "---" || line.starts_with("--- ") {
            parts.push(String::new());
        }
        let last = parts.last_mut().unwrap();
        last.push_str(line);
        last.push('\n');
    }
    parts.retain(|part| part.contains("apiVersion"));
    parts
}

/// A file with one document.
struct Document {
    path: String,
    text: String,
}

/// Asks both, and fails where they differ.
fn compare(documents: &[Document]) -> Table {
    let texts: Vec<&str> = documents
        .iter()
        .map(|document| document.text.as_str())
        .collect();
    let theirs = reference::judge(&texts);
    let ours = refused(documents);
    let mut table = Table::default();
    let mut differences = Vec::new();
    for (document, theirs) in documents.iter().zip(&theirs) {
        if theirs.verdict == Verdict::Foreign {
            table.foreign += 1;
            continue;
        }
        let refused = ours.get(&document.path);
        if refused.is_some() != (theirs.verdict == Verdict::Rejected) {
            let ours = refused.map_or("accepted", String::as_str);
            let text = &document.text;
            differences.push(format!("Backstage: {theirs:?}\nours: {ours}\n{text}"));
        }
        *table
            .rows
            .entry(theirs.kind.clone())
            .or_default()
            .count(theirs) += 1;
    }
    let shown = differences
        .iter()
        .take(20)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        differences.is_empty(),
        "{} differences\n{shown}\n{table}",
        differences.len()
    );
    table
}

/// The files that `trueup check` finds errors in, with the first of them.
fn refused(documents: &[Document]) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    for document in documents {
        let path = folder.path().join(&document.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &document.text).unwrap();
    }
    let checked = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["check", "--format", "json"])
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    let answer: Json = serde_json::from_slice(&checked.stdout).unwrap_or_else(|_| panic!("{said}"));
    assert_eq!(answer["files"], documents.len(), "every file is read");
    let mut refused = BTreeMap::new();
    for found in answer["diagnostics"].as_array().unwrap() {
        let ours_alone = OURS_ALONE.iter().any(|code| found["code"] == **code);
        if found["severity"] == "error" && !ours_alone {
            let file = found["file"].as_str().unwrap().to_owned();
            refused
                .entry(file)
                .or_insert_with(|| found["message"].to_string());
        }
    }
    refused
}

/// How many entities of a kind had which verdict, the same from both.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    accepted: usize,
    rejected: usize,
    unknown: usize,
}

impl Row {
    fn count(&mut self, answer: &Answer) -> &mut usize {
        match answer.verdict {
            Verdict::Accepted => &mut self.accepted,
            Verdict::Rejected => &mut self.rejected,
            Verdict::Unknown | Verdict::Foreign => &mut self.unknown,
        }
    }

    fn sum(self) -> usize {
        self.accepted + self.rejected + self.unknown
    }
}

#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<String, Row>,
    foreign: usize,
}

impl Table {
    fn compared(&self) -> usize {
        self.rows.values().map(|row| row.sum()).sum()
    }

    fn assert_both_verdicts_for(&self, kinds: &[&str]) {
        let both = |kind: &&&str| {
            let row = self.rows.get(**kind).copied().unwrap_or_default();
            row.accepted > 0 && row.rejected > 0
        };
        let with_both: BTreeSet<_> = kinds.iter().filter(both).collect();
        assert_eq!(with_both.len(), kinds.len(), "{with_both:?}\n{self}");
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{:>12} {:>9} {:>9} {:>9}",
            "", "accepted", "rejected", "unknown"
        )?;
        let is_known = |kind: &str| reference::KINDS.contains(&kind);
        let mut others = Row::default();
        for (kind, row) in &self.rows {
            if is_known(kind) {
                writeln!(
                    f,
                    "{kind:>12} {:>9} {:>9} {:>9}",
                    row.accepted, row.rejected, row.unknown
                )?;
            } else {
                others.accepted += row.accepted;
                others.rejected += row.rejected;
                others.unknown += row.unknown;
            }
        }
        let Row {
            accepted,
            rejected,
            unknown,
        } = others;
        writeln!(
            f,
            "{:>12} {accepted:>9} {rejected:>9} {unknown:>9}",
            "other kinds"
        )?;
        write!(
            f,
            "{} compared, no differences; {} of other groups left out",
            self.compared(),
            self.foreign
        )
    }
}
