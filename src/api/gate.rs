//! The one gate that every request of a command passes: how many are in flight, how fast they start, and whether any may.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Error;
use super::limit::Caps;
use crate::interrupt::Interrupt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until};

/// Limits that are set by hand.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests in flight, for all requests of a command together.
    pub connections: usize,
    /// At most `connections` requests start in this time; zero is no such limit.
    pub pace: Duration,
    /// Requests a minute, for each model.
    pub requests: Option<f64>,
    /// Tokens a minute, in and out, for each model.
    pub tokens: Option<f64>,
}

impl Limits {
    /// So many requests in flight, and no other limit than the server's.
    #[must_use]
    pub fn connections(connections: usize) -> Self {
        Self { connections, pace: Duration::ZERO, requests: None, tokens: None }
    }
}

/// Shared by every client of a command.
#[derive(Debug)]
pub struct Gate {
    interrupt: Interrupt,
    permits: Arc<Semaphore>,
    limits: Limits,
    starts: Mutex<VecDeque<Instant>>,
    halted: watch::Sender<bool>,
}

impl Gate {
    /// A gate with these limits.
    #[must_use]
    pub fn new(limits: Limits, interrupt: Interrupt) -> Self {
        let permits = Arc::new(Semaphore::new(limits.connections));
        Self { interrupt, permits, limits, starts: Mutex::default(), halted: watch::Sender::new(false) }
    }

    /// The limits that hold for each model.
    pub(super) fn caps(&self) -> Caps {
        let Limits { connections, requests, tokens, .. } = self.limits;
        Caps { requests, tokens, connections }
    }

    /// Waits for a place and for the pace. The place is free again when the permit drops.
    ///
    /// # Errors
    /// [`Error::Interrupted`] after Ctrl-C and [`Error::Halted`] after [`Gate::halt`], when nothing more is to be sent.
    pub async fn enter(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.check()?;
        match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) if self.limits.pace.is_zero() => Ok(permit),
            other => self.unless_interrupted(self.wait(other.ok())).await,
        }
    }

    /// Lets nothing more be sent: every request would fail.
    pub fn halt(&self) {
        self.halted.send_replace(true);
    }

    /// Whether requests may be sent.
    ///
    /// # Errors
    /// As [`Gate::enter`].
    pub fn check(&self) -> Result<(), Error> {
        match (self.interrupt.requested(), *self.halted.borrow()) {
            (true, _) => Err(Error::Interrupted),
            (_, true) => Err(Error::Halted),
            _ => Ok(()),
        }
    }

    /// Waits before a request is sent again.
    ///
    /// # Errors
    /// As [`Gate::enter`].
    pub async fn pause(&self, wait: Duration) -> Result<(), Error> {
        self.unless_interrupted(tokio::time::sleep(wait)).await
    }

    /// Waits for something, and gives that up when nothing more is to be sent.
    pub(super) async fn unless_interrupted<T>(&self, waiting: impl Future<Output = T>) -> Result<T, Error> {
        let mut halted = self.halted.subscribe();
        tokio::select! {
            biased;
            () = self.interrupt.first() => Err(Error::Interrupted),
            _ = halted.wait_for(|halted| *halted) => Err(Error::Halted),
            done = waiting => Ok(done),
        }
    }

    async fn wait(&self, permit: Option<OwnedSemaphorePermit>) -> OwnedSemaphorePermit {
        let permit = match permit {
            Some(permit) => permit,
            None => Arc::clone(&self.permits).acquire_owned().await.expect("the semaphore is never closed"),
        };
        if let Some(start) = self.reserve() {
            sleep_until(start).await;
        }
        permit
    }

    /// Takes the next place in the sequence of starts, of which any `connections` lie in no less than the pace.
    fn reserve(&self) -> Option<Instant> {
        if self.limits.pace.is_zero() {
            return None;
        }
        let mut starts = self.starts.lock().expect("no thread panics while it holds the gate");
        let now = Instant::now();
        let earliest = match starts.len() < self.limits.connections {
            true => now,
            false => starts.pop_front().map_or(now, |start| now.max(start + self.limits.pace)),
        };
        starts.push_back(earliest);
        Some(earliest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(connections: usize, pace: u64) -> Arc<Gate> {
        let limits = Limits { pace: Duration::from_secs(pace), ..Limits::connections(connections) };
        Arc::new(Gate::new(limits, Interrupt::never()))
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
    async fn no_more_requests_are_in_flight_than_connections() {
        let gate = gate(1, 0);
        let permit = gate.enter().await.unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(1), gate.enter()).await.is_err());
        drop(permit);
        assert!(tokio::time::timeout(Duration::from_secs(1), gate.enter()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_halted_gate_lets_nobody_through_who_waits_already() {
        let gate = gate(1, 0);
        let permit = gate.enter().await.unwrap();
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter().await.is_err() }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        gate.halt();
        drop(permit);
        assert!(waiting.await.unwrap());
    }
}
