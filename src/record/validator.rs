//! The rules that a fine-tuning file has to meet.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::{Fault, Format, Lesson};

/// The fewest examples that fine-tuning accepts.
const MINIMUM_EXAMPLES: usize = 10;

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
#[derive(Debug)]
pub struct Validator {
    format: Format,
    seen: HashMap<[u8; 16], u64>,
    examples: usize,
}

impl Validator {
    /// For a file of this format.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self { format, seen: HashMap::new(), examples: 0 }
    }

    /// Checks the next line.
    ///
    /// # Errors
    /// The line's [`Issue`]: those of [`Lesson::from_json`], and a line that stands earlier in the file too.
    pub fn line(&mut self, number: u64, line: &str) -> Result<Lesson, Issue> {
        let issue = |fatal| move |fault| Issue { line: number, fault, fatal };
        let lesson = Lesson::from_json(line, self.format).map_err(issue(true))?;
        let mut hash = [0; 16];
        let mut digest = Sha256::new();
        for text in [&lesson.question, &lesson.answer].into_iter().chain(&lesson.rejected) {
            digest.update(text);
            digest.update([0]);
        }
        hash.copy_from_slice(&digest.finalize()[..16]);
        if let Some(first) = self.seen.insert(hash, number) {
            self.seen.insert(hash, first);
            return Err(issue(false)(Fault::new(&lesson.question, format!("no duplicates; line {first} is the same"))));
        }
        self.examples += 1;
        Ok(lesson)
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
    use super::super::example::MAXIMUM_CHARACTERS;
    use super::*;

    fn line(user: &str, assistant: &str) -> String {
        format!(
            r#"{{"messages":[{{"role":"user","content":"{user}"}},{{"role":"assistant","content":"{assistant}"}}]}}"#
        )
    }

    #[test]
    fn every_fault_of_a_line_is_named() {
        let mut validator = Validator::new(Format::OpenAi);
        assert_eq!(validator.line(1, &line("Bet?", "No.")).unwrap().answer, "No.");
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
        let mut validator = Validator::new(Format::OpenAi);
        for number in 1..=10 {
            assert!(validator.finish().is_some(), "{number}");
            validator.line(number, &line(&format!("Bet {number}?"), "No.")).unwrap();
        }
        assert_eq!(validator.finish(), None);
    }
}
