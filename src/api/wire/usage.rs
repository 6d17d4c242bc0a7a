//! Tokens used by a request.

use serde::{Deserialize, Deserializer, Serialize};

use super::lenient;

/// The usage in an answer. Some servers send an empty one, or zeros; as every request has tokens, that is none.
///
/// # Errors
/// When it is there and no object.
pub fn counted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Usage>, D::Error> {
    Ok(Option::<Usage>::deserialize(deserializer)?.filter(|usage| usage.prompt_tokens > 0))
}

/// Tokens used by a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens of the conversation.
    #[serde(deserialize_with = "lenient::count")]
    pub prompt_tokens: u64,
    /// Tokens of all choices, reasoning included.
    #[serde(deserialize_with = "lenient::count")]
    pub completion_tokens: u64,
    /// The sum.
    #[serde(deserialize_with = "lenient::count")]
    pub total_tokens: u64,
    /// What the prompt's tokens were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_details: Option<PromptTokens>,
    /// What the completion's tokens were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens_details: Option<CompletionTokens>,
}

/// Details of the prompt's tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PromptTokens {
    /// Tokens served from the cache, at a lower price.
    #[serde(deserialize_with = "lenient::count")]
    pub cached_tokens: u64,
}

/// Details of the completion's tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompletionTokens {
    /// Tokens of hidden reasoning, paid for as output.
    #[serde(deserialize_with = "lenient::count")]
    pub reasoning_tokens: u64,
}
