//! One limited quantity, requests or tokens a minute: what the server grants, what the user grants, and the bucket that
//! keeps to the smaller of both.

use std::time::Duration;

use tokio::time::Instant;

use super::bucket::Bucket;
use super::standing::Standing;

/// Share of a server's limit that is used, so that clocks and networks that are a little off do not pass it.
const USED: f64 = 0.985;
/// Below this share of the limit starts slow down, in proportion to what is left. Programs that share a key see the same
/// remainder, so each comes to rest where together they use the limit.
const BRAKE: f64 = 0.1;
/// The slowest that starts become by the brake; a server that refuses stops them altogether.
const SLOWEST: f64 = 0.02;
/// Seconds of the limit that may start at once. Servers may enforce a minute's limit a second at a time.
const BURST: f64 = 0.25;
/// From this share of the most that was ever left on, an allowance counts as full.
const FULL: f64 = 0.9;
const MINUTE: Duration = Duration::from_secs(60);

/// The allowance of one quantity.
#[derive(Debug, Clone)]
pub(super) struct Allowance {
    /// What the user grants a second.
    cap: Option<f64>,
    /// What the server grants, as of the request that was sent last among those that said so.
    known: Option<(Standing, Instant)>,
    /// The most that was ever left. Servers that enforce a minute's limit by the second may never show more than that.
    ceiling: f64,
    /// Whether the server's limit is of a longer time than a minute, such as a day.
    long: bool,
    bucket: Option<Bucket>,
}

impl Allowance {
    /// The allowance of `per_minute`, until a server states less.
    pub(super) fn new(per_minute: Option<f64>, now: Instant) -> Self {
        let cap = per_minute.map(|per_minute| per_minute / 60.0);
        Self {
            cap,
            known: None,
            ceiling: 0.0,
            long: false,
            bucket: cap.map(|rate| Bucket::new(rate, burst(rate), now)),
        }
    }

    /// Whether anything limits this quantity.
    pub(super) fn is_limited(&self) -> bool {
        self.bucket.is_some()
    }

    /// Units a second that the server's allowance regains, where it is known.
    pub(super) fn regained(&self) -> Option<f64> {
        self.known.map(|(standing, _)| standing.limit / 60.0)
    }

    /// Learns what the server said in the answer to a request that was sent at `sent`. `used` is what was taken before
    /// anything was known.
    pub(super) fn learn(&mut self, standing: Standing, (sent, used): (Instant, f64), (share, now): (f64, Instant)) {
        if self.known.is_some_and(|(_, known)| sent < known) {
            return;
        }
        self.known = Some((standing, sent));
        self.ceiling = self.ceiling.max(standing.remaining);
        self.long |= standing.reset.is_some_and(|reset| reset > MINUTE + Duration::from_secs(1));
        let rate = self.rate(share);
        match &mut self.bucket {
            Some(bucket) => bucket.set(rate, burst(rate), now),
            None => {
                let mut bucket = Bucket::new(rate, burst(rate), now);
                bucket.take(used);
                self.bucket = Some(bucket);
            }
        }
    }

    /// Units a second that may start now.
    fn rate(&self, share: f64) -> f64 {
        let cap = self.cap.unwrap_or(f64::INFINITY);
        let Some((standing, _)) = self.known else { return cap * share };
        let Standing { limit, remaining, reset } = standing;
        if self.long {
            let brake = (remaining / limit / BRAKE).clamp(SLOWEST, 1.0);
            return cap.min((remaining / 60.0 * brake).max(1.0 / 60.0)) * share;
        }
        let left = self.left(&standing);
        let granted = limit / 60.0 * USED;
        // Where a limit starts anew at an instant, what is left may be used until then; a bucket that refills all the time
        // gives a reset that makes this small.
        let until_reset = reset.map_or(0.0, |reset| remaining / reset.as_secs_f64().max(0.05) / granted);
        let brake = (left / BRAKE).max(until_reset).clamp(SLOWEST, 1.0);
        cap.min(granted * brake) * share
    }

    /// The share of the allowance that is left: of the limit, where its reset says that the rest is used up, and else of
    /// the most that was ever left.
    fn left(&self, standing: &Standing) -> f64 {
        let used = standing.limit - standing.remaining;
        let regained = standing.limit / MINUTE.as_secs_f64();
        let used_up = standing.reset.is_some_and(|reset| (0.5..2.0).contains(&(used / regained / reset.as_secs_f64())));
        standing.remaining / if used_up || self.ceiling == 0.0 { standing.limit } else { self.ceiling }
    }

    /// Whether so much is left that what others and we used is hidden, since a full allowance regains nothing.
    pub(super) fn is_full(&self) -> bool {
        self.known.is_some_and(|(standing, _)| standing.remaining >= FULL * self.ceiling)
    }

    /// How long `amount` has to wait.
    pub(super) fn wait(&mut self, amount: f64, now: Instant) -> Duration {
        self.bucket.as_mut().map_or(Duration::ZERO, |bucket| bucket.wait(amount, now))
    }

    /// Takes `amount`, or gives it back where it is negative.
    pub(super) fn take(&mut self, amount: f64) {
        if let Some(bucket) = &mut self.bucket {
            bucket.take(amount);
        }
    }
}

fn burst(rate: f64) -> f64 {
    (rate * BURST).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(remaining: f64, reset: f64) -> Standing {
        Standing { limit: 6000.0, remaining, reset: Some(Duration::from_secs_f64(reset)) }
    }

    fn rate(remaining: f64, reset: f64) -> f64 {
        let now = Instant::now();
        let mut allowance = Allowance::new(None, now);
        allowance.learn(standing(remaining, reset), (now, 0.0), (1.0, now));
        allowance.rate(1.0)
    }

    #[test]
    fn the_limit_is_used_but_for_a_margin_and_little_of_it_slows_down() {
        assert_eq!(rate(5999.0, 0.01), 98.5);
        assert_eq!(rate(700.0, 53.0), 98.5);
        assert!((rate(300.0, 57.0) - 49.25).abs() < 0.01, "half of the brake's share is left");
        assert!((rate(0.0, 60.0) - 1.97).abs() < 0.01);
        assert_eq!(rate(300.0, 3.0), 98.5, "the minute ends before that is used up");
        assert_eq!(rate(90.0, 0.1), 98.5, "a second's worth is all that this server shows, and it is nearly full");
        assert!((rate(9.0, 432.0) - 0.003).abs() < 0.02, "a limit of a day is not used up in a minute");
    }

    #[test]
    fn a_server_that_shows_a_seconds_worth_slows_down_at_little_of_that() {
        let now = Instant::now();
        let mut allowance = Allowance::new(None, now);
        for (remaining, expected) in [(100.0, 98.5), (50.0, 98.5), (5.0, 49.25)] {
            let standing = Standing { limit: 6000.0, remaining, reset: None };
            allowance.learn(standing, (now, 0.0), (1.0, now));
            assert!((allowance.rate(1.0) - expected).abs() < 0.01, "{remaining}: {}", allowance.rate(1.0));
            assert_eq!(allowance.is_full(), remaining > 90.0);
        }
    }

    #[test]
    fn the_users_cap_holds_where_the_server_grants_more() {
        let now = Instant::now();
        let mut allowance = Allowance::new(Some(60.0), now);
        allowance.learn(standing(5999.0, 0.01), (now, 0.0), (1.0, now));
        assert_eq!(allowance.rate(1.0), 1.0);
        assert_eq!(allowance.rate(0.5), 0.5);
    }

    #[test]
    fn older_news_is_no_news_and_early_starts_are_counted() {
        let now = Instant::now();
        let mut allowance = Allowance::new(None, now);
        assert!(!allowance.is_limited());
        allowance.learn(standing(5000.0, 10.0), (now, 32.0), (1.0, now));
        assert!(allowance.wait(1.0, now) > Duration::from_millis(70), "32 of 24.6 were taken");
        allowance.learn(standing(10.0, 60.0), (now.checked_sub(MINUTE).unwrap(), 0.0), (1.0, now));
        assert_eq!(allowance.rate(1.0), 98.5);
    }
}
