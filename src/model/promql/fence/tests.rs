//! What goes through a fence, and what does not.

use super::*;
use rstest::rstest;

fn fence() -> Fence {
    Fence::parse(&[r#"namespace=~"payments-.*""#]).unwrap()
}

fn of(matcher: &str) -> Fence {
    Fence::parse(&[matcher]).unwrap()
}

/// `N` stands for the fence's matcher.
#[rstest]
#[case("x", "x{N}")]
#[case("x{}", "x{N}")]
#[case("x { }", "x {N }")]
#[case("x{a='b'}", "x{N,a='b'}")]
#[case("x{a=\"b\",}", "x{N,a=\"b\",}")]
#[case("{__name__=\"x\"}", "{N,__name__=\"x\"}")]
#[case("{__name__=~\".+\"}", "{N,__name__=~\".+\"}")]
#[case("{\"a.b\"}", "{N,\"a.b\"}")]
#[case("{\"a.b\", c=\"d\"}", "{N,\"a.b\", c=\"d\"}")]
#[case("x{ # , }\n a=`b` # c\n}", "x{N, # , }\n a=`b` # c\n}")]
#[case("x{ # nothing\n}", "x{N # nothing\n}")]
#[case("x # } {\n + y", "x{N} # } {\n + y{N}")]
#[case("sum + by", "sum{N} + by{N}")]
#[case("sum by (x) (y)", "sum by (x) (y{N})")]
#[case("absent(x offset 5m)", "absent(x{N} offset 5m)")]
#[case("rate(x[5m] @ end())", "rate(x{N}[5m] @ end())")]
#[case(
    "max_over_time(rate(x{a=\"b\"}[5m])[1h:] @ 1)",
    "max_over_time(rate(x{N,a=\"b\"}[5m])[1h:] @ 1)"
)]
#[case("topk(scalar(x), y)", "topk(scalar(x{N}), y{N})")]
#[case("count_values(\"v\", x)", "count_values(\"v\", x{N})")]
#[case("-x ^ y or z unless on(a) w", "-x{N} ^ y{N} or z{N} unless on(a) w{N}")]
#[case("a * on (x) group_left (y) b", "a{N} * on (x) group_left (y) b{N}")]
#[case(
    "histogram_quantile(0.9, sum by (le) (rate(x[5m])))",
    "histogram_quantile(0.9, sum by (le) (rate(x{N}[5m])))"
)]
#[case("job:x:rate5m", "job:x:rate5m{N}")]
#[case("x{namespace=\"payments-a\"}", "x{N,namespace=\"payments-a\"}")]
#[case("x{namespace=~\".*\"}", "x{N,namespace=~\".*\"}")]
#[case("x{namespace!~\"payments-a|b\"}", "x{N,namespace!~\"payments-a|b\"}")]
#[case("x{N}", "x{N}")]
#[case("x{a=\"b\",N}", "x{a=\"b\",N}")]
#[case("x{\"namespace\"=~'payments-.*'}", "x{\"namespace\"=~'payments-.*'}")]
#[case(
    "x{namespace=~\"p\\x61yments-.*\"}",
    "x{namespace=~\"p\\x61yments-.*\"}"
)]
#[case("1 + time()", "1 + time()")]
#[case("x\r\n+ y", "x{N}\r\n+ y{N}")]
#[case("x{a=\"é\"} + ü", "")]
fn is_put_into_every_selector(#[case] written: &str, #[case] wanted: &str) {
    let with = |text: &str| text.replace('N', "namespace=~\"payments-.*\"");
    let (written, wanted) = (with(written), with(wanted));
    let fenced = fence().inject(&written);
    if wanted.is_empty() {
        assert!(fenced.is_err());
        return;
    }
    let fenced = fenced.unwrap();
    assert_eq!(fenced, wanted);
    assert_eq!(fence().inject(&fenced).unwrap(), fenced);
    assert!(fence().require(&fenced).is_ok());
}

#[test]
fn only_what_is_missing_of_many_is_added() {
    let fence = Fence::parse(&[r#"a="b""#, r#"c!="""#, r#"a!~"x|""#]).unwrap();
    assert_eq!(fence.labels(), ["a", "c"]);
    let fenced = fence.inject("x{c!=\"\"} + y").unwrap();
    assert_eq!(
        fenced,
        "x{a=\"b\",a!~\"x|\",c!=\"\"} + y{a=\"b\",c!=\"\",a!~\"x|\"}"
    );
}

/// What no mode lets through, and what it points at.
#[rstest]
#[case("x{namespace=\"other\"}", "namespace=\"other\"")]
#[case("x{namespace=\"\"}", "namespace=\"\"")]
#[case("x{\"name\\x73pace\"=\"other\"}", "\"name\\x73pace\"=\"other\"")]
#[case("x{namespace=`payments`}", "namespace=`payments`")]
#[case("x{namespace=~\"a|b\"}", "namespace=~\"a|b\"")]
#[case("x{namespace=~\"(a|b)-.*\"}", "namespace=~\"(a|b)-.*\"")]
#[case("x{namespace=~\"\"}", "namespace=~\"\"")]
#[case("x{namespace!~\"payments-.*\"}", "namespace!~\"payments-.*\"")]
#[case("x{namespace!~\".+\"}", "namespace!~\".+\"")]
#[case("x{namespace!~\"pay.*|a\"}", "namespace!~\"pay.*|a\"")]
#[case("x{namespace=\"payments-a\",namespace=\"b\"}", "namespace=\"b\"")]
#[case("sum(a) + absent(x{namespace=\"b\"} offset 5m)", "namespace=\"b\"")]
#[case("info(x)", "info")]
#[case("info(x, {namespace=~\"payments-.*\"})", "info")]
#[case("rate(x[5m] smoothed)", "smoothed")]
#[case("x offset step()", "step")]
#[case("x{a=\"b\" or c=\"d\"}", "or")]
#[case("x </ 3", "<")]
#[case("x # a\r or y", "\r")]
#[case("x{a=`b\r`}", "\r")]
#[case("x{a=`b\r\n`}", "\r")]
#[case("WITH (a = b) a", "WITH")]
#[case("x default 0", "default")]
#[case("x if y", "if")]
#[case("x{a=\"b\"} keep_metric_names", "keep_metric_names")]
#[case("x{namespace=\"payments-a\"}} or y{a=\"\"", "}")]
#[case("$x", "$")]
#[case("x{$y}", "$")]
#[case("x[$__interval]", "$")]
fn is_always_refused(#[case] expr: &str, #[case] place: &str) {
    let at = |faults: &[FenceFault]| expr[faults[0].from..faults[0].to].to_owned();
    let faults = fence().inject(expr).unwrap_err();
    assert_eq!(at(&faults), place, "{faults:?}");
    assert!(!faults[0].message.is_empty() && !faults[0].hint.is_empty());
    let faults = fence().require(expr).unwrap_err();
    assert_eq!(at(&faults), place, "{faults:?}");
}

/// What stays inside by itself, and what does not.
#[rstest]
#[case("x{namespace=~\"payments-.*\"}", true)]
#[case("x{\"namespace\"=~`payments-.*`}", true)]
#[case("x{namespace=\"payments-a\"}", true)]
#[case("x{namespace=~\"payments-a|payments-b\"}", true)]
#[case("x{namespace=~\"payments-(a|b)\"}", true)]
#[case("x{namespace=~\"payments-api-.*\"}", true)]
#[case("x{namespace=~\".*\",namespace=\"payments-a\"}", true)]
#[case("vector(1)", true)]
#[case("x", false)]
#[case("x{}", false)]
#[case("x{namespace=~\"payments.*\"}", false)]
#[case("x{namespace=~\"payments-.*|.*\"}", false)]
#[case("x{namespace=~\"payments-.*|\"}", false)]
#[case("x{namespace=~\"payments-.*|b\"}", false)]
#[case("x{namespace=~\"(?i)payments-a\"}", false)]
#[case("x{namespace=~\".*payments-.*\"}", false)]
#[case("x{namespace!=\"payments-a\"}", false)]
#[case("x{namespace!=\"\"}", false)]
#[case("x{Namespace=\"payments-a\"}", false)]
#[case("x{label=\"namespace=~\\\"payments-.*\\\"\"}", false)]
#[case("x # {namespace=~\"payments-.*\"}", false)]
#[case("x{# namespace=~\"payments-.*\"\n}", false)]
#[case("x{namespace=\"payments-a\\n\"}", false)]
#[case("{__name__=~\"namespace|.+\"}", false)]
#[case("label_replace(x, \"namespace\", \"payments-a\", \"\", \"\")", false)]
fn must_stay_inside(#[case] expr: &str, #[case] inside: bool) {
    assert_eq!(fence().require(expr).is_ok(), inside, "{expr}");
}

#[test]
fn the_selector_outside_is_named() {
    let expr = "sum(a{namespace=\"payments-x\"}) / rate(b{c=\"d\"}[5m])";
    let faults = fence().require(expr).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(&expr[faults[0].from..faults[0].to], "b{c=\"d\"}");
    assert!(
        faults[0].message.starts_with("b{c=\"d\"} may select"),
        "{faults:?}"
    );
}

/// Never refused for a contradiction, since something could match.
#[rstest]
#[case("x{namespace=~\"[a-z]+\"}")]
#[case("x{namespace=~\"pay.*\"}")]
#[case("x{namespace=~\"(?i)PAYMENTS-A\"}")]
#[case("x{namespace=~\"\\\\Qpayments-a\\\\E\"}")]
#[case("x{namespace=~\"\\\\x70ayments-a\"}")]
#[case("x{namespace=~\"[[:alpha:]]+-a\"}")]
#[case("x{namespace=~\"p?ayments-a|other\"}")]
#[case("x{namespace=~\"b|payments-a\"}")]
#[case("x{namespace!~\"payments-a.*\"}")]
#[case("x{namespace!~\"payments-.+\"}")]
#[case("x{namespace!=\"payments-a\"}")]
#[case("x{namespace!~\"(?i)payments-b\"}")]
#[case("x{namespace=\"payments-\\na\"}")]
fn is_no_contradiction(#[case] expr: &str) {
    assert!(fence().inject(expr).is_ok(), "{expr}");
}

#[rstest]
#[case("team=\"a\"", "x{team!=\"a\"}", true)]
#[case("team=\"a\"", "x{team!~\"a\"}", true)]
#[case("team=\"a\"", "x{team!~\"a|b\"}", true)]
#[case("team=\"a\"", "x{team=~\"b.*\"}", true)]
#[case("team=\"a\"", "x{team=~\"a.*\"}", false)]
#[case("team=~\"a|b\"", "x{team!~\"a|b|c\"}", true)]
#[case("team=~\"a|b\"", "x{team!=\"a\"}", false)]
#[case("team!~\"a.*|\"", "x{team=\"ab\"}", true)]
#[case("team!~\"a.*|\"", "x{team=~\"ab.*\"}", true)]
#[case("team!~\"a.*|\"", "x{team=~\".*\"}", false)]
#[case("team!~\"a.*|\"", "x{team!~\"b.*\"}", false)]
#[case("team!=\"\"", "x{team=\"\"}", true)]
#[case("team!=\"\"", "x{team!=\"a\"}", false)]
fn contradicts(#[case] matcher: &str, #[case] expr: &str, #[case] so: bool) {
    assert_eq!(of(matcher).inject(expr).is_err(), so, "{expr}");
}

#[rstest]
#[case("team!~\"a.*|\"", "x{team=\"b\"}", true)]
#[case("team!~\"a.*|\"", "x{team=~\"b.*\"}", true)]
#[case("team!~\"a.*|\"", "x{team=~\"b.*|\"}", false)]
#[case("team!=\"\"", "x{team=~\".+\"}", false)]
#[case("team=\"a\"", "x{team=~\"a\"}", true)]
#[case("team=\"a.b\"", "x{team=~\"a.b\"}", false)]
#[case("team=\"a.b\"", "x{team=~\"a\\\\.b\"}", true)]
fn implies(#[case] matcher: &str, #[case] expr: &str, #[case] so: bool) {
    assert_eq!(of(matcher).require(expr).is_ok(), so, "{expr}");
}

#[rstest]
#[case("namespace", "write one, such as")]
#[case("namespace=payments", "write one, such as")]
#[case("namespace=\"a\",b=\"c\"", "write one, such as")]
#[case("namespace=\"a\"} or x{b=\"c\"", "")]
#[case("namespace=\"a\" # x", "inside braces")]
#[case("\"namespace\"=\"a\"", "write one, such as")]
#[case("__name__=\"x\"", "no fence")]
#[case("namespace=\"\"", "refuses the empty value")]
#[case("namespace!=\"a\"", "refuses the empty value")]
#[case("namespace=~\".*\"", "refuses the empty value")]
#[case("namespace=~\"a|\"", "refuses the empty value")]
#[case("namespace!~\"a\"", "refuses the empty value")]
#[case("namespace=~\"(\"", "not a regular expression")]
#[case("namespace=~\"a(?=b)\"", "not a regular expression")]
#[case("namespace=~\"\\\\w+\"", "different ways")]
#[case("namespace=~\"[a&&b]\"", "different ways")]
#[case("namespace=~\"[[a]b]\"", "[[")]
#[case("namespace=~\"(?i)a\"", "different ways")]
#[case("namespace=~\"a$\"", "no $")]
#[case("namespace=\"$x\"", "no $")]
#[case("namespace=\"a\\nb\"", "line breaks")]
#[case("", "write one, such as")]
fn is_no_fence(#[case] text: &str, #[case] why: &str) {
    let error = Fence::parse(&["a=\"b\"", text]).unwrap_err();
    assert_eq!(error.index, 1);
    assert!(
        error.from <= error.to && error.to <= text.len(),
        "{error:?}"
    );
    assert!(error.message.contains(why), "{}", error.message);
}

#[test]
fn labels_of_a_rule_are_admitted_or_not() {
    let fence = fence();
    assert_eq!(fence.admits("team", "x"), None);
    assert_eq!(fence.admits("namespace", "payments-a"), Some(true));
    assert_eq!(fence.admits("namespace", "xpayments-a"), Some(false));
    assert_eq!(fence.admits("namespace", "payments-a\nb"), Some(false));
    assert_eq!(fence.admits("namespace", ""), Some(false));
}

#[rstest]
#[case("label_replace(x, \"team\", \"$1\", \"a\", \"(.*)\")", &["team"])]
#[case("label_replace(x, (\"name\\x73pace\"), \"a\", \"b\", \"c\")", &["namespace"])]
#[case("label_join(x, ( # \"b\"\n 'team'), \"-\", \"a\", \"b\")", &["team"])]
#[case("count_values without (a) (`version`, x)", &["version"])]
#[case("sum(label_replace(label_join(x, \"a\", \"\"), \"b\", \"\", \"\", \"\"))", &["a", "b"])]
#[case("histogram_quantiles(x, \"q\", 0.5, 0.9)", &["q"])]
#[case("sort_by_label(x, \"a\")", &[])]
#[case("x * on (a) group_left (b) y", &[])]
fn labels_that_are_written(#[case] expr: &str, #[case] labels: &[&str]) {
    let written = written_labels(expr).unwrap();
    let found: Vec<&str> = written.iter().map(|label| &*label.label).collect();
    assert_eq!(found, labels);
    for label in &written {
        assert!("\"'`".contains(&expr[label.from..=label.from]));
    }
}

#[test]
fn labels_that_cannot_be_told_are_refused() {
    for expr in [
        "label_replace(x, \"\\xff\", \"\", \"\", \"\")",
        "label_replace(x, y, \"\", \"\", \"\")",
        "info(x)",
    ] {
        assert!(written_labels(expr).is_err(), "{expr}");
    }
}
