//! A pause that somebody ordered: nothing is changed on a target until it ends.

use jiff::Timestamp;

use crate::model::TargetName;

/// A pause of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub target: TargetName,
    pub since: Timestamp,
    /// It ends by itself then; `None` is "until somebody ends it".
    pub until: Option<Timestamp>,
    /// Who ordered it.
    pub by: String,
    pub reason: Option<String>,
}

impl Pause {
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// For people, with how to end it.
    pub fn describe(&self) -> String {
        let Self {
            target,
            since: _,
            until,
            by,
            reason,
        } = self;
        let until = match until {
            Some(until) => format!("until {until:.0}"),
            None => "until it is resumed".to_owned(),
        };
        let reason = match reason {
            Some(reason) => format!(": {reason}"),
            None => String::new(),
        };
        format!("paused by {by} {until}{reason} (trueup resume {target} ends it)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_who_how_long_and_why() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut pause = Pause {
            target: TargetName::new("grafana-eu").unwrap(),
            since: at(0),
            until: Some(at(3600)),
            by: "anna".to_owned(),
            reason: Some("migration".to_owned()),
        };
        assert_eq!(
            pause.describe(),
            "paused by anna until 1970-01-01T01:00:00Z: migration (trueup resume grafana-eu ends it)"
        );
        assert!(pause.is_over(at(3600)) && !pause.is_over(at(3599)));
        (pause.until, pause.reason) = (None, None);
        assert_eq!(
            pause.describe(),
            "paused by anna until it is resumed (trueup resume grafana-eu ends it)"
        );
        assert!(!pause.is_over(at(i64::from(i32::MAX))));
    }
}
