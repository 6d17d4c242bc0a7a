//! How many requests a server bears that pushes back without saying what it allows: additive increase and
//! multiplicative decrease (Chiu and Jain 1989), as TCP does.

use tokio::time::Instant;

/// What is left of the window after a server pushed back.
const DECREASE: f64 = 0.7;
/// Share of refusals that is not yet taken for too many requests at once. Some servers refuse now and then for reasons of
/// their own.
const BORNE: f64 = 0.1;
/// Answers and refusals after which the older ones count half.
const REMEMBERED: f64 = 100.0;

/// The number of requests that may be in flight.
#[derive(Debug, Clone)]
pub(super) struct Window {
    size: f64,
    largest: f64,
    shrunk: Option<Instant>,
    answers: f64,
    refusals: f64,
}

impl Window {
    /// A window that is as wide as it may become.
    pub(super) fn new(largest: usize) -> Self {
        let largest = largest.max(1) as f64;
        Self { size: largest, largest, shrunk: None, answers: 0.0, refusals: 0.0 }
    }

    /// Whether one more request fits.
    pub(super) fn admits(&self, in_flight: usize) -> bool {
        (in_flight as f64) < self.size
    }

    /// Widens by one request a windowful of answers. An answer to what was sent before the last push back says nothing.
    pub(super) fn answered(&mut self, sent: Instant) {
        if self.is_news(sent) {
            self.size = (self.size + 1.0 / self.size).min(self.largest);
            self.answers += 1.0;
            self.forget();
        }
    }

    /// Narrows once for all requests that were in flight together, when more than a few are refused.
    pub(super) fn pushed_back(&mut self, sent: Instant, (in_flight, now): (usize, Instant)) {
        if self.is_news(sent) {
            self.refusals += 1.0;
            self.forget();
            if self.refusals > 1.0 && self.refusals > BORNE * (self.answers + self.refusals) {
                self.size = (self.size.min(in_flight as f64) * DECREASE).max(1.0);
                self.shrunk = Some(now);
                (self.answers, self.refusals) = (0.0, 0.0);
            }
        }
    }

    fn is_news(&self, sent: Instant) -> bool {
        self.shrunk.is_none_or(|shrunk| sent >= shrunk)
    }

    fn forget(&mut self) {
        if self.answers + self.refusals > REMEMBERED {
            (self.answers, self.refusals) = (self.answers / 2.0, self.refusals / 2.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn it_narrows_once_a_round_and_widens_by_one_a_round() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::new(100);
        for _ in 0..50 {
            window.pushed_back(at(0), (100, at(1)));
        }
        assert!(window.admits(69) && !window.admits(70), "{window:?}");
        window.answered(at(0));
        assert!(!window.admits(70), "an answer from before");
        for _ in 0..70 {
            window.answered(at(2));
        }
        assert!(window.admits(70) && !window.admits(71), "{window:?}");
        for _ in 0..20 {
            window.pushed_back(at(2), (10, at(3)));
        }
        assert!(window.admits(6) && !window.admits(7), "the window was not used: {window:?}");
        for round in 4..20 {
            window.pushed_back(at(round), (1, at(round)));
            window.pushed_back(at(round), (1, at(round)));
        }
        assert!(window.admits(0) && !window.admits(1), "one request is always let through");
    }

    #[test]
    fn a_refusal_now_and_then_does_not_narrow_it() {
        let start = Instant::now();
        let mut window = Window::new(50);
        for number in 0..10_000 {
            match number % 20 {
                19 => window.pushed_back(start, (50, start)),
                _ => window.answered(start),
            }
        }
        assert!(window.admits(49), "{window:?}");
    }
}
