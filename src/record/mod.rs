//! The nouns on disk. Each type knows its columns and checks its own values; reading and writing files is [`crate::store`]'s.

mod answer;
mod example;
mod lesson;
mod mapping;
mod observed;
mod preference;
mod question;
mod response;
mod score;
mod validator;

pub use answer::Answer;
pub use example::Example;
pub use lesson::{Format, Lesson};
pub use mapping::Mapping;
pub use observed::Observed;
pub use preference::{PROMPTED, Preference};
pub use question::Question;
pub use response::Response;
pub use score::{SCORE_SUFFIX, ScoredResponse};
pub use validator::{Issue, Validator};

use csv::StringRecord;
use serde::de::DeserializeOwned;

/// Why a row is not what its format says: what stands there and what should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The value found, shortened.
    pub found: String,
    /// What the format asks for at this place.
    pub expected: String,
}

impl Fault {
    /// A fault that quotes at most 60 characters of `found`.
    pub fn new(found: impl AsRef<str>, expected: impl Into<String>) -> Self {
        Self { found: shorten(found.as_ref(), 60), expected: expected.into() }
    }
}

/// The first `limit` characters of `text` on one line, with an ellipsis where more follows.
#[must_use]
pub fn shorten(text: &str, limit: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(limit) {
        Some((end, _)) => format!("\"{}...\"", &flat[..end]),
        None => format!("\"{flat}\""),
    }
}

/// A row of a CSV file.
pub trait Row: Sized {
    /// The columns without which a file is not of this kind. Other columns are left out.
    const COLUMNS: &'static [&'static str];

    /// Reads one record; columns are found by the names in `headers`.
    ///
    /// # Errors
    /// A [`Fault`] with the column and value that could not be read.
    fn from_record(record: &StringRecord, headers: &StringRecord) -> Result<Self, Fault>;

    /// Checks values that the types alone do not.
    ///
    /// # Errors
    /// A [`Fault`] that says what was found and what is expected.
    fn check(&self) -> Result<(), Fault>;
}

/// Reads a record with serde, turning an error into the column and value that caused it.
pub(crate) fn deserialize<T: DeserializeOwned>(record: &StringRecord, headers: &StringRecord) -> Result<T, Fault> {
    record.deserialize(Some(headers)).map_err(|error| match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => {
            let column = err.field().and_then(|field| usize::try_from(field).ok());
            let name = column.and_then(|column| headers.get(column)).unwrap_or("the row");
            let value = column.and_then(|column| record.get(column)).unwrap_or_default();
            Fault::new(value, format!("{name} of the right kind ({})", err.kind()))
        }
        _ => Fault::new("", error.to_string()),
    })
}

/// Names that become file names and parts of model ids: letters, digits, `-`, `_` and `.`, not starting with a dot.
///
/// # Errors
/// A [`Fault`] naming the offending value.
pub fn check_name(name: &str) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && name.chars().all(allowed) {
        return Ok(());
    }
    Err(Fault::new(name, "a model_name of 1 to 64 letters, digits, '-', '_' or '.', as it becomes a file name"))
}
