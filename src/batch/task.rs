//! One call to be made.

use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::api::Client;
use crate::api::wire::chat::ChatRequest;
use crate::decision::forced::Forced;
use crate::store::Slot;

use super::adopted_key;
use super::meter::{Meter, Size};

/// The longest answer that any model gives, for requests that do not limit it.
const UNLIMITED: u32 = 131_072;

/// A call to be made, unless the journal has its key.
#[derive(Debug, Clone)]
pub struct Task {
    /// Where its answer belongs.
    pub slot: Slot,
    /// See [`key`].
    pub key: u64,
    /// See [`adopted_key`](super::adopted_key).
    pub adopted_key: u64,
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
    /// A [`ChatRequest`] in JSON.
    pub body: Bytes,
    /// What the journal keeps of the request beside the task's own fields.
    pub details: Value,
    /// Whether a refusal is an answer, as it is of a model under test and is not of a teacher.
    pub keep_refusals: bool,
    /// The choice that the first token's probabilities decide, where the request begins its answer.
    pub forced: Option<Arc<Forced>>,
    /// The most tokens of the answer.
    pub longest: u32,
    /// What it costs, and who pays.
    pub meter: Meter,
}

impl Request {
    /// What the call can be charged for at the most.
    #[must_use]
    pub fn size(&self) -> Size {
        Size { bytes: self.body.len() as u64, longest: self.longest.into() }
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

impl From<Task> for Asked {
    fn from(task: Task) -> Self {
        Self {
            slot: task.slot,
            key: task.key,
            question: task.question.to_string(),
            model_id: task.model_id.to_string(),
            seed: task.seed,
            keep_refusals: task.request.keep_refusals,
            forced: task.request.forced,
        }
    }
}

impl Task {
    /// A task that sends `request`.
    ///
    /// # Errors
    /// When the request has a number that JSON cannot write.
    pub fn new(slot: Slot, question: &Arc<str>, client: &Arc<Client>, request: &ChatRequest) -> Result<Self> {
        let body = serde_json::to_vec(request)?;
        let details = serde_json::json!({ "parameters": {
            "temperature": request.temperature,
            "max_completion_tokens": request.max_completion_tokens,
        }});
        Ok(Self {
            key: key(&slot, &body),
            adopted_key: adopted_key(&slot, question, &request.model),
            slot,
            question: Arc::clone(question),
            model_id: request.model.as_str().into(),
            seed: request.seed,
            request: Request {
                client: Arc::clone(client),
                body: body.into(),
                details,
                keep_refusals: true,
                forced: None,
                longest: request.token_limit().unwrap_or(UNLIMITED),
                meter: Meter::default(),
            },
        })
    }

    /// The same task, paid for by this meter.
    #[must_use]
    pub fn metered(self, meter: &Meter) -> Self {
        Self { request: Request { meter: meter.clone(), ..self.request }, ..self }
    }

    /// The same task for a request that begins the answer of `forced` and asks for one token's probabilities.
    #[must_use]
    pub fn forced(self, forced: Arc<Forced>) -> Self {
        Self { request: Request { forced: Some(forced), ..self.request }, ..self }
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
