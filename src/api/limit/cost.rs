//! How many tokens a request counts for: estimated before it is sent, corrected by what servers say.

use super::standing::Standing;
use crate::api::wire::chat::Usage;

/// Tokens a byte of JSON until an answer says otherwise; English has about four characters a token.
const PER_BYTE: f64 = 0.25;
/// Weight of the newest answer in the running means.
const SMOOTHING: f64 = 0.1;
/// Requests between two looks at what the server counted.
const SAMPLE: u32 = 10;
/// Weight of the newest look.
const NEWEST: f64 = 0.5;
/// What a look leaves of a weight above one, when requests had to wait although nothing seems to be used.
const FORGOTTEN: f64 = 0.99;

/// Running means of a model's requests.
#[derive(Debug, Clone)]
pub(super) struct Cost {
    per_byte: f64,
    completion: Option<f64>,
    /// Tokens that the server counts for each of ours. Some count `max_tokens` whatever the answer uses, some only input,
    /// and the requests of others with the same key are seen here too.
    weight: f64,
    looked: Option<Look>,
    requests: u32,
    own: f64,
}

/// What was left at an instant, in seconds of the caller's clock.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: f64,
    remaining: f64,
    full: bool,
}

impl Cost {
    pub(super) fn new() -> Self {
        Self { per_byte: PER_BYTE, completion: None, weight: 1.0, looked: None, requests: 0, own: 0.0 }
    }

    /// Tokens of a request of this size; `largest` is its own limit on the answer, which is assumed to be used up until
    /// an answer was seen.
    pub(super) fn estimate(&self, bytes: usize, largest: Option<u32>) -> f64 {
        let completion = self.completion.unwrap_or_else(|| largest.map_or(500.0, f64::from));
        bytes as f64 * self.per_byte + completion
    }

    /// Learns from an answer; returns its tokens.
    pub(super) fn answered(&mut self, bytes: usize, usage: &Usage) -> f64 {
        let (prompt, completion) = (usage.prompt_tokens as f64, usage.completion_tokens as f64);
        let first = self.completion.is_none();
        let mean = |old: f64, new: f64| if first { new } else { old + SMOOTHING * (new - old) };
        if bytes > 0 && prompt > 0.0 {
            self.per_byte = mean(self.per_byte, prompt / bytes as f64);
        }
        self.completion = Some(mean(self.completion.unwrap_or_default(), completion));
        self.requests += 1;
        self.own += prompt + completion;
        prompt + completion
    }

    /// What the server counts for each of our tokens.
    pub(super) fn weight(&self) -> f64 {
        self.weight
    }

    /// Compares what the server counted since the last look, refilling at `rate` a second, with our own count. A `full`
    /// allowance hides what was used; when requests had to wait for one, the weight was too large.
    pub(super) fn look(&mut self, standing: &Standing, (rate, full, waited): (f64, bool, bool), at: f64) {
        let look = Look { at, remaining: standing.remaining, full };
        let Some(last) = self.looked else {
            return self.start(look);
        };
        let elapsed = at - last.at;
        if self.requests < SAMPLE || elapsed < 0.5 {
            return;
        }
        let counted = last.remaining - standing.remaining + rate * elapsed;
        if !full && !last.full && self.own > 0.0 {
            let seen = (counted / self.own).clamp(1.0, 100.0);
            self.weight += NEWEST * (seen - self.weight);
        } else if full && waited {
            self.weight = (self.weight * FORGOTTEN).max(1.0);
        }
        self.start(look);
    }

    fn start(&mut self, look: Look) {
        self.looked = Some(look);
        (self.requests, self.own) = (0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(prompt_tokens: u64, completion_tokens: u64) -> Usage {
        Usage { prompt_tokens, completion_tokens, ..Usage::default() }
    }

    #[test]
    fn estimates_follow_the_answers() {
        let mut cost = Cost::new();
        assert_eq!(cost.estimate(400, Some(2048)), 2148.0);
        assert_eq!(cost.answered(400, &usage(80, 20)), 100.0);
        assert_eq!(cost.estimate(400, Some(2048)), 100.0);
        for _ in 0..100 {
            cost.answered(400, &usage(80, 40));
        }
        assert!((cost.estimate(800, None) - 200.0).abs() < 0.1);
    }

    #[test]
    fn a_server_that_counts_more_is_noticed() {
        let mut cost = Cost::new();
        let (mut remaining, rate) = (60_000.0, 1000.0);
        for second in 0..60u32 {
            for _ in 0..20 {
                cost.answered(400, &usage(80, 20));
                remaining -= 500.0;
            }
            remaining = f64::min(remaining + rate, 60_000.0);
            let standing = Standing { limit: 60_000.0, remaining: f64::max(remaining, 0.0), reset: None };
            cost.look(&standing, (rate, remaining > 54_000.0, true), f64::from(second));
            if remaining < 10_000.0 {
                break;
            }
        }
        assert!((cost.weight() - 5.0).abs() < 0.5, "{}", cost.weight());
    }
}
