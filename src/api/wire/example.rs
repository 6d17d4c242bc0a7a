//! Fine-tuning examples as any server reads them: conversations of any length.

use serde::{Deserialize, Serialize};

use super::chat::Role;
use super::lenient;

/// One line of a training file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The conversation.
    pub messages: Vec<ExampleMessage>,
}

/// One message of an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    #[serde(default, deserialize_with = "lenient::content")]
    pub content: String,
    /// 0 keeps an assistant message from being trained on; absent means 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u8>,
}
