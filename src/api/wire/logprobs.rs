//! Log probabilities of tokens.

use serde::{Deserialize, Serialize};

use super::lenient;

/// Log probabilities of an answer's tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Logprobs {
    /// Those of the content.
    pub content: Option<Vec<TokenLogprob>>,
    /// Those of the refusal.
    pub refusal: Option<Vec<TokenLogprob>>,
}

/// A token, its log probability, and the likeliest tokens at its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's text.
    pub token: String,
    /// Natural logarithm of its probability; -9999 stands for very unlikely.
    pub logprob: f64,
    /// The token's bytes, where it is not text by itself.
    #[serde(default)]
    pub bytes: Option<Vec<u8>>,
    /// The likeliest tokens at this place, this one included where it is among them.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub top_logprobs: Vec<TopLogprob>,
}

/// A token and its log probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopLogprob {
    /// The token's text.
    pub token: String,
    /// Natural logarithm of its probability.
    pub logprob: f64,
    /// The token's bytes.
    #[serde(default)]
    pub bytes: Option<Vec<u8>>,
}
