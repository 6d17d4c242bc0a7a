//! What is to be done next: calls that failed and are due again, else the plan's next call that is not done.

use std::collections::BTreeMap;

use anyhow::Result;
use tokio::time::Instant;

use super::task::Task;
use crate::api::retry::Progress;
use crate::store::Journal;

/// Calls of the plan that were done before which are passed over at once; then others get their turn.
const PASSED: u64 = 1000;

/// A plan's calls, and those that wait to be made again, so that they keep no connection from others meanwhile.
#[derive(Debug)]
pub(super) struct Queue<I> {
    plan: I,
    waiting: BTreeMap<(Instant, u64), (Box<Task>, Progress)>,
    /// How many calls may wait; then new ones do too, so that an outage does not use up everybody's attempts.
    largest: usize,
    number: u64,
    pub(super) present: u64,
}

/// What a worker does next.
#[derive(Debug)]
pub(super) enum Next {
    /// This call.
    Call(Box<Task>, Progress),
    /// It asks again at this instant.
    At(Instant),
    /// It asks again after others had their turn.
    Soon,
    /// Nothing: every call is made, or is in others' hands.
    Nothing,
}

impl<I: Iterator<Item = Result<Task>>> Queue<I> {
    pub(super) fn new(plan: I, largest: usize) -> Self {
        Self { plan, waiting: BTreeMap::new(), largest, number: 0, present: 0 }
    }

    /// The next call.
    ///
    /// # Errors
    /// When the plan's next call cannot be made.
    pub(super) fn next(&mut self, journal: &Journal, now: Instant) -> Result<Next> {
        let due = self.waiting.first_key_value().map(|((due, _), _)| *due);
        if due.is_some_and(|due| due <= now)
            && let Some((_, (task, progress))) = self.waiting.pop_first()
        {
            return Ok(Next::Call(task, progress));
        }
        if let Some(due) = due.filter(|_| self.waiting.len() >= self.largest) {
            return Ok(Next::At(due));
        }
        for _ in 0..PASSED {
            match self.plan.next().transpose()? {
                Some(task) if task.is_done(journal) => self.present += 1,
                Some(task) => return Ok(Next::Call(Box::new(task), Progress::START)),
                None => return Ok(due.map_or(Next::Nothing, Next::At)),
            }
        }
        Ok(Next::Soon)
    }

    /// Puts a call back until it is due.
    pub(super) fn put_back(&mut self, task: Box<Task>, progress: Progress, due: Instant) {
        self.number += 1;
        self.waiting.insert((due, self.number), (task, progress));
    }

    /// Those that wait, when nothing is sent any more.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (&Task, Progress)> {
        self.waiting.values().map(|(task, progress)| (&**task, *progress))
    }

    /// Counts the calls that were done before among those that are not looked at any more.
    pub(super) fn count_rest(&mut self, journal: &Journal) {
        self.present += self.plan.by_ref().flatten().filter(|task| task.is_done(journal)).count() as u64;
    }
}
