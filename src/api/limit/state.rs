//! What is known of one model at one server, and what may start because of it.

use std::time::Duration;

use tokio::time::Instant;

use super::allowance::Allowance;
use super::bucket::Bucket;
use super::cost::Cost;
use super::standing::Standings;
use super::window::Window;
use crate::api::wire::chat::Usage;

/// Requests that start before the first answer tells the limits, and how many more follow each second of waiting for it.
const OPENING: (f64, f64) = (32.0, 200.0);
/// What is left of the rate after a refusal in spite of known limits, and what an answer gives back of it.
const SHARE: (f64, f64) = (0.85, 0.001);
/// How long nobody starts after a refusal that names no time; it doubles with each one in a row, up to the second number.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(60));
/// The shortest wait that people are told of.
const TOLD: Duration = Duration::from_secs(5);

/// Limits that are set by hand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caps {
    /// Requests a minute.
    pub requests: Option<f64>,
    /// Tokens a minute, in and out.
    pub tokens: Option<f64>,
    /// Requests in flight.
    pub connections: usize,
}

/// What a request weighs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Bytes of its body.
    pub bytes: usize,
    /// The most tokens that its answer may have.
    pub largest: Option<u32>,
}

/// What was taken from the allowances for a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Charge {
    pub(super) sent: Instant,
    load: Load,
    tokens: f64,
}

/// Whether a request may start.
#[derive(Debug)]
pub(super) enum Admission {
    /// Now.
    Start(Charge),
    /// Not before this instant, or not before something changes.
    Later(Option<Instant>),
}

#[derive(Debug)]
pub(super) struct State {
    requests: Allowance,
    tokens: Allowance,
    cost: Cost,
    /// Holds starts back until the first answer.
    opening: Option<Bucket>,
    opened: (f64, f64),
    window: Window,
    in_flight: usize,
    share: f64,
    refused: Option<Instant>,
    in_a_row: u32,
    not_before: Option<Instant>,
    waited: bool,
    begin: Instant,
}

impl State {
    pub(super) fn new(caps: Caps, now: Instant) -> Self {
        Self {
            requests: Allowance::new(caps.requests, now),
            tokens: Allowance::new(caps.tokens, now),
            cost: Cost::new(),
            opening: Some(Bucket::new(OPENING.1, OPENING.0, now)),
            opened: (0.0, 0.0),
            window: Window::new(caps.connections),
            in_flight: 0,
            share: 1.0,
            refused: None,
            in_a_row: 0,
            not_before: None,
            waited: false,
            begin: now,
        }
    }

    /// Starts a request, if nothing holds it back.
    pub(super) fn admit(&mut self, load: Load, now: Instant) -> Admission {
        if let Some(until) = self.not_before.filter(|until| *until > now) {
            return Admission::Later(Some(until));
        }
        if !self.window.admits(self.in_flight) {
            return Admission::Later(None);
        }
        let tokens = match self.tokens.is_limited() || self.opening.is_some() {
            true => self.cost.estimate(load.bytes, load.largest) * self.cost.weight(),
            false => 0.0,
        };
        let opening = self.opening.as_mut().map_or(Duration::ZERO, |bucket| bucket.wait(1.0, now));
        let at = (self.share, now);
        let wait = opening.max(self.requests.wait(1.0, at)).max(self.tokens.wait(tokens, at));
        if !wait.is_zero() {
            self.waited = true;
            return Admission::Later(Some(now + wait));
        }
        self.requests.take(1.0);
        self.tokens.take(tokens);
        if let Some(bucket) = &mut self.opening {
            bucket.take(1.0);
            self.opened = (self.opened.0 + 1.0, self.opened.1 + tokens);
        }
        self.in_flight += 1;
        Admission::Start(Charge { sent: now, load, tokens })
    }

    /// A request is over, however it ended.
    pub(super) fn left(&mut self) {
        self.in_flight -= 1;
    }

    /// Learns from an answer.
    pub(super) fn answered(&mut self, charge: &Charge, (standings, usage): (&Standings, Option<&Usage>), now: Instant) {
        self.share = (self.share + SHARE.1).min(1.0);
        self.in_a_row = 0;
        self.window.answered(charge.sent);
        let used = usage.map(|usage| self.cost.answered(charge.load.bytes, usage));
        self.learn(charge, standings, now);
        if let Some(used) = used.filter(|_| self.tokens.is_limited() && charge.tokens > 0.0) {
            self.tokens.take(used * self.cost.weight() - charge.tokens);
        }
    }

    /// Learns from a refusal: 429, or 503 from a server that has too much to do. Refusals of requests that were under way
    /// together are one.
    pub(super) fn pushed_back(&mut self, charge: &Charge, standings: &Standings, (status, now): (u16, Instant)) {
        let known = self.requests.regained().or(self.tokens.regained()).is_some();
        let known = known || standings.requests.or(standings.tokens).is_some();
        let first = self.refused.is_none_or(|refused| charge.sent >= refused);
        if first {
            self.refused = Some(now);
            let pause = PAUSE.0.saturating_mul(1u32.checked_shl(self.in_a_row).unwrap_or(u32::MAX));
            self.close_for(pause.min(PAUSE.1), now);
            self.in_a_row += 1;
        }
        match known && status == 429 {
            true if first => self.share = (self.share * SHARE.0).max(0.05),
            true => {}
            false => self.window.pushed_back(charge.sent, (self.in_flight, now)),
        }
        self.learn(charge, standings, now);
        self.requests.give_back(1.0);
        self.tokens.give_back(charge.tokens);
    }

    fn learn(&mut self, charge: &Charge, standings: &Standings, now: Instant) {
        let opened = if self.opening.take().is_some() { self.opened } else { (0.0, 0.0) };
        if let Some(standing) = standings.requests {
            self.requests.learn(standing, (charge.sent, opened.0), (self.share, now));
        }
        if let Some(standing) = standings.tokens {
            self.tokens.learn(standing, (charge.sent, opened.1), (self.share, now));
            let rate = self.tokens.regained().unwrap_or_default();
            let at = now.saturating_duration_since(self.begin).as_secs_f64();
            let waited = std::mem::take(&mut self.waited);
            self.cost.look(&standing, (rate, self.tokens.is_full(), waited), at);
        }
    }

    /// Lets nobody start for `wait`. A shorter wait does not shorten a longer one.
    pub(super) fn close_for(&mut self, wait: Duration, now: Instant) {
        let until = now + wait;
        if wait > TOLD && self.not_before.is_none_or(|known| known + TOLD < until) {
            tracing::warn!("the server limits the rate; waiting {:.0} s", wait.as_secs_f64());
        }
        self.not_before = self.not_before.max(Some(until));
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing::Standing;
    use super::*;

    const LOAD: Load = Load { bytes: 400, largest: Some(2048) };
    const LATENCY: Duration = Duration::from_millis(100);

    /// A server that grants a minute's limit at once and regains it evenly, in quantities of which a request takes `each`.
    struct Limited {
        limit: f64,
        each: f64,
        left: f64,
        at: Instant,
    }

    impl Limited {
        fn ask(&mut self, now: Instant) -> (bool, Standing) {
            let regained = now.duration_since(self.at).as_secs_f64() * self.limit / 60.0;
            (self.left, self.at) = ((self.left + regained).min(self.limit), now);
            let granted = self.left >= self.each;
            self.left -= if granted { self.each } else { 0.0 };
            let reset = Some(Duration::from_secs_f64((self.limit - self.left) / self.limit * 60.0));
            (granted, Standing { limit: self.limit, remaining: self.left.floor(), reset })
        }
    }

    /// Seconds at which requests were answered in the first ten minutes, and how many were refused.
    fn asked((limit, each): (f64, f64), standings: impl Fn(Standing) -> Standings) -> (Vec<f64>, usize) {
        let start = Instant::now();
        let mut server = Limited { limit, each, left: limit, at: start };
        let mut state = State::new(Caps { connections: 50, ..Caps::default() }, start);
        let usage = Usage { prompt_tokens: 100, completion_tokens: 50, ..Usage::default() };
        let mut flying = std::collections::VecDeque::new();
        let (mut answers, mut refusals, mut now) = (Vec::new(), 0, start);
        while now < start + Duration::from_secs(600) {
            while let Admission::Start(charge) = state.admit(LOAD, now) {
                flying.push_back((charge, server.ask(now)));
            }
            now += Duration::from_millis(10);
            while let Some((charge, (granted, standing))) =
                flying.pop_front_if(|(charge, _)| charge.sent + LATENCY <= now)
            {
                match granted {
                    true => {
                        answers.push(now.duration_since(start).as_secs_f64());
                        state.answered(&charge, (&standings(standing), Some(&usage)), now);
                    }
                    false => {
                        refusals += 1;
                        state.pushed_back(&charge, &standings(standing), (429, now));
                    }
                }
                state.left();
            }
        }
        (answers, refusals)
    }

    /// The longest time between two answers.
    fn gap(answers: &[f64]) -> f64 {
        answers.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    }

    #[test]
    fn a_low_limit_on_requests_is_used_after_the_opening_burst() {
        for limit in [3.0, 10.0, 60.0] {
            let (answers, refusals) =
                asked((limit, 1.0), |standing| Standings { requests: Some(standing), tokens: None });
            assert!(answers.len() as f64 > 7.5 * limit, "{} in ten minutes at {limit} a minute", answers.len());
            assert!(gap(&answers) < 90.0 && refusals < 60, "at {limit}: {} s, {refusals} refused", gap(&answers));
        }
    }

    #[test]
    fn a_low_limit_on_tokens_is_used_though_the_server_counts_what_was_not_used() {
        for limit in [20_000.0, 30_000.0] {
            let (answers, refusals) =
                asked((limit, 2148.0), |standing| Standings { requests: None, tokens: Some(standing) });
            let most = 10.0 * limit / 2148.0;
            assert!(answers.len() as f64 > 0.6 * most, "{} of {most} at {limit}; {refusals} refused", answers.len());
            assert!(gap(&answers) < 90.0, "at {limit}: {} s", gap(&answers));
        }
    }
}
