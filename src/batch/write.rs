//! The journal's writer: one thread that writes all waiting lines in one go and only then counts them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;

use crate::store::{Journal, Slot};
use crate::terminal::Bar;

/// A call's place, key and line.
pub(super) type Line = (Slot, u64, Vec<u8>);

/// How long a line may be in the system's cache before the disk is told to take it.
const SYNC_INTERVAL: Duration = Duration::from_millis(500);
/// How long lines are collected before they are written: a thread that wakes up for each line costs more than the line.
const COLLECT: Duration = Duration::from_millis(1);
/// Lines written at once.
const GROUP: usize = 1024;

/// Writes until every sender is gone; returns how many lines.
pub(super) fn spawn(journal: Arc<Journal>, mut receiver: Receiver<Line>, bar: Bar) -> JoinHandle<Result<u64>> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let (mut lines, mut written) = (Vec::new(), 0);
        let mut disk = Disk { journal: Arc::clone(&journal), since: None, running: None };
        loop {
            let received = match disk.due() {
                None => receiver.blocking_recv_many(&mut lines, GROUP),
                Some(Duration::ZERO) => {
                    disk.start(&runtime)?;
                    continue;
                }
                Some(wait) => {
                    let more = async { tokio::time::timeout(wait, receiver.recv_many(&mut lines, GROUP)).await };
                    match runtime.block_on(more) {
                        Ok(received) => received,
                        Err(_) => continue,
                    }
                }
            };
            if received == 0 {
                break;
            }
            journal.append(&lines)?;
            written += lines.len() as u64;
            bar.done(lines.len() as u64);
            lines.clear();
            disk.written();
            std::thread::sleep(COLLECT);
        }
        disk.finish(&runtime)?;
        journal.sync()?;
        Ok(written)
    })
}

/// Brings lines to the disk beside the writing of others.
struct Disk {
    journal: Arc<Journal>,
    /// When the first line was written that the disk was not told of.
    since: Option<Instant>,
    running: Option<JoinHandle<Result<()>>>,
}

impl Disk {
    fn written(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Time until the disk has to be told; none when it knows of everything.
    fn due(&self) -> Option<Duration> {
        self.since.map(|since| SYNC_INTERVAL.saturating_sub(since.elapsed()))
    }

    fn start(&mut self, runtime: &Handle) -> Result<()> {
        self.finish(runtime)?;
        let journal = Arc::clone(&self.journal);
        self.running = Some(runtime.spawn_blocking(move || journal.sync()));
        self.since = None;
        Ok(())
    }

    fn finish(&mut self, runtime: &Handle) -> Result<()> {
        match self.running.take() {
            Some(running) => runtime.block_on(running)?,
            None => Ok(()),
        }
    }
}
