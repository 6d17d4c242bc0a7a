//! A token bucket: what may start when no more than `rate` a second is to start in the long run.

use std::time::Duration;

use tokio::time::Instant;

/// Fills at `rate` a second up to `burst`. What is taken may put it into debt, which later starts wait out, so that
/// starts of unequal size keep the rate too.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    rate: f64,
    burst: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket; `rate` and `burst` are positive.
    pub(super) fn new(rate: f64, burst: f64, now: Instant) -> Self {
        Self { rate, burst, level: burst, at: now }
    }

    /// Changes the rate from now on.
    pub(super) fn set(&mut self, rate: f64, burst: f64, now: Instant) {
        self.fill(now);
        (self.rate, self.burst) = (rate, burst);
        self.level = self.level.min(burst);
    }

    /// How long `amount` has to wait; zero when it may be taken now.
    pub(super) fn wait(&mut self, amount: f64, now: Instant) -> Duration {
        self.fill(now);
        // A start that is larger than the bucket needs a full one.
        let lacking = amount.min(self.burst) - self.level;
        if lacking <= 1e-9 {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(lacking / self.rate).unwrap_or(Duration::MAX).min(Duration::from_secs(60))
    }

    /// Takes `amount`, or gives it back where it is negative.
    pub(super) fn take(&mut self, amount: f64) {
        self.level = (self.level - amount).min(self.burst);
    }

    /// Ends a debt.
    pub(super) fn forgive(&mut self) {
        self.level = self.level.max(0.0);
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + elapsed * self.rate).min(self.burst);
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10.0, 3.0, start);
        for _ in 0..3 {
            assert_eq!(bucket.wait(1.0, start), Duration::ZERO);
            bucket.take(1.0);
        }
        assert_eq!(bucket.wait(1.0, start), Duration::from_millis(100));
        assert_eq!(bucket.wait(1.0, start + Duration::from_millis(100)), Duration::ZERO);
        assert_eq!(bucket.wait(50.0, start), Duration::from_millis(200), "as long as it takes to fill, from level 1");
    }

    proptest! {
        #[test]
        fn what_starts_never_exceeds_burst_and_rate_and_one_start(
            rate in 0.5..500.0f64, burst in 1.0..50.0f64, amounts in proptest::collection::vec(0.1..20.0f64, 1..200),
        ) {
            let start = Instant::now();
            let mut bucket = Bucket::new(rate, burst, start);
            let (mut now, mut taken, mut last) = (start, 0.0, 0.0);
            for amount in amounts {
                loop {
                    let wait = bucket.wait(amount, now);
                    if wait.is_zero() {
                        break;
                    }
                    now += wait.max(Duration::from_nanos(1));
                }
                bucket.take(amount);
                taken += amount;
                last = f64::max(last, amount);
                let allowed = burst + rate * now.duration_since(start).as_secs_f64() + last;
                prop_assert!(taken <= allowed + 1e-6, "{taken} > {allowed}");
            }
        }
    }
}
