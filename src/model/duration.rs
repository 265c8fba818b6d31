//! Durations as Prometheus writes them: `1h30m`, `90s`, `500ms`.
//!
//! Syntax and printing follow `model.ParseDuration` and `model.Duration.String` of
//! `prometheus/common` 0.39, which Prometheus 2.42 uses.

use std::fmt;

const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Go's `time.Duration` counts nanoseconds in an `int64`; what does not fit is refused there.
const MAX_MILLIS: u64 = i64::MAX as u64 / 1_000_000;

/// A length of time in whole milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PromDuration {
    millis: u64,
}

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    #[error("empty duration")]
    Empty,
    #[error("not a valid duration: write numbers with units from large to small, such as 1h30m")]
    Syntax,
    #[error("duration out of range: at most about 292 years")]
    OutOfRange,
}

impl PromDuration {
    pub const ZERO: Self = Self { millis: 0 };

    pub fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    pub fn as_millis(self) -> u64 {
        self.millis
    }

    pub fn is_zero(self) -> bool {
        self.millis == 0
    }

    /// Reads `1h30m`, `5m`, `0`; each unit at most once, from large to small.
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        match text {
            "" => return Err(DurationError::Empty),
            "0" => return Ok(Self::ZERO),
            _ => {}
        }
        let mut rest = text;
        let mut next_unit = 0;
        let mut millis: u64 = 0;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let letters = rest[digits..]
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(rest.len() - digits);
            let unit = &rest[digits..digits + letters];
            let found = UNITS[next_unit..]
                .iter()
                .position(|(name, _)| *name == unit);
            let (Some(offset), true) = (found, digits > 0) else {
                return Err(DurationError::Syntax);
            };
            let (_, factor) = UNITS[next_unit + offset];
            next_unit += offset + 1;
            let amount: u64 = rest[..digits]
                .parse()
                .map_err(|_| DurationError::OutOfRange)?;
            millis = amount
                .checked_mul(factor)
                .and_then(|part| millis.checked_add(part))
                .filter(|sum| *sum <= MAX_MILLIS)
                .ok_or(DurationError::OutOfRange)?;
            rest = &rest[digits + letters..];
        }
        Ok(Self { millis })
    }
}

impl fmt::Display for PromDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.millis == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.millis;
        for (unit, factor) in UNITS {
            // Years, weeks and days are only printed where nothing smaller is left over.
            let exact_only = matches!(unit, "y" | "w" | "d");
            if exact_only && !rest.is_multiple_of(factor) {
                continue;
            }
            let amount = rest / factor;
            if amount > 0 {
                write!(f, "{amount}{unit}")?;
                rest -= amount * factor;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0", "0s")]
    #[case("5m", "5m")]
    #[case("90s", "1m30s")]
    #[case("1h30m", "1h30m")]
    #[case("25h", "25h")]
    #[case("24h", "1d")]
    #[case("7d", "1w")]
    #[case("365d", "1y")]
    #[case("1500ms", "1s500ms")]
    fn prints_as_prometheus_does(#[case] text: &str, #[case] printed: &str) {
        assert_eq!(PromDuration::parse(text).unwrap().to_string(), printed);
    }

    #[rstest]
    #[case("", DurationError::Empty)]
    #[case("5", DurationError::Syntax)]
    #[case("m", DurationError::Syntax)]
    #[case("5m1h", DurationError::Syntax)]
    #[case("1m1m", DurationError::Syntax)]
    #[case("-5m", DurationError::Syntax)]
    #[case("1.5h", DurationError::Syntax)]
    #[case("5 m", DurationError::Syntax)]
    #[case("300y", DurationError::OutOfRange)]
    #[case("99999999999999999999s", DurationError::OutOfRange)]
    fn refuses(#[case] text: &str, #[case] error: DurationError) {
        assert_eq!(PromDuration::parse(text), Err(error));
    }
}
