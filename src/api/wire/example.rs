//! Fine-tuning examples as any server reads them: conversations of any length.

use serde::{Deserialize, Serialize};

use super::chat::{Message, Role};
use super::lenient;

/// One line of a training file of the supervised way.
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

/// One line of a training file of DPO: a conversation, and a better and a worse answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// What is answered.
    pub input: PairInput,
    /// The better answer: one message of the assistant.
    pub preferred_output: Vec<Message>,
    /// The worse answer: one message of the assistant.
    pub non_preferred_output: Vec<Message>,
}

/// What the answers of a [`Pair`] answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairInput {
    /// The conversation.
    pub messages: Vec<Message>,
}
