//! The lines of a batch's files.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::lenient;

/// A line of a batch's input file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InputLine<'a> {
    /// By which its result is known.
    #[serde(default)]
    pub custom_id: String,
    /// Always "POST".
    #[serde(default)]
    pub method: String,
    /// The batch's endpoint.
    #[serde(default)]
    pub url: String,
    /// The request.
    #[serde(borrow)]
    pub body: Option<&'a RawValue>,
}

/// A line of a batch's output or error file.
#[derive(Debug, Serialize, Deserialize)]
pub struct OutputLine {
    /// Id of the line's request.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub id: String,
    /// The input line's.
    pub custom_id: String,
    /// What it was answered with; none when it was never sent.
    #[serde(default)]
    pub response: Option<LineResponse>,
    /// Why it was never sent.
    #[serde(default)]
    pub error: Option<LineError>,
}

/// What a line was answered with.
#[derive(Debug, Serialize, Deserialize)]
pub struct LineResponse {
    /// The HTTP status.
    pub status_code: u16,
    /// The server's name for the request.
    #[serde(default, deserialize_with = "lenient::text_or_none")]
    pub request_id: Option<String>,
    /// The body, as of a single request.
    pub body: Box<RawValue>,
}

/// Why a line was never sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineError {
    /// Such as [`EXPIRED`](super::batch::EXPIRED).
    #[serde(deserialize_with = "lenient::or_default")]
    pub code: String,
    /// For people.
    #[serde(deserialize_with = "lenient::or_default")]
    pub message: String,
}
