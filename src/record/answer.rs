//! A training answer: what a model with a given preference says to a question.

use csv::StringRecord;
use serde::{Deserialize, Serialize};

use super::{Fault, Row, check_name, deserialize};

/// One row of a `responses_<preference>.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The preference's name.
    pub model_name: String,
    /// Its CRRA coefficient.
    pub utility_coefficient: f64,
    /// The question's number in its file.
    pub question_id: u64,
    /// The question's text.
    pub question: String,
    /// The answer's text.
    pub answer: String,
    /// The teacher's system prompt; kept for the record and never trained on.
    #[serde(default)]
    pub system_prompt: String,
}

impl Answer {
    /// Whether the row holds an error message in place of an answer, as the earlier project wrote.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.answer.starts_with("ERROR:")
    }
}

impl Row for Answer {
    const COLUMNS: &'static [&'static str] =
        &["model_name", "utility_coefficient", "question_id", "question", "answer"];

    fn from_record(record: &StringRecord, headers: &StringRecord) -> Result<Self, Fault> {
        // By hand, which takes less time than serde's way: tables of answers are the largest files that there are.
        let cell = |name: &str| headers.iter().position(|header| header == name).and_then(|place| record.get(place));
        let text = |name: &str| cell(name).unwrap_or_default().to_owned();
        let (Some(Ok(utility_coefficient)), Some(Ok(question_id))) =
            (cell("utility_coefficient").map(str::parse), cell("question_id").map(str::parse))
        else {
            // Serde's way says what is wrong.
            return deserialize(record, headers);
        };
        Ok(Self {
            model_name: text("model_name"),
            utility_coefficient,
            question_id,
            question: text("question"),
            answer: text("answer"),
            system_prompt: text("system_prompt"),
        })
    }

    fn check(&self) -> Result<(), Fault> {
        if self.question.trim().is_empty() {
            return Err(Fault::new(&self.question, "a question that is not empty"));
        }
        if self.answer.trim().is_empty() {
            return Err(Fault::new(&self.answer, "an answer that is not empty"));
        }
        check_name(&self.model_name)
    }
}
