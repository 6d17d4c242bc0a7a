//! The journal's writer: one thread that writes all waiting lines in one go and only then counts them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;

use crate::store::{Journal, Slot};
use crate::terminal::Bar;

/// A call's place, key and line.
pub(super) type Line = (Slot, u64, Vec<u8>);

/// How long a line may be in the system's cache before the disk has it.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
/// How long lines are collected before they are written: a thread that wakes up for each line costs more than the line.
const COLLECT: Duration = Duration::from_millis(1);
/// Lines written at once.
const GROUP: usize = 1024;

/// Writes until every sender is gone; returns how many lines.
pub(super) fn spawn(journal: Arc<Journal>, mut receiver: Receiver<Line>, bar: Bar) -> JoinHandle<Result<u64>> {
    tokio::task::spawn_blocking(move || {
        let (mut lines, mut written) = (Vec::new(), 0);
        let mut synced = Instant::now();
        while receiver.blocking_recv_many(&mut lines, GROUP) > 0 {
            journal.append(&lines)?;
            written += lines.len() as u64;
            bar.done(lines.len() as u64);
            lines.clear();
            std::thread::sleep(COLLECT);
            if synced.elapsed() >= SYNC_INTERVAL {
                journal.sync()?;
                synced = Instant::now();
            }
        }
        journal.sync()?;
        Ok(written)
    })
}
