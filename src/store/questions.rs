//! Question files: JSONL, plain text or CSV, by the ending of the name.

use std::path::Path;

use csv::StringRecord;

use super::rows::{Faults, ReadError, read_lines, read_rows};
use crate::record::{Fault, Question, Row};

/// Reads every question of a `.jsonl`, `.txt` (a question a line) or `.csv` (a column `question`) file.
///
/// # Errors
/// When the file cannot be read, holds no question, or has a bad row that `faults` does not let pass.
pub fn read_questions(path: &Path, faults: &mut Faults) -> Result<Vec<Question>, ReadError> {
    let mut questions = Vec::new();
    let mut take = |question| match question {
        Ok(question) => {
            questions.push(question);
            Ok(())
        }
        Err(error) => faults.take(error),
    };
    let at = |line| move |fault| ReadError::Row { path: path.to_owned(), line, fault };
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => {
            for (row, number) in read_rows::<CsvQuestion>(path)?.zip(1..) {
                let question = |row: CsvQuestion| Question::from_text(row.id.unwrap_or(number), &row.text);
                take(row.and_then(|row| question(row).map_err(at(number + 1))))?;
            }
        }
        Some("txt") => {
            for line in read_lines(path)? {
                take(line.and_then(|(number, text)| Question::from_text(number, &text).map_err(at(number))))?;
            }
        }
        _ => {
            for line in read_lines(path)? {
                take(line.and_then(|(number, text)| Question::from_json(number, &text).map_err(at(number))))?;
            }
        }
    }
    if questions.is_empty() {
        return Err(at(1)(Fault::new("no questions", "at least one question")));
    }
    Ok(questions)
}

struct CsvQuestion {
    id: Option<u64>,
    text: String,
}

impl Row for CsvQuestion {
    const COLUMNS: &'static [&'static str] = &["question"];

    fn from_record(record: &StringRecord, headers: &StringRecord) -> Result<Self, Fault> {
        let field = |name| headers.iter().position(|header| header == name).and_then(|column| record.get(column));
        let id = field("question_id").filter(|id| !id.is_empty()).map(|id| {
            id.parse::<u32>()
                .map(u64::from)
                .map_err(|_| Fault::new(id, "a question_id that is a whole number below 2^32"))
        });
        Ok(Self { id: id.transpose()?, text: field("question").unwrap_or_default().trim().to_owned() })
    }

    fn check(&self) -> Result<(), Fault> {
        Question::from_text(0, &self.text).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::replace;

    fn read(name: &str, contents: &str, skip: bool) -> (Result<Vec<Question>, ReadError>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        replace(&path, contents).unwrap();
        let mut faults = Faults::new(skip);
        (read_questions(&path, &mut faults), faults.count())
    }

    #[test]
    fn the_three_kinds_of_file_give_the_same_questions() {
        let expected =
            [(1, "Bet?"), (3, "Insure, now?")].map(|(id, text)| Question::from_text(id, text).unwrap()).to_vec();
        let files = [
            ("q.jsonl", "{\"content\": \"Bet?\"}\n\n{\"prompt\": \"Insure, now?\"}"),
            ("q.txt", "Bet?\n\nInsure, now?"),
            ("q.csv", "question_id,question\n1,Bet?\n3,\"Insure, now?\"\n"),
        ];
        for (name, contents) in files {
            assert_eq!(read(name, contents, false).0.unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn a_bad_line_stops_the_reading_or_is_counted() {
        let contents = "{\"content\": \"Bet?\"}\n{\"text\": 1}\n";
        let error = read("q.jsonl", contents, false).0.unwrap_err().to_string();
        assert!(error.contains("q.jsonl:2: found"), "{error}");
        let (questions, skipped) = read("q.jsonl", contents, true);
        assert_eq!((questions.unwrap().len(), skipped), (1, 1));
        assert!(read("q.jsonl", "\n", true).0.is_err(), "a file without a question is an error even then");
    }
}
