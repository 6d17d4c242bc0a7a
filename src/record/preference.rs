//! A preference: one row of a prompt file, the thing that a model is to internalise.

use csv::StringRecord;
use serde::{Deserialize, Serialize};

use super::{Fault, Row, check_name, deserialize};

/// A risk preference: a name, its CRRA coefficient and the teacher's system prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preference {
    /// CRRA coefficient gamma: 2 is risk-averse, 1 logarithmic, 0 linear, -1 risk-loving.
    pub utility_coefficient: f64,
    /// The preference's name, from which files and fine-tuned models take theirs.
    pub model_name: String,
    /// The system prompt under which a teacher model answers. It never reaches training data.
    pub system_prompt: String,
}

/// Ending of the name of an untuned model that is told a preference by its system prompt.
pub const PROMPTED: &str = "-prompted";

impl Preference {
    /// Whether a model of this name is meant to have the preference: tuned to it, or told it.
    #[must_use]
    pub fn is_meant_for(&self, name: &str) -> bool {
        name.strip_suffix(PROMPTED).unwrap_or(name) == self.model_name || name == self.model_name
    }
}

impl Row for Preference {
    const COLUMNS: &'static [&'static str] = &["utility_coefficient", "model_name", "system_prompt"];

    fn from_record(record: &StringRecord, headers: &StringRecord) -> Result<Self, Fault> {
        deserialize(record, headers)
    }

    fn check(&self) -> Result<(), Fault> {
        if !self.utility_coefficient.is_finite() || self.utility_coefficient.abs() > 20.0 {
            let found = self.utility_coefficient.to_string();
            return Err(Fault::new(found, "a utility_coefficient between -20 and 20"));
        }
        if self.system_prompt.trim().is_empty() {
            return Err(Fault::new("", "a system_prompt that is not empty"));
        }
        check_name(&self.model_name)
    }
}
