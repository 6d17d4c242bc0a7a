//! What a response's headers say about trying again.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// The headers that [`decide`](super::retry::decide) obeys.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Hints {
    /// `x-should-retry`.
    pub should_retry: Option<bool>,
    /// `retry-after-ms`, or else `Retry-After` in seconds or as a date.
    pub retry_after: Option<Duration>,
}

impl Hints {
    /// Reads the hints of a response; `now` (seconds since 1970) turns a Retry-After date into a wait.
    #[must_use]
    pub fn read(headers: &HeaderMap, now: f64) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let number = |name: &str| text(name).and_then(|value| value.parse::<f64>().ok());
        let date = || {
            jiff::fmt::rfc2822::parse(text("retry-after")?).ok().map(|date| date.timestamp().as_second() as f64 - now)
        };
        let seconds = number("retry-after-ms").map(|milliseconds| milliseconds / 1000.0);
        let seconds = seconds.or_else(|| number("retry-after")).or_else(date);
        Self {
            should_retry: text("x-should-retry").and_then(|value| value.parse().ok()),
            retry_after: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_each_of_its_forms() {
        let read = |pairs: &[(&'static str, &str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value.parse().unwrap()));
            // 2026-11-23 12:00:00 UTC
            Hints::read(&headers.collect(), 1_795_435_200.0)
        };
        let after = |milliseconds| Some(Duration::from_millis(milliseconds));
        assert_eq!(read(&[("retry-after-ms", "250"), ("retry-after", "9")]).retry_after, after(250));
        assert_eq!(read(&[("retry-after", "1.5")]).retry_after, after(1500));
        assert_eq!(read(&[("retry-after", "Mon, 23 Nov 2026 12:00:07 GMT")]).retry_after, after(7000));
        assert_eq!(read(&[("retry-after", "Mon, 23 Nov 2026 11:00:00 GMT")]).retry_after, after(0));
        assert_eq!(read(&[("retry-after", "soon")]).retry_after, None);
        assert_eq!(read(&[("retry-after", "-1"), ("x-should-retry", "false")]).should_retry, Some(false));
    }
}
