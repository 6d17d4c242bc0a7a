//! Filling in what is missing: keyed requests in, journal lines out. generate, evaluate and judge are this one engine.
//!
//! Invariant: a call counts only after its line is in the journal; a failure leaves nothing behind but its count and
//! reason, so that running again does exactly what is missing.

mod adopt;
mod call;
mod filled;
mod forecast;
mod meter;
mod queue;
pub mod remote;
mod shape;
mod task;
mod write;

use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::sync::mpsc::{self, Sender};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

pub use adopt::{adopt, adopted_key};
pub use filled::Filled;
pub use forecast::{Counters, USUAL, forecast};
pub use meter::{Meter, Purse, Size};
pub use shape::Shape;
pub use task::{Request, Task, key};

use crate::api::Error;
use crate::interrupt::Interrupt;
use crate::store::{Journal, Slot, line};
use crate::terminal::Bar;
use call::{Failure, Left, call, lost_charge};
use meter::Ticket;
use queue::{Next, Queue};
use write::Line;

/// Calls that may wait to be made again, for each worker.
const WAITING: usize = 4;

struct Shared<I> {
    queue: Mutex<Queue<I>>,
    journal: Arc<Journal>,
    filled: Mutex<Filled>,
    broken: Mutex<Option<anyhow::Error>>,
    stop: watch::Sender<bool>,
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
        queue: Mutex::new(Queue::new(tasks, workers * WAITING)),
        journal: Arc::clone(journal),
        filled: Mutex::default(),
        broken: Mutex::default(),
        stop: watch::Sender::new(false),
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
    shared.charge_waiting();
    if let Some(error) = lock(&shared.broken).take() {
        return Err(error);
    }
    let mut queue = lock(&shared.queue);
    queue.count_rest(journal);
    let mut filled = std::mem::take(&mut *lock(&shared.filled));
    (filled.present, filled.answered) = (queue.present, written?);
    filled.interrupted = interrupt.requested();
    Ok(filled)
}

async fn work<I>(shared: Arc<Shared<I>>, sender: Sender<Line>)
where
    I: Iterator<Item = Result<Task>> + Send,
{
    while !*shared.stop.borrow() && !shared.interrupt.requested() {
        let (task, progress) = match shared.next() {
            Ok(Next::Call(task, progress)) => (task, progress),
            Ok(Next::At(instant)) => {
                shared.wait(instant).await;
                continue;
            }
            Ok(Next::Soon) => {
                tokio::task::yield_now().await;
                continue;
            }
            Ok(Next::Nothing) => return,
            Err(error) => return shared.break_off(error),
        };
        let Some(ticket) = shared.admit(&task).await else {
            return lock(&shared.queue).put_back(task, progress, Instant::now());
        };
        match call(task, (progress, ticket)).await {
            Ok(done) => {
                let bytes = match line(&done.call) {
                    Ok(bytes) => bytes,
                    Err(error) => return shared.break_off(error),
                };
                lock(&shared.filled).changed(&done.call.model_id, &done.changes);
                // The writer is gone when the disk is full; its error is reported by `fill`.
                if sender.send((done.call.slot, done.call.key, bytes)).await.is_err() {
                    shared.stop.send_replace(true);
                    return;
                }
            }
            Err(Left::Again(task, progress, wait)) => {
                lock(&shared.queue).put_back(task, progress, Instant::now() + wait);
            }
            Err(Left::Over(failure)) => shared.fail(failure),
        }
    }
}

impl<I: Iterator<Item = Result<Task>>> Shared<I> {
    fn next(&self) -> Result<Next> {
        let mut queue = lock(&self.queue);
        let before = queue.present;
        let next = queue.next(&self.journal, Instant::now());
        let present = queue.present - before;
        drop(queue);
        if present > 0 {
            self.bar.present(present);
        }
        next
    }

    /// Keeps what was charged for answers that were lost, of calls that are not made again.
    fn charge_waiting(&self) {
        for (task, progress) in lock(&self.queue).waiting() {
            self.charge(&task.slot, &task.model_id, lost_charge(&task.request, progress));
        }
    }
}

impl<I> Shared<I> {
    /// Waits for the instant, or until there is nothing more to wait for.
    async fn wait(&self, instant: Instant) {
        let mut stop = self.stop.subscribe();
        tokio::select! {
            () = sleep_until(instant) => {}
            () = self.interrupt.first() => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    /// What pays for sending a task once; none when nothing more is to be sent.
    async fn admit(&self, task: &Task) -> Option<Ticket> {
        loop {
            let size = task.request.size();
            let admitted = tokio::select! {
                biased;
                admitted = task.request.meter.admit(size) => admitted,
                () = self.interrupt.first() => return None,
            };
            match admitted {
                // While it waited, others may have taught that the model takes no limit on its answers.
                Ok(ticket) if task.request.size() == size => return Some(ticket),
                Ok(_) => {}
                Err(reason) => {
                    self.stop.send_replace(true);
                    lock(&self.filled).over_budget.get_or_insert(reason);
                    return None;
                }
            }
        }
    }

    fn fail(&self, failure: Failure) {
        let Failure { slot, model_id, error, charged } = failure;
        self.charge(&slot, &model_id, charged);
        if matches!(error, Error::Interrupted | Error::Halted) {
            return;
        }
        let mut filled = lock(&self.filled);
        if error.stops_run() {
            self.stop.send_replace(true);
            filled.stopped.get_or_insert(error.to_string());
            return;
        }
        filled.fail(error.to_string(), slot);
        self.bar.failed(1);
    }

    fn charge(&self, slot: &Slot, model_id: &str, charged: Option<Value>) {
        if let Some(charged) = charged
            && let Err(error) = self.journal.charge(slot, model_id, &charged)
        {
            self.break_off(error);
        }
    }

    fn break_off(&self, error: anyhow::Error) {
        self.stop.send_replace(true);
        lock(&self.broken).get_or_insert(error);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it holds this lock")
}
