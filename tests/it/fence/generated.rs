//! Generated expressions of all kinds, fenced and looked at with another parser.

use std::cell::Cell;

use proptest::prelude::*;
use trueup::model::promql::fence::Fence;

use super::oracle;
use crate::worlds::hold;

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    prop::sample::select(texts).prop_map(str::to_owned)
}

/// Space and comments between tokens.
fn blank() -> impl Strategy<Value = String> + Clone {
    one_of(&[
        "",
        "",
        "",
        " ",
        "\n\t",
        " # a \"comment' {\n",
        "\r\n",
        "#}\n",
    ])
}

fn matcher() -> impl Strategy<Value = String> + Clone {
    let label = one_of(&["a", "job", "by", "sum", "namespace", "\"b.c\"", "_"]);
    let value = one_of(&[
        "\"payments-a\"",
        "'x y'",
        "`a|b`",
        "\"payments-.*\"",
        "\"}\\\"{\"",
        "\"# no\"",
        "\".+\"",
        "''",
        "\"\\\\d\"",
        "`[^}]`",
    ]);
    let op = one_of(&["=", "!=", "=~", "!~"]);
    (label, blank(), op, blank(), value)
        .prop_map(|(label, a, op, b, value)| format!("{label}{a}{op}{b}{value}"))
}

fn selector() -> impl Strategy<Value = String> {
    let name = one_of(&[
        "x", "up", "a:b:c", "sum", "offset_", "by", "group_x", "_", "on_",
    ]);
    let list = prop::collection::vec(matcher(), 0..4);
    let braced =
        (list, blank(), blank(), any::<bool>()).prop_map(|(list, before, after, comma)| {
            let comma = if comma && !list.is_empty() { "," } else { "" };
            format!(
                "{{{before}{}{comma}{after}}}",
                list.join(&format!(",{before}"))
            )
        });
    prop_oneof![
        name.clone(),
        (name, blank(), braced.clone())
            .prop_map(|(name, blank, braces)| format!("{name}{blank}{braces}")),
        (
            one_of(&["__name__=\"x\"", "__name__=~\"x.+\"", "\"quoted.name\""]),
            braced
        )
            .prop_map(|(name, braces)| {
                if braces.contains('=') {
                    format!("{{{name},{}", &braces[1..])
                } else {
                    format!("{{{name}}}")
                }
            }),
    ]
}

fn modifiers() -> impl Strategy<Value = String> {
    one_of(&[
        "",
        "",
        "",
        " offset 5m",
        " @ 1609746000",
        " offset -1h @ start()",
        " @ end()",
    ])
}

fn matrix(vector: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    prop_oneof![
        (selector(), modifiers()).prop_map(|(x, m)| format!("{x}[5m]{m}")),
        (vector, modifiers()).prop_map(|(x, m)| format!("({x})[1h:5m]{m}")),
    ]
}

fn vector() -> impl Strategy<Value = String> {
    let leaf = (selector(), modifiers()).prop_map(|(x, m)| format!("{x}{m}"));
    leaf.boxed().prop_recursive(5, 40, 3, |inner| {
        let function = one_of(&["abs", "absent", "sort", "timestamp", "floor"]);
        let over_time = one_of(&["rate", "absent_over_time", "sum_over_time", "changes"]);
        let aggregation = one_of(&["sum", "count", "MAX", "group"]);
        let grouping = one_of(&["", " by (a)", " without (a, job,)", " by ()"]);
        let operator = one_of(&[
            "+",
            "-",
            "*",
            "/",
            "%",
            "^",
            "==",
            "!= bool",
            "> on (a)",
            "and",
            "or",
            "unless",
            "atan2",
            "* on (a) group_left (b)",
            "/ ignoring (a, b) group_right",
        ]);
        prop_oneof![
            (function, blank(), inner.clone()).prop_map(|(f, b, x)| format!("{f}{b}({b}{x})")),
            (over_time, matrix(inner.clone())).prop_map(|(f, x)| format!("{f}({x})")),
            (aggregation.clone(), grouping.clone(), inner.clone())
                .prop_map(|(f, g, x)| format!("{f}{g} ({x})")),
            (aggregation, grouping, inner.clone()).prop_map(|(f, g, x)| format!("{f}({x}){g}")),
            (inner.clone(), blank(), operator, blank(), inner.clone())
                .prop_map(|(x, a, op, b, y)| format!("{x}{a} {op} {b}{y}")),
            inner.clone().prop_map(|x| format!("-{x}")),
            inner.clone().prop_map(|x| format!("({x})")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("topk(scalar({x}), {y})")),
            (inner.clone(), inner.clone())
                .prop_map(|(x, y)| format!("clamp_max({x}, scalar({y}))")),
            inner
                .clone()
                .prop_map(|x| format!("count_values(\"v\", {x})")),
            inner
                .clone()
                .prop_map(|x| format!("label_replace({x}, \"a\", \"$1\", \"b\", \"(.*){{}}\")")),
            (inner.clone()).prop_map(|x| format!("histogram_quantile(0.9, {x})")),
            inner.prop_map(|x| format!("vector(time()) + {x} + 0x1F + 1e3")),
        ]
    })
}

pub fn every_selector() {
    let plain = Fence::parse(&[r#"tenant_of=~"payments-.*""#, r#"team!="""#]).unwrap();
    let written = Fence::parse(&[r#"namespace=~"payments-.*""#]).unwrap();
    let (all, fenced) = (Cell::new(0), Cell::new(0));
    hold(400, &vector(), |expr| {
        all.set(all.get() + 1);
        for fence in [&plain, &written] {
            if let Ok(text) = fence.inject(&expr) {
                fenced.set(fenced.get() + usize::from(oracle::judge(fence, &expr, &text).unwrap()));
            }
        }
        if let Ok(text) = plain.inject(&expr) {
            oracle::reversible(&plain, &expr, &text).unwrap();
        }
    });
    // Not a test of refusals.
    assert!(fenced.get() >= all.get() / 2, "{fenced:?} of {all:?}");
}

/// A text of anything: what is let through is fenced by the other parser's judgement too.
pub fn pieces() {
    let piece = one_of(&[
        "x",
        "{",
        "}",
        "(",
        ")",
        "[5m]",
        ",",
        "\"",
        "'",
        "`",
        "a=",
        "=~",
        "\"b\"",
        " or ",
        "#",
        "\n",
        "\r",
        "\\",
        "sum",
        "by",
        "offset",
        " ",
        "5m",
        "@",
        "$y",
        "{}",
        "namespace",
        "=\"payments-a\"",
        "!=",
        "\"\"",
        "rate(",
        "-",
        "1",
        "{a=\"b\"}",
    ]);
    let fence = Fence::parse(&[r#"namespace=~"payments-.*""#]).unwrap();
    hold(4000, &prop::collection::vec(piece, 1..12), |pieces| {
        let expr = pieces.concat();
        if let Ok(text) = fence.inject(&expr) {
            oracle::judge(&fence, &expr, &text).unwrap();
        }
    });
}
