//! Chat completions: `POST /chat/completions`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lenient;
pub use super::logprobs::{Logprobs, TokenLogprob, TopLogprob};
pub use super::usage::{CompletionTokens, PromptTokens, Usage, counted};
use super::word::open_words;

open_words! {
    /// Who says a message.
    Role {
        /// Instructions to the model.
        System = "system",
        /// Instructions to the model, the newer word.
        Developer = "developer",
        /// The person who asks.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// The result of a tool call.
        Tool = "tool",
    }
}

open_words! {
    /// Why the model stopped.
    FinishReason {
        /// It had said everything.
        Stop = "stop",
        /// The token limit of the request was reached.
        Length = "length",
        /// It called tools.
        ToolCalls = "tool_calls",
        /// A filter left content out.
        ContentFilter = "content_filter",
        /// It called a function (deprecated form of a tool call).
        FunctionCall = "function_call",
    }
}

impl Default for FinishReason {
    /// A server that does not say why: `Other("")`, never a guess.
    fn default() -> Self {
        Self::Other(String::new())
    }
}

/// One message of a conversation. An array of text parts is read as their concatenation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    #[serde(default, deserialize_with = "lenient::content")]
    pub content: String,
}

impl Message {
    /// A message from its parts.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }

    /// An instruction to the model.
    pub fn system(content: impl Into<String>) -> Self {
        Self::new(Role::System, content)
    }

    /// A message of the person who asks.
    pub fn user(content: impl Into<String>) -> Self {
        Self::new(Role::User, content)
    }

    /// A message of the model.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self::new(Role::Assistant, content)
    }
}

/// A request for completions. What is none is not sent; a missing model or no messages read as empty,
/// and the server answers them with an error that names the field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatRequest {
    /// Model id.
    pub model: String,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Sampling temperature, 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Largest number of tokens of the answer; the deprecated name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Largest number of tokens of the answer, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u32>,
    /// Number of choices, 1 to 128.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    /// Seed of the sampling; best effort at OpenAI, exact at the embedded server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Texts at which the answer ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Whether to return log probabilities of the answer's tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// Number of alternatives a token, 0 to 20; needs `logprobs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u32>,
    /// none, minimal, low, medium, high, xhigh or max.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
    /// Demanded form of the answer, passed through as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<serde_json::Value>,
    /// vLLM's: whether the final message, the assistant's, is to be continued rather than answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continue_final_message: Option<bool>,
    /// vLLM's: whether the assistant's turn is opened behind the conversation; false goes with `continue_final_message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_generation_prompt: Option<bool>,
    /// The embedded server's own: beginnings of answers whose tokens' log probabilities are to be returned, each behind the
    /// conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_endings: Option<Vec<String>>,
    /// Whether to send the answer in pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Up to 16 pairs of the caller's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
}

impl ChatRequest {
    /// A request with nothing but a model and a conversation.
    pub fn new(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self { model: model.into(), messages, ..Self::default() }
    }

    /// The limit on the answer's tokens: the newer field, else the deprecated one.
    pub fn token_limit(&self) -> Option<u32> {
        self.max_completion_tokens.or(self.max_tokens)
    }
}

/// One text or several at which an answer ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Stop {
    /// One text.
    One(String),
    /// Several texts.
    Several(Vec<String>),
}

impl Stop {
    /// The texts.
    pub fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }
}

/// The answer to a [`ChatRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatResponse {
    /// Id of the completion.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub id: String,
    /// Always "chat.completion".
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub object: String,
    /// Unix time in seconds.
    #[serde(default, deserialize_with = "lenient::seconds")]
    pub created: i64,
    /// The model that answered.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub model: String,
    /// The answers, `n` of them.
    pub choices: Vec<Choice>,
    /// Tokens used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "counted")]
    pub usage: Option<Usage>,
    /// Stands for the server's configuration; the same means comparable answers for the same seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_fingerprint: Option<String>,
    /// The processing tier used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
}

/// One of the answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Place among the choices, from 0.
    #[serde(default, deserialize_with = "lenient::count")]
    pub index: u64,
    /// The answer.
    pub message: ResponseMessage,
    /// Log probabilities, where asked for and available.
    #[serde(default)]
    pub logprobs: Option<Logprobs>,
    /// Why the answer ends.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub finish_reason: FinishReason,
    /// Per text of [`ChatRequest::score_endings`], its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending_logprobs: Option<Vec<Vec<TokenLogprob>>>,
}

/// The message of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseMessage {
    /// The assistant.
    #[serde(default = "assistant")]
    pub role: Role,
    /// The text, none when the model refused or called a tool.
    #[serde(default, deserialize_with = "lenient::content_or_none")]
    pub content: Option<String>,
    /// The words of a refusal.
    #[serde(default)]
    pub refusal: Option<String>,
}

fn assistant() -> Role {
    Role::Assistant
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_writes_only_what_is_given() {
        let request = ChatRequest { seed: Some(7), ..ChatRequest::new("agent", vec![Message::user("hi")]) };
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(json, r#"{"model":"agent","messages":[{"role":"user","content":"hi"}],"seed":7}"#);
        assert_eq!(serde_json::from_str::<ChatRequest>(&json).unwrap(), request);
    }

    #[test]
    fn the_newer_token_limit_wins() {
        let request: ChatRequest =
            serde_json::from_str(r#"{"max_tokens":5,"max_completion_tokens":3,"new":1}"#).unwrap();
        assert_eq!(request.token_limit(), Some(3));
        assert_eq!(ChatRequest { max_completion_tokens: None, ..request }.token_limit(), Some(5));
    }

    #[test]
    fn a_sparse_response_is_read() {
        let json = r#"{"choices":[{"message":{"content":null},"finish_reason":null}],"usage":null,"created":1.5}"#;
        let response: ChatResponse = serde_json::from_str(json).unwrap();
        assert_eq!((response.created, response.usage), (1, None));
        for usage in ["{}", r#"{"prompt_tokens":0,"completion_tokens":0}"#] {
            let json = format!(r#"{{"choices":[],"usage":{usage}}}"#);
            assert_eq!(serde_json::from_str::<ChatResponse>(&json).unwrap().usage, None, "{usage}");
        }
        assert_eq!(
            response.choices[0].message,
            ResponseMessage { role: Role::Assistant, content: None, refusal: None }
        );
        assert_eq!(response.choices[0].finish_reason, FinishReason::Other(String::new()));
        assert!(serde_json::from_str::<ChatResponse>(r#"{"error":{}}"#).is_err());
    }

    #[test]
    fn required_nulls_are_written() {
        let message = ResponseMessage { role: Role::Assistant, content: None, refusal: None };
        let choice =
            Choice { index: 0, message, logprobs: None, finish_reason: FinishReason::Stop, ending_logprobs: None };
        let expected = r#"{"index":0,"message":{"role":"assistant","content":null,"refusal":null},"logprobs":null,"finish_reason":"stop"}"#;
        assert_eq!(serde_json::to_string(&choice).unwrap(), expected);
    }

    #[test]
    fn stop_is_one_text_or_several() {
        for (json, texts) in [(r#""a""#, vec!["a"]), (r#"["a","b"]"#, vec!["a", "b"])] {
            assert_eq!(serde_json::from_str::<Stop>(json).unwrap().texts(), texts);
        }
    }
}
