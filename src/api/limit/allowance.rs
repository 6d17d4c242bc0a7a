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

/// What a server said.
#[derive(Debug, Clone, Copy)]
struct News {
    standing: Standing,
    /// When the request was sent that was answered by it, and when the answer came.
    sent: Instant,
    heard: Instant,
    /// Whether starts go on as if nothing were used, since so much time has passed without other news.
    outdated: bool,
}

impl News {
    /// When nothing is used any more of what was.
    fn expiry(&self) -> Instant {
        self.heard + self.standing.reset.unwrap_or(MINUTE)
    }
}

/// The allowance of one quantity.
#[derive(Debug, Clone)]
pub(super) struct Allowance {
    /// What the user grants a second.
    cap: Option<f64>,
    /// What the server grants, as of the request that was sent last among those that said so.
    known: Option<News>,
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
        self.known.map(|known| known.standing.limit / 60.0)
    }

    /// Learns what the server said in the answer to a request that was sent at `sent`. `used` is what was taken before
    /// anything was known.
    pub(super) fn learn(&mut self, standing: Standing, (sent, used): (Instant, f64), (share, now): (f64, Instant)) {
        if self.known.is_some_and(|known| sent < known.sent) {
            return;
        }
        self.known = Some(News { standing, sent, heard: now, outdated: false });
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
        let Some(News { standing, outdated, .. }) = self.known else { return cap * share };
        let Standing { limit, remaining, reset } = standing;
        if self.long {
            let brake = (remaining / limit / BRAKE).clamp(SLOWEST, 1.0);
            return cap.min((remaining / 60.0 * brake).max(1.0 / 60.0)) * share;
        }
        let granted = limit / 60.0 * USED;
        if outdated {
            return cap.min(granted) * share;
        }
        let left = self.left(&standing);
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
        self.known.is_some_and(|known| known.standing.remaining >= FULL * self.ceiling)
    }

    /// How long `amount` has to wait, of which it may be told again after a shorter time.
    pub(super) fn wait(&mut self, amount: f64, (share, now): (f64, Instant)) -> Duration {
        let expiry = self.forget(share, now);
        let wait = self.bucket.as_mut().map_or(Duration::ZERO, |bucket| bucket.wait(amount, now));
        expiry.map_or(wait, |expiry| wait.min(expiry.saturating_duration_since(now)))
    }

    /// Lets old news slow down nobody: where little was left and nothing is in flight that could bring other news, starts
    /// would stay slow. Returns when the news will be old.
    fn forget(&mut self, share: f64, now: Instant) -> Option<Instant> {
        let expiry = self.known.filter(|known| !known.outdated && !self.long)?.expiry();
        if now < expiry {
            return Some(expiry);
        }
        if let Some(known) = &mut self.known {
            known.outdated = true;
        }
        let rate = self.rate(share);
        if let Some(bucket) = &mut self.bucket {
            bucket.set(rate, burst(rate), now);
            bucket.forgive();
        }
        None
    }

    /// Gives back what a refused request took, which the server did not count. The user's limit is one on requests that
    /// are sent, whatever comes of them.
    pub(super) fn give_back(&mut self, amount: f64) {
        if self.cap.is_none() {
            self.take(-amount);
        }
    }

    /// Takes `amount`, or less than was taken before where it is negative.
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
        assert!(allowance.wait(1.0, (1.0, now)) > Duration::from_millis(70), "32 of 24.6 were taken");
        allowance.learn(standing(10.0, 60.0), (now.checked_sub(MINUTE).unwrap(), 0.0), (1.0, now));
        assert_eq!(allowance.rate(1.0), 98.5);
    }

    #[test]
    fn news_of_an_allowance_that_is_used_up_slows_down_until_its_reset_only() {
        let start = Instant::now();
        let mut allowance = Allowance::new(None, start);
        let seconds = |seconds| Duration::from_secs_f64(seconds);
        let used_up = Standing { limit: 60.0, remaining: 0.0, reset: Some(seconds(30.0)) };
        allowance.learn(used_up, (start, 32.0), (1.0, start));
        assert_eq!(allowance.wait(1.0, (1.0, start)), seconds(30.0), "not a minute");
        assert!(!allowance.wait(1.0, (1.0, start + seconds(29.9))).is_zero());
        let wait = allowance.wait(1.0, (1.0, start + seconds(30.0))).as_secs_f64();
        assert!((wait - 1.0 / 0.985).abs() < 0.01, "the debt of 31 is forgiven: {wait}");
        allowance.take(100.0);
        assert!(allowance.wait(1.0, (1.0, start + seconds(60.0))) > seconds(50.0), "once");
    }
}
