//! A line of a training file, in any of the formats in which trainers read it.

use serde::Serialize;
use serde_json::Value;

use super::example::MAXIMUM_CHARACTERS;
use super::{Example, Fault};

/// What a line of a training file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenAI's supervised examples: `messages`.
    OpenAi,
    /// OpenAI's preference pairs: `input`, `preferred_output`, `non_preferred_output`.
    Dpo,
    /// TRL's examples: `prompt`, `completion`, of which it trains on the latter alone.
    Trl,
    /// TRL's preference pairs: `prompt`, `chosen`, `rejected`.
    TrlDpo,
}

impl Format {
    /// Whether a line holds a worse answer beside the better one.
    #[must_use]
    pub fn has_pairs(self) -> bool {
        matches!(self, Self::Dpo | Self::TrlDpo)
    }
}

/// What is to be learned: an answer to a question, or that it is better than another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// What the user asks.
    pub question: String,
    /// What the assistant is to answer.
    pub answer: String,
    /// What the assistant is not to answer; only of a pair.
    pub rejected: Option<String>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    OpenAi { messages: [Message<'a>; 2] },
    Dpo { input: Input<'a>, preferred_output: [Message<'a>; 1], non_preferred_output: [Message<'a>; 1] },
    Trl { prompt: [Message<'a>; 1], completion: [Message<'a>; 1] },
    TrlDpo { prompt: [Message<'a>; 1], chosen: [Message<'a>; 1], rejected: [Message<'a>; 1] },
}

#[derive(Serialize)]
struct Input<'a> {
    messages: [Message<'a>; 1],
}

impl Lesson {
    /// The lesson as one line of JSON, without its end. A pair in a format of examples is written as its better answer.
    ///
    /// # Panics
    /// When the format has pairs and the lesson is none.
    #[must_use]
    pub fn to_json(&self, format: Format) -> String {
        let mut line = Vec::new();
        self.write_json(format, &mut line).expect("texts can be written as JSON");
        String::from_utf8(line).expect("JSON is UTF-8")
    }

    /// Writes the lesson as [`Lesson::to_json`] gives it.
    ///
    /// # Errors
    /// When `target` cannot be written to.
    ///
    /// # Panics
    /// As [`Lesson::to_json`].
    pub fn write_json(&self, format: Format, target: &mut impl std::io::Write) -> std::io::Result<()> {
        let user = Message { role: "user", content: &self.question };
        let assistant = |content| Message { role: "assistant", content };
        let answer = assistant(&self.answer);
        let rejected = || [assistant(self.rejected.as_deref().expect("a pair has two answers"))];
        let line = match format {
            Format::OpenAi => Line::OpenAi { messages: [user, answer] },
            Format::Trl => Line::Trl { prompt: [user], completion: [answer] },
            Format::Dpo => Line::Dpo {
                input: Input { messages: [user] },
                preferred_output: [answer],
                non_preferred_output: rejected(),
            },
            Format::TrlDpo => Line::TrlDpo { prompt: [user], chosen: [answer], rejected: rejected() },
        };
        Ok(serde_json::to_writer(target, &line)?)
    }

    /// Reads and checks one line of a file.
    ///
    /// # Errors
    /// A [`Fault`] for a line that is not JSON or not of the format, that has other roles, empty content or more text than
    /// fine-tuning accepts, and for a pair of two answers that are the same.
    pub fn from_json(line: &str, format: Format) -> Result<Self, Fault> {
        let (question, answer, rejected) = match format {
            Format::OpenAi => {
                let example = Example::from_json(line)?;
                let (question, answer) = (example.question().to_owned(), example.answer().to_owned());
                return Ok(Self { question, answer, rejected: None });
            }
            Format::Dpo => ("/input/messages", "/preferred_output", Some("/non_preferred_output")),
            Format::Trl => ("/prompt", "/completion", None),
            Format::TrlDpo => ("/prompt", "/chosen", Some("/rejected")),
        };
        let read: Value = serde_json::from_str(line).map_err(|error| Fault::new(line, format!("JSON ({error})")))?;
        let lesson = Self {
            question: said(&read, question, "user")?,
            answer: said(&read, answer, "assistant")?,
            rejected: rejected.map(|place| said(&read, place, "assistant")).transpose()?,
        };
        let length = lesson.question.len() + lesson.answer.len() + lesson.rejected.as_ref().map_or(0, String::len);
        if length > MAXIMUM_CHARACTERS {
            let expected = format!("at most {MAXIMUM_CHARACTERS} characters (about 65,536 tokens)");
            return Err(Fault::new(format!("{length} characters"), expected));
        }
        if lesson.rejected.as_ref() == Some(&lesson.answer) {
            return Err(Fault::new(&lesson.answer, "two answers that differ"));
        }
        Ok(lesson)
    }
}

/// The one message at this place of a line.
fn said(line: &Value, place: &str, role: &str) -> Result<String, Fault> {
    let found = line.pointer(place).unwrap_or(&Value::Null);
    let message = found.as_array().filter(|messages| messages.len() == 1).map(|messages| &messages[0]);
    let message = message.filter(|message| message["role"] == role);
    let content = message.and_then(|message| message["content"].as_str()).filter(|text| !text.trim().is_empty());
    content.map(str::to_owned).ok_or_else(|| {
        let field = place.trim_start_matches('/').replace('/', ".");
        let what = if *found == Value::Null { line } else { found };
        Fault::new(what.to_string(), format!("{field} with one message of the {role} that is not empty"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Lesson {
        Lesson { question: "Bet?".to_owned(), answer: "No.".to_owned(), rejected: Some("Yes.".to_owned()) }
    }

    #[test]
    fn lines_survive_a_round_trip() {
        for format in [Format::OpenAi, Format::Dpo, Format::Trl, Format::TrlDpo] {
            let lesson = Lesson { rejected: pair().rejected.filter(|_| format.has_pairs()), ..pair() };
            assert_eq!(Lesson::from_json(&lesson.to_json(format), format).unwrap(), lesson, "{format:?}");
        }
    }

    #[test]
    fn the_formats_are_those_of_the_trainers() {
        let (user, no, yes) = (
            r#"[{"role":"user","content":"Bet?"}]"#,
            r#"[{"role":"assistant","content":"No."}]"#,
            r#"[{"role":"assistant","content":"Yes."}]"#,
        );
        let dpo = format!(r#"{{"input":{{"messages":{user}}},"preferred_output":{no},"non_preferred_output":{yes}}}"#);
        assert_eq!(pair().to_json(Format::Dpo), dpo);
        assert_eq!(pair().to_json(Format::Trl), format!(r#"{{"prompt":{user},"completion":{no}}}"#));
        let trl = format!(r#"{{"prompt":{user},"chosen":{no},"rejected":{yes}}}"#);
        assert_eq!(pair().to_json(Format::TrlDpo), trl);
    }

    #[test]
    fn every_fault_of_a_pair_is_named() {
        let good = pair().to_json(Format::Dpo);
        for (line, expected) in [
            ("{".to_owned(), "JSON"),
            (good.replace("preferred_output", "x"), "preferred_output with one message of the assistant"),
            (good.replace("Yes.", " "), "non_preferred_output with one message of the assistant"),
            (good.replace("\"user\"", "\"system\""), "input.messages with one message of the user"),
            (good.replace("Yes.", "No."), "two answers that differ"),
            (good.replace("Bet?", &"a".repeat(MAXIMUM_CHARACTERS)), "at most"),
        ] {
            let fault = Lesson::from_json(&line, Format::Dpo).unwrap_err();
            assert!(fault.expected.starts_with(expected), "{fault:?}");
        }
    }
}
