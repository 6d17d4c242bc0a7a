//! Batches: `/batches`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use super::batch_line::{InputLine, LineError, LineResponse, OutputLine};
use super::lenient;
use super::word::open_words;

/// The most lines of a batch's file.
pub const MAXIMUM_LINES: usize = 50_000;
/// The most bytes of a batch's file.
pub const MAXIMUM_BYTES: u64 = 200_000_000;
/// What the lines of riskpref's batches ask for.
pub const ENDPOINT: &str = "/v1/chat/completions";
/// The only time frame there is.
pub const WINDOW: &str = "24h";
/// The code of lines for which there was no time.
pub const EXPIRED: &str = "batch_expired";
/// The code of lines that were not begun before the batch was cancelled.
pub const CANCELLED: &str = "batch_cancelled";

open_words! {
    /// Where a batch is.
    BatchStatus {
        /// Its file is being checked.
        Validating = "validating",
        /// Its file was refused.
        Failed = "failed",
        /// Its lines are being answered.
        InProgress = "in_progress",
        /// Its results are being written.
        Finalizing = "finalizing",
        /// All lines were answered or failed.
        Completed = "completed",
        /// There was no time for some lines.
        Expired = "expired",
        /// It ends on request.
        Cancelling = "cancelling",
        /// It ended on request.
        Cancelled = "cancelled",
    }
}

impl BatchStatus {
    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Failed | Self::Completed | Self::Expired | Self::Cancelled)
    }
}

impl Default for BatchStatus {
    /// A server that does not say: `Other("")`.
    fn default() -> Self {
        Self::Other(String::new())
    }
}

/// The request of `POST /batches`. What is absent reads as empty, and the server answers it with an error that names it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateBatch {
    /// The uploaded file of requests.
    pub input_file_id: String,
    /// What all of them ask for.
    pub endpoint: String,
    /// [`WINDOW`].
    pub completion_window: String,
    /// Up to 16 pairs of the caller's own.
    #[serde(deserialize_with = "lenient::or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// A batch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Batch {
    /// Id, "batch_...".
    pub id: String,
    /// Always "batch".
    pub object: String,
    /// What all its requests ask for.
    pub endpoint: String,
    /// The model of all its requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why the file was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<BatchErrors>,
    /// The uploaded file of requests.
    pub input_file_id: String,
    /// The time frame.
    pub completion_window: String,
    /// Where it is.
    #[serde(deserialize_with = "lenient::or_default")]
    pub status: BatchStatus,
    /// The file of answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_file_id: Option<String>,
    /// The file of the lines that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_file_id: Option<String>,
    /// Unix time in seconds.
    #[serde(deserialize_with = "lenient::seconds")]
    pub created_at: i64,
    /// When it reached each later status, and when its time is up; Unix time in seconds.
    #[serde(flatten)]
    pub times: Times,
    /// How many lines there are, were answered, and failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_counts: Option<Counts>,
    /// Tokens used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<BatchUsage>,
    /// The caller's own pairs.
    #[serde(deserialize_with = "lenient::or_default")]
    pub metadata: BTreeMap<String, String>,
}

/// When a batch reached each status; Unix times in seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Times {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_progress_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finalizing_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelling_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<i64>,
}

/// Lines of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// All.
    #[serde(deserialize_with = "lenient::count")]
    pub total: u64,
    /// Answered.
    #[serde(deserialize_with = "lenient::count")]
    pub completed: u64,
    /// Failed.
    #[serde(deserialize_with = "lenient::count")]
    pub failed: u64,
}

/// Tokens of a batch, by the names of the newer API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchUsage {
    /// Tokens sent.
    #[serde(deserialize_with = "lenient::count")]
    pub input_tokens: u64,
    /// Of these, tokens from the cache.
    pub input_tokens_details: super::usage::PromptTokens,
    /// Tokens received.
    #[serde(deserialize_with = "lenient::count")]
    pub output_tokens: u64,
    /// Of these, tokens of hidden reasoning.
    pub output_tokens_details: super::usage::CompletionTokens,
    /// The sum.
    #[serde(deserialize_with = "lenient::count")]
    pub total_tokens: u64,
}

/// Why a batch's file was refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchErrors {
    /// Always "list".
    pub object: String,
    /// One for each fault.
    pub data: Vec<BatchError>,
}

/// A fault of a batch's file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchError {
    /// For programs.
    #[serde(deserialize_with = "lenient::or_default")]
    pub code: String,
    /// For people.
    #[serde(deserialize_with = "lenient::or_default")]
    pub message: String,
    /// The field at fault.
    pub param: Option<String>,
    /// 1-based line of the file.
    pub line: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_examples_are_read() {
        let batch: Batch = serde_json::from_str(
            r#"{"id":"batch_abc123","object":"batch","endpoint":"/v1/completions","errors":null,"input_file_id":"file-abc123",
            "completion_window":"24h","status":"completed","output_file_id":"file-cvaTdG","error_file_id":null,
            "created_at":1711471533,"in_progress_at":1711471538,"expires_at":1711557933,"failed_at":null,
            "request_counts":{"total":100,"completed":95,"failed":5},"metadata":null}"#,
        )
        .unwrap();
        assert_eq!((batch.status.is_final(), batch.times.in_progress_at), (true, Some(1_711_471_538)));
        assert_eq!(batch.request_counts, Some(Counts { total: 100, completed: 95, failed: 5 }));
        let line: OutputLine = serde_json::from_str(
            r#"{"id":"batch_req_1","custom_id":"request-3","response":null,"error":{"code":"batch_expired","message":"late"}}"#,
        )
        .unwrap();
        assert_eq!(line.error.unwrap().code, EXPIRED);
    }

    #[test]
    fn absent_fields_are_not_written() {
        let json = serde_json::to_value(Batch { id: "batch_1".into(), ..Batch::default() }).unwrap();
        for field in ["output_file_id", "errors", "failed_at", "usage"] {
            assert!(json.get(field).is_none(), "{field}: the specification has no null there");
        }
    }
}
