//! Reading a training or validation file, with the rules that fine-tuning services set.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::api::wire::chat::Role;
use crate::api::wire::fine_tuning::{Example, ExampleMessage, Pair};

use super::engine::{Lessons, Split};

/// The fewest training examples.
const MINIMUM_EXAMPLES: usize = 10;
/// So many faults are listed; the others are counted.
const LISTED_FAULTS: usize = 5;

/// Why a file cannot be trained on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    /// For programs.
    pub(super) code: &'static str,
    /// For people: the first faults with their lines.
    pub(super) message: String,
}

/// A line of a training or validation file.
pub(super) trait Line: DeserializeOwned {
    /// What is wrong with it, in words.
    fn fault(&self) -> Option<String>;

    /// Such lines as an engine is given them.
    fn lessons(split: Split<'_, Self>) -> Lessons<'_>;
}

/// The lines of a training file.
pub(super) fn training<T: Line>(path: &Path) -> Result<Vec<T>, Unfit> {
    let lines = lines(path)?;
    if lines.len() < MINIMUM_EXAMPLES {
        let message = format!("the file has {} examples; at least {MINIMUM_EXAMPLES} are needed", lines.len());
        return Err(Unfit { code: "invalid_n_examples", message });
    }
    Ok(lines)
}

/// The lines of a file, of which there may be any number but none.
pub(super) fn lines<T: Line>(path: &Path) -> Result<Vec<T>, Unfit> {
    let unreadable =
        |error: std::io::Error| Unfit { code: "invalid_file", message: format!("cannot be read: {error}") };
    let mut lines = BufReader::new(File::open(path).map_err(unreadable)?);
    let (mut found, mut faults, mut line, mut number) = (Vec::new(), Vec::new(), Vec::new(), 0);
    while lines.read_until(b'\n', &mut line).map_err(unreadable)? > 0 {
        number += 1;
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if !text.is_empty() {
            match read(text) {
                Ok(read) => found.push(read),
                Err(fault) => faults.push(format!("line {number}: {fault}")),
            }
        }
        line.clear();
    }
    if !faults.is_empty() {
        return Err(Unfit { code: "invalid_training_file", message: listed(&faults) });
    }
    if found.is_empty() {
        return Err(Unfit { code: "invalid_n_examples", message: "the file has no examples".to_owned() });
    }
    Ok(found)
}

fn listed(faults: &[String]) -> String {
    let first = faults[..faults.len().min(LISTED_FAULTS)].join("; ");
    match faults.len().saturating_sub(LISTED_FAULTS) {
        0 => first,
        others => format!("{first}; and {others} more"),
    }
}

fn read<T: Line>(line: &[u8]) -> Result<T, String> {
    let read: T = serde_json::from_slice(line).map_err(|error| {
        let whole = error.to_string();
        // Its own "at line 1" would be taken for the file's line.
        whole.split(" at line ").next().unwrap_or(&whole).to_owned()
    })?;
    read.fault().map_or(Ok(read), Err)
}

impl Line for Example {
    fn lessons(split: Split<'_, Self>) -> Lessons<'_> {
        Lessons::Examples(split)
    }

    fn fault(&self) -> Option<String> {
        if let Some(fault) = self.messages.iter().find_map(|message| unknown(&message.role)) {
            return Some(fault);
        }
        if let Some(weight) = self.messages.iter().find_map(|message| message.weight.filter(|weight| *weight > 1)) {
            return Some(format!("the weight {weight} is not 0 or 1"));
        }
        let is_answer = |message: &ExampleMessage| message.role == Role::Assistant;
        let fault = if self.messages.iter().any(|message| is_answer(message) && message.content.trim().is_empty()) {
            "an assistant message is empty"
        } else if !self.messages.last().is_some_and(is_answer) {
            "the last message is not the assistant's"
        } else if !self.messages.iter().any(|message| is_answer(message) && message.weight != Some(0)) {
            "every assistant message has weight 0, so nothing is learned"
        } else {
            return None;
        };
        Some(fault.to_owned())
    }
}

impl Line for Pair {
    fn lessons(split: Split<'_, Self>) -> Lessons<'_> {
        Lessons::Pairs(split)
    }

    fn fault(&self) -> Option<String> {
        if let Some(fault) = self.input.messages.iter().find_map(|message| unknown(&message.role)) {
            return Some(fault);
        }
        for (name, output) in [("preferred", &self.preferred_output), ("non_preferred", &self.non_preferred_output)] {
            match &output[..] {
                [answer] if answer.role == Role::Assistant && !answer.content.trim().is_empty() => {}
                _ => return Some(format!("{name}_output is not one message of the assistant that is not empty")),
            }
        }
        let fault = if self.input.messages.is_empty() {
            "input has no messages"
        } else if self.input.messages.last().is_some_and(|message| message.role == Role::Assistant) {
            "the last message of input is the assistant's, so there is nothing to answer"
        } else if self.preferred_output == self.non_preferred_output {
            "preferred_output and non_preferred_output are the same"
        } else {
            return None;
        };
        Some(fault.to_owned())
    }
}

fn unknown(role: &Role) -> Option<String> {
    let is_known = !matches!(role, Role::Other(_));
    (!is_known).then(|| format!("the role '{role}' is not system, developer, user, assistant or tool"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const GOOD: &str = r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"#;

    fn read(content: &str) -> Result<Vec<Example>, Unfit> {
        lines_of(content)
    }

    fn lines_of<T: Line>(content: &str) -> Result<Vec<T>, Unfit> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        training(file.path())
    }

    #[test]
    fn ten_good_lines_are_enough() {
        assert_eq!(read(&format!("\u{feff}{GOOD}\r\n\n{}", format!("{GOOD}\n").repeat(9))).unwrap().len(), 10);
        assert_eq!(read(&format!("{GOOD}\n").repeat(9)).unwrap_err().code, "invalid_n_examples");
    }

    #[test]
    fn each_fault_is_named_with_its_line() {
        for (line, fault) in [
            ("{", "EOF"),
            (r#"{"messages":[]}"#, "last message"),
            (r#"{"messages":[{"role":"user","content":"q"}]}"#, "last message"),
            (r#"{"messages":[{"role":"assistant","content":" "}]}"#, "empty"),
            (r#"{"messages":[{"role":"boss","content":"q"},{"role":"assistant","content":"a"}]}"#, "boss"),
            (r#"{"messages":[{"role":"assistant","content":"a","weight":0}]}"#, "weight 0"),
            (r#"{"messages":[{"role":"assistant","content":"a","weight":2}]}"#, "weight 2"),
            (r#"{"prompt":"q"}"#, "messages"),
        ] {
            let unfit = read(&format!("{GOOD}\n{line}\n")).unwrap_err();
            assert_eq!(unfit.code, "invalid_training_file");
            assert!(unfit.message.contains("line 2: ") && unfit.message.contains(fault), "{}", unfit.message);
        }
    }

    #[test]
    fn pairs_are_checked_too() {
        let line = |role: &str, better: &str, worse: &str| {
            let answer = |text: &str| format!(r#"[{{"role":"assistant","content":"{text}"}}]"#);
            format!(
                r#"{{"input":{{"messages":[{{"role":"{role}","content":"q"}}]}},"preferred_output":{},"non_preferred_output":{}}}"#,
                answer(better),
                answer(worse)
            )
        };
        let good = line("user", "a", "b");
        assert_eq!(lines_of::<Pair>(&format!("{good}\n").repeat(10)).unwrap().len(), 10);
        for (line, fault) in [
            (GOOD.to_owned(), "missing field `input`"),
            (line("boss", "a", "b"), "boss"),
            (line("assistant", "a", "b"), "nothing to answer"),
            (line("user", "", "b"), "preferred_output is not"),
            (line("user", "a", "a"), "the same"),
            (good.replace(r#"[{"role":"assistant","content":"b"}]"#, "[]"), "non_preferred_output is not"),
            (good.replace(r#"[{"role":"user","content":"q"}]"#, "[]"), "no messages"),
        ] {
            let unfit = lines_of::<Pair>(&format!("{good}\n{line}\n")).unwrap_err();
            assert!(unfit.message.starts_with("line 2: ") && unfit.message.contains(fault), "{}", unfit.message);
        }
    }

    #[test]
    fn many_faults_are_counted() {
        let message = read(&"x\n".repeat(12)).unwrap_err().message;
        assert!(
            message.contains("line 5") && !message.contains("line 6") && message.ends_with("and 7 more"),
            "{message}"
        );
    }
}
