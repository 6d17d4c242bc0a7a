//! Giving parcels up, looking after them, and fetching what came of them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};

use super::super::Filled;
use super::Office;
use super::harvest::{Harvest, Unreaped};
use super::parcel::Parcel;
use super::post::{Sent, Unsent};
use crate::api::Error;
use crate::api::wire::batch::{Batch, BatchStatus};
use crate::interrupt::Interrupt;
use crate::store::Journal;
use crate::terminal::Bar;

/// What a server says that has too much queued already.
const QUEUE_FULL: &str = "token_limit_exceeded";

/// Where parcels are given up and fetched.
pub(super) struct Clerk<'a> {
    journal: &'a Arc<Journal>,
    office: &'a Office,
    pub(super) parcels: Vec<Sent>,
    pub(super) filled: Filled,
    /// Whether what is left open is not sent again.
    pub(super) final_round: bool,
    pub(super) bar: Bar,
    pub(super) interrupt: Interrupt,
}

impl<'a> Clerk<'a> {
    pub(super) fn new(journal: &'a Arc<Journal>, office: &'a Office, bar: Bar, interrupt: Interrupt) -> Result<Self> {
        let mut parcels = Vec::new();
        for parcel in Parcel::all(journal.folder())? {
            let post = office.post(&parcel.model)?;
            if parcel.place != post.place {
                bail!(
                    "{} calls of {} are in a batch at {}, not at {}; go on with it there (see --base-url)",
                    parcel.lines,
                    parcel.model,
                    parcel.place,
                    post.place
                );
            }
            parcels.push(Sent::hold(parcel, post)?);
        }
        Ok(Self { journal, office, parcels, filled: Filled::default(), final_round: false, bar, interrupt })
    }

    pub(super) fn add(&mut self, sent: Sent) {
        self.parcels.push(sent);
    }

    /// Sends the parcels that were not sent yet.
    pub(super) async fn send(&mut self) -> Result<()> {
        for sent in self.parcels.iter_mut().filter(|sent| sent.parcel.batch.is_none() && !sent.waits) {
            match sent.send(self.office.post(&sent.parcel.model)?).await {
                Ok(()) => {}
                Err(Unsent::Interrupted) => return Ok(()),
                Err(Unsent::Refused(reason)) => {
                    self.filled.stopped = Some(reason);
                    return Ok(());
                }
                Err(Unsent::Broken(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Cancels what is still being answered, and forgets what was never sent.
    pub(super) async fn recall(&mut self) -> Result<()> {
        let mut kept = Vec::new();
        for mut sent in std::mem::take(&mut self.parcels) {
            let post = self.office.post(&sent.parcel.model)?;
            if sent.parcel.batch.is_none() && !sent.find(post).await? {
                sent.parcel.remove()?;
                continue;
            }
            let id = sent.parcel.batch.clone().unwrap_or_default();
            if !post.client.batch(&id).await?.status.is_final() {
                let lines = sent.parcel.lines;
                tracing::warn!(
                    "{id} with {lines} calls is cancelled; what it has not answered is asked for one by one"
                );
                post.client.cancel_batch(&id).await?;
            }
            kept.push(sent);
        }
        self.parcels = kept;
        Ok(())
    }

    pub(super) async fn wait(&self, pause: Duration) {
        tokio::select! {
            () = self.interrupt.first() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    /// Looks at every batch and harvests those that ended; returns whether any did. `planned` are the calls that count.
    pub(super) async fn look(&mut self, planned: &HashSet<u64>) -> Result<bool> {
        let mut any = false;
        let mut place = 0;
        while place < self.parcels.len() && !self.interrupt.requested() {
            let sent = &self.parcels[place];
            let Some(id) = sent.parcel.batch.clone() else {
                place += 1;
                continue;
            };
            let post = self.office.post(&sent.parcel.model)?;
            let batch = match post.client.batch(&id).await {
                Ok(batch) => batch,
                Err(Error::Interrupted) => return Ok(any),
                Err(error) => {
                    self.filled.stopped = Some(error.to_string());
                    return Ok(any);
                }
            };
            let counts = batch.request_counts.unwrap_or_default();
            self.bar.message(format!("{id}: {}, {} of {} lines", batch.status, counts.completed, counts.total));
            if !batch.status.is_final() {
                place += 1;
                continue;
            }
            let sent = self.parcels.swap_remove(place);
            self.harvest(sent, &batch, planned).await?;
            any = true;
        }
        Ok(any)
    }

    /// Puts the results of a batch that ended into the journal, and packs again what is open.
    async fn harvest(&mut self, mut sent: Sent, batch: &Batch, planned: &HashSet<u64>) -> Result<()> {
        let post = self.office.post(&sent.parcel.model)?;
        let harvest = Harvest { journal: self.journal, client: &post.client, batch };
        let reaped = match harvest.reap(&mut sent, planned).await {
            Ok(reaped) => reaped,
            Err(Unreaped::Server(Error::Interrupted)) => {
                self.parcels.push(sent);
                return Ok(());
            }
            Err(Unreaped::Server(error)) => {
                self.filled.stopped = Some(error.to_string());
                return Ok(());
            }
            Err(Unreaped::Broken(error)) => return Err(error),
        };
        self.parcels.iter_mut().for_each(|other| other.waits = false);
        self.filled.answered += reaped.answered;
        self.filled.changed(&sent.parcel.model, &post.client.route(&sent.parcel.model).changes());
        self.bar.done(reaped.answered);
        for (reason, slot) in reaped.failures {
            self.bar.failed(1);
            self.filled.fail(reason, slot);
        }
        if let Some(reason) = reaped.stopped {
            self.filled.stopped.get_or_insert(reason);
        }
        let again = !reaped.open.is_empty() && !self.final_round && self.filled.stopped.is_none();
        let next = if again { self.again(&sent, &reaped.open, batch)? } else { None };
        // Only now: a process that dies before this harvests once more, and finds the calls in the journal.
        sent.parcel.remove()?;
        self.parcels.extend(next);
        Ok(())
    }

    /// The parcel of the lines that a batch left open, where they are to be sent again.
    fn again(&mut self, sent: &Sent, open: &HashSet<u64>, batch: &Batch) -> Result<Option<Sent>> {
        let faults = batch.errors.as_ref().map_or(&[][..], |errors| &errors.data[..]);
        let queue_full = faults.iter().any(|fault| fault.code == QUEUE_FULL);
        let others = self.parcels.iter().any(|other| other.parcel.batch.is_some());
        let words = || faults.first().map_or("no reason given", |fault| fault.message.as_str()).to_owned();
        match batch.status {
            BatchStatus::Cancelled => {
                self.filled.stopped = Some(format!("{} was cancelled with {} lines open", batch.id, open.len()));
            }
            BatchStatus::Failed if !queue_full || !others => {
                self.filled.stopped = Some(format!("{} was refused: {}", batch.id, words()));
            }
            _ if sent.parcel.round >= self.office.rounds => {
                for slot in sent.parcel.slots(open)? {
                    let reason = format!("no answer in {} batches", sent.parcel.round);
                    self.filled.fail(reason, slot);
                    self.bar.failed(1);
                }
            }
            _ => {
                // A batch that found no room in the queue was no try.
                let round = sent.parcel.round + u32::from(!queue_full);
                let post = self.office.post(&sent.parcel.model)?;
                let changes = post.client.route(&sent.parcel.model).changes();
                let parcel = sent.parcel.again(self.journal.folder(), (round, open), &changes)?;
                let next = Sent::hold(parcel, post)?;
                return Ok(Some(Sent { waits: queue_full, fresh: true, ..next }));
            }
        }
        Ok(None)
    }
}
