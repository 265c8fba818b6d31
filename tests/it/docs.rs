//! The pages for people: what they say that a terminal shows, it shows.
//!
//! A page is a script that is run in a scratch world, with real servers of its own:
//! - a block whose first line is `# path` is written to that file; `# path, more` is appended to it;
//! - in a `console` block what follows `$ ` is run (`> ` goes on, ` &` stays), and the rest is what it prints;
//! - a comment that begins with `<!-- $` is run too, must go well, and is shown to nobody.
//!
//! Where a page names a server or a folder of the machine, the world's is taken. What differs from run to run (times,
//! commits) is not compared. `UPDATE=1 cargo test docs::` writes the pages anew.

mod links;
mod world;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use libtest_mimic::Trial;
use regex::Regex;

use crate::support::{Need, test};
use world::World;

const PAGES: [&str; 4] = [
    "README.md",
    "docs/service-owner.md",
    "docs/platform-engineer.md",
    "docs/on-call.md",
];
pub fn tests() -> Vec<Trial> {
    let needs = [
        Need::Program("prometheus"),
        Need::Program("prometheus-alertmanager"),
        Need::Program("amtool"),
        Need::Program("git"),
        Need::Program("curl"),
    ];
    let pages = PAGES.map(|page| {
        test(&format!("docs::{page}_is_true"), &needs, move || {
            is_true(page);
        })
    });
    let links = test("docs::links_lead_somewhere", &[], links::lead_somewhere);
    pages.into_iter().chain([links]).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn is_true(page: &str) {
    let file = root().join(page);
    let text = fs::read_to_string(&file).unwrap();
    let shown = World::new().play(&text);
    let (old, new) = (masked(&text), masked(&shown));
    if old == new {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, shown).unwrap();
        return;
    }
    let mut both = old.lines().zip(new.lines()).enumerate();
    let found = both.find(|(_, (said, is))| said != is);
    panic!(
        "{page}, line and what it says and is: {found:#?}\nUPDATE=1 cargo test docs:: writes it anew"
    );
}

/// Without what differs from run to run.
fn masked(text: &str) -> String {
    let masks = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z", "TIME"),
        (r"\b[0-9a-f]{7,64}\b", "HASH"),
        (r"\b\d+ (s|min|h)( ago\b|\b)", "AGO"),
        (r#"\b(cycle|duration_ms)("?[=:])\d+"#, "$1$2N"),
        (r"\((ada|uid) ?\d*\)", "(uid)"),
        (r" {2,}", " "),
    ];
    masks.iter().fold(text.to_owned(), |text, (mask, with)| {
        let mask = Regex::new(mask).unwrap();
        mask.replace_all(&text, *with).into_owned()
    })
}

impl World {
    /// The page with what its commands print now.
    fn play(mut self, page: &str) -> String {
        let mut out = String::new();
        let mut lines = page.lines().peekable();
        while let Some(line) = lines.next() {
            writeln!(out, "{line}").unwrap();
            let is_script = line.starts_with("<!-- $ ") && !line.ends_with("-->");
            let end = match line.get(..3) {
                Some("```") => "```",
                _ if is_script => "-->",
                _ => "",
            };
            let mut block = Vec::new();
            while let Some(line) = lines.next_if(|line| !end.is_empty() && *line != end) {
                block.push(line);
            }
            if line == "```console" {
                out.push_str(&self.console(&block));
            } else if !block.is_empty() {
                writeln!(out, "{}", block.join("\n")).unwrap();
            }
            if let Some(line) = lines.next_if(|_| !end.is_empty()) {
                writeln!(out, "{line}").unwrap();
            }
            if let Some(first) = line.strip_prefix("<!-- $ ") {
                let first = first.trim_end_matches(" -->");
                self.run([&[first], &*block].concat().join("\n").trim_end(), true);
            } else if end == "```" {
                self.write(&block);
            }
        }
        out
    }

    /// The block with what its commands print now.
    fn console(&mut self, block: &[&str]) -> String {
        let typed = block
            .iter()
            .filter(|line| line.starts_with("$ ") || line.starts_with("> "));
        let typed = typed.copied().collect::<Vec<_>>().join("\n");
        let commands = typed.split("$ ").filter(|command| !command.is_empty());
        let play = |command: &str| {
            let command = command.trim_end();
            format!(
                "$ {command}\n{}",
                self.run(&command.replace("\n> ", "\n"), false)
            )
        };
        commands.map(play).collect()
    }

    /// Writes a block to the file that its first line names, if it names one.
    fn write(&self, block: &[&str]) {
        let first = block.first().and_then(|first| first.strip_prefix("# "));
        let parts = first.and_then(|first| Some((first.split([':', ',']).next()?, first)));
        let Some((name, first)) =
            parts.filter(|(name, _)| name.contains('.') && !name.contains(' '))
        else {
            return;
        };
        let path = self.home().join(name);
        let is_more = first[name.len()..].starts_with(',');
        let old = if is_more {
            fs::read_to_string(&path).unwrap()
        } else {
            String::new()
        };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(
            path,
            format!("{old}{}\n", self.here(&block[1..].join("\n"))),
        )
        .unwrap();
    }
}
