//! Filling in what is missing: keyed requests in, journal lines out. generate, evaluate and judge are this one engine.
//!
//! Invariant: a call counts only after its line is in the journal; a failure leaves nothing behind but its count and
//! reason, so that running again does exactly what is missing.

mod adopt;
mod call;
mod forecast;
mod meter;
pub mod remote;
mod task;
mod write;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinSet;

pub use adopt::{adopt, adopted_key};
pub use forecast::{Counters, USUAL, forecast};
pub use meter::{Meter, Purse, Size};
pub use task::{Request, Task, key};

use crate::api::Error;
use crate::interrupt::Interrupt;
use crate::store::{Journal, Slot, line};
use crate::terminal::Bar;
use call::call;
use write::Line;

/// What a batch did.
#[derive(Debug, Default)]
pub struct Filled {
    /// Calls that were in the journal already.
    pub present: u64,
    /// Calls made now.
    pub answered: u64,
    /// Calls that failed for good: reason, how many, and the first of them.
    pub failures: BTreeMap<String, (u64, Slot)>,
    /// Whether asking again would fail again, so that running again is no advice.
    pub hopeless: bool,
    /// Why the batch ended before its time, if a failure that concerns every call did that.
    pub stopped: Option<String>,
    /// Why nothing more was sent, if that would have passed the budget.
    pub over_budget: Option<String>,
    /// Whether Ctrl-C ended the batch.
    pub interrupted: bool,
}

impl Filled {
    /// Calls that failed for good.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failures.values().map(|(count, _)| count).sum()
    }
}

/// Different reasons that are kept apart; beyond them failures are counted under one heading.
const REASONS: usize = 50;

struct Shared<I> {
    tasks: Mutex<I>,
    journal: Arc<Journal>,
    filled: Mutex<Filled>,
    broken: Mutex<Option<anyhow::Error>>,
    stop: AtomicBool,
    interrupt: Interrupt,
    bar: Bar,
}

/// Makes the calls of `tasks` that are not in the journal, at most `workers` at a time, until they are made, Ctrl-C is
/// pressed, or no call can succeed any more.
///
/// # Errors
/// When a task cannot be made (its input is bad) or the journal cannot be written. What was answered is in the journal.
pub async fn fill<I>(
    journal: &Arc<Journal>,
    tasks: I,
    workers: usize,
    (bar, interrupt): (Bar, Interrupt),
) -> Result<Filled>
where
    I: Iterator<Item = Result<Task>> + Send + 'static,
{
    let shared = Arc::new(Shared {
        tasks: Mutex::new(tasks),
        journal: Arc::clone(journal),
        filled: Mutex::default(),
        broken: Mutex::default(),
        stop: AtomicBool::new(false),
        interrupt: interrupt.clone(),
        bar: bar.clone(),
    });
    let (sender, receiver) = mpsc::channel(workers.max(16) * 4);
    let writer = write::spawn(Arc::clone(journal), receiver, bar);
    let mut crew = JoinSet::new();
    for _ in 0..workers {
        crew.spawn(work(Arc::clone(&shared), sender.clone()));
    }
    drop(sender);
    tokio::select! {
        () = async { while crew.join_next().await.is_some() {} } => {}
        () = interrupt.second() => crew.shutdown().await,
    }
    let written = writer.await.context("the journal's writer panicked")?;
    if let Some(error) = lock(&shared.broken).take() {
        return Err(error);
    }
    shared.count_rest();
    let mut filled = std::mem::take(&mut *lock(&shared.filled));
    filled.answered = written?;
    filled.interrupted = interrupt.requested();
    Ok(filled)
}

async fn work<I>(shared: Arc<Shared<I>>, sender: Sender<Line>)
where
    I: Iterator<Item = Result<Task>> + Send,
{
    while !shared.stop.load(Ordering::Relaxed) && !shared.interrupt.requested() {
        let task = match shared.next() {
            Ok(Some(task)) => task,
            Ok(None) => return,
            Err(error) => return shared.break_off(error),
        };
        let ticket = tokio::select! {
            biased;
            admitted = task.request.meter.admit(task.request.size()) => match admitted {
                Ok(ticket) => ticket,
                Err(reason) => return shared.over_budget(reason),
            },
            () = shared.interrupt.first() => return,
        };
        let (slot, model_id) = (task.slot.clone(), Arc::clone(&task.model_id));
        match call(task, &ticket).await {
            Ok(call) => {
                let bytes = match line(&call) {
                    Ok(bytes) => bytes,
                    Err(error) => return shared.break_off(error),
                };
                // The writer is gone when the disk is full; its error is reported by `fill`.
                if sender.send((call.slot, call.key, bytes)).await.is_err() {
                    return;
                }
            }
            Err(failure) => {
                if let Some(charged) = failure.charged
                    && let Err(error) = shared.journal.charge(&slot, &model_id, &charged)
                {
                    return shared.break_off(error);
                }
                shared.fail(slot, failure.error);
            }
        }
    }
}

impl<I: Iterator<Item = Result<Task>>> Shared<I> {
    /// The next task that is not done.
    fn next(&self) -> Result<Option<Task>> {
        let mut tasks = lock(&self.tasks);
        let mut present = 0;
        let next = loop {
            match tasks.next().transpose()? {
                Some(task) if self.journal.claim(task.key) || self.journal.claim(task.adopted_key) => present += 1,
                other => break other,
            }
        };
        if present > 0 {
            lock(&self.filled).present += present;
            self.bar.present(present);
        }
        Ok(next)
    }
}

impl<I: Iterator<Item = Result<Task>>> Shared<I> {
    /// Counts the tasks that were done before among those that are not looked at any more, after a stop.
    fn count_rest(&self) {
        let rest = &mut *lock(&self.tasks);
        let done = rest.flatten().filter(|task| self.journal.claim(task.key) || self.journal.claim(task.adopted_key));
        lock(&self.filled).present += done.count() as u64;
    }
}

impl<I> Shared<I> {
    fn over_budget(&self, reason: String) {
        self.stop.store(true, Ordering::Relaxed);
        lock(&self.filled).over_budget.get_or_insert(reason);
    }

    fn fail(&self, slot: Slot, error: Error) {
        let error = match error {
            Error::Interrupted => return,
            Error::OverBudget(reason) => return self.over_budget(reason),
            error => error,
        };
        let reason = error.to_string();
        let mut filled = lock(&self.filled);
        if error.stops_run() {
            self.stop.store(true, Ordering::Relaxed);
            filled.stopped.get_or_insert(reason);
            return;
        }
        count_failure(&mut filled, reason, slot);
        self.bar.failed(1);
    }

    fn break_off(&self, error: anyhow::Error) {
        self.stop.store(true, Ordering::Relaxed);
        lock(&self.broken).get_or_insert(error);
    }
}

/// Counts a call that failed for good.
fn count_failure(filled: &mut Filled, reason: String, slot: Slot) {
    let known = filled.failures.len() < REASONS || filled.failures.contains_key(&reason);
    let reason = if known { reason } else { "other reasons".to_owned() };
    filled.failures.entry(reason).or_insert((0, slot)).0 += 1;
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it holds this lock")
}
