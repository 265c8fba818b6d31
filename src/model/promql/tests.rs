use super::*;
use rstest::rstest;

/// The first fault of an expression, by what it points at.
fn first(text: &str) -> Option<(&str, Kind)> {
    let faults = check(text);
    let fault = faults.first()?;
    Some((&text[fault.from..fault.to], fault.kind))
}

#[rstest]
#[case("up ==", "")]
#[case("sum(rate(foo[5m])", "(")]
#[case("rate(foo)", "foo")]
#[case("foo[5m", "")]
#[case("ratee(foo[5m])", "ratee")]
#[case("1 == 1", "==")]
#[case("{job=~\".*\"}", "{job=~\".*\"}")]
#[case("foo{a=~\"(\"}", "\"(\"")]
#[case("sum by (a-b) (foo)", "-")]
#[case("foo offset 5m offset 5m", "offset 5m")]
#[case("topk(foo)", "topk(foo)")]
#[case("a and 1", "and")]
#[case("foo{a=\"b\" or c=\"d\"}", "or")]
fn points_at_what_is_wrong(#[case] text: &str, #[case] place: &str) {
    assert_eq!(first(text), Some((place, Kind::Invalid)), "{text}");
}

#[rstest]
#[case("sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m])) / 2 > 0.5")]
#[case("-a ^ -b * c")]
#[case("a / on (x) group_left (y) b")]
#[case("sum + by")]
#[case("foo @ start() offset -5m")]
#[case("max_over_time(rate(foo[5m])[1h:] @ 1)")]
#[case("{\"metric.name\", a=\"b\"}")]
fn takes(#[case] text: &str) {
    assert_eq!(check(text), [], "{text}");
    assert!(crate::model::promql::print(text).is_some());
}

#[rstest]
#[case("rate(foo[5m] smoothed)", "smoothed")]
#[case("foo[5m * 2]", "*")]
#[case("foo </ 3", "<")]
fn warns_of_what_is_newer(#[case] text: &str, #[case] place: &str) {
    assert_eq!(first(text), Some((place, Kind::Unknown)), "{text}");
}

#[test]
fn warns_of_what_cannot_be_evaluated() {
    assert_eq!(first("foo[5m]"), Some(("foo[5m]", Kind::Useless)));
}
