//! Sending a parcel, and the money that is held for it meanwhile.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;

use super::super::meter::Ticket;
use super::Post;
use super::parcel::Parcel;
use crate::api::Error;
use crate::api::wire::batch::{CreateBatch, ENDPOINT, WINDOW};
use crate::api::wire::file::Purpose;

/// By which a batch is found again.
const TAG: &str = "riskpref_batch";

/// A parcel with the tickets of its calls.
pub(super) struct Sent {
    pub(super) parcel: Parcel,
    pub(super) tickets: HashMap<u64, Ticket>,
    /// Whether it is not to be sent before another batch ends.
    pub(super) waits: bool,
    /// Whether it is of this run, so that the server cannot have it yet.
    pub(super) fresh: bool,
}

/// Why a parcel was not sent.
pub(super) enum Unsent {
    Interrupted,
    Refused(String),
    Broken(anyhow::Error),
}

impl From<Error> for Unsent {
    fn from(error: Error) -> Self {
        match error {
            Error::Interrupted => Self::Interrupted,
            error => Self::Refused(error.to_string()),
        }
    }
}

impl From<anyhow::Error> for Unsent {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl Sent {
    /// A parcel of an earlier run or round: whatever the budget, it may be charged.
    pub(super) fn hold(parcel: Parcel, post: &Post) -> Result<Self> {
        let mut tickets = HashMap::new();
        for note in parcel.notes()? {
            let note = note?;
            tickets.insert(note.key()?, post.meter.hold(note.size()));
        }
        Ok(Self { parcel, tickets, waits: false, fresh: false })
    }

    fn metadata(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(TAG.to_owned(), self.parcel.tag.clone())])
    }

    /// Uploads the requests and creates the batch, unless an earlier run did and died before it knew.
    pub(super) async fn send(&mut self, post: &Post) -> Result<(), Unsent> {
        if !self.fresh && self.find(post).await? {
            return Ok(());
        }
        self.fresh = false;
        let name = format!("riskpref-{}.jsonl", self.parcel.tag);
        let file = post.client.upload(&self.parcel.requests(), &name, Purpose::Batch).await?;
        let request = CreateBatch {
            input_file_id: file.id,
            endpoint: ENDPOINT.to_owned(),
            completion_window: WINDOW.to_owned(),
            metadata: self.metadata(),
        };
        let batch = post.client.create_batch(&request).await?;
        self.known(batch.id)?;
        Ok(())
    }

    /// Looks for the parcel's batch at the server; returns whether there is one.
    pub(super) async fn find(&mut self, post: &Post) -> Result<bool, Error> {
        let found = post.client.find_batch(&self.metadata()).await?;
        match found {
            Some(batch) => {
                self.known(batch.id).map(|()| true).map_err(|error| Error::Stop { reason: format!("{error:#}") })
            }
            None => Ok(false),
        }
    }

    fn known(&mut self, batch: String) -> Result<()> {
        tracing::info!("{batch}: {} lines", self.parcel.lines);
        self.parcel.batch = Some(batch);
        self.parcel.save()
    }
}
