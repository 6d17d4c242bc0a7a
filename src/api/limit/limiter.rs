//! The line in front of one model of one server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::standing::Standings;
use super::state::{Admission, Caps, Charge, Load, State};
use crate::api::wire::chat::Usage;

/// Lets requests start as fast as the server and the user allow. Nobody waits where nothing is limited; where something
/// is, requests start in the order in which they came.
#[derive(Debug)]
pub struct Limiter {
    state: Mutex<State>,
    /// Held by the first in the line.
    turn: Semaphore,
    waiting: AtomicUsize,
    changed: Notify,
}

/// A request that was let through. It is over when this is dropped; what came of it is reported before.
#[derive(Debug)]
pub struct Ticket {
    limiter: Arc<Limiter>,
    charge: Charge,
}

impl Limiter {
    /// A limiter that knows no more than what is set by hand.
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        Self {
            state: Mutex::new(State::new(caps, Instant::now())),
            turn: Semaphore::new(1),
            waiting: AtomicUsize::new(0),
            changed: Notify::new(),
        }
    }

    /// Starts a request without waiting, if nothing holds it back and nobody is before it.
    pub fn try_enter(self: &Arc<Self>, load: Load) -> Option<Ticket> {
        if self.waiting.load(Ordering::Acquire) > 0 {
            return None;
        }
        match self.lock().admit(load, Instant::now()) {
            Admission::Start(charge) => Some(Ticket { limiter: Arc::clone(self), charge }),
            Admission::Later(_) => None,
        }
    }

    /// Waits until a request may start.
    pub async fn enter(self: &Arc<Self>, load: Load) -> Ticket {
        let _waiting = Waiting::new(&self.waiting);
        let _turn = self.turn.acquire().await.expect("the semaphore is never closed");
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on a change is noticed, also one before the next `await`.
            changed.as_mut().enable();
            let admission = self.lock().admit(load, Instant::now());
            match admission {
                Admission::Start(charge) => return Ticket { limiter: Arc::clone(self), charge },
                Admission::Later(Some(until)) => tokio::select! {
                    () = sleep_until(until) => {}
                    () = changed => {}
                },
                Admission::Later(None) => changed.await,
            }
        }
    }

    /// Lets nobody start for `wait`.
    pub fn close_for(&self, wait: Duration) {
        self.lock().close_for(wait, Instant::now());
    }

    fn changed(&self) {
        if self.waiting.load(Ordering::Acquire) > 0 {
            self.changed.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics while it holds the limiter")
    }
}

impl Ticket {
    /// Learns from an answer.
    pub fn answered(&self, standings: &Standings, usage: Option<&Usage>) {
        self.limiter.lock().answered(&self.charge, (standings, usage), Instant::now());
    }

    /// Learns from a refusal, 429 or 503.
    pub fn pushed_back(&self, standings: &Standings, status: u16) {
        self.limiter.lock().pushed_back(&self.charge, standings, (status, Instant::now()));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.limiter.lock().left();
        self.limiter.changed();
    }
}

/// Counts itself as long as it lives, also when waiting is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing::Standing;
    use super::*;

    const LOAD: Load = Load { bytes: 400, largest: Some(100) };

    fn limiter(requests: Option<f64>) -> Arc<Limiter> {
        Arc::new(Limiter::new(Caps { requests, tokens: None, connections: 500 }))
    }

    fn standings(limit: f64, remaining: f64) -> Standings {
        Standings { requests: Some(Standing { limit, remaining, reset: None }), tokens: None }
    }

    #[tokio::test(start_paused = true)]
    async fn before_the_first_answer_few_start_and_after_it_all_where_nothing_is_limited() {
        let limiter = limiter(None);
        let begin = Instant::now();
        let mut tickets = Vec::new();
        while let Some(ticket) = limiter.try_enter(LOAD) {
            tickets.push(ticket);
        }
        assert_eq!(tickets.len(), 32);
        tickets.push(limiter.enter(LOAD).await);
        assert!(begin.elapsed() < Duration::from_millis(10), "more follow while the first answer takes its time");
        tickets[0].answered(&Standings::default(), None);
        while let Some(ticket) = limiter.try_enter(LOAD) {
            tickets.push(ticket);
        }
        assert_eq!(tickets.len(), 500);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_answers_limit_is_kept_to_in_the_order_of_arrival() {
        let limiter = limiter(None);
        limiter.try_enter(LOAD).unwrap().answered(&standings(6000.0, 5999.0), None);
        let begin = Instant::now();
        let starts = (0..1000).map(|number| {
            let limiter = Arc::clone(&limiter);
            async move {
                drop(limiter.enter(LOAD).await);
                (begin.elapsed(), number)
            }
        });
        let starts: Vec<_> = futures::future::join_all(starts).await;
        assert!(starts.is_sorted());
        let last = starts.last().unwrap().0.as_secs_f64();
        assert!((9.8..10.2).contains(&last), "1,000 at 98.5 a second, some at once: {last}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_by_hand_holds_from_the_start() {
        let limiter = limiter(Some(60.0));
        let begin = Instant::now();
        for _ in 0..6 {
            drop(limiter.enter(LOAD).await);
        }
        assert_eq!(begin.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_limiter_holds_everybody_until_the_latest_instant() {
        let limiter = limiter(None);
        limiter.close_for(Duration::from_secs(30));
        limiter.close_for(Duration::from_secs(5));
        let begin = Instant::now();
        assert!(limiter.try_enter(LOAD).is_none());
        drop(limiter.enter(LOAD).await);
        assert_eq!(begin.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_are_kept_to_as_the_answers_use_them() {
        let limiter = Arc::new(Limiter::new(Caps { requests: None, tokens: Some(6000.0), connections: 500 }));
        let usage = Usage { prompt_tokens: 80, completion_tokens: 20, ..Usage::default() };
        let begin = Instant::now();
        for _ in 0..100 {
            limiter.enter(LOAD).await.answered(&Standings::default(), Some(&usage));
        }
        let seconds = begin.elapsed().as_secs_f64();
        assert!((97.0..101.0).contains(&seconds), "100 times 100 tokens at 100 a second: {seconds}");
    }
}
