//! A fine-tuning example.

use serde::{Deserialize, Serialize};

use super::{Answer, Fault};

/// Tokens that one example may have (the smallest published training context), at the four characters or so that English
/// text takes a token.
pub(super) const MAXIMUM_CHARACTERS: usize = 65_536 * 4;

/// One line of a fine-tuning file: a user's message and the assistant's answer, never a system prompt, because the model
/// is to have the preference without being told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    messages: [Message; 2],
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Message {
    role: String,
    content: String,
}

impl Example {
    /// The example that teaches `answer`.
    #[must_use]
    pub fn from_answer(answer: Answer) -> Self {
        let message = |role: &str, content: String| Message { role: role.to_owned(), content };
        Self { messages: [message("user", answer.question), message("assistant", answer.answer)] }
    }

    /// What the user asks.
    #[must_use]
    pub fn question(&self) -> &str {
        &self.messages[0].content
    }

    /// What the assistant answers.
    #[must_use]
    pub fn answer(&self) -> &str {
        &self.messages[1].content
    }

    /// Reads and checks one line of a fine-tuning file.
    ///
    /// # Errors
    /// A [`Fault`] for a line that is not JSON, has other roles than user and assistant in this order, or empty content.
    pub fn from_json(line: &str) -> Result<Self, Fault> {
        #[derive(Deserialize)]
        struct Line {
            messages: Vec<Message>,
        }
        let read: Line = serde_json::from_str(line)
            .map_err(|error| Fault::new(line, format!("{{\"messages\": [user, assistant]}} ({error})")))?;
        let roles: Vec<&str> = read.messages.iter().map(|message| message.role.as_str()).collect();
        if roles != ["user", "assistant"] {
            return Err(Fault::new(roles.join(", "), "the roles user, assistant in this order and no others"));
        }
        if let Some(empty) = read.messages.iter().find(|message| message.content.trim().is_empty()) {
            return Err(Fault::new(&empty.content, format!("content of the {} message that is not empty", empty.role)));
        }
        let length: usize = read.messages.iter().map(|message| message.content.len()).sum();
        if length > MAXIMUM_CHARACTERS {
            let expected = format!("at most {MAXIMUM_CHARACTERS} characters (about 65,536 tokens)");
            return Err(Fault::new(format!("{length} characters"), expected));
        }
        let messages = read.messages.try_into().map_err(|_| Fault::new("", "two messages"))?;
        Ok(Self { messages })
    }
}
