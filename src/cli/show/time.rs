//! Times as people say them.

use jiff::Timestamp;

/// "12 s ago", "3 min ago", "2 h ago", "5 days ago".
pub(in crate::cli) fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", length(now.as_second() - at.as_second()))
}

/// "in 30 s"; "now" where it has come.
pub(in crate::cli) fn within(at: Timestamp, now: Timestamp) -> String {
    match at.as_second() - now.as_second() {
        ..=0 => "now".to_owned(),
        seconds => format!("in {}", length(seconds)),
    }
}

fn length(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds @ 7200..=172_799 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// To the second, in UTC.
pub(in crate::cli) fn stamp(at: Timestamp) -> String {
    format!("{at:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_rounded_down() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let said: Vec<String> = [0, 119, 120, 7199, 7200, 172_800]
            .map(|seconds| ago(at(0), at(seconds)))
            .into();
        let expected = ["0 s", "119 s", "2 min", "119 min", "2 h", "2 days"];
        assert_eq!(said, expected.map(|text| format!("{text} ago")));
        assert_eq!(within(at(30), at(0)), "in 30 s");
        assert_eq!(within(at(0), at(0)), "now");
    }
}
