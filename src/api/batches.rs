//! The endpoints of batches.

use std::io::Write;

use super::client::broken;
use super::retry::{Decision, Outcome, Progress};
use super::wire::batch::{Batch, CreateBatch};
use super::{Client, Error};

impl Client {
    /// `POST /batches`, once: after an attempt that may or may not have reached the server, the batch is looked for by its
    /// metadata before it is sent again.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn create_batch(&self, batch: &CreateBatch) -> Result<Batch, Error> {
        let mut progress = Progress::START;
        loop {
            let build = |http: &reqwest::Client, url: &str| http.post(format!("{url}/batches")).json(batch);
            let outcome = match self.once_through_gate(build).await? {
                Ok(created) => return Ok(created),
                Err(outcome) => outcome,
            };
            progress = self.after(progress, &outcome).await?;
            if let Some(found) = self.find_batch(&batch.metadata).await? {
                return Ok(found);
            }
        }
    }

    /// The newest batch that has all of `metadata`.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn find_batch(
        &self,
        metadata: &std::collections::BTreeMap<String, String>,
    ) -> Result<Option<Batch>, Error> {
        let batches: Vec<Batch> = self.pages(|url| format!("{url}/batches?"), |batch: &Batch| batch.id.clone()).await?;
        Ok(batches.into_iter().find(|batch| metadata.iter().all(|(key, value)| batch.metadata.get(key) == Some(value))))
    }

    /// `GET /batches/{id}`.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn batch(&self, id: &str) -> Result<Batch, Error> {
        Ok(self.send(|http, url| Ok(http.get(format!("{url}/batches/{id}")))).await?.body)
    }

    /// `POST /batches/{id}/cancel`; none when the batch has ended already.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn cancel_batch(&self, id: &str) -> Result<Option<Batch>, Error> {
        let build = |http: &reqwest::Client, url: &str| http.post(format!("{url}/batches/{id}/cancel"));
        match self.once_through_gate(build).await? {
            Ok(batch) => Ok(Some(batch)),
            // Whatever it was, what the batch is says more; only a refusal of the key or the like does not pass.
            Err(outcome) => match self.decide(Progress::START, &outcome) {
                Decision::Stop => Err(Error::Stop { reason: self.describe(&outcome) }),
                _ => Ok(None),
            },
        }
    }

    /// `GET /files/{id}/content`, written to `target`, which is emptied by `restart` before every attempt.
    ///
    /// # Errors
    /// As [`Client::chat`]; also when the target cannot be written to.
    pub async fn download<W: Write>(&self, id: &str, restart: impl Fn() -> std::io::Result<W>) -> Result<W, Error> {
        let mut progress = Progress::START;
        loop {
            let permit = self.gate().enter().await?;
            let mut target = restart().map_err(|error| unwritten(&error))?;
            let outcome = match self.once_open(self.get(&format!("/files/{id}/content"))).await {
                Ok(response) => match copied(response, &mut target).await? {
                    Ok(()) => return Ok(target),
                    Err(outcome) => outcome,
                },
                Err(outcome) => outcome,
            };
            drop(permit);
            progress = self.after(progress, &outcome).await?;
        }
    }

    /// Waits for the time to send again, or gives up.
    async fn after(&self, progress: Progress, outcome: &Outcome) -> Result<Progress, Error> {
        match self.decide(progress, outcome) {
            Decision::Retry(wait) => {
                self.gate().pause(wait).await?;
                Ok(progress.retried())
            }
            Decision::Wait(_) => Ok(progress.waited()),
            Decision::Fail => Err(Error::Failed { reason: self.describe(outcome), attempts: progress.attempt }),
            Decision::Stop => Err(Error::Stop { reason: self.describe(outcome) }),
        }
    }
}

async fn copied(mut response: reqwest::Response, target: &mut impl Write) -> Result<Result<(), Outcome>, Error> {
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => target.write_all(&chunk).map_err(|error| unwritten(&error))?,
            Ok(None) => return target.flush().map(Ok).map_err(|error| unwritten(&error)),
            Err(error) => return Ok(Err(broken(&error))),
        }
    }
}

fn unwritten(error: &std::io::Error) -> Error {
    Error::Stop { reason: format!("cannot write what the server sends: {error}") }
}
