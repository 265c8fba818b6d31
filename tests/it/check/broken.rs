//! Rule files that `promtool` refuses, each with the line that is to blame.

use libtest_mimic::Trial;

use super::{errors, load_rules, promtool};
use crate::support::{Need, test};

pub fn tests() -> Vec<Trial> {
    let cases = BROKEN.iter().map(|(name, text, line, code)| {
        test(
            &format!("check::broken::{name}"),
            &[Need::Program("promtool")],
            || {
                let (accepted, said) = promtool(text.as_bytes());
                assert!(!accepted, "promtool accepts it: {said}");
                let loaded = load_rules(text.as_bytes());
                let errors = errors(&loaded);
                let first = errors
                    .first()
                    .unwrap_or_else(|| panic!("accepted; promtool: {said}"));
                let place = first.place.as_ref().unwrap();
                let found = (
                    place.file.as_str(),
                    place.line().unwrap_or(0),
                    first.code.as_str(),
                );
                assert_eq!(found, ("rules.yaml", *line, *code), "{errors:#?}");
                assert!(first.hint.is_some(), "no hint: {first:#?}");
            },
        )
    });
    cases.collect()
}

type Case = (&'static str, &'static str, u32, &'static str);

#[rustfmt::skip]
const BROKEN: &[Case] = &[
    // YAML.
    ("yaml_unclosed_list", "groups: [\n", 2, "yaml_invalid"),
    ("yaml_unclosed_quote", "groups:\n- name: \"a\n  rules: []\n", 2, "yaml_invalid"),
    ("yaml_tab_indentation", "groups:\n- name: a\n\trules: []\n", 3, "yaml_invalid"),
    ("yaml_bad_indentation", "groups:\n- name: a\n rules: []\n", 3, "yaml_invalid"),
    ("yaml_colon_in_value", "groups:\n- name: a: b\n", 2, "yaml_invalid"),
    ("yaml_template", "groups:\n- name: {{ .Values.name }}\n  x: {{ y }}\n  rules: []\n  z: {{ a }} b\n", 5, "yaml_invalid"),
    ("yaml_control_character", "groups:\n- name: a\x07\n", 2, "yaml_invalid"),
    ("yaml_nul", "groups:\n- name: a\0\n", 2, "yaml_invalid"),
    ("yaml_unknown_alias", "groups:\n- name: *nobody\n", 2, "yaml_invalid"),
    ("yaml_bad_escape", "groups:\n- name: \"\\q\"\n", 2, "yaml_invalid"),
    ("yaml_merge_of_a_text", "groups:\n- name: a\n  <<: b\n", 3, "yaml_invalid"),
    ("yaml_at_sign", "groups:\n- name: @a\n", 2, "yaml_invalid"),
    ("yaml_duplicate_group_field", "groups:\n- name: a\n  name: b\n", 3, "duplicate_key"),
    ("yaml_duplicate_rule_field", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    expr: down\n", 6, "duplicate_key"),
    ("yaml_duplicate_label", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels:\n      x: 1\n      x: 2\n", 8, "duplicate_key"),
    ("yaml_duplicate_top", "groups: []\ngroups: []\n", 2, "duplicate_key"),
    // Shape.
    ("groups_is_a_mapping", "groups:\n  name: a\n", 2, "wrong_type"),
    ("groups_is_a_text", "groups: none\n", 1, "wrong_type"),
    ("group_is_a_text", "groups:\n- a\n", 2, "wrong_type"),
    ("rules_is_a_mapping", "groups:\n- name: a\n  rules:\n    alert: A\n", 4, "wrong_type"),
    ("rule_is_a_text", "groups:\n- name: a\n  rules:\n  - up\n", 4, "wrong_type"),
    ("labels_is_a_list", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels:\n    - x\n", 7, "wrong_type"),
    ("label_is_a_list", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels:\n      x: [a]\n", 7, "wrong_type"),
    ("annotation_is_a_mapping", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      x:\n        y: z\n", 8, "wrong_type"),
    ("group_name_is_a_list", "groups:\n- name: [a]\n", 2, "wrong_type"),
    ("expr_is_a_list", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: [up]\n", 5, "wrong_type"),
    ("unknown_top_field", "groups: []\nrules: []\n", 2, "unknown_field"),
    ("unknown_group_field", "groups:\n- name: a\n  intervall: 1m\n", 3, "unknown_field"),
    ("unknown_rule_field", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    severity: page\n", 6, "unknown_field"),
    ("misspelled_labels", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    lables: {}\n", 6, "unknown_field"),
    ("field_in_capitals", "groups:\n- Name: a\n", 2, "unknown_field"),
    // Groups.
    ("group_without_name", "groups:\n- rules: []\n", 2, "missing_field"),
    ("group_name_empty", "groups:\n- name: \"\"\n", 2, "invalid_name"),
    ("group_name_null", "groups:\n- name:\n  rules: []\n", 2, "invalid_name"),
    ("group_twice", "groups:\n- name: a\n- name: b\n- name: a\n", 4, "duplicate_group"),
    ("interval_without_unit", "groups:\n- name: a\n  interval: 5\n", 3, "invalid_duration"),
    ("interval_unit_unknown", "groups:\n- name: a\n  interval: 5 minutes\n", 3, "invalid_duration"),
    ("interval_empty", "groups:\n- name: a\n  interval: \"\"\n", 3, "invalid_duration"),
    ("interval_negative", "groups:\n- name: a\n  interval: -1m\n", 3, "invalid_duration"),
    ("interval_out_of_range", "groups:\n- name: a\n  interval: 9999999999h\n", 3, "invalid_duration"),
    ("interval_is_a_list", "groups:\n- name: a\n  interval: [1m]\n", 3, "wrong_type"),
    ("limit_is_a_text", "groups:\n- name: a\n  limit: many\n", 3, "wrong_type"),
    ("limit_in_quotes", "groups:\n- name: a\n  limit: \"5\"\n", 3, "wrong_type"),
    ("limit_is_infinite", "groups:\n- name: a\n  limit: .inf\n", 3, "wrong_type"),
    ("limit_is_a_boolean", "groups:\n- name: a\n  limit: true\n", 3, "wrong_type"),
    // Rules.
    ("rule_without_name", "groups:\n- name: a\n  rules:\n  - expr: up\n", 4, "missing_field"),
    ("rule_empty", "groups:\n- name: a\n  rules:\n  - {}\n", 4, "missing_field"),
    ("rule_with_both_names", "groups:\n- name: a\n  rules:\n  - record: a\n    alert: A\n    expr: up\n", 5, "invalid_value"),
    ("rule_name_empty", "groups:\n- name: a\n  rules:\n  - alert: \"\"\n    expr: up\n", 4, "missing_field"),
    ("expr_missing", "groups:\n- name: a\n  rules:\n  - alert: A\n", 4, "missing_field"),
    ("expr_empty", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: \"\"\n", 5, "missing_field"),
    ("expr_absent_value", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr:\n", 5, "missing_field"),
    ("for_without_unit", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    for: 5\n", 6, "invalid_duration"),
    ("for_in_the_wrong_order", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    for: 5m1h\n", 6, "invalid_duration"),
    ("keep_firing_for_invalid", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    keep_firing_for: soon\n", 6, "invalid_duration"),
    ("record_with_for", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up\n    for: 5m\n", 6, "unknown_field"),
    ("record_with_keep_firing_for", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up\n    keep_firing_for: 5m\n", 6, "unknown_field"),
    ("record_with_annotations", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up\n    annotations:\n      x: y\n", 6, "unknown_field"),
    ("record_name_with_dash", "groups:\n- name: a\n  rules:\n  - record: a-b\n    expr: up\n", 4, "invalid_metric_name"),
    ("record_name_with_dot", "groups:\n- name: a\n  rules:\n  - record: a.b\n    expr: up\n", 4, "invalid_metric_name"),
    ("record_name_a_number", "groups:\n- name: a\n  rules:\n  - record: 5\n    expr: up\n", 4, "invalid_metric_name"),
    ("label_name_with_dash", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels:\n      a-b: c\n", 7, "invalid_label"),
    ("label_name_with_colon", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels:\n      \"a:b\": c\n", 7, "invalid_label"),
    ("label_name_a_number", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels:\n      1: c\n", 7, "invalid_label"),
    ("label_name_of_the_metric", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up\n    labels:\n      __name__: c\n", 7, "invalid_label"),
    ("label_name_empty", "groups:\n- name: a\n  rules:\n  - record: a\n    expr: up\n    labels:\n      \"\": c\n", 7, "invalid_label"),
    ("annotation_name_invalid", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      run book: c\n", 7, "invalid_label"),
    // PromQL: the line inside the expression.
    ("promql_unfinished", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up ==\n", 5, "promql_invalid"),
    ("promql_in_a_literal", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: |\n      sum by (job) (\n        rate(http_requests_total)\n      )\n", 7, "promql_invalid"),
    ("promql_in_a_literal_without_break", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: |-\n      up\n      and\n      ratee(x[5m])\n", 8, "promql_invalid"),
    ("promql_in_a_folded_text", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: >-\n      up\n      and\n      foo{a=~\"(\"}\n", 8, "promql_invalid"),
    ("promql_over_plain_lines", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n      and\n      1\n", 6, "promql_invalid"),
    ("promql_in_quotes", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: \"up{a=\\\"b\\\"\\\n      \\ c\"\n", 6, "promql_invalid"),
    ("promql_parenthesis_open", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: sum(up\n", 5, "promql_invalid"),
    ("promql_parenthesis_closed", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: sum(up))\n", 5, "promql_invalid"),
    ("promql_unknown_function", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: rat(up[5m])\n", 5, "promql_invalid"),
    ("promql_too_few_arguments", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: histogram_quantile(0.9)\n", 5, "promql_invalid"),
    ("promql_too_many_arguments", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: abs(a, b)\n", 5, "promql_invalid"),
    ("promql_range_wanted", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: rate(up) > 0\n", 5, "promql_invalid"),
    ("promql_vector_wanted", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: sum(up[5m])\n", 5, "promql_invalid"),
    ("promql_range_in_arithmetic", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up[5m] > 0\n", 5, "promql_invalid"),
    ("promql_selects_everything", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: '{job=~\".*\"}'\n", 5, "promql_invalid"),
    ("promql_bad_regex", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up{job=~\"a(?=b)\"}\n", 5, "promql_invalid"),
    ("promql_too_many_repetitions", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up{job=~\"a{2000}\"}\n", 5, "promql_invalid"),
    ("promql_bad_string_escape", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up{job=~\"a\\.b\"}\n", 5, "promql_invalid"),
    ("promql_scalar_comparison", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: 1 > 0\n", 5, "promql_invalid"),
    ("promql_bool_in_arithmetic", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: a + bool b\n", 5, "promql_invalid"),
    ("promql_set_with_scalar", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up and 1\n", 5, "promql_invalid"),
    ("promql_set_with_grouping", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: a and on(x) group_left b\n", 5, "promql_invalid"),
    ("promql_group_without_on", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: a + group_left(x) b\n", 5, "promql_invalid"),
    ("promql_label_in_on_and_group", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: a + on(x) group_left(x) b\n", 5, "promql_invalid"),
    ("promql_label_without_value", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up{job}\n", 5, "promql_invalid"),
    ("promql_label_without_quotes", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up{job=api}\n", 5, "promql_invalid"),
    ("promql_matchers_with_or", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up{a=\"b\" or c=\"d\"}\n", 5, "promql_invalid"),
    ("promql_name_twice", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up{__name__=\"down\"}\n", 5, "promql_invalid"),
    ("promql_zero_range", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: rate(up[0s])\n", 5, "promql_invalid"),
    ("promql_offset_of_a_sum", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: sum(up) offset 5m\n", 5, "promql_invalid"),
    ("promql_offset_twice", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up offset 5m offset 5m\n", 5, "promql_invalid"),
    ("promql_range_of_a_sum", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: rate(sum(up)[5m])\n", 5, "promql_invalid"),
    ("promql_only_a_comment", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: \"# nothing\"\n", 5, "promql_invalid"),
    ("promql_number_out_of_range", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up > 1e999\n", 5, "promql_invalid"),
    ("promql_grafana_variable", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: rate(up[$__interval])\n", 5, "promql_invalid"),
    ("promql_assignment", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up = 1\n", 5, "promql_invalid"),
    // Templates.
    ("template_unclosed", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      x: \"{{ $value\"\n", 7, "template_invalid"),
    ("template_unknown_variable", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      x: \"{{ $label.job }}\"\n", 7, "template_invalid"),
    ("template_unknown_function", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels:\n      x: \"{{ $value | humanise }}\"\n", 7, "template_invalid"),
    ("template_without_end", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      x: |\n        one\n        {{ if $value }} two\n", 9, "template_invalid"),
    ("template_empty_action", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      x: \"{{ }}\"\n", 7, "template_invalid"),
    ("template_label_with_dash", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      x: \"{{ $labels.a-b }}\"\n", 7, "template_invalid"),
    ("template_jinja", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      x: \"{{ labels['a'] }}\"\n", 7, "template_invalid"),
];
