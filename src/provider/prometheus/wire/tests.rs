use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::provider::prometheus::normalise;

const MARKER: &str = "# trueup instance=acme set=n/s";

fn emit(group: &Group) -> String {
    head(MARKER) + &text(group).unwrap()
}

fn read_back(text: &str) -> Vec<Group> {
    parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn text_is_what_a_person_would_write() {
    let group = Group {
        name: "node".into(),
        interval: Some("30s".into()),
        rules: vec![WireRule {
            alert: Some("HighErrors".into()),
            expr: Some("sum(rate(errors[5m]))\n  > 10\n".into()),
            for_: Some("1h30m".into()),
            labels: BTreeMap::from([
                ("severity".into(), "page".into()),
                ("n".into(), "1.10".into()),
            ]),
            annotations: BTreeMap::from([("on".into(), "yes".into())]),
            ..WireRule::default()
        }],
        ..Group::default()
    };
    insta::assert_snapshot!(emit(&group), @r"
    # trueup instance=acme set=n/s
    groups:
    - name: node
      interval: 30s
      rules:
      - alert: HighErrors
        expr: |
          sum(rate(errors[5m]))
            > 10
        for: 1h30m
        labels:
          n: '1.10'
          severity: page
        annotations:
          on: yes
    ");
}

#[test]
fn hand_edits_are_read_as_prometheus_reads_them() {
    let text = "\
groups:
- name: 7
  limit: 0x10
  source_tenants: [a]
  rules:
  - {alert: A, expr: 1, for: 0, labels: {version: 1.10, on: yes, none: }, team: x}
";
    let groups = read_back(text);
    assert_eq!(groups[0].name, "7");
    assert_eq!(groups[0].extra.len(), 1);
    let rule = &groups[0].rules[0];
    assert_eq!(rule.expr.as_deref(), Some("1"));
    let labels: Vec<_> = rule.labels.iter().map(|(k, v)| (&**k, &**v)).collect();
    assert_eq!(labels, [("none", ""), ("on", "yes"), ("version", "1.10")]);
    assert_eq!(rule.extra.len(), 1);
}

#[test]
fn what_prometheus_refuses_as_a_file_is_no_rule_file() {
    for text in [
        "groups: [{name: a, name: b}]",
        "groups: [{name: a}, {name: a}]",
        "groups: []\nother: 1",
        "groups: [{name: a, rules: 7}]",
        "groups: {",
        "- a",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    for text in [
        "",
        "# only a comment\n",
        "groups:\n",
        "null",
        "groups: []\n---\n{",
    ] {
        assert_eq!(read_back(text), vec![], "{text}");
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~äß€😀\t]{0,20}",
        3 => "([ -~ä]{0,12}\n){1,4}[ -~]{0,5}",
        1 => any::<String>(),
        1 => prop::sample::select(vec![
            "yes", "on", "null", "~", "1", "0x1", "1.10", "2020-01-01", "1:20", "=", "<<", "- a",
            "a: b", "#", "!x", "&a", "*a", "{{ $labels.x }}", "%d", "'", "\"", "\\", " ", "\n", "|",
        ]).prop_map(str::to_owned),
    ]
}

fn maps() -> impl Strategy<Value = BTreeMap<String, String>> {
    proptest::collection::btree_map("[a-z_]{1,8}|on|yes|null|y|n", texts(), 0..3)
}

fn durations() -> impl Strategy<Value = Option<PromDuration>> {
    proptest::option::of((0..10_000_000_u64).prop_map(PromDuration::from_millis))
}

prop_compose! {
    fn rules()(
        alert in any::<bool>(), name in texts().prop_filter("has a name", |name| !name.is_empty()),
        expr in texts(), for_ in durations(),
        keep_firing_for in durations(), labels in maps(), annotations in maps(),
    ) -> Rule {
        let name = if alert { RuleName::Alert(name) } else { RuleName::Record(name) };
        Rule { name, expr, for_, keep_firing_for, labels, annotations }
    }
}

prop_compose! {
    fn groups()(
        name in texts(), interval in durations(), query_offset in durations(),
        limit in proptest::option::of(0..100_i64), labels in maps(),
        partial_response_strategy in proptest::option::of("warn|abort"),
        rules in proptest::collection::vec(rules(), 0..4),
    ) -> RuleGroup {
        RuleGroup { name, interval, query_offset, limit, labels, partial_response_strategy, rules }
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back_and_is_no_difference(group in groups()) {
        let wire = Group::of(&group);
        let text = emit(&wire);
        let back = read_back(&text);
        prop_assert_eq!(&back, std::slice::from_ref(&wire), "{}", text);
        prop_assert_eq!(emit(&back[0]), text);
        prop_assert_eq!(normalise::declared(&group), normalise::live(&back[0], true));
    }
}
