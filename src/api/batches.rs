//! The endpoints of batches.

use std::io::Write;

use super::exchange::broken;
use super::retry::{Outcome, Progress};
use super::wire::batch::{Batch, CreateBatch};
use super::{Client, Error, Server, Undone};

impl Client {
    /// `POST /batches`, once: after an attempt that may or may not have reached the server, the batch is looked for by its
    /// metadata before it is sent again.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn create_batch(&self, batch: &CreateBatch) -> Result<Batch, Error> {
        self.create(("/batches", batch), async || self.find_batch(&batch.metadata).await).await
    }

    /// The newest batch that has all of `metadata`.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn find_batch(
        &self,
        metadata: &std::collections::BTreeMap<String, String>,
    ) -> Result<Option<Batch>, Error> {
        let batches: Vec<Batch> = self.pages("/batches?", |batch: &Batch| batch.id.clone()).await?;
        Ok(batches.into_iter().find(|batch| metadata.iter().all(|(key, value)| batch.metadata.get(key) == Some(value))))
    }

    /// `GET /batches/{id}`.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn batch(&self, id: &str) -> Result<Batch, Error> {
        Ok(self.send(|http, server| Ok(http.get(server.at(&format!("/batches/{id}"))))).await?.body)
    }

    /// `POST /batches/{id}/cancel`; none when the batch has ended already.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn cancel_batch(&self, id: &str) -> Result<Option<Batch>, Error> {
        let path = format!("/batches/{id}/cancel");
        let post = |http: &reqwest::Client, server: &Server| Ok(http.post(server.at(&path)));
        match self.once(Progress::START, post).await {
            Ok(batch) => Ok(Some(batch.body)),
            // Whatever it was, what the batch is says more; only a refusal of the key or the like does not pass.
            Err(Undone::Over(Error::Failed { .. } | Error::Missing { .. }, _) | Undone::Again(..)) => Ok(None),
            Err(Undone::Over(error, _)) => Err(error),
        }
    }

    /// `GET /files/{id}/content`, written to `target`, which is emptied by `restart` before every attempt.
    ///
    /// # Errors
    /// As [`Client::chat`]; also when the target cannot be written to.
    pub async fn download<W: Write>(&self, id: &str, restart: impl Fn() -> std::io::Result<W>) -> Result<W, Error> {
        let path = format!("/files/{id}/content");
        self.persist(async |progress| {
            let read = async |response| {
                let mut target = restart().map_err(|error| unwritten(&error))?;
                Ok(copied(response, &mut target).await?.map(|()| target))
            };
            self.once_open(progress, (&path, read)).await
        })
        .await
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
