//! A fine-tuning example, and the rules that a file of them has to meet.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Answer, Fault};

/// The fewest examples that fine-tuning accepts.
const MINIMUM_EXAMPLES: usize = 10;
/// Tokens that one example may have (the smallest published training context), at the four characters or so that English
/// text takes a token.
const MAXIMUM_CHARACTERS: usize = 65_536 * 4;

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

/// A problem of a fine-tuning file and the 1-based line it is on; line 0 is the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// 1-based line, or 0 for the file.
    pub line: u64,
    /// What is wrong there.
    pub fault: Fault,
    /// Whether fine-tuning would refuse the line; a duplicate is only worth knowing of.
    pub fatal: bool,
}

/// Checks a fine-tuning file line by line. Memory grows by one hash a line, for the duplicates.
#[derive(Debug, Default)]
pub struct Validator {
    seen: HashMap<[u8; 16], u64>,
    examples: usize,
}

impl Validator {
    /// Checks the next line.
    ///
    /// # Errors
    /// The line's [`Issue`]: those of [`Example::from_json`], and a line that stands earlier in the file too.
    pub fn line(&mut self, number: u64, line: &str) -> Result<Example, Issue> {
        let issue = |fatal| move |fault| Issue { line: number, fault, fatal };
        let example = Example::from_json(line).map_err(issue(true))?;
        let mut hash = [0; 16];
        let digest = Sha256::new().chain_update(example.question()).chain_update([0]).chain_update(example.answer());
        hash.copy_from_slice(&digest.finalize()[..16]);
        if let Some(first) = self.seen.insert(hash, number) {
            self.seen.insert(hash, first);
            return Err(issue(false)(Fault::new(
                example.question(),
                format!("no duplicates; line {first} is the same"),
            )));
        }
        self.examples += 1;
        Ok(example)
    }

    /// Examples without an issue so far.
    #[must_use]
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// The issue of the file as a whole: too few examples.
    #[must_use]
    pub fn finish(&self) -> Option<Issue> {
        (self.examples < MINIMUM_EXAMPLES).then(|| {
            let found = format!("{} examples", self.examples);
            let expected = format!("at least {MINIMUM_EXAMPLES} good examples");
            Issue { line: 0, fault: Fault::new(found, expected), fatal: true }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(user: &str, assistant: &str) -> String {
        format!(
            r#"{{"messages":[{{"role":"user","content":"{user}"}},{{"role":"assistant","content":"{assistant}"}}]}}"#
        )
    }

    #[test]
    fn every_fault_of_a_line_is_named() {
        let mut validator = Validator::default();
        assert_eq!(validator.line(1, &line("Bet?", "No.")).unwrap().answer(), "No.");
        let expected = |validator: &mut Validator, text: &str| validator.line(2, text).unwrap_err().fault.expected;
        assert_eq!(expected(&mut validator, &line("Bet?", "No.")), "no duplicates; line 1 is the same");
        assert_eq!(expected(&mut validator, &line("Bet?", " ")), "content of the assistant message that is not empty");
        let swapped = line("Bet?", "No.").replace("user", "x").replace("assistant", "user").replace('x', "assistant");
        assert_eq!(expected(&mut validator, &swapped), "the roles user, assistant in this order and no others");
        assert!(expected(&mut validator, "{}").contains("missing field"), "JSON without messages");
        let long = line("Bet?", &"a".repeat(MAXIMUM_CHARACTERS));
        assert!(expected(&mut validator, &long).starts_with("at most"));
        assert_eq!(validator.examples(), 1);
    }

    #[test]
    fn a_file_needs_ten_good_examples() {
        let mut validator = Validator::default();
        for number in 1..=10 {
            assert!(validator.finish().is_some(), "{number}");
            validator.line(number, &line(&format!("Bet {number}?"), "No.")).unwrap();
        }
        assert_eq!(validator.finish(), None);
    }
}
