//! What follows an attempt that brought no answer: a pure decision from the attempt's number and its outcome.
//!
//! Stricter than the official Python client, which retries every 429 and forgets a long Retry-After: a server that is
//! out of credit is not asked again, and a wait for a rate limit is not counted as an attempt.

use std::time::Duration;

use super::hints::Hints;
use super::wire::error::ErrorDetail;

/// How often and how patiently a request is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Largest number of times a request is sent; waiting for a rate limit is not one.
    pub attempts: u32,
    /// Upper end of the first backoff; it doubles with each attempt.
    pub base: Duration,
    /// Upper end of every backoff.
    pub cap: Duration,
    /// Whether a request is refused, rather than changed, when the model does not take one of its parameters.
    pub strict: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { attempts: 8, base: Duration::from_secs(1), cap: Duration::from_secs(60), strict: false }
    }
}

/// The longest Retry-After that is waited for; a longer one ends the run.
pub const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A status that is not a success.
    Status {
        /// The HTTP status.
        status: u16,
        /// What the headers ask for.
        hints: Hints,
        /// The error in the body, if it had one.
        error: Option<ErrorDetail>,
    },
    /// No connection.
    Unreachable(String),
    /// No whole answer within the request's time-out.
    Timeout,
    /// A connection that broke, or a success whose body is cut off or not what the endpoint returns.
    Broken(String),
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision {
    /// Send the request again after this time.
    Retry(Duration),
    /// A rate limit, or a server that has too much to do and says how long: the request waits for this time, and the
    /// attempt does not count. Where the server named the time, nobody sends before it.
    Wait(Duration, bool),
    /// Give this request up.
    Fail,
    /// Give the run up.
    Stop,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The attempt that was just made, from 1.
    pub attempt: u32,
    /// Rate limits met in a row.
    pub waits: u32,
    /// Answers to the attempts so far that were lost on the way, for which the server may ask to be paid.
    pub lost: u32,
}

impl Progress {
    /// Before the first attempt.
    pub const START: Self = Self { attempt: 1, waits: 0, lost: 0 };

    /// Before the next attempt after a failure.
    #[must_use]
    pub fn retried(self) -> Self {
        Self { attempt: self.attempt + 1, waits: 0, ..self }
    }

    /// After an attempt whose answer was lost.
    #[must_use]
    pub fn lost(self) -> Self {
        Self { lost: self.lost + 1, ..self }
    }

    /// Before the same attempt after a wait.
    #[must_use]
    pub fn waited(self) -> Self {
        Self { waits: self.waits + 1, ..self }
    }
}

/// Decides what follows an attempt. `jitter`, uniform in [0, 1), spreads the backoff (full jitter; Brooker 2015).
#[must_use]
pub fn decide(policy: &Policy, progress: Progress, outcome: &Outcome, jitter: f64) -> Decision {
    let Progress { attempt, waits, .. } = progress;
    let (status, hints, error) = match outcome {
        Outcome::Status { status, hints, error } => (*status, *hints, error.as_ref()),
        Outcome::Unreachable(_) if attempt >= policy.attempts => return Decision::Stop,
        _ => (503, Hints::default(), None),
    };
    let backoff = |step: u32| backoff(policy, step).mul_f64(jitter);
    // An address that sends requests elsewhere does so with every one.
    if error.is_some_and(is_out_of_credit) || matches!(status, 300..=399 | 401 | 403) {
        return Decision::Stop;
    }
    if hints.retry_after.is_some_and(|wait| wait > LONGEST_WAIT) && hints.should_retry != Some(false) {
        return Decision::Stop;
    }
    // A Retry-After is a minimum, and one of zero must not make a loop without a pause.
    let named = hints.retry_after.filter(|wait| *wait > Duration::ZERO);
    match (status, named) {
        _ if hints.should_retry == Some(false) => {}
        (429 | 503, Some(wait)) => return Decision::Wait(wait.mul_f64(1.0 + 0.1 * jitter), true),
        (429, None) => return Decision::Wait(backoff(waits + 1), false),
        _ => {}
    }
    let transient = matches!(status, 408 | 409 | 500..);
    if !hints.should_retry.unwrap_or(transient) || attempt >= policy.attempts {
        return if status == 404 && error.is_some_and(is_unknown_model) { Decision::Stop } else { Decision::Fail };
    }
    let least = hints.retry_after.unwrap_or_default();
    Decision::Retry(least + backoff(attempt).saturating_sub(least))
}

/// Upper end of the backoff of a step, from 1: `base`, `2 base`, `4 base` ... `cap`.
fn backoff(policy: &Policy, step: u32) -> Duration {
    policy.base.saturating_mul(1u32.checked_shl(step - 1).unwrap_or(u32::MAX)).min(policy.cap)
}

fn is_out_of_credit(error: &ErrorDetail) -> bool {
    const CODES: [&str; 5] = [
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    ];
    error.kind == "insufficient_quota" || error.code.as_deref().is_some_and(|code| CODES.contains(&code))
}

fn is_unknown_model(error: &ErrorDetail) -> bool {
    error.code.as_deref() == Some("model_not_found") || error.param.as_deref() == Some("model")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: Policy =
        Policy { attempts: 8, base: Duration::from_secs(1), cap: Duration::from_secs(60), strict: false };

    fn at(attempt: u32, waits: u32) -> Progress {
        Progress { attempt, waits, ..Progress::START }
    }

    fn status(status: u16) -> Outcome {
        Outcome::Status { status, hints: Hints::default(), error: None }
    }

    fn with(code: u16, retry_after: Option<u64>, should_retry: Option<bool>) -> Outcome {
        let hints = Hints { should_retry, retry_after: retry_after.map(Duration::from_secs) };
        Outcome::Status { status: code, hints, error: None }
    }

    fn with_code(status: u16, code: &str) -> Outcome {
        let detail = ErrorDetail { message: String::new(), kind: String::new(), param: None, code: Some(code.into()) };
        Outcome::Status { status, hints: Hints::default(), error: Some(detail) }
    }

    #[test]
    fn transient_failures_are_retried_and_others_are_not() {
        for outcome in
            [status(408), status(409), status(500), status(503), Outcome::Timeout, Outcome::Broken(String::new())]
        {
            assert_eq!(
                decide(&POLICY, at(1, 0), &outcome, 0.5),
                Decision::Retry(Duration::from_millis(500)),
                "{outcome:?}"
            );
            assert_eq!(decide(&POLICY, at(8, 0), &outcome, 0.5), Decision::Fail, "{outcome:?}");
        }
        for code in [400, 404, 413, 422] {
            assert_eq!(decide(&POLICY, at(1, 0), &status(code), 0.5), Decision::Fail, "{code}");
        }
    }

    #[test]
    fn what_no_request_survives_stops_the_run() {
        assert_eq!(decide(&POLICY, at(1, 0), &status(401), 0.5), Decision::Stop);
        assert_eq!(decide(&POLICY, at(1, 0), &status(403), 0.5), Decision::Stop);
        assert_eq!(decide(&POLICY, at(1, 0), &with_code(429, "insufficient_quota"), 0.5), Decision::Stop);
        assert_eq!(decide(&POLICY, at(1, 0), &with_code(429, "credit_balance_exhausted"), 0.5), Decision::Stop);
        assert_eq!(decide(&POLICY, at(1, 0), &with_code(404, "model_not_found"), 0.5), Decision::Stop);
        assert_eq!(decide(&POLICY, at(8, 0), &Outcome::Unreachable(String::new()), 0.5), Decision::Stop);
        assert_eq!(decide(&POLICY, at(1, 0), &with(429, Some(601), None), 0.5), Decision::Stop);
    }

    #[test]
    fn a_rate_limit_is_a_wait_however_often_it_comes() {
        let second = Duration::from_secs(1);
        assert_eq!(decide(&POLICY, at(8, 0), &with(429, Some(1), None), 0.0), Decision::Wait(second, true));
        assert_eq!(decide(&POLICY, at(8, 0), &with(503, Some(1), None), 0.0), Decision::Wait(second, true));
        assert_eq!(decide(&POLICY, at(8, 100), &status(429), 1.0), Decision::Wait(POLICY.cap, false));
        assert_eq!(decide(&POLICY, at(1, 0), &with(429, Some(0), None), 1.0), Decision::Wait(second, false));
        assert_eq!(
            decide(&POLICY, at(8, 0), &with_code(429, "rate_limit_exceeded"), 1.0),
            Decision::Wait(second, false)
        );
    }

    #[test]
    fn x_should_retry_is_obeyed() {
        assert_eq!(decide(&POLICY, at(1, 0), &with(500, None, Some(false)), 0.5), Decision::Fail);
        assert_eq!(decide(&POLICY, at(1, 0), &with(429, None, Some(false)), 0.5), Decision::Fail);
        assert_eq!(
            decide(&POLICY, at(1, 0), &with(400, None, Some(true)), 1.0),
            Decision::Retry(Duration::from_secs(1))
        );
    }

    proptest! {
        #[test]
        fn no_wait_is_shorter_than_retry_after_or_longer_than_the_cap(
            attempt in 1u32..8, code in 408u16..600, after in 0u64..600, jitter in 0.0..1.0f64,
        ) {
            match decide(&POLICY, at(attempt, 0), &with(code, Some(after), None), jitter) {
                Decision::Retry(wait) | Decision::Wait(wait, _) => {
                    prop_assert!(wait >= Duration::from_secs(after));
                    prop_assert!(wait <= POLICY.cap.max(Duration::from_secs(after)).mul_f64(1.1));
                }
                Decision::Fail | Decision::Stop => prop_assert!(!matches!(code, 408 | 409 | 429 | 500..)),
            }
        }
    }
}
