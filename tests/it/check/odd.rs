//! Rule files that look odd and that `promtool` accepts.

use libtest_mimic::Trial;

use super::{errors, load_rules, promtool};
use crate::support::{Need, test};

pub fn tests() -> Vec<Trial> {
    let accepted = ODD.iter().map(|(name, text)| {
        test(
            &format!("check::odd::{name}"),
            &[Need::Program("promtool")],
            || {
                let (accepted, said) = promtool(text.as_bytes());
                assert!(accepted, "promtool refuses it: {said}");
                let loaded = load_rules(text.as_bytes());
                assert!(errors(&loaded).is_empty(), "{:#?}", loaded.diagnostics);
            },
        )
    });
    let stricter = STRICTER.iter().map(|(name, text, code)| {
        test(
            &format!("check::stricter::{name}"),
            &[Need::Program("promtool")],
            || {
                let (accepted, said) = promtool(text.as_bytes());
                assert!(accepted, "promtool refuses it: {said}");
                let loaded = load_rules(text.as_bytes());
                assert_eq!(errors(&loaded)[0].code.as_str(), *code);
            },
        )
    });
    let newer = NEWER.iter().map(|(name, text)| {
        test(
            &format!("check::newer::{name}"),
            &[Need::Program("promtool")],
            || {
                let (accepted, _) = promtool(text.as_bytes());
                assert!(!accepted, "promtool 2.42 knows it");
                let loaded = load_rules(text.as_bytes());
                assert!(errors(&loaded).is_empty(), "{:#?}", loaded.diagnostics);
            },
        )
    });
    accepted.chain(stricter).chain(newer).collect()
}

/// Accepted by both.
#[rustfmt::skip]
const ODD: &[(&str, &str)] = &[
    ("empty_file", ""),
    ("only_comments", "# nothing yet\n"),
    ("only_a_document_mark", "---\n"),
    ("empty_second_document", "groups: []\n---\n"),
    ("no_groups", "groups:\n"),
    ("group_without_rules", "groups:\n- name: a\n"),
    ("group_with_null_rules", "groups:\n- name: a\n  rules: ~\n"),
    ("json", "{\"groups\": [{\"name\": \"a\", \"rules\": [{\"alert\": \"A\", \"expr\": \"up == 0\"}]}]}"),
    ("json_with_tabs", "{\n\t\"groups\": [\n\t\t{\"name\": \"a\", \"rules\": []}\n\t]\n}\n"),
    ("mark_at_the_start", "\u{feff}groups: []\n"),
    ("crlf", "groups:\r\n- name: a\r\n  rules:\r\n  - alert: A\r\n    expr: |\r\n      up\r\n      == 0\r\n"),
    ("tab_before_a_comment", "groups:\t# all\n- name: a\t# one\n"),
    ("null_group", "groups:\n-\n- name: a\n"),
    ("null_rule", "groups:\n- name: a\n  rules:\n  -\n  - record: a\n    expr: up\n"),
    ("tab_in_a_literal", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: |\n      up\n      \t== 0\n"),
    ("group_name_a_number", "groups:\n- name: 5\n"),
    ("group_name_a_word_of_yaml_1_1", "groups:\n- name: yes\n- name: on\n- name: off\n"),
    ("group_name_true", "groups:\n- name: true\n"),
    ("group_name_with_slash", "groups:\n- name: a/b c\n"),
    ("alert_null", "groups:\n- name: a\n  rules:\n  - alert: null\n    expr: up\n"),
    ("alert_named_yes", "groups:\n- name: a\n  rules:\n  - alert: yes\n    expr: up\n"),
    ("alert_name_with_spaces", "groups:\n- name: a\n  rules:\n  - alert: disk is full\n    expr: up\n"),
    ("expr_a_number", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: 1\n"),
    ("expr_infinite", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: inf\n"),
    ("expr_null_is_a_metric", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: null\n"),
    ("expr_true_is_a_metric", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: true\n"),
    ("expr_a_keyword_as_metric", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: sum + by\n"),
    ("expr_with_comment", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: |\n      # how many\n      sum(up) # all\n"),
    ("expr_a_text", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: '\"x\"'\n"),
    ("expr_a_range", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up[5m]\n"),
    ("keywords_in_capitals", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: SUM BY (x) (a) AND b OFFSET 5m\n"),
    ("regex_in_quotes", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: 'up{a=~\"x\\\\.y{2,}|(?i:z)\"}'\n"),
    ("regex_of_go_alone", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: 'up{a=~\"\\\\Qx.y\\\\E\"}'\n"),
    ("bytes_that_are_no_character", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: 'up{a=\"\\xff\"}'\n"),
    ("for_zero", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up\n    for: 0\n"),
    ("for_null", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    for: ~\n"),
    ("interval_in_all_units", "groups:\n- name: a\n  interval: 1y1w1d1h1m1s1ms\n"),
    ("limit_with_fraction", "groups:\n- name: a\n  limit: 5.9\n"),
    ("limit_in_hexadecimal", "groups:\n- name: a\n  limit: 0x10\n"),
    ("limit_with_underscore", "groups:\n- name: a\n  limit: 1_000\n"),
    ("limit_octal", "groups:\n- name: a\n  limit: 010\n"),
    ("limit_negative", "groups:\n- name: a\n  limit: -1\n"),
    ("limit_null", "groups:\n- name: a\n  limit:\n"),
    ("label_values_of_all_types", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels: { a: 1, b: true, c: 1.5, d: ~, e: 2001-01-01, f: .inf }\n"),
    ("annotations_empty_in_a_record", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up\n    annotations: {}\n"),
    ("template_in_a_record", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up\n    labels: { x: '{{ nonsense' }\n"),
    ("template_trimmed", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations: { x: '{{- /* c */ -}} {{- $value -}}' }\n"),
    ("anchors", "groups:\n- name: a\n  rules:\n  - &r\n    alert: A\n    expr: up\n    labels: &l { a: b }\n  - alert: B\n    expr: up\n    labels: *l\n"),
    ("merge_key", "groups:\n- name: a\n  rules:\n  - &r\n    alert: A\n    expr: up\n  - <<: *r\n    alert: B\n"),
    ("merge_keys_in_a_list", "groups:\n- name: a\n  rules:\n  - &r { alert: A, expr: up }\n  - <<: [*r, { for: 5m }]\n    alert: B\n"),
    ("str_tag", "groups:\n- name: !!str 5\n"),
    ("own_tag", "groups:\n- name: !mine a\n"),
    ("duplicate_rules", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up\n  - record: a\n    expr: up\n"),
    ("directive", "%YAML 1.1\n---\ngroups: []\n"),
    ("document_end", "groups: []\n...\n"),
    ("quoted_keys", "\"groups\":\n- 'name': a\n"),
    ("explicit_key", "? groups\n: - name: a\n"),
    ("flow_over_lines", "groups: [\n  {name: a,\n   rules: [\n]}]\n"),
    ("sequence_not_indented", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      x:\n        long text\n        over lines\n"),
    ("literal_with_indentation", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: |2-\n        up\n      == 0\n"),
    ("plain_with_hash", "groups:\n- name: a#b\n"),
    ("escapes_in_quotes", "groups:\n- name: \"\\u00e9\\x41\\n\"\n"),
];

/// Refused here on purpose.
#[rustfmt::skip]
const STRICTER: &[(&str, &str, &str)] = &[
    ("second_document", "groups: []\n---\ngroups:\n- name: a\n", "multiple_documents"),
    ("mark_in_the_middle", "groups:\n- name: a\u{feff}\n", "yaml_invalid"),
    ("tab_behind_a_colon", "groups:\n- name:\ta\n", "yaml_invalid"),
];

/// Newer than 2.42; accepted here.
#[rustfmt::skip]
const NEWER: &[(&str, &str)] = &[
    ("query_offset", "groups:\n- name: a\n  query_offset: 1m\n"),
    ("group_labels", "groups:\n- name: a\n  labels: { a: b }\n"),
    ("partial_response_strategy", "groups:\n- name: a\n  partial_response_strategy: warn\n"),
    ("quoted_metric", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: '{\"a.b\", c=\"d\"}'\n"),
    ("limitk", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: limitk(5, up)\n"),
    ("info", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: info(up, {x=~\".*\"})\n"),
    ("fill", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: a + on(x) fill(0) b\n"),
    ("smoothed", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: rate(up[5m] smoothed)\n"),
    ("duration_arithmetic", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: rate(up[5m * 2])\n"),
    ("offset_in_steps", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up offset step()\n"),
    ("number_for_a_duration", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: rate(up[300])\n"),
    ("slash_escaped_as_in_json", "{\"groups\": [{\"name\": \"a\\/b\"}]}"),
    ("now_in_a_template", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations: { x: '{{ now }}' }\n"),
];
