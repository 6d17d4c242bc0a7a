//! Giving parcels up, looking after them, and fetching what came of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};

use super::super::Filled;
use super::Office;
use super::harvest::{Harvest, Reaped, Unreaped};
use super::parcel::Parcel;
use super::post::{Sent, Unsent};
use crate::api::Error;
use crate::api::wire::batch::{Batch, BatchStatus};
use crate::interrupt::Interrupt;
use crate::store::Journal;
use crate::terminal::Bar;

/// What a server says that has too much queued already.
const QUEUE_FULL: &str = "token_limit_exceeded";

/// Whether a batch was not begun since the server has too much queued already.
fn is_crowded_out(batch: &Batch) -> bool {
    let faults = batch.errors.as_ref().map_or(&[][..], |errors| &errors.data[..]);
    batch.status == BatchStatus::Failed && faults.iter().any(|fault| fault.code == QUEUE_FULL)
}

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
            parcels.push(Sent::new(parcel, HashMap::new()));
        }
        Ok(Self { journal, office, parcels, filled: Filled::default(), final_round: false, bar, interrupt })
    }

    /// Finds out which parcels of earlier runs the server has. The others are forgotten, since nothing was sent that could be
    /// charged: what the plan has of them is packed again, as far as the budget goes.
    pub(super) async fn meet(&mut self) -> Result<()> {
        let mut place = 0;
        while place < self.parcels.len() {
            let sent = &mut self.parcels[place];
            let post = self.office.post(&sent.parcel.model)?;
            let there = match sent.parcel.batch {
                Some(_) => Ok(true),
                None => sent.find(post).await,
            };
            match there {
                Ok(true) => {
                    sent.hold(post)?;
                    place += 1;
                }
                Ok(false) => self.parcels.remove(place).parcel.remove()?,
                Err(error) => {
                    self.stop(&error);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Ends the run for an error of the server's, unless Ctrl-C is what it was.
    fn stop(&mut self, error: &Error) {
        if !matches!(error, Error::Interrupted) {
            self.filled.stopped.get_or_insert(error.to_string());
        }
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

    pub(super) async fn wait(&self, pause: Duration) {
        tokio::select! {
            () = self.interrupt.first() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    /// Where every parcel waits for room in the server's queue, which is full without ours, lets the first be sent after a pause.
    pub(super) async fn release(&mut self, pause: Duration) {
        if !self.parcels.is_empty() && self.parcels.iter().all(|sent| sent.waits) {
            self.wait(pause).await;
            self.parcels[0].waits = false;
        }
    }

    /// Looks at every batch and harvests those that ended; returns whether any was begun before. `planned` are the calls that
    /// count. In a final round, batches that have not ended are cancelled.
    pub(super) async fn look(&mut self, planned: &HashSet<u64>) -> Result<bool> {
        let mut any = false;
        let mut place = 0;
        while place < self.parcels.len() && !self.interrupt.requested() {
            let sent = &mut self.parcels[place];
            let Some(id) = sent.parcel.batch.clone() else {
                place += 1;
                continue;
            };
            let client = &self.office.post(&sent.parcel.model)?.client;
            let batch = match client.batch(&id).await {
                Ok(batch) => batch,
                Err(error) => {
                    let error = sent.blamed(error);
                    self.stop(&error);
                    return Ok(any);
                }
            };
            let counts = batch.request_counts.unwrap_or_default();
            self.bar.message(format!("{id}: {}, {} of {} lines", batch.status, counts.completed, counts.total));
            if !batch.status.is_final() {
                // Once more at each look, until the server has taken it.
                if self.final_round
                    && batch.status != BatchStatus::Cancelling
                    && let Err(error) = sent.cancel(client).await
                {
                    self.stop(&error);
                    return Ok(any);
                }
                place += 1;
                continue;
            }
            let sent = self.parcels.swap_remove(place);
            any |= !is_crowded_out(&batch);
            self.harvest(sent, &batch, planned).await?;
        }
        Ok(any)
    }

    /// Puts the results of a batch that ended into the journal, and packs again what is open.
    async fn harvest(&mut self, mut sent: Sent, batch: &Batch, planned: &HashSet<u64>) -> Result<()> {
        let post = self.office.post(&sent.parcel.model)?;
        let harvest = Harvest { journal: self.journal, client: &post.client, batch };
        let mut reaped = match harvest.reap(&mut sent, planned).await {
            Ok(reaped) => reaped,
            Err(Unreaped::Server(error)) => {
                self.stop(&sent.blamed(error));
                if self.interrupt.requested() {
                    self.parcels.push(sent);
                }
                return Ok(());
            }
            Err(Unreaped::Broken(error)) => return Err(error),
        };
        if !is_crowded_out(batch) {
            self.parcels.iter_mut().for_each(|other| other.waits = false);
        }
        self.filled.answered += reaped.answered;
        self.filled.changed(&sent.parcel.model, &post.client.route(&sent.parcel.model).changes());
        self.bar.done(reaped.answered);
        for (reason, slot) in reaped.failures.drain(..) {
            self.bar.failed(1);
            self.filled.fail(reason, slot);
        }
        if let Some(reason) = reaped.stopped.take() {
            self.filled.stopped.get_or_insert(reason);
        }
        // A process that died between packing them again and forgetting this parcel left them in both.
        reaped.open.retain(|key| !self.parcels.iter().any(|other| other.tickets.contains_key(key)));
        let again = !reaped.open.is_empty() && !self.final_round && self.filled.stopped.is_none();
        if again && is_crowded_out(batch) && sent.is_whole(&reaped.open) {
            self.parcels.push(sent.back_in_line()?);
            return Ok(());
        }
        let next = if again { self.again(&mut sent, &reaped, batch)? } else { None };
        // Only now: a process that dies before this harvests once more, and finds the calls in the journal.
        sent.parcel.remove()?;
        self.parcels.extend(next);
        Ok(())
    }

    /// The parcel of the lines that a batch left open, where they are to be sent again.
    fn again(&mut self, sent: &mut Sent, reaped: &Reaped, batch: &Batch) -> Result<Option<Sent>> {
        let (open, waits) = (&reaped.open, is_crowded_out(batch));
        // Neither a batch that found no room in the queue was a try, nor one that taught how the requests have to be.
        let tried = !waits && !reaped.adapted;
        match batch.status {
            BatchStatus::Cancelled => {
                self.filled.stopped = Some(format!("{} was cancelled with {} lines open", batch.id, open.len()));
            }
            BatchStatus::Failed if !waits => {
                let fault = batch.errors.as_ref().and_then(|errors| errors.data.first());
                let words = fault.map_or("no reason given", |fault| fault.message.as_str());
                self.filled.stopped = Some(format!("{} was refused: {words}", batch.id));
            }
            _ if tried && sent.parcel.round >= self.office.rounds => {
                for slot in sent.parcel.slots(open)? {
                    let reason = format!("no answer in {} batches", sent.parcel.round);
                    self.filled.fail(reason, slot);
                    self.bar.failed(1);
                }
            }
            _ => {
                let round = sent.parcel.round + u32::from(tried);
                let mut next = self.packed_again(sent, (round, open))?;
                next.iter_mut().for_each(|next| next.waits = waits);
                return Ok(next);
            }
        }
        Ok(None)
    }

    /// A parcel of open lines, as far as the budget goes: as they are sent now they may cost more than before, and an answer
    /// that was lost is paid for already.
    fn packed_again(&mut self, sent: &mut Sent, (round, open): (u32, &HashSet<u64>)) -> Result<Option<Sent>> {
        let post = self.office.post(&sent.parcel.model)?;
        let changes = post.client.route(&sent.parcel.model).changes();
        sent.tickets.clear();
        let mut tickets = HashMap::new();
        let mut refused = None;
        let parcel = sent.parcel.again(self.journal.folder(), (round, &changes), |key, size| {
            let ticket = if open.contains(&key) { post.meter.try_admit(size) } else { return false };
            match ticket {
                Some(ticket) => drop(tickets.insert(key, ticket)),
                None => refused = Some(size),
            }
            tickets.contains_key(&key)
        })?;
        if let Some(reason) = refused.and_then(|size| post.meter.refusal(size)) {
            self.filled.over_budget.get_or_insert(reason);
        }
        Ok(parcel.map(|parcel| Sent::new(parcel, tickets)))
    }
}
