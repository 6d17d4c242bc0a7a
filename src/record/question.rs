//! A question, in each of the shapes in which question files write one.

use serde_json::Value;

use super::{Fault, shorten};
use crate::decision::{Problem, read};

/// A question and its number in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// 1-based line number in JSONL and text files; in CSV the `question_id`, or else the 1-based row.
    pub id: u64,
    /// What the model is asked.
    pub text: String,
    /// What the text asks, where its line says so: for texts that no phrasing fits.
    pub problem: Option<Problem>,
    /// What the text is about, where its line says so.
    pub domain: Option<String>,
}

const SHAPES: &str = "an object with \"messages\" (one of role user), \"content\", \"prompt\" or \"question\"";

impl Question {
    /// Reads one line of a JSONL file: `{"messages": [{"role": "user", "content"}]}`, `{"content"}`, `{"prompt"}` or
    /// `{"question"}`, and beside it perhaps `problem` and `domain`. An assistant message after the user's (training data
    /// used as questions) is left out.
    ///
    /// # Errors
    /// A [`Fault`] when the line is not JSON, of none of these shapes, or empty; when its problem breaks a rule or is not
    /// what the text asks.
    pub fn from_json(id: u64, line: &str) -> Result<Self, Fault> {
        let value: Value = serde_json::from_str(line).map_err(|error| Fault::new(line, format!("JSON ({error})")))?;
        let text = match value.get("messages") {
            Some(messages) => user_message(messages)?,
            None => ["content", "prompt", "question"]
                .iter()
                .find_map(|key| value.get(key).and_then(Value::as_str))
                .ok_or_else(|| Fault::new(line, SHAPES))?,
        };
        let problem = value.get("problem").filter(|problem| !problem.is_null());
        let domain = value.get("domain").and_then(Value::as_str).map(str::to_owned);
        let question = Self::from_text(id, text)?;
        let problem = problem.map(|problem| carried(problem, &question.text)).transpose()?;
        Ok(Self { problem, domain, ..question })
    }

    /// A question from plain text.
    ///
    /// # Errors
    /// A [`Fault`] when there is nothing but white space.
    pub fn from_text(id: u64, text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Fault::new(text, "a question that is not empty"));
        }
        Ok(Self { id, text: text.to_owned(), problem: None, domain: None })
    }

    /// The line that reads as this question's text, problem and domain.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut line = serde_json::json!({ "messages": [{ "role": "user", "content": self.text }] });
        if let Some(problem) = &self.problem {
            line["problem"] = serde_json::json!(problem);
        }
        if let Some(domain) = &self.domain {
            line["domain"] = serde_json::json!(domain);
        }
        line.to_string()
    }
}

/// The problem that a line carries.
fn carried(value: &Value, text: &str) -> Result<Problem, Fault> {
    let problem: Problem = serde_json::from_value(value.clone())
        .map_err(|error| Fault::new(value.to_string(), format!("a problem ({error})")))?;
    problem.validate().map_err(|error| Fault::new(value.to_string(), error.to_string()))?;
    match read::problem(text) {
        Some(asked) if asked.item() != problem.item() => {
            let asked = serde_json::to_string(&asked).unwrap_or_default();
            Err(Fault::new(value.to_string(), format!("the problem that the text asks: {asked}")))
        }
        // The text's own problem has its options in the order in which the text lists them.
        asked => Ok(asked.unwrap_or(problem)),
    }
}

fn user_message(messages: &Value) -> Result<&str, Fault> {
    let found = || shorten(&messages.to_string(), 60);
    let list = messages.as_array().ok_or_else(|| Fault::new(found(), SHAPES))?;
    let of_role = |role: &str| list.iter().filter(|m| m.get("role").and_then(Value::as_str) == Some(role)).count();
    if of_role("user") != 1 || of_role("system") > 0 {
        return Err(Fault::new(found(), "exactly one message of role user and none of role system"));
    }
    list.iter()
        .find(|message| message.get("role").and_then(Value::as_str) == Some("user"))
        .and_then(|message| message.get("content").and_then(Value::as_str))
        .ok_or_else(|| Fault::new(found(), "a user message whose content is text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_a_question_is_read() {
        for line in [
            r#"{"messages": [{"role": "user", "content": "Bet?"}]}"#,
            r#"{"messages": [{"role": "user", "content": "Bet?"}, {"role": "assistant", "content": "No."}]}"#,
            r#"{"content": "Bet?"}"#,
            r#"{"prompt": " Bet? "}"#,
            r#"{"question": "Bet?", "source": "survey"}"#,
        ] {
            assert_eq!(Question::from_json(7, line), Question::from_text(7, "Bet?"), "{line}");
        }
    }

    #[test]
    fn a_line_that_is_no_question_says_what_was_found() {
        let fault = Question::from_json(1, r#"{"text": "Bet?"}"#).unwrap_err();
        assert_eq!(fault.found, r#""{"text": "Bet?"}""#);
        assert!(fault.expected.contains("\"prompt\""), "{}", fault.expected);
        assert!(Question::from_json(1, "{").unwrap_err().expected.starts_with("JSON"));
        assert!(Question::from_json(1, r#"{"content": "  "}"#).is_err());
        let system = r#"{"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "Bet?"}]}"#;
        assert!(Question::from_json(1, system).is_err());
    }
}
