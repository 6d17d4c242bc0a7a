//! A question whose problem is known from its file, kept beside the responses to it.

use serde::{Deserialize, Serialize};

use super::Fault;
use crate::decision::Problem;

/// A line of the `problems.jsonl` of a results folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownProblem {
    /// The question's text.
    pub question: String,
    /// What it asks.
    pub problem: Problem,
    /// What it is about, if its file says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

impl KnownProblem {
    /// Reads a line.
    ///
    /// # Errors
    /// A [`Fault`] for a line that is not such an object, or whose problem breaks a rule.
    pub fn from_json(line: &str) -> Result<Self, Fault> {
        let known: Self = serde_json::from_str(line)
            .map_err(|error| Fault::new(line, format!("{{\"question\", \"problem\"}} ({error})")))?;
        known.problem.validate().map_err(|error| Fault::new(line, error.to_string()))?;
        Ok(known)
    }
}
