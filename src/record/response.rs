//! A response: what a model under test said to a question in one run.

use csv::StringRecord;
use serde::{Deserialize, Serialize};

use super::{Fault, Row, check_name, deserialize};

/// One row of a `<model>_responses.csv` or of `all_model_responses.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The question's number in its file.
    pub question_id: u64,
    /// 1-based run.
    pub run_id: u32,
    /// The question's text.
    pub question: String,
    /// The response's text.
    pub response: String,
    /// The model's name in `model_mappings.csv`.
    pub model_name: String,
    /// The model's id on its server.
    pub model_id: String,
    /// The seed that was sent; absent in the earlier project's files.
    #[serde(default)]
    pub seed: Option<i64>,
    /// Why the model stopped; `length` marks a response cut off by the token limit.
    #[serde(default)]
    pub finish_reason: Option<String>,
}

impl Response {
    /// Whether the row holds an error message in place of a response, as the earlier project wrote.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.response.starts_with("ERROR:")
    }
}

impl Row for Response {
    const COLUMNS: &'static [&'static str] =
        &["question_id", "run_id", "question", "response", "model_name", "model_id"];

    fn from_record(record: &StringRecord, headers: &StringRecord) -> Result<Self, Fault> {
        deserialize(record, headers)
    }

    fn check(&self) -> Result<(), Fault> {
        if self.response.trim().is_empty() {
            return Err(Fault::new(&self.response, "a response that is not empty"));
        }
        check_name(&self.model_name)
    }
}
