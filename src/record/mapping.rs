//! A mapping from a preference's name to the model that has it.

use csv::StringRecord;
use serde::{Deserialize, Serialize};

use super::{Fault, Row, check_name, deserialize};

/// One row of `model_mappings.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The preference's name, or any other name for the model.
    pub model_name: String,
    /// The model's id on its server; empty while the model is not trained.
    pub openai_model_id: String,
}

impl Row for Mapping {
    const COLUMNS: &'static [&'static str] = &["model_name", "openai_model_id"];

    fn from_record(record: &StringRecord, headers: &StringRecord) -> Result<Self, Fault> {
        deserialize(record, headers)
    }

    fn check(&self) -> Result<(), Fault> {
        check_name(&self.model_name)
    }
}
