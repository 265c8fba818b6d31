//! When and how often a failed request is sent again.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::HttpError;

/// After the first one.
const ATTEMPTS: usize = 3;
const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
/// A server that asks for more is left to the next cycle.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(15);

/// Repeats what fails in passing, with growing jittered delays, or after the time that the server asks
/// for. The next cycle is the real retry, so this gives up after seconds.
pub(super) async fn repeating<T, F, R>(attempt: F) -> Result<T, HttpError>
where
    F: FnMut() -> R,
    R: Future<Output = Result<T, HttpError>>,
{
    let backoff = ExponentialBuilder::default()
        .with_min_delay(FIRST_DELAY)
        .with_max_delay(LONGEST_DELAY)
        .with_max_times(ATTEMPTS)
        .with_jitter();
    attempt
        .retry(backoff)
        .when(|error: &HttpError| error.fault.is_passing())
        .adjust(|error, delay| {
            // No delay means that the attempts are used up.
            let delay = delay?;
            match error.fault.retry_after() {
                Some(asked) if asked > LONGEST_RETRY_AFTER => None,
                Some(asked) => Some(asked.max(delay)),
                None => Some(delay),
            }
        })
        .await
}

/// `Retry-After` as seconds or as a date (RFC 9110, section 10.2.3).
pub(super) fn parse_retry_after(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(text).ok()?.timestamp();
    let wait = at.duration_since(Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms_of_retry_after() {
        assert_eq!(parse_retry_after("7"), Some(Duration::from_secs(7)));
        let past = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(parse_retry_after(past), Some(Duration::ZERO));
        assert_eq!(parse_retry_after("soon"), None);
    }
}
