//! What is kept of a line of a batch, so that its answer can be read by any later run.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::Size;
use super::super::task::{Asked, Task};
use crate::api::parameters::parameters;
use crate::decision::forced::Forced;
use crate::money::LONGEST_ANSWER;
use crate::store::Slot;

/// What a line's answer is read by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    #[serde(flatten)]
    pub(super) slot: Slot,
    pub(super) id: String,
    question: String,
    pub(super) model_id: String,
    #[serde(default)]
    seed: Option<i64>,
    keep_refusals: bool,
    forced: bool,
    longest: u64,
    pub(super) bytes: u64,
    #[serde(default)]
    pub(super) details: Value,
}

impl Note {
    pub(super) fn of(task: &Task) -> Self {
        let size = task.request.size();
        Self {
            slot: task.slot.clone(),
            id: id(task.key),
            question: task.question.to_string(),
            model_id: task.model_id.to_string(),
            seed: task.seed,
            keep_refusals: task.request.keep_refusals,
            forced: task.request.forced.is_some(),
            longest: size.longest,
            bytes: size.bytes,
            details: (*task.request.details).clone(),
        }
    }

    /// The request was changed to these fields.
    pub(super) fn sent_as(&mut self, fields: &Map<String, Value>) {
        self.details["parameters"] = parameters(fields);
        self.seed = self.seed.filter(|_| fields.contains_key("seed"));
        if !fields.contains_key("max_completion_tokens") && !fields.contains_key("max_tokens") {
            self.longest = LONGEST_ANSWER;
        }
    }

    /// Whether an answer without log probabilities would be of no use.
    pub(super) fn needs_logprobs(&self) -> bool {
        self.forced
    }

    pub(super) fn key(&self) -> Result<u64> {
        read_id(&self.id).with_context(|| format!("{:?} is not the id of a call", self.id))
    }

    pub(super) fn size(&self) -> Size {
        Size { bytes: self.bytes, longest: self.longest }
    }

    pub(super) fn asked(&self) -> Result<Asked> {
        Ok(Asked {
            slot: self.slot.clone(),
            key: self.key()?,
            forced: self.forced.then(|| Forced::of(&self.question)).flatten().map(Arc::new),
            question: self.question.clone(),
            model_id: self.model_id.clone(),
            seed: self.seed,
            keep_refusals: self.keep_refusals,
        })
    }
}

/// The id of a call's line.
pub(super) fn id(key: u64) -> String {
    format!("{key:016x}")
}

/// The key of a line's id.
pub(super) fn read_id(id: &str) -> Option<u64> {
    u64::from_str_radix(id, 16).ok().filter(|_| id.len() == 16)
}
