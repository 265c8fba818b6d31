//! Made-up input, of the shape that teams write. The same numbers give the same bytes.

use std::fmt::Write as _;

pub(crate) const PLATFORM: &str = "\
apiVersion: trueup.dev/v1alpha1
kind: Platform
metadata: { name: acme }
spec:
  defaults:
    targets: env=prod
";

const NOTE: &str = "Errors are answered within the hour, whoever is on call; see the handbook.";

/// A `RuleSet` of about a kilobyte with one group of two rules.
pub(crate) fn rule_set(team: usize, service: usize) -> String {
    let name = format!("team-{team}-service-{service}");
    let rules = indented(&group(&name, service), 4);
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata:\n  name: {name}\n  namespace: team-{team}\n\
         \x20 annotations:\n    example.com/note: \"{NOTE}\"\n\
         spec:\n  owner: team-{team}\n  targets: env=prod\n  groups:\n{rules}"
    )
}

/// A rule file of about a kilobyte with one group of two rules.
pub(crate) fn rule_file(team: usize, service: usize) -> String {
    let name = format!("team-{team}-file-{service}");
    let rules = indented(&group(&name, service), 2);
    format!(
        "# Written by hand; the owner is team-{team}, on call around the clock.\ngroups:\n{rules}"
    )
}

/// A set that takes in the rule files beside it.
pub(crate) fn set_of_files(team: usize) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata:\n  name: files\n  namespace: team-{team}\n\
         spec:\n  owner: team-{team}\n  targets: env=prod\n  files: [rules/*.yaml]\n"
    )
}

/// A rule file with `groups` groups of `rules` rules each.
pub(crate) fn large_file(groups: usize, rules: usize, threshold: usize) -> String {
    let mut text = String::from("groups:\n");
    for group in 0..groups {
        let _ = writeln!(text, "  - name: group-{group}\n    rules:");
        for rule in 0..rules {
            // Only one rule of the file depends on the threshold.
            let limit = if (group, rule) == (groups / 2, 0) {
                threshold
            } else {
                rule
            };
            text.push_str(&indented(
                &alert(&format!("service-{group}"), group * rules + rule, limit),
                6,
            ));
        }
    }
    text
}

fn group(name: &str, service: usize) -> String {
    format!(
        "- name: {name}\n  interval: 30s\n  rules:\n\
         \x20   - record: job:http_requests:rate5m\n\
         \x20     expr: sum by (job, code) (rate(http_requests_total{{job=\"service-{service}\"}}[5m]))\n\
         \x20     labels:\n        team: payments\n{}",
        indented(&alert(&format!("service-{service}"), service, 5), 4)
    )
}

fn alert(job: &str, number: usize, limit: usize) -> String {
    format!(
        "- alert: HighErrorRate{number}\n\
         \x20 expr: |\n\
         \x20   sum by (job) (rate(http_requests_total{{job=\"{job}\",code=~\"5..\"}}[5m]))\n\
         \x20     / sum by (job) (rate(http_requests_total{{job=\"{job}\"}}[5m])) > 0.{limit}\n\
         \x20 for: 10m\n\
         \x20 labels:\n    severity: page\n\
         \x20 annotations:\n\
         \x20   summary: \"{{{{ $labels.job }}}} answers {{{{ $value | humanizePercentage }}}} with errors\"\n\
         \x20   runbook: https://runbooks.example.com/http/{number}\n"
    )
}

fn indented(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    text.lines().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "{pad}{line}");
        out
    })
}
