//! Sending a parcel, and the money that is held for it meanwhile.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;

use super::super::meter::Ticket;
use super::Post;
use super::parcel::Parcel;
use crate::api::wire::batch::{CreateBatch, ENDPOINT, WINDOW};
use crate::api::wire::file::Purpose;
use crate::api::{Client, Error};

/// By which a batch is found again.
const TAG: &str = "riskpref_batch";

/// A parcel with the tickets of its calls.
pub(super) struct Sent {
    pub(super) parcel: Parcel,
    pub(super) tickets: HashMap<u64, Ticket>,
    /// Whether it is not to be sent before there is room in the server's queue.
    pub(super) waits: bool,
    /// The server's id of its requests, where this run sent them.
    file: Option<String>,
    /// Whether it was said that it is cancelled.
    cancelled: bool,
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
    /// A parcel for whose calls money is held.
    pub(super) fn new(parcel: Parcel, tickets: HashMap<u64, Ticket>) -> Self {
        Self { parcel, tickets, waits: false, file: None, cancelled: false }
    }

    /// Holds the money of a parcel that the server has: whatever the budget, it may be charged.
    pub(super) fn hold(&mut self, post: &Post) -> Result<()> {
        for note in self.parcel.notes()? {
            let note = note?;
            self.tickets.insert(note.key()?, post.meter.hold(note.size()));
        }
        Ok(())
    }

    fn metadata(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(TAG.to_owned(), self.parcel.tag.clone())])
    }

    /// Uploads the requests and creates the batch.
    pub(super) async fn send(&mut self, post: &Post) -> Result<(), Unsent> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let name = format!("riskpref-{}.jsonl", self.parcel.tag);
                post.client.upload(&self.parcel.requests(), &name, Purpose::Batch).await?.id
            }
        };
        self.file = Some(file.clone());
        let request = CreateBatch {
            input_file_id: file,
            endpoint: ENDPOINT.to_owned(),
            completion_window: WINDOW.to_owned(),
            metadata: self.metadata(),
        };
        let batch = post.client.create_batch(&request).await?;
        self.known(batch.id)?;
        Ok(())
    }

    /// Looks for the batch of a parcel at the server, where an earlier run died before it knew of it; returns whether there is
    /// one.
    pub(super) async fn find(&mut self, post: &Post) -> Result<bool, Error> {
        let found = post.client.find_batch(&self.metadata()).await?;
        match found {
            Some(batch) => {
                self.known(batch.id).map(|()| true).map_err(|error| Error::Stop { reason: format!("{error:#}") })
            }
            None => Ok(false),
        }
    }

    /// Whether this run sent it, with the budget's consent, and none of its lines has a result.
    pub(super) fn is_whole(&self, open: &HashSet<u64>) -> bool {
        self.file.is_some() && open.len() as u64 == self.parcel.lines
    }

    /// The same parcel, to be sent again as it is when there is room in the server's queue.
    pub(super) fn back_in_line(mut self) -> Result<Self> {
        let id = self.parcel.batch.take().unwrap_or_default();
        self.parcel.save()?;
        tracing::info!("{id}: there is no room for {} lines in the server's queue yet", self.parcel.lines);
        Ok(Self { waits: true, ..self })
    }

    /// Asks the server to cancel the parcel's batch; one that has ended meanwhile stays as it is.
    pub(super) async fn cancel(&mut self, client: &Client) -> Result<(), Error> {
        let id = self.parcel.batch.as_deref().unwrap_or_default();
        if !std::mem::replace(&mut self.cancelled, true) {
            tracing::warn!(
                "{id} with {} calls is cancelled; what it has not answered is asked for one by one",
                self.parcel.lines
            );
        }
        client.cancel_batch(id).await.map(drop)
    }

    /// An error that came of looking for the parcel's batch or its results, with what to do if the server no longer has them.
    pub(super) fn blamed(&self, error: Error) -> Error {
        match error {
            Error::Missing { reason } => Error::Missing {
                reason: format!(
                    "{reason}; if the server no longer has the batch or its results, delete {}, and its {} calls are made again \
                     (and paid for again, where they were answered)",
                    self.parcel.record().display(),
                    self.parcel.lines
                ),
            },
            other => other,
        }
    }

    fn known(&mut self, batch: String) -> Result<()> {
        tracing::info!("{batch}: {} lines", self.parcel.lines);
        self.parcel.batch = Some(batch);
        self.parcel.save()
    }
}
