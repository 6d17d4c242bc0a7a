//! The queue of batches, and the running of one: from its file of requests to its files of answers and errors.
//!
//! Invariant: a line has one result, also when the server ends in the middle and the batch goes on later.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use futures::StreamExt;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::api::wire::batch::{
    Batch, BatchError, BatchErrors, BatchStatus, CANCELLED, Counts, EXPIRED, LineError, LineResponse, OutputLine,
};
use crate::api::wire::chat::{ChatRequest, Usage};

use super::batch_file::{self, Line, Results};
use super::storage::{Storage, now};
use super::{Server, chat, hash};

/// Lines that are answered at once.
const LINES_AT_ONCE: usize = 64;

/// The batches of this process, one at a time.
pub(super) struct Batcher {
    turn: Arc<Semaphore>,
    tasks: Mutex<JoinSet<()>>,
    progress: Mutex<HashMap<String, Counts>>,
    changing: Mutex<()>,
}

impl Batcher {
    pub(super) fn new() -> Self {
        let turn = Arc::new(Semaphore::new(1));
        Self { turn, tasks: Mutex::default(), progress: Mutex::default(), changing: Mutex::default() }
    }

    /// Puts a batch at the end of the queue.
    pub(super) fn enqueue(&self, server: &Arc<Server>, id: String) {
        let server = Arc::clone(server);
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let Ok(_turn) = server.batcher.turn.acquire().await else { return };
            if let Err(error) = run(&server, &id).await {
                tracing::error!("{id}: {error:#}");
                let failed = server.batcher.change(&server.state.storage, &id, |batch| {
                    fail(batch, vec![fault("server_error", &format!("{error:#}"))]);
                });
                if let Err(error) = failed {
                    tracing::error!("{id}: {error:#}");
                }
            }
        });
    }

    /// Breaks the batches off; they go on when the folder is next served.
    pub(super) async fn stop(&self) {
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        tasks.shutdown().await;
    }

    /// Changes a batch that has not ended, and returns whether it did.
    pub(super) fn change(&self, storage: &Storage, id: &str, change: impl FnOnce(&mut Batch)) -> Result<bool> {
        let _one_at_a_time = lock(&self.changing);
        let Some(mut record) = storage.batch(id)? else { return Ok(false) };
        if record.batch.status.is_final() {
            return Ok(false);
        }
        change(&mut record.batch);
        storage.write_batch(&record)?;
        Ok(true)
    }

    /// The batch with how far it has come.
    pub(super) fn shown(&self, batch: Batch) -> Batch {
        match lock(&self.progress).get(&batch.id) {
            Some(counts) if !batch.status.is_final() => Batch { request_counts: Some(*counts), ..batch },
            _ => batch,
        }
    }

    fn reach(&self, id: &str, counts: Counts) {
        lock(&self.progress).insert(id.to_owned(), counts);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fault(code: &str, message: &str) -> BatchError {
    BatchError { code: code.to_owned(), message: message.to_owned(), param: None, line: None }
}

fn fail(batch: &mut Batch, data: Vec<BatchError>) {
    batch.status = BatchStatus::Failed;
    batch.times.failed_at = Some(now());
    batch.errors = Some(BatchErrors { object: "list".to_owned(), data });
}

async fn run(server: &Arc<Server>, id: &str) -> Result<()> {
    let record = server.state.storage.batch(id)?.context("the batch is gone")?;
    let path = server.state.storage.content_path(&record.batch.input_file_id).context("the input file is gone")?;
    let lines = match tokio::task::spawn_blocking(move || batch_file::read(&path)).await?? {
        Ok(lines) => lines,
        Err(faults) => {
            server.batcher.change(&server.state.storage, id, |batch| fail(batch, faults))?;
            return Ok(());
        }
    };
    let model = lines.first().map(|line| line.request.model.clone());
    server.batcher.change(&server.state.storage, id, |batch| {
        batch.model = model;
        if batch.status == BatchStatus::Validating {
            batch.status = BatchStatus::InProgress;
        }
        batch.times.in_progress_at.get_or_insert_with(now);
    })?;
    let mut results = Results::open(server.state.storage.batch_folder(id), lines.len() as u64)?;
    let why = answer(server, id, (&lines, &mut results)).await?;
    finish(server, id, (lines, results), why)
}

/// Answers the lines that have no result; returns why it ended before all have one, if it did.
async fn answer(
    server: &Arc<Server>,
    id: &str,
    (lines, results): (&[Line], &mut Results),
) -> Result<Option<BatchStatus>> {
    let mut open: Vec<&Line> = lines.iter().filter(|line| !results.has(&line.custom_id)).collect();
    open.reverse();
    let mut flying = futures::stream::FuturesUnordered::new();
    loop {
        let why = ended(server, id)?;
        while why.is_none() && flying.len() < LINES_AT_ONCE {
            let Some(line) = open.pop() else { break };
            flying.push(one(Arc::clone(server), line.custom_id.clone(), line.request.clone()));
        }
        let Some((line, usage)) = flying.next().await else {
            return Ok(why.filter(|_| !open.is_empty()));
        };
        results.write(&line, usage.as_ref())?;
        server.batcher.reach(id, results.counts());
        tokio::task::yield_now().await;
    }
}

/// Whether the batch was cancelled or its time is up.
fn ended(server: &Server, id: &str) -> Result<Option<BatchStatus>> {
    let batch = server.state.storage.batch(id)?.context("the batch is gone")?.batch;
    Ok(match batch.status {
        BatchStatus::Cancelling => Some(BatchStatus::Cancelled),
        _ if batch.times.expires_at.is_some_and(|end| now() >= end) => Some(BatchStatus::Expired),
        _ => None,
    })
}

async fn one(server: Arc<Server>, custom_id: String, request: ChatRequest) -> (OutputLine, Option<Usage>) {
    let id = hash::id("batch_req_", &[custom_id.as_bytes(), &server.next_seed().to_le_bytes()]);
    let (status_code, body, usage) = match chat::answer(&server, request).await {
        Ok(response) => (200, serde_json::value::to_raw_value(&response), response.usage),
        Err(error) => {
            let (status, body) = error.into_parts();
            (status, serde_json::value::to_raw_value(&body), None)
        }
    };
    let body = body.expect("answers and errors can be written as JSON");
    let response = Some(LineResponse { status_code, request_id: Some(id.replace("batch_req_", "req_")), body });
    (OutputLine { id, custom_id, response, error: None }, usage)
}

/// Puts the results where they can be fetched, and ends the batch.
fn finish(
    server: &Server,
    id: &str,
    (lines, mut results): (Vec<Line>, Results),
    why: Option<BatchStatus>,
) -> Result<()> {
    let storage = &server.state.storage;
    let cancelled = why == Some(BatchStatus::Cancelled);
    for line in lines {
        if results.has(&line.custom_id) {
            continue;
        }
        let (code, message) = match cancelled {
            true => (CANCELLED, "This request was not begun before the batch was cancelled."),
            false => (EXPIRED, "This request could not be executed before the completion window expired."),
        };
        let error = Some(LineError { code: code.to_owned(), message: message.to_owned() });
        let id = hash::id("batch_req_", &[line.custom_id.as_bytes()]);
        results.write(&OutputLine { id, custom_id: line.custom_id, response: None, error }, None)?;
    }
    let (output, errors) = results.files(storage, id)?;
    let status = match why {
        Some(why) => why,
        None => BatchStatus::Completed,
    };
    server.batcher.change(storage, id, |batch| {
        let times = &mut batch.times;
        times.finalizing_at = Some(now());
        *match status {
            BatchStatus::Cancelled => &mut times.cancelled_at,
            BatchStatus::Expired => &mut times.expired_at,
            _ => &mut times.completed_at,
        } = Some(now());
        batch.status = status;
        batch.output_file_id = output;
        batch.error_file_id = errors;
        batch.request_counts = Some(results.counts());
        batch.usage = Some(results.usage());
    })?;
    results.clear();
    Ok(())
}
