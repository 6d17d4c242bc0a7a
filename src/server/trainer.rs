//! The thread that runs jobs, one at a time, in the order in which they were made. Chat goes on being served meanwhile.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::{State, training};

/// The queue and its thread, which ends when this is dropped or stopped, at the running job's next event.
pub(super) struct Trainer {
    queue: Mutex<Option<Sender<String>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    stopping: Arc<AtomicBool>,
}

impl Trainer {
    /// Starts the thread.
    pub(super) fn start(state: Arc<State>) -> io::Result<Self> {
        let (queue, jobs) = channel::<String>();
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = stopping.clone();
        let thread = thread::Builder::new().name("trainer".to_owned()).spawn(move || {
            for id in jobs {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                training::run(&state, &id, &stop);
            }
        })?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)), stopping })
    }

    /// Puts a job at the end of the queue. Once the server stops, it stays queued on disk for the next one.
    pub(super) fn enqueue(&self, id: String) {
        if let Some(queue) = self.queue.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            // The receiver is gone only when the server stops.
            let _ = queue.send(id);
        }
    }

    /// Asks the thread to end, and returns at once.
    pub(super) fn ask_to_stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Waits for the thread to end.
    pub(super) fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the trainer's thread broke off");
        }
    }
}

impl Drop for Trainer {
    fn drop(&mut self) {
        self.ask_to_stop();
    }
}
