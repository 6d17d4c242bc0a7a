//! Conversations of many callers, answered together: one thread speaks, and whatever waits for the same adapter is taken
//! along.
//!
//! Invariant: every job is answered, also when the speaking breaks off.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::adapter::Adapter;
use super::engine::Loaded;
use super::generate::{Continuation, Speaker, Wanted};
use crate::server::engine::Adapter as Shared;

/// How long the speaker waits for others to come along.
const GATHER: Duration = Duration::from_millis(3);
/// Most prompts taken together.
const MOST_TOGETHER: usize = 64;
/// Most tokens taken together, prompts and what is expected to be added: their keys and values are kept, which takes about
/// 50 kB a token in the default model.
const MOST_TOKENS: usize = 12_288;
/// Tokens that an answer is expected to have at most, however many it may have.
const EXPECTED: usize = 128;

/// One prompt and where its continuation goes.
struct Job {
    adapter: Option<Shared>,
    wanted: Wanted,
    /// Texts at which the answer ends.
    stops: Vec<String>,
    reply: Sender<Continuation>,
}

/// The thread that speaks, started with the first job.
#[derive(Default)]
pub(super) struct Service {
    jobs: Mutex<Option<Sender<Job>>>,
}

impl Service {
    /// Continues a prompt; none if the thread broke off.
    pub(super) fn speak(
        &self,
        loaded: &Arc<Loaded>,
        adapter: Option<&Shared>,
        (wanted, stops): (Wanted, Vec<String>),
    ) -> Option<Continuation> {
        let (reply, answer) = channel();
        let job = Job { adapter: adapter.cloned(), wanted, stops, reply };
        {
            let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            let sender = jobs.get_or_insert_with(|| start(Arc::clone(loaded)));
            if let Err(unsent) = sender.send(job) {
                // The thread broke off at an earlier job; a new one takes its place.
                let sender = start(Arc::clone(loaded));
                sender.send(unsent.0).ok()?;
                *jobs = Some(sender);
            }
        }
        answer.recv().ok()
    }
}

fn start(loaded: Arc<Loaded>) -> Sender<Job> {
    let (sender, jobs) = channel();
    let spoken = thread::Builder::new().name("speaker".to_owned()).spawn(move || run(&loaded, &jobs));
    if let Err(error) = spoken {
        tracing::error!("cannot start a thread: {error}");
    }
    sender
}

fn run(loaded: &Loaded, jobs: &Receiver<Job>) {
    let mut waiting: VecDeque<Job> = VecDeque::new();
    loop {
        if waiting.is_empty() {
            let Ok(job) = jobs.recv() else { return };
            waiting.push_back(job);
            while let Ok(job) = jobs.recv_timeout(GATHER) {
                waiting.push_back(job);
                if waiting.len() >= MOST_TOGETHER {
                    break;
                }
            }
        }
        waiting.extend(jobs.try_iter());
        answer(loaded, &together(&mut waiting));
    }
}

/// The first job and those for the same adapter that go along with it.
fn together(waiting: &mut VecDeque<Job>) -> Vec<Job> {
    let size = |job: &Job| job.wanted.rows() + job.wanted.limit.min(EXPECTED);
    let mut batch: Vec<Job> = waiting.pop_front().into_iter().collect();
    let mut tokens: usize = batch.iter().map(size).sum();
    let mut rest = VecDeque::with_capacity(waiting.len());
    for job in waiting.drain(..) {
        let fits = batch.len() < MOST_TOGETHER && tokens + size(&job) <= MOST_TOKENS;
        if fits && place(&job) == place(&batch[0]) {
            tokens += size(&job);
            batch.push(job);
        } else {
            rest.push_back(job);
        }
    }
    *waiting = rest;
    batch
}

/// Where a job's adapter lies in memory, which tells adapters apart.
fn place(job: &Job) -> Option<*const Adapter> {
    job.adapter.as_ref().and_then(|adapter| adapter.get::<Adapter>().ok()).map(std::ptr::from_ref)
}

fn answer(loaded: &Loaded, batch: &[Job]) {
    let adapter = batch.first().and_then(|job| job.adapter.as_ref()).and_then(|adapter| adapter.get::<Adapter>().ok());
    let speaker = Speaker::new(&loaded.weights, adapter, &loaded.turns);
    let wanted: Vec<Wanted> = batch.iter().map(|job| job.wanted.clone()).collect();
    let enough = |index: usize, tokens: &[super::generate::Chosen]| {
        let stops = &batch[index].stops;
        let ids = || tokens.iter().map(|chosen| chosen.token).collect::<Vec<_>>();
        !stops.is_empty() && loaded.tokens.decode(&ids()).is_ok_and(|text| stops.iter().any(|stop| text.contains(stop)))
    };
    let continuations = speaker.speak(&wanted, loaded.tokens.end_of_turn(), enough);
    for (job, continuation) in batch.iter().zip(continuations) {
        // The caller is gone only when the server stops.
        let _ = job.reply.send(continuation);
    }
}
