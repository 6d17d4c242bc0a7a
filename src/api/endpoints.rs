//! The endpoints that riskpref uses, one function each.

use std::path::Path;

use bytes::Bytes;
use reqwest::multipart::{Form, Part};

use super::wire::List;
use super::wire::chat::ChatResponse;
use super::wire::file::{File, Purpose};
use super::wire::fine_tuning::{Checkpoint, CreateJob, Event, Job};
use super::wire::model::Model;
use super::{Chat, Client, Error, Reply};

/// Objects a page of a list.
const PAGE: u32 = 100;
/// Objects of a list, beyond which a server is taken for one that never ends it.
const MOST: usize = 1_000_000;

impl Client {
    /// `POST /chat/completions`, until it is answered or given up.
    ///
    /// # Errors
    /// [`Error`], when the request was given up.
    pub async fn chat(&self, chat: &Chat) -> Result<Reply<ChatResponse>, Error> {
        self.persist(async |progress| self.attempt(chat, progress).await).await
    }

    /// `GET /models`, all of them.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn models(&self) -> Result<Vec<Model>, Error> {
        let list: Reply<List<Model>> = self.send(|http, server| Ok(http.get(server.at("/models")))).await?;
        Ok(list.body.data)
    }

    /// `POST /files`, under `name`.
    ///
    /// # Errors
    /// As [`Client::chat`]; also when the file cannot be read.
    pub async fn upload(&self, path: &Path, name: &str, purpose: Purpose) -> Result<File, Error> {
        let bytes = tokio::fs::read(path).await;
        let bytes =
            Bytes::from(bytes.map_err(|error| Error::other(format!("cannot read {}: {error}", path.display())))?);
        let upload = self.send(|http, server| {
            let length = bytes.len() as u64;
            let part = Part::stream_with_length(bytes.clone(), length).file_name(name.to_owned());
            let part = part.mime_str("application/jsonl").map_err(Error::other)?;
            let form = Form::new().text("purpose", purpose.as_str().to_owned()).part("file", part);
            Ok(http.post(server.at("/files")).multipart(form).timeout(self.patience(length)))
        });
        Ok(upload.await?.body)
    }

    /// `GET /files`, all those for one purpose.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn files(&self, purpose: Purpose) -> Result<Vec<File>, Error> {
        self.pages(&format!("/files?purpose={purpose}"), |file: &File| file.id.clone()).await
    }

    /// `POST /fine_tuning/jobs`, once: after an attempt that may or may not have reached the server, the job is looked for
    /// by its metadata before it is sent again.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn create_job(&self, job: &CreateJob) -> Result<Job, Error> {
        self.create(("/fine_tuning/jobs", job), async || self.find_job(&job.metadata).await).await
    }

    /// The newest job that has all of `metadata`.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn find_job(&self, metadata: &std::collections::BTreeMap<String, String>) -> Result<Option<Job>, Error> {
        let jobs = self.jobs().await?;
        Ok(jobs.into_iter().find(|job| metadata.iter().all(|(key, value)| job.metadata.get(key) == Some(value))))
    }

    /// `GET /fine_tuning/jobs`, all of them, newest first.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn jobs(&self) -> Result<Vec<Job>, Error> {
        self.pages("/fine_tuning/jobs?", |job: &Job| job.id.clone()).await
    }

    /// `GET /fine_tuning/jobs/{id}`.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn job(&self, id: &str) -> Result<Job, Error> {
        let reply = self.send(|http, server| Ok(http.get(server.at(&format!("/fine_tuning/jobs/{id}"))))).await?;
        Ok(reply.body)
    }

    /// `GET /fine_tuning/jobs/{id}/events`, all of them, newest first.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn events(&self, id: &str) -> Result<Vec<Event>, Error> {
        self.pages(&format!("/fine_tuning/jobs/{id}/events?"), |event: &Event| event.id.clone()).await
    }

    /// `GET /fine_tuning/jobs/{id}/checkpoints`, all of them, newest first.
    ///
    /// # Errors
    /// As [`Client::chat`].
    pub async fn checkpoints(&self, id: &str) -> Result<Vec<Checkpoint>, Error> {
        self.pages(&format!("/fine_tuning/jobs/{id}/checkpoints?"), |point: &Checkpoint| point.id.clone()).await
    }

    pub(super) async fn pages<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        id: impl Fn(&T) -> String,
    ) -> Result<Vec<T>, Error> {
        let mut all: Vec<T> = Vec::new();
        loop {
            let after = all.last().map_or(String::new(), |last| format!("&after={}", id(last)));
            let page: Reply<List<T>> =
                self.send(|http, server| Ok(http.get(server.at(&format!("{path}&limit={PAGE}{after}"))))).await?;
            // A server that ignores `after` sends the same page for ever.
            let repeats = all.last().map(&id).is_some() && all.last().map(&id) == page.body.data.last().map(&id);
            let more = page.body.has_more && !page.body.data.is_empty() && !repeats;
            all.extend(page.body.data);
            if !more {
                return Ok(all);
            }
            if all.len() > MOST {
                return Err(Error::other(format!("{} has a list of more than {MOST} objects", self.base_url())));
            }
        }
    }
}
