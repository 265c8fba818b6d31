//! Numbers and durations.

use super::super::lex::{Kind as TokenKind, Token};
use super::{Parser, Read, newer};
use crate::model::PromDuration;

impl Parser<'_> {
    pub(super) fn positive_duration(&mut self, place: &str) -> Read<()> {
        let token = self.peek();
        if self.duration(place)? == Some(0.0) {
            let hint = "Write how far back to look, such as 5m.";
            self.wrong(
                token.from,
                token.to,
                "the duration must be greater than 0",
                hint,
            );
        }
        Ok(())
    }

    /// A duration in seconds; a plain number counts seconds. `None` where it is faulty.
    pub(super) fn duration(&mut self, place: &str) -> Read<Option<f64>> {
        let token = self.peek();
        let arithmetic = match token.kind {
            TokenKind::Mark(mark) => matches!(mark, "(" | "+" | "-"),
            TokenKind::Word => {
                let word = self.word(token);
                matches!(
                    word.as_deref(),
                    Some("step" | "range" | "max_of" | "min_of")
                )
            }
            TokenKind::Duration | TokenKind::Number | TokenKind::Text | TokenKind::End => false,
        };
        if arithmetic {
            return newer(token, "arithmetic on durations");
        }
        if !matches!(token.kind, TokenKind::Duration | TokenKind::Number) {
            return self.unexpected(place, "a duration such as 5m");
        }
        self.advance();
        let value = if token.kind == TokenKind::Duration {
            self.duration_value(token)
        } else {
            let seconds = self.number(token)?;
            let limit = 9_223_372_036.0;
            if (0.0..limit).contains(&seconds) {
                Some(seconds)
            } else {
                self.wrong(
                    token.from,
                    token.to,
                    "the duration is out of range",
                    "Write seconds.",
                );
                None
            }
        };
        let arithmetic = matches!(
            self.peek().kind,
            TokenKind::Mark("+" | "-" | "*" | "/" | "%" | "^")
        );
        if arithmetic && place != "an offset" {
            return newer(self.peek(), "arithmetic on durations");
        }
        Ok(value)
    }

    pub(super) fn duration_value(&mut self, token: Token) -> Option<f64> {
        let spelling = self.spelling(token);
        match PromDuration::parse(spelling) {
            Ok(duration) =>
            {
                #[expect(clippy::cast_precision_loss, reason = "compared with zero only")]
                Some(duration.as_millis() as f64 / 1000.0)
            }
            Err(error) => {
                let message = format!("{spelling:?}: {error}");
                let hint = "Write each unit once, from large to small: 1h30m.";
                self.wrong(token.from, token.to, message, hint);
                None
            }
        }
    }

    /// A number as `strconv.ParseInt(text, 0, 64)` and then `ParseFloat` read it.
    pub(super) fn number(&mut self, token: Token) -> Read<f64> {
        let spelling = self.spelling(token);
        if spelling.contains('_') {
            return newer(token, "an underscore in a number");
        }
        let lower = spelling.to_ascii_lowercase();
        let value = match lower.strip_prefix("0x") {
            #[expect(clippy::cast_precision_loss, reason = "as Prometheus does")]
            Some(digits) => i64::from_str_radix(digits, 16)
                .ok()
                .map(|value| value as f64),
            None => lower.parse().ok().filter(|value: &f64| value.is_finite()),
        };
        if value.is_none() {
            let hint = "Write a decimal or hexadecimal number.";
            let message = format!("{spelling:?} is not a number, or out of range");
            self.wrong(token.from, token.to, message, hint);
        }
        Ok(value.unwrap_or(0.0))
    }
}
