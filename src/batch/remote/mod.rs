//! The same calls through the Batch API: packed into files, sent, waited for, and harvested into the same journal by the
//! same keys.
//!
//! Invariants: what is sent is known in the folder's `batches/` before it is sent, so that a process that dies leaves
//! nothing that would be asked, and paid for, twice; a batch is forgotten only when its results are in the journal.

mod clerk;
mod harvest;
mod note;
mod packer;
mod parcel;
mod post;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Filled, Meter, Task};
use crate::api::{Client, Error};
use crate::interrupt::Interrupt;
use crate::store::Journal;
use crate::terminal::Bar;
use clerk::Clerk;
use packer::Packer;
use parcel::Parcel;

/// The shortest and the longest time between two looks at a batch.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(60)];

/// Where a model's batches are sent.
#[derive(Debug, Clone)]
pub struct Post {
    /// The client of its server.
    pub client: Arc<Client>,
    /// The server, in words that are the same in every run.
    pub place: String,
    /// What its calls cost in a batch.
    pub meter: Meter,
}

/// Where batches are sent, and how often a line may be.
#[derive(Debug, Clone)]
pub struct Office {
    /// By model; those of the plan and those of [`models`].
    pub posts: HashMap<String, Post>,
    /// The most batches that a line may be part of.
    pub rounds: u32,
}

impl Office {
    fn post(&self, model: &str) -> Result<&Post> {
        self.posts.get(model).with_context(|| format!("no server is known for {model}"))
    }
}

/// The models of the batches that earlier runs sent from a folder and did not harvest.
///
/// # Errors
/// When the folder's record of them cannot be read.
pub fn models(journal: &Journal) -> Result<Vec<String>> {
    Ok(Parcel::all(journal.folder())?.into_iter().map(|parcel| parcel.model).collect())
}

/// The calls that are in batches which the server has, and which will be fetched rather than made again.
///
/// # Errors
/// When the folder's record of them cannot be read.
pub(super) fn under_way(journal: &Journal) -> Result<HashSet<u64>> {
    let mut keys = HashSet::new();
    let parcels = Parcel::known(journal.folder())?.into_iter().filter_map(|(_, parcel)| parcel);
    for parcel in parcels.filter(|parcel| parcel.batch.is_some()) {
        for note in parcel.notes()? {
            keys.insert(note?.key()?);
        }
    }
    Ok(keys)
}

/// Makes the calls of `tasks` that are not in the journal, through the Batch API, and harvests what earlier runs sent.
///
/// # Errors
/// When a task cannot be made, a file cannot be written, or an earlier batch was sent to another server.
pub async fn fill(
    journal: &Arc<Journal>,
    tasks: impl Iterator<Item = Result<Task>> + Send,
    office: &Office,
    (bar, interrupt): (Bar, Interrupt),
) -> Result<Filled> {
    let mut clerk = Clerk::new(journal, office, bar, interrupt)?;
    clerk.meet().await?;
    let mut packer = Packer::new(journal, tasks, &clerk.parcels)?;
    let mut pause = PAUSES[0];
    while clerk.filled.stopped.is_none() && !clerk.interrupt.requested() {
        for parcel in packer.pack(office, &mut clerk.filled)? {
            clerk.add(parcel);
        }
        clerk.bar.present(packer.took_present());
        clerk.release(pause).await;
        clerk.send().await?;
        if clerk.parcels.is_empty() || clerk.filled.stopped.is_some() {
            break;
        }
        clerk.wait(pause).await;
        pause = if clerk.look(packer.planned()).await? { PAUSES[0] } else { (pause * 2).min(PAUSES[1]) };
    }
    clerk.filled.present += packer.count_rest();
    clerk.filled.interrupted = clerk.interrupt.requested();
    let outstanding: u64 = clerk.parcels.iter().map(|sent| sent.parcel.lines).sum();
    if clerk.filled.interrupted && outstanding > 0 {
        tracing::warn!("{outstanding} calls are in batches that go on at the server; run again to fetch them");
    }
    packer.explain(&mut clerk.filled);
    Ok(clerk.filled)
}

/// Harvests what earlier runs sent, and calls back what has not been answered, so that it can be asked for one by one
/// without being paid for twice.
///
/// # Errors
/// As [`fill`].
pub async fn withdraw(journal: &Arc<Journal>, office: &Office, (bar, interrupt): (Bar, Interrupt)) -> Result<()> {
    let mut clerk = Clerk::new(journal, office, bar, interrupt)?;
    clerk.final_round = true;
    let mut pause = PAUSES[0];
    clerk.meet().await?;
    while !clerk.parcels.is_empty() && clerk.filled.stopped.is_none() && !clerk.interrupt.requested() {
        if clerk.look(&HashSet::new()).await? {
            continue;
        }
        clerk.wait(pause).await;
        pause = (pause * 2).min(PAUSES[1]);
    }
    match clerk.filled.stopped {
        Some(reason) => Err(Error::Stop { reason }.into()),
        None => Ok(()),
    }
}
