//! The embedded server: engines behind the OpenAI API, with files, fine-tuning jobs and tuned models in a data folder.
//!
//! Invariants: every answer is JSON in the official form, errors too; what was answered as done is on disk; nothing but
//! the data folder is written to. See [`engine::Engine`] for what an engine has to do.
//!
//! ```text
//! chat, models, files, jobs, batches   routes: read a request, check it, answer
//! registry, ledger            models and jobs, in memory and in storage
//! batcher -> chat             the queue of batches -> one answer after the other
//! trainer -> training         the queue's thread -> one job, from its files to its model
//! storage                     the data folder
//! ```

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

mod agent;
mod batch_file;
mod batcher;
mod batches;
mod chat;
mod dataset;
pub mod engine;
mod error;
mod extract;
mod files;
mod guard;
mod hash;
mod job_request;
mod jobs;
mod ledger;
mod models;
mod record;
mod registry;
mod results;
mod routes;
mod settings;
mod storage;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod toy;
mod trainer;
mod training;
pub mod words;

pub use agent::{AgentEngine, is_embedded};
use batcher::Batcher;
use engine::Engine;
use error::ApiError;
use ledger::Ledger;
use registry::Registry;
use storage::{Claim, Storage};
use trainer::Trainer;

/// The largest file that can be uploaded, in bytes: OpenAI's 512 MB.
const UPLOAD_LIMIT: u64 = 512 << 20;
/// OpenAI's 24 hours.
const BATCH_WINDOW: i64 = 24 * 3600;
/// The most answers in the making at once, each on a thread; quick engines need none.
const ANSWERS_AT_ONCE: usize = 64;

/// What routes and trainer share.
struct State {
    storage: Arc<Storage>,
    registry: Registry,
    ledger: Ledger,
}

/// A server that is ready to [`serve`].
pub struct Server {
    state: Arc<State>,
    trainer: Trainer,
    batcher: Batcher,
    /// Seconds after which a batch expires.
    batch_window: i64,
    claiming: Mutex<()>,
    /// Counts the choices of requests without a seed, so that repeated calls differ.
    next_seed: AtomicI64,
    upload_limit: u64,
    /// Places of answers in the making, of engines that take their time.
    answering: Arc<Semaphore>,
}

impl Server {
    /// A server of these engines' models and of what the data folder holds, which is made when it is first written to.
    /// Jobs that an earlier process left unfinished go on, unless another process is writing to the folder.
    ///
    /// # Errors
    /// When the data folder cannot be read, or no thread can be started.
    pub fn open(data_dir: impl Into<PathBuf>, engines: Vec<Arc<dyn Engine>>) -> Result<Arc<Self>> {
        let storage = Arc::new(Storage::new(data_dir.into()));
        let registry = Registry::new(engines, storage.clone());
        let ledger = Ledger::new(storage.clone());
        let state = Arc::new(State { storage, registry, ledger });
        let server = Arc::new(Self {
            trainer: Trainer::start(state.clone()).context("cannot start the trainer's thread")?,
            state,
            batcher: Batcher::new(),
            batch_window: BATCH_WINDOW,
            claiming: Mutex::new(()),
            next_seed: AtomicI64::new(0),
            upload_limit: UPLOAD_LIMIT,
            answering: Arc::new(Semaphore::new(ANSWERS_AT_ONCE)),
        });
        let unfinished = |record: &storage::BatchRecord| !record.batch.status.is_final();
        if server.state.ledger.has_unfinished()? || server.state.storage.batches()?.iter().any(unfinished) {
            server.claim()?;
        }
        Ok(server)
    }

    /// Makes this process the one that writes to the data folder, or finds that another one is.
    fn claim(self: &Arc<Self>) -> Result<bool> {
        let _one_at_a_time = self.claiming.lock().unwrap_or_else(PoisonError::into_inner);
        match self.state.storage.claim()? {
            Claim::Held => Ok(true),
            Claim::Elsewhere => Ok(false),
            Claim::New => {
                for id in self.state.ledger.take_over()? {
                    self.trainer.enqueue(id);
                }
                for record in self.state.storage.batches()?.into_iter().rev() {
                    if !record.batch.status.is_final() {
                        self.batcher.enqueue(self, record.batch.id);
                    }
                }
                Ok(true)
            }
        }
    }

    /// As [`Server::claim`], for a request that cannot be done without.
    fn claim_for_request(self: &Arc<Self>) -> Result<(), ApiError> {
        if self.claim()? {
            return Ok(());
        }
        let folder = self.state.storage.root().display();
        let message = format!(
            "Another process is writing to {folder}, and one at a time may. Send uploads and jobs to that server, stop it, \
             or give this one a folder of its own with --data-dir. Models that are trained already can be used here meanwhile."
        );
        Err(ApiError::new(axum::http::StatusCode::CONFLICT, message).code("data_dir_locked"))
    }

    fn next_seed(&self) -> i64 {
        self.next_seed.fetch_add(1, Ordering::Relaxed)
    }
}

/// Serves until `shutdown` is ready, then finishes the requests in flight and stops the trainer at its next event; a job
/// that is broken off so goes on when the folder is next served. On a loopback address only requests to a loopback name
/// are answered.
///
/// # Errors
/// When the listener's address cannot be read.
pub async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let is_loopback = listener.local_addr()?.ip().is_loopback();
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("a connection stays with delayed packets: {error}");
        }
    });
    let stopped = server.clone();
    let graceful = async move {
        shutdown.await;
        stopped.trainer.ask_to_stop();
    };
    axum::serve(listener, routes::router(server.clone(), is_loopback)).with_graceful_shutdown(graceful).await?;
    server.batcher.stop().await;
    tokio::task::spawn_blocking(move || server.trainer.join()).await.map_err(io::Error::other)
}

/// Does work that reads or writes files on a thread that may wait for them.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|broken| {
        let message = format!("the server broke off: {broken}");
        Err(ApiError::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, message))
    })
}
