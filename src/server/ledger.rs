//! The jobs: in memory and on disk in the process that writes, on disk alone in any other.
//!
//! Invariant: a job's beginning, each change of its status and each checkpoint are on disk before they are seen; events
//! in between reach the disk within a second or with the next change.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::api::wire::fine_tuning::Job;

use super::record::Record;
use super::storage::Storage;

/// Events are written to disk this often at most.
const EVENT_INTERVAL: Duration = Duration::from_secs(1);

struct Kept {
    record: Record,
    saved: Instant,
}

/// All jobs of the data folder.
pub(super) struct Ledger {
    storage: Arc<Storage>,
    /// None while another process may be writing.
    owned: Mutex<Option<HashMap<String, Kept>>>,
}

impl Ledger {
    /// The jobs of a data folder.
    pub(super) fn new(storage: Arc<Storage>) -> Self {
        Self { storage, owned: Mutex::new(None) }
    }

    /// Whether the folder has jobs that did not end.
    pub(super) fn has_unfinished(&self) -> Result<bool> {
        Ok(self.storage.jobs()?.iter().any(|record| !record.job.status.is_final()))
    }

    /// Makes this process the one that writes, and returns the unfinished jobs, oldest first, queued again.
    pub(super) fn take_over(&self) -> Result<Vec<String>> {
        let (mut jobs, mut unfinished) = (HashMap::new(), Vec::new());
        for mut record in self.storage.jobs()?.into_iter().rev() {
            if !record.job.status.is_final() {
                record.requeue();
                self.storage.write_job(&record)?;
                unfinished.push(record.job.id.clone());
            }
            jobs.insert(record.job.id.clone(), Kept { record, saved: Instant::now() });
        }
        self.storage.keep_scratch(&unfinished)?;
        *self.lock() = Some(jobs);
        Ok(unfinished)
    }

    /// Looks at a job; none when there is no such job.
    pub(super) fn look<T>(&self, id: &str, look: impl FnOnce(&Record) -> T) -> Result<Option<T>> {
        match self.lock().as_ref() {
            Some(jobs) => Ok(jobs.get(id).map(|kept| look(&kept.record))),
            None => Ok(self.storage.job(id)?.as_ref().map(look)),
        }
    }

    /// All jobs, newest first.
    pub(super) fn jobs(&self) -> Result<Vec<Job>> {
        let mut found: Vec<(u64, Job)> = match self.lock().as_ref() {
            Some(jobs) => jobs.values().map(|kept| (kept.record.ordinal, kept.record.job.clone())).collect(),
            None => self.storage.jobs()?.into_iter().map(|record| (record.ordinal, record.job)).collect(),
        };
        found.sort_by(|a, b| (b.0, &b.1.id).cmp(&(a.0, &a.1.id)));
        Ok(found.into_iter().map(|(_, job)| job).collect())
    }

    /// Adds a job, unless there is one of its id, and returns whether it did.
    pub(super) fn add(&self, record: &Record) -> Result<bool> {
        let mut owned = self.lock();
        match owned.get_or_insert_default().entry(record.job.id.clone()) {
            Entry::Occupied(_) => Ok(false),
            Entry::Vacant(place) => {
                self.storage.write_job(record)?;
                place.insert(Kept { record: record.clone(), saved: Instant::now() });
                Ok(true)
            }
        }
    }

    /// Changes a job that has not ended and returns whether it did; a job that has ended stays as it is.
    pub(super) fn change(&self, id: &str, change: impl FnOnce(&mut Record)) -> Result<bool> {
        let mut owned = self.lock();
        let Some(kept) = owned.as_mut().and_then(|jobs| jobs.get_mut(id)) else { return Ok(false) };
        if kept.record.job.status.is_final() {
            return Ok(false);
        }
        let mut changed = kept.record.clone();
        change(&mut changed);
        self.storage.write_job(&changed)?;
        *kept = Kept { record: changed, saved: Instant::now() };
        Ok(true)
    }

    /// Adds to the history of a job that has not ended and returns whether it did.
    pub(super) fn append(&self, id: &str, append: impl FnOnce(&mut Record)) -> Result<bool> {
        let mut owned = self.lock();
        let Some(kept) = owned.as_mut().and_then(|jobs| jobs.get_mut(id)) else { return Ok(false) };
        if kept.record.job.status.is_final() {
            return Ok(false);
        }
        append(&mut kept.record);
        if kept.saved.elapsed() >= EVENT_INTERVAL {
            self.storage.write_job(&kept.record)?;
            kept.saved = Instant::now();
        }
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, Option<HashMap<String, Kept>>> {
        // A change is made on a copy and put in place at the end, so what a panic leaves is whole.
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
