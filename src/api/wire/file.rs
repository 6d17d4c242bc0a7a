//! Uploaded files: `/files`. Uploading is multipart with the parts `purpose` and `file`.

use serde::{Deserialize, Serialize};

use super::List;
use super::lenient;
use super::word::open_words;

open_words! {
    /// What a file is for.
    Purpose {
        /// Training and validation examples, one JSON object a line.
        FineTune = "fine-tune",
        /// What a fine-tuning job left.
        FineTuneResults = "fine-tune-results",
        /// Requests of a batch.
        Batch = "batch",
        /// Answers of a batch.
        BatchOutput = "batch_output",
        /// Files of assistants.
        Assistants = "assistants",
        /// What assistants wrote.
        AssistantsOutput = "assistants_output",
        /// Images.
        Vision = "vision",
        /// Anything of the caller's own.
        UserData = "user_data",
        /// Data of an evaluation.
        Evals = "evals",
    }
}

impl Default for Purpose {
    /// A server that does not say: `Other("")`.
    fn default() -> Self {
        Self::Other(String::new())
    }
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Id, "file-...".
    pub id: String,
    /// Always "file".
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub object: String,
    /// Size in bytes.
    #[serde(default, deserialize_with = "lenient::count")]
    pub bytes: u64,
    /// Unix time in seconds.
    #[serde(default, deserialize_with = "lenient::seconds")]
    pub created_at: i64,
    /// Name given by the uploader; never a path of the server.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub filename: String,
    /// What it is for.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub purpose: Purpose,
    /// uploaded, processed or error (deprecated, still required by the specification).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub status: String,
}

/// The answer of `GET /files`.
pub type FileList = List<File>;
/// The answer of `DELETE /files/{id}`.
pub type FileDeleted = super::Deleted;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_is_needed() {
        let file: File = serde_json::from_str(r#"{"id":"file-1","created_at":1.5,"status":null}"#).unwrap();
        assert_eq!((file.id.as_str(), file.created_at, file.bytes), ("file-1", 1, 0));
        assert_eq!(file.purpose, Purpose::Other(String::new()));
    }
}
