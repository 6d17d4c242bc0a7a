//! One call to be made.

use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::api::parameters::Changes;
use crate::api::wire::chat::ChatRequest;
use crate::api::{Chat, Client, Route};
use crate::decision::forced::Forced;
use crate::money::LONGEST_ANSWER;
use crate::store::{Journal, Slot};

use super::meter::{Meter, Size};
use super::{Shape, adopted_key};

/// A call to be made, unless the journal has its key.
#[derive(Debug, Clone)]
pub struct Task {
    /// Where its answer belongs.
    pub slot: Slot,
    /// See [`key`].
    pub key: u64,
    /// The model's id by which tables know the call; empty where they name none. See [`adopted_key`](super::adopted_key).
    pub adopted_as: Arc<str>,
    /// The question that is asked or judged.
    pub question: Arc<str>,
    /// The model's id.
    pub model_id: Arc<str>,
    /// The seed that is sent.
    pub seed: Option<i64>,
    /// What is sent, and where.
    pub request: Request,
}

/// A request, written as JSON.
#[derive(Debug, Clone)]
pub struct Request {
    /// The client of the model's server.
    pub client: Arc<Client>,
    /// The model at that server.
    pub route: Arc<Route>,
    /// A [`ChatRequest`] in JSON.
    pub body: Bytes,
    /// The most tokens that its answer may have.
    pub largest: Option<u32>,
    /// What the journal keeps of the request beside the task's own fields.
    pub details: Arc<Value>,
    /// Whether a refusal is an answer, as it is of a model under test and is not of a teacher.
    pub keep_refusals: bool,
    /// The choice that the first token's probabilities decide, where the request begins its answer.
    pub forced: Option<Arc<Forced>>,
    /// What it costs, and who pays.
    pub meter: Meter,
}

impl Request {
    /// The request as the client sends it.
    #[must_use]
    pub fn chat(&self) -> Chat {
        Chat {
            route: Arc::clone(&self.route),
            body: self.body.clone(),
            largest: self.largest,
            needs_logprobs: self.forced.is_some(),
        }
    }

    /// What the call can be charged for at the most.
    #[must_use]
    pub fn size(&self) -> Size {
        let limit = self.largest.filter(|_| !self.route.changes().drops_limit());
        Size { bytes: self.body.len() as u64, longest: limit.map_or(LONGEST_ANSWER, u64::from) }
    }
}

/// What is left of a task once it is sent: what its answer is read by.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) slot: Slot,
    pub(super) key: u64,
    pub(super) question: String,
    pub(super) model_id: String,
    pub(super) seed: Option<i64>,
    pub(super) keep_refusals: bool,
    pub(super) forced: Option<Arc<Forced>>,
}

impl Task {
    /// A task that sends `request`; see [`Shape`] for many that are alike.
    ///
    /// # Errors
    /// As [`Shape::new`].
    pub fn new(slot: Slot, question: &Arc<str>, client: &Arc<Client>, request: &ChatRequest) -> Result<Self> {
        let text = request.messages.last().map_or("", |message| message.content.as_str());
        Shape::new(client, request)?.task(slot, (question, text), request.seed)
    }

    /// The same task for a request that begins the answer of `forced` and asks for one token's probabilities.
    #[must_use]
    pub fn forced(self, forced: Arc<Forced>) -> Self {
        Self { request: Request { forced: Some(forced), ..self.request }, ..self }
    }

    /// The same task, paid for by this meter.
    #[must_use]
    pub fn metered(self, meter: &Meter) -> Self {
        Self { request: Request { meter: meter.clone(), ..self.request }, ..self }
    }

    /// What is left of it once it was sent with these changes.
    pub(super) fn asked(self, changes: &Changes) -> Asked {
        Asked {
            slot: self.slot,
            key: self.key,
            question: self.question.to_string(),
            model_id: self.model_id.to_string(),
            seed: self.seed.filter(|_| !changes.drops("seed")),
            keep_refusals: self.request.keep_refusals,
            forced: self.request.forced,
        }
    }

    /// Whether the journal has this call, also if only from a table. Asking makes it a call of the present plan.
    #[must_use]
    pub fn is_done(&self, journal: &Journal) -> bool {
        journal.claim(self.key) || journal.claim(adopted_key(&self.slot, &self.question, &self.adopted_as))
    }
}

/// The identity of a call: model, messages and parameters (all in `body`), and its place. The run is part of the place, so
/// that a question asked ten times is ten calls.
#[must_use]
pub fn key(slot: &Slot, body: &[u8]) -> u64 {
    let mut hasher = Sha256::new();
    for part in [slot.name.as_bytes(), slot.metric.as_bytes(), body] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.update(slot.question_id.to_le_bytes());
    hasher.update(slot.run_id.to_le_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize()[..8]);
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_tells_runs_names_metrics_and_requests_apart() {
        let slot = |name: &str, run_id, metric: &str| Slot {
            name: name.into(),
            question_id: 1,
            run_id,
            metric: metric.into(),
        };
        let keys = [
            key(&slot("a", 1, ""), b"{}"),
            key(&slot("a", 2, ""), b"{}"),
            key(&slot("b", 1, ""), b"{}"),
            key(&slot("", 1, "a"), b"{}"),
            key(&slot("a", 1, ""), b"{ }"),
        ];
        let different: std::collections::HashSet<u64> = keys.into_iter().collect();
        assert_eq!(different.len(), keys.len());
        assert_eq!(keys[0], key(&slot("a", 1, ""), b"{}"));
    }
}
