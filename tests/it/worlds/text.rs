//! Generated repositories as texts.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::repo::{File, Group, Placement, Repo, Rule, Set};

const PLATFORM: &str = "apiVersion: trueup.dev/v1alpha1
kind: Platform
metadata: { name: acme }
spec: { defaults: { targets: env=prod } }
";

impl Repo {
    /// All files of the repository, by path.
    pub fn texts(&self) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::from([("trueup.yaml".to_owned(), PLATFORM.to_owned())]);
        for (folder, set) in &self.sets {
            texts.insert(format!("sets/{folder}/set.yaml"), set.text());
            for (name, file) in &set.files {
                texts.insert(format!("sets/{folder}/rules/{name}.yaml"), file.text());
            }
        }
        texts
    }
}

impl Set {
    fn text(&self) -> String {
        let targets = match self.placement {
            Placement::Prod => Some("env=prod"),
            Placement::Dev => Some("env=dev"),
            Placement::Both => Some("env in (prod,dev)"),
            Placement::Nowhere => Some("env=moon"),
            Placement::Default => None,
        };
        let mut lines = Lines::default();
        let name = self.name;
        if self.ours {
            lines.add("apiVersion: trueup.dev/v1alpha1");
            lines.add("kind: RuleSet");
            lines.add(format_args!("metadata: {{ name: s{name} }}"));
            lines.add("spec:");
            if let Some(targets) = targets {
                lines.add(format_args!("  targets: {targets}"));
            }
            if !self.files.is_empty() {
                lines.add("  files: [\"rules/*.yaml\"]");
            }
        } else {
            // A foreign kind has no files: those beside it are left unplaced.
            lines.add("apiVersion: monitoring.coreos.com/v1");
            lines.add("kind: PrometheusRule");
            lines.add("metadata:");
            lines.add(format_args!("  name: s{name}"));
            if let Some(targets) = targets {
                lines.add(format_args!(
                    "  annotations: {{ trueup.dev/targets: \"{targets}\" }}"
                ));
            }
            lines.add("spec:");
        }
        if self.unknown_field {
            lines.add("  tragets: env=prod");
        }
        lines.groups(&self.inline, "  ");
        lines.0
    }
}

impl File {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        lines.groups(&self.groups, "");
        if self.broken {
            lines.add("  - [unclosed");
        }
        lines.0
    }
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, line: impl std::fmt::Display) {
        writeln!(self.0, "{line}").unwrap();
    }

    fn groups(&mut self, groups: &[Group], indent: &str) {
        if groups.is_empty() {
            return self.add(format_args!("{indent}groups: []"));
        }
        self.add(format_args!("{indent}groups:"));
        for Group { name, rules } in groups {
            self.add(format_args!("{indent}- name: g{name}"));
            let none = if rules.is_empty() { " []" } else { "" };
            self.add(format_args!("{indent}  rules:{none}"));
            for rule in rules {
                self.rule(rule, indent);
            }
        }
    }

    fn rule(&mut self, rule: &Rule, indent: &str) {
        let Rule {
            name,
            threshold,
            minutes,
            severity,
            broken,
        } = rule;
        let open = if *broken { "sum(" } else { "" };
        self.add(format_args!("{indent}  - alert: A{name}"));
        self.add(format_args!("{indent}    expr: {open}up <{threshold}"));
        if *minutes > 0 {
            self.add(format_args!("{indent}    for: {minutes}m"));
        }
        if let Some(severity) = severity {
            self.add(format_args!(
                "{indent}    labels: {{ severity: s{severity} }}"
            ));
        }
    }
}
