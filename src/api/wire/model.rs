//! Models: `/models`.

use serde::{Deserialize, Serialize};

use super::{List, lenient};

/// A model that a server offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The name to put into requests.
    pub id: String,
    /// Always "model".
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub object: String,
    /// Unix time in seconds.
    #[serde(default, deserialize_with = "lenient::seconds")]
    pub created: i64,
    /// Who owns it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub owned_by: String,
    /// The model that this one was tuned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The base model at the root of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// When it will be shut down, year-month-day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shutdown_date: Option<String>,
}

/// The answer of `GET /models`.
pub type ModelList = List<Model>;
/// The answer of `DELETE /models/{id}`.
pub type ModelDeleted = super::Deleted;
