//! What a response's `x-ratelimit-*` headers say: how much a minute allows, what is left, and when it is full again.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// One limit as the server sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Requests or tokens that a period allows; positive.
    pub limit: f64,
    /// How many of them are left; not negative.
    pub remaining: f64,
    /// Time until none are used, where the server says so.
    pub reset: Option<Duration>,
}

/// Both limits, each where the server states it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Standings {
    /// Requests.
    pub requests: Option<Standing>,
    /// Tokens.
    pub tokens: Option<Standing>,
}

impl Standings {
    /// Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`. A limit that is not positive (Azure sends -1 and 0) is
    /// none.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let number = |name: &str| text(name).and_then(|value| value.parse::<f64>().ok()).filter(|n| n.is_finite());
        let standing = |[limit, remaining, reset]: [&str; 3]| {
            let limit = number(limit).filter(|limit| *limit > 0.0)?;
            let remaining = number(remaining).filter(|remaining| *remaining >= 0.0)?;
            Some(Standing { limit, remaining: remaining.min(limit), reset: text(reset).and_then(duration) })
        };
        Self {
            requests: standing([
                "x-ratelimit-limit-requests",
                "x-ratelimit-remaining-requests",
                "x-ratelimit-reset-requests",
            ]),
            tokens: standing(["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"]),
        }
    }
}

/// A duration in the servers' notation, such as `6m0s`, `12ms`, `1h2m3.5s`, or seconds as a plain number.
fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut seconds) = (text, 0.0);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |length| digits + length);
        let scale = match &rest[digits..unit] {
            "ms" => 0.001,
            "s" => 1.0,
            "" if digits == text.len() => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        seconds += rest[..digits].parse::<f64>().ok()? * scale;
        rest = &rest[unit..];
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &str)]) -> Standings {
        let name = reqwest::header::HeaderName::from_static;
        Standings::read(&pairs.iter().map(|(key, value)| (name(key), value.parse().unwrap())).collect())
    }

    #[test]
    fn durations_in_the_servers_notation() {
        for (text, seconds) in
            [("1s", 1.0), ("6m0s", 360.0), ("12ms", 0.012), ("1h2m3.5s", 3723.5), ("7", 7.0), ("7m12s", 432.0)]
        {
            assert_eq!(duration(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "soon", "2026-11-23T12:00:00Z", "5x", "s", "1.2.3s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_limit_is_read_with_what_is_left_of_it() {
        let standings = read(&[
            ("x-ratelimit-limit-requests", "6000"),
            ("x-ratelimit-remaining-requests", "5999"),
            ("x-ratelimit-reset-requests", "10ms"),
            ("x-ratelimit-limit-tokens", "-1"),
            ("x-ratelimit-remaining-tokens", "0"),
        ]);
        let requests = Standing { limit: 6000.0, remaining: 5999.0, reset: Some(Duration::from_millis(10)) };
        assert_eq!(standings, Standings { requests: Some(requests), tokens: None });
        assert_eq!(read(&[("x-ratelimit-limit-requests", "6000")]), Standings::default(), "half of a standing");
    }
}
