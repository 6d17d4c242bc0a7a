//! The one gate that every request passes: how many are in flight, how fast they start, and when nobody may start.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Error;
use crate::interrupt::Interrupt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// The shortest wait that people are told of.
const TOLD: Duration = Duration::from_secs(5);

/// Limits that hold for all requests of a command together.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests in flight.
    pub connections: usize,
    /// At most `connections` requests start in this time; zero is no such limit.
    pub pace: Duration,
}

/// Shared by every client of a command.
#[derive(Debug)]
pub struct Gate {
    interrupt: Interrupt,
    permits: Arc<Semaphore>,
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    not_before: Option<Instant>,
    starts: VecDeque<Instant>,
}

impl Gate {
    /// A gate with these limits.
    #[must_use]
    pub fn new(limits: Limits, interrupt: Interrupt) -> Self {
        let permits = Arc::new(Semaphore::new(limits.connections));
        Self { interrupt, permits, limits, state: Mutex::default() }
    }

    /// Waits for a place, for the pace and for the end of any rate limit. The place is free again when the permit drops.
    ///
    /// # Errors
    /// [`Error::Interrupted`] after Ctrl-C, when nothing more is to be sent.
    pub async fn enter(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.unless_interrupted(self.wait()).await
    }

    /// Waits before a request is sent again.
    ///
    /// # Errors
    /// As [`Gate::enter`].
    pub async fn pause(&self, wait: Duration) -> Result<(), Error> {
        self.unless_interrupted(tokio::time::sleep(wait)).await
    }

    async fn unless_interrupted<T>(&self, waiting: impl Future<Output = T>) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.interrupt.first() => Err(Error::Interrupted),
            done = waiting => Ok(done),
        }
    }

    async fn wait(&self) -> OwnedSemaphorePermit {
        let permit = Arc::clone(&self.permits).acquire_owned().await.expect("the semaphore is never closed");
        if let Some(start) = self.reserve() {
            sleep_until(start).await;
        }
        while let Some(instant) = self.closed_until() {
            sleep_until(instant).await;
        }
        permit
    }

    /// Lets nobody start for `wait`. A shorter wait does not shorten a longer one.
    pub fn close_for(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.lock();
        if wait > TOLD && state.not_before.is_none_or(|known| known + TOLD < until) {
            tracing::warn!("the server limits the rate; waiting {:.0} s", wait.as_secs_f64());
        }
        state.not_before = state.not_before.max(Some(until));
    }

    fn closed_until(&self) -> Option<Instant> {
        self.lock().not_before.filter(|instant| *instant > Instant::now())
    }

    /// Takes the next place in the sequence of starts, of which any `connections` lie in no less than the pace.
    fn reserve(&self) -> Option<Instant> {
        if self.limits.pace.is_zero() {
            return None;
        }
        let mut state = self.lock();
        let now = Instant::now();
        let earliest = match state.starts.len() < self.limits.connections {
            true => now,
            false => state.starts.pop_front().map_or(now, |start| now.max(start + self.limits.pace)),
        };
        state.starts.push_back(earliest);
        Some(earliest)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics while it holds the gate")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(connections: usize, pace: u64) -> Arc<Gate> {
        Arc::new(Gate::new(Limits { connections, pace: Duration::from_secs(pace) }, Interrupt::never()))
    }

    async fn starts(gate: &Gate, count: usize) -> Vec<u64> {
        let begin = Instant::now();
        let mut seconds = Vec::new();
        for _ in 0..count {
            drop(gate.enter().await.unwrap());
            seconds.push(begin.elapsed().as_secs());
        }
        seconds
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_starts_in_each_pace() {
        assert_eq!(starts(&gate(2, 10), 5).await, [0, 0, 10, 10, 20]);
        assert_eq!(starts(&gate(2, 0), 5).await, [0; 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_gate_holds_everybody_until_the_latest_instant() {
        let gate = gate(3, 0);
        gate.close_for(Duration::from_secs(30));
        gate.close_for(Duration::from_secs(5));
        assert_eq!(starts(&gate, 2).await, [30, 30]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_requests_are_in_flight_than_connections() {
        let gate = gate(1, 0);
        let permit = gate.enter().await.unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(1), gate.enter()).await.is_err());
        drop(permit);
        assert!(tokio::time::timeout(Duration::from_secs(1), gate.enter()).await.is_ok());
    }
}
