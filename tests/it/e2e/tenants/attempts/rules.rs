//! Rules that reach for others' series, or pass what they make for others'.

use super::Attempt;

const FILE: &str = "teams/evil/tried.yaml";

/// A set of one rule: its expression is in line 9, what follows begins in line 10.
fn set(team: &str, rule: &str, expr: &str, more: &str) -> String {
    let expr = expr.replace('\'', "''");
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ namespace: {team}, name: tried }}\nspec:\n  \
         groups:\n  - name: tried\n    rules:\n    - {rule}\n      expr: '{expr}'\n{more}"
    )
}

/// An alert that is refused for what it selects.
fn alert(name: &'static str, expr: &str, words: &'static str) -> Attempt {
    Attempt::refused(name, FILE, set("evil", "alert: stolen", expr, ""), 9, words)
}

fn record(name: &'static str, expr: &str, words: &'static str) -> Attempt {
    Attempt::refused(
        name,
        FILE,
        set("evil", "record: stolen", expr, ""),
        9,
        words,
    )
}

/// An alert that is refused for what it is marked with, or says.
fn marked(name: &'static str, more: &str, words: &'static str) -> Attempt {
    let more = format!("      {more}\n");
    Attempt::refused(
        name,
        FILE,
        set("evil", "alert: stolen", "up", &more),
        10,
        words,
    )
}

/// What is made carries the fence.
fn fenced(name: &'static str, expr: &str, carries: &str) -> Attempt {
    Attempt::harmless(name, FILE, set("evil", "alert: Tried", expr, ""), carries)
}

/// Of the tenant whose selectors must say by themselves where they stay.
fn strict(name: &'static str, expr: &str) -> Attempt {
    let file = "teams/strict/tried.yaml";
    Attempt::refused(
        name,
        file,
        set("strict", "alert: stolen", expr, ""),
        9,
        "may select series that the tenant may not see",
    )
}

pub(super) fn attempts() -> Vec<Attempt> {
    let mut all = labels();
    all.extend(selectors());
    all.extend(made_harmless());
    all.extend(strictly());
    all
}

fn labels() -> Vec<Attempt> {
    let of_group = "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: { namespace: evil, name: tried }\nspec:\n  \
                    groups:\n  - name: tried\n    labels: { team: payments }\n    rules:\n    - { alert: stolen, expr: up }\n";
    let written = "may not write it";
    vec![
        marked(
            "its fixed label, otherwise",
            "labels: { severity: page, team: payments }",
            "cannot set the label \"team\"",
        ),
        marked(
            "its fixed label, by a template",
            "labels: { team: '{{ $externalLabels.team }}' }",
            "cannot set the label \"team\"",
        ),
        marked(
            "its fixed label, taken away",
            "labels: { team: '' }",
            "cannot set the label \"team\"",
        ),
        marked(
            "another's fixed label",
            "labels: { tier: one }",
            "marks what other tenants make",
        ),
        marked(
            "an owner, where others' alerts name theirs",
            "labels: { owner: 'group:default/payments' }",
            "marks what other tenants make",
        ),
        record(
            "label_replace of an owner",
            "label_replace(up, \"owner\", \"platform\", \"\", \"\")",
            "may not write it",
        ),
        marked(
            "a label of the fence",
            "labels: { namespace: payments-a }",
            "outside the fence",
        ),
        marked(
            "a label of the fence, by a template",
            "labels: { namespace: 'evil-{{ $labels.x }}' }",
            "outside the fence",
        ),
        Attempt::refused(
            "its fixed label, for a group",
            FILE,
            of_group,
            6,
            "cannot set the label \"team\"",
        ),
        record(
            "label_replace, recorded",
            "label_replace(up, \"team\", \"payments\", \"\", \"\")",
            written,
        ),
        alert(
            "label_replace, in an alert",
            "label_replace(up, \"team\", \"payments\", \"\", \"\") > 0",
            written,
        ),
        record(
            "label_replace of the fence's label",
            "label_replace(up, \"namespace\", \"payments-a\", \"\", \"\")",
            written,
        ),
        record(
            "label_replace of another's label",
            "label_replace(up, \"tier\", \"one\", \"\", \"\")",
            written,
        ),
        record(
            "label_replace of a label in escapes",
            "label_replace(up, \"te\\x61m\", \"payments\", \"\", \"\")",
            written,
        ),
        record(
            "label_join",
            "label_join(up, (\"team\"), \"\", \"job\")",
            written,
        ),
        record(
            "count_values",
            "count_values by (job) (\"team\", up)",
            written,
        ),
        record(
            "the name of a series",
            "label_replace(up, \"__name__\", \"stolen\", \"\", \"\")",
            written,
        ),
    ]
}

fn selectors() -> Vec<Attempt> {
    let nothing = "selects nothing of what the tenant may see";
    vec![
        alert("another's series", "up{namespace=\"payments-a\"}", nothing),
        alert(
            "another's series, by a regex",
            "up{namespace=~\"payments-.*\"}",
            nothing,
        ),
        alert(
            "all but its own series",
            "up{namespace!~\"evil-.*\"}",
            nothing,
        ),
        alert("series of nobody", "up{namespace=\"\"}", nothing),
        alert(
            "another's series, in escapes",
            "up{namespace=\"p\\x61yments-a\"}",
            nothing,
        ),
        alert(
            "another's series, by a label in quotes",
            "up{\"namespace\"=\"payments-a\"}",
            "",
        ),
        alert(
            "another's series, behind others",
            "sum(up) / on () max_over_time(up{namespace='payments-a'}[5m:1m] offset 1h)",
            nothing,
        ),
        alert(
            "series joined by or",
            "up{namespace=\"evil-a\" or namespace=\"payments-a\"}",
            "",
        ),
        alert(
            "templates of MetricsQL",
            "WITH (x = up{namespace=\"payments-a\"}) x",
            "",
        ),
        alert("info()", "info(up)", "reads series that no selector names"),
        alert("what is not understood", "up[5m] smoothed", ""),
        Attempt::refused(
            "a query in an annotation",
            FILE,
            set(
                "evil",
                "alert: stolen",
                "up",
                "      annotations: { a: '{{ query \"stolen{}\" | first | value }}' }\n",
            ),
            9,
            "asks for series with query",
        ),
        marked(
            "a query in a label",
            "labels: { a: '{{ with query \"stolen{}\" }}{{ . | first | value }}{{ end }}' }",
            "asks for series with query",
        ),
    ]
}

fn made_harmless() -> Vec<Attempt> {
    let own = "namespace=~\"evil-.*\"";
    vec![
        fenced(
            "every namespace",
            "up{namespace=~\".*\"}",
            &format!("up{{{own},namespace=~\".*\"}}"),
        ),
        fenced(
            "another's namespace beside its own",
            "up{namespace=~\"evil-.*|payments-.*\"}",
            &format!("up{{{own},namespace=~\"evil-.*|payments-.*\"}}"),
        ),
        fenced(
            "every metric",
            "{__name__=~\".+\"}",
            &format!("{{{own},__name__=~\".+\"}}"),
        ),
        fenced(
            "a name in braces and in quotes",
            "{\"up\"}",
            &format!("{{{own},\"up\"}}"),
        ),
        fenced(
            "backquotes",
            "up{namespace=~`.*`}",
            &format!("up{{{own},namespace=~`.*`}}"),
        ),
        fenced(
            "a brace in a text",
            "up{job=\"}, namespace=\"}",
            &format!("up{{{own},job=\"}}, namespace=\"}}"),
        ),
        fenced("absence", "absent(up)", &format!("absent(up{{{own}}})")),
        fenced(
            "subqueries",
            "max_over_time(up[5m:1m] @ end() offset 1h)",
            &format!("up{{{own}}}[5m:1m] @ end() offset 1h"),
        ),
        fenced(
            "others' alerts",
            "ALERTS{team=\"payments\"}",
            &format!("ALERTS{{{own},team=\"payments\"}}"),
        ),
        Attempt::harmless(
            "a comment in braces",
            FILE,
            set("evil", "alert: Tried", "up{ # }\n\n        job=\"x\" }", ""),
            format!("up{{{own}, # }}"),
        ),
        Attempt::harmless(
            "another's name for a series",
            FILE,
            set("evil", "record: payments:errors", "up", ""),
            format!(
                "record: payments:errors\n    expr: up{{{own}}}\n    labels:\n      team: evil\n"
            ),
        ),
    ]
}

fn strictly() -> Vec<Attempt> {
    vec![
        strict("require: no matcher", "up"),
        strict("require: every namespace", "up{namespace=~\".*\"}"),
        strict(
            "require: a regex that widens",
            "up{namespace=~\"strict-.*|payments-.*\"}",
        ),
        strict(
            "require: a regex that takes nothing too",
            "up{namespace=~\"strict-.*|\"}",
        ),
        strict(
            "require: a regex with flags",
            "up{namespace=~\"(?i)strict-.*\"}",
        ),
        strict("require: not another's", "up{namespace!=\"payments-a\"}"),
        strict(
            "require: one selector of two",
            "up{namespace=~\"strict-.*\"} unless absent(up)",
        ),
        strict(
            "require: a dot without a star",
            "up{namespace=~\"strict.*\"}",
        ),
        Attempt::harmless(
            "require: a regex that narrows",
            "teams/strict/tried.yaml",
            set(
                "strict",
                "alert: Tried",
                "up{namespace=~\"strict-(a|b)\"}",
                "",
            ),
            "up{namespace=~\"strict-(a|b)\"}",
        ),
    ]
}
