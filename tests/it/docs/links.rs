//! Links of the pages for people.

use std::fs;

use regex::Regex;

use super::{PAGES, root};

/// Pages that run nothing; their links are looked at, too.
const OTHERS: [&str; 5] = [
    "docs/architecture.md",
    "CONTRIBUTING.md",
    "BENCHMARKS.md",
    "deploy/README.md",
    "platform-repo-example/README.md",
];

/// To files that are there, and to headings of them.
pub fn lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#:]*)#?([^)]*)\)").unwrap();
    for page in PAGES.iter().chain(&OTHERS) {
        let file = root().join(page);
        for found in link.captures_iter(&fs::read_to_string(&file).unwrap()) {
            let to = match &found[1] {
                "" => file.clone(),
                path => file.parent().unwrap().join(path),
            };
            assert!(to.exists(), "{page}: {}", &found[0]);
            let has = |text: String| text.lines().any(|line| anchor(line) == found[2]);
            let is_whole = found[2].is_empty() || has(fs::read_to_string(&to).unwrap());
            assert!(is_whole, "{page}: {}", &found[0]);
        }
    }
}

/// What GitHub makes of a heading.
fn anchor(line: &str) -> String {
    let kept = line.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.replace(' ', "-");
    kept.replace(|c: char| !c.is_alphanumeric() && !"-_".contains(c), "")
}
