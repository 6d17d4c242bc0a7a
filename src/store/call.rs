//! A completed call, as the journal holds it.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The place of a call in its folder's tables: what a CSV row is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// The preference's or model's name.
    pub name: String,
    /// The question's number.
    pub question_id: u64,
    /// 1-based run; 1 where there are no runs.
    pub run_id: u32,
    /// The metric of a judge's call; empty elsewhere.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub metric: String,
}

/// One completed call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Where it belongs.
    #[serde(flatten)]
    pub slot: Slot,
    /// Hash of model, messages, parameters and run, in hexadecimal: a call is done when its key is in the journal.
    #[serde(with = "hexadecimal")]
    pub key: u64,
    /// The question, as asked or as judged.
    pub question: String,
    /// What came back.
    pub reply: String,
    /// The model's id on its server.
    pub model_id: String,
    /// The seed that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Why the model stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// The rest of what is known: parameters sent, usage, request id, attempts, latency.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub details: Value,
}

pub(super) mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::store) fn serialize<S: Serializer>(key: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{key:016x}"))
    }

    pub(in crate::store) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

/// The line that stands for `call` in the journal.
///
/// # Errors
/// Never for calls with finite numbers.
pub fn line(call: &Call) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(call)?;
    line.push(b'\n');
    Ok(line)
}
