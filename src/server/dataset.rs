//! Reading a training or validation file, with the rules that fine-tuning services set.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::api::wire::chat::Role;
use crate::api::wire::fine_tuning::{Example, ExampleMessage};

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

/// The examples of a training file.
pub(super) fn training(path: &Path) -> Result<Vec<Example>, Unfit> {
    let examples = examples(path)?;
    if examples.len() < MINIMUM_EXAMPLES {
        let message = format!("the file has {} examples; at least {MINIMUM_EXAMPLES} are needed", examples.len());
        return Err(Unfit { code: "invalid_n_examples", message });
    }
    Ok(examples)
}

/// The examples of a file, of which there may be any number but none.
pub(super) fn examples(path: &Path) -> Result<Vec<Example>, Unfit> {
    let unreadable =
        |error: std::io::Error| Unfit { code: "invalid_file", message: format!("cannot be read: {error}") };
    let mut lines = BufReader::new(File::open(path).map_err(unreadable)?);
    let (mut found, mut faults, mut line, mut number) = (Vec::new(), Vec::new(), Vec::new(), 0);
    while lines.read_until(b'\n', &mut line).map_err(unreadable)? > 0 {
        number += 1;
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if !text.is_empty() {
            match example(text) {
                Ok(example) => found.push(example),
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

fn example(line: &[u8]) -> Result<Example, String> {
    let example: Example = serde_json::from_slice(line).map_err(|error| {
        let whole = error.to_string();
        // Its own "at line 1" would be taken for the file's line.
        whole.split(" at line ").next().unwrap_or(&whole).to_owned()
    })?;
    if let Some(message) = example.messages.iter().find(|message| matches!(message.role, Role::Other(_))) {
        return Err(format!("the role '{}' is not system, developer, user, assistant or tool", message.role));
    }
    if let Some(weight) = example.messages.iter().find_map(|message| message.weight.filter(|weight| *weight > 1)) {
        return Err(format!("the weight {weight} is not 0 or 1"));
    }
    let is_answer = |message: &ExampleMessage| message.role == Role::Assistant;
    if example.messages.iter().any(|message| is_answer(message) && message.content.trim().is_empty()) {
        return Err("an assistant message is empty".to_owned());
    }
    if !example.messages.last().is_some_and(is_answer) {
        return Err("the last message is not the assistant's".to_owned());
    }
    if !example.messages.iter().any(|message| is_answer(message) && message.weight != Some(0)) {
        return Err("every assistant message has weight 0, so nothing is learned".to_owned());
    }
    Ok(example)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const GOOD: &str = r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"#;

    fn read(content: &str) -> Result<Vec<Example>, Unfit> {
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
    fn many_faults_are_counted() {
        let message = read(&"x\n".repeat(12)).unwrap_err().message;
        assert!(
            message.contains("line 5") && !message.contains("line 6") && message.ends_with("and 7 more"),
            "{message}"
        );
    }
}
