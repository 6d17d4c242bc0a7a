//! Tokens of a text before it is sent: by the model's tokenizer where it is known, else by a rule that says how far it may err.

use std::fmt;
use std::sync::Arc;

use tiktoken_rs::CoreBPE;
use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};

use super::Range;

/// Tokens of a text.
type Count = dyn Fn(&str) -> u64 + Send + Sync;

/// How the tokens of a text are counted.
#[derive(Clone)]
pub enum Counter {
    /// One of OpenAI's published tokenizers, with its name.
    Published(&'static str, &'static CoreBPE),
    /// The model's own, with words for it.
    Own(&'static str, Arc<Count>),
    /// Characters by the token: English has 3 to 5.
    Rule,
}

impl fmt::Debug for Counter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Tokens that a message takes beside its text, in OpenAI's format of conversations, and those before the answer.
const AROUND_MESSAGE: u64 = 4;
const BEFORE_ANSWER: u64 = 3;

impl Counter {
    /// The published tokenizer of a model of OpenAI's, or else the rule.
    #[must_use]
    pub fn of(model: &str) -> Self {
        match get_tokenizer(model) {
            Some(Tokenizer::O200kBase | Tokenizer::O200kHarmony) => {
                Self::Published("o200k_base", tiktoken_rs::o200k_base_singleton())
            }
            Some(Tokenizer::Cl100kBase) => Self::Published("cl100k_base", tiktoken_rs::cl100k_base_singleton()),
            _ => Self::Rule,
        }
    }

    /// What people are told of it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Published(name, _) | Self::Own(name, _) => name,
            Self::Rule => "3 to 5 characters a token",
        }
    }

    /// Tokens of a text.
    #[must_use]
    pub fn count(&self, text: &str) -> Range {
        let exactly = |tokens: u64| Range { low: tokens as f64, high: tokens as f64 };
        match self {
            Self::Published(_, tokenizer) => exactly(tokenizer.count_ordinary(text) as u64),
            Self::Own(_, count) => exactly(count(text)),
            Self::Rule => {
                let characters = text.chars().count() as f64;
                Range { low: (characters / 5.0).ceil(), high: (characters / 3.0).ceil() }
            }
        }
    }

    /// Tokens of a conversation whose messages' texts have these.
    #[must_use]
    pub fn conversation(texts: impl IntoIterator<Item = Range>) -> Range {
        let around = |total: Range, text: Range| total.plus(text).plus(Range::exactly(AROUND_MESSAGE as f64));
        texts.into_iter().fold(Range::exactly(BEFORE_ANSWER as f64), around)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openai_s_models_have_their_published_tokenizers() {
        for model in ["gpt-4.1-mini-2025-04-14", "ft:gpt-4o-mini-2024-07-18:me::x", "gpt-5.4-nano"] {
            assert_eq!(Counter::of(model).name(), "o200k_base", "{model}");
        }
        assert_eq!(Counter::of("gpt-4").name(), "cl100k_base");
        assert_eq!(Counter::of("my-model").name(), Counter::Rule.name());
        // From OpenAI's cookbook, "How to count tokens with tiktoken".
        assert_eq!(Counter::of("gpt-4").count("tiktoken is great!"), Range::exactly(6.0));
        assert_eq!(Counter::of("gpt-4o").count("tiktoken is great!"), Range::exactly(6.0));
    }

    #[test]
    fn the_rule_holds_the_published_count_of_a_question() {
        let text = "I have $10,000. A bet pays $1 for each $1 staked with probability 55 %. How much do I stake?";
        let (exact, rule) = (Counter::of("gpt-4o").count(text), Counter::Rule.count(text));
        assert!(rule.low <= exact.low && exact.low <= rule.high, "{exact:?} {rule:?}");
    }
}
