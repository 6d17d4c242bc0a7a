//! `unanswered.jsonl`: what was charged, or may have been, for calls that brought no answer; and the charges of a whole folder.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Slot;
use crate::money::Charge;

const FILE: &str = "unanswered.jsonl";

/// Adds a call that was charged and brought no answer.
pub(super) fn append(folder: &Path, slot: &Slot, (model_id, details): (&str, &Value)) -> Result<()> {
    let path = folder.join(FILE);
    let mut line = serde_json::to_value(slot)?;
    line["model_id"] = json!(model_id);
    line["details"] = details.clone();
    // A line torn by the death of an earlier process ends here.
    let written = OpenOptions::new().read(true).append(true).create(true).open(&path).and_then(|mut file| {
        let torn = !ends_with_line(&file)?;
        file.write_all(format!("{}{line}\n", if torn { "\n" } else { "" }).as_bytes())
    });
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn ends_with_line(mut file: &File) -> io::Result<bool> {
    use std::io::{Read, Seek, SeekFrom};
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Shows every charge of a folder: of the calls in its journal and of those that brought no answer. A torn line is left
/// out, as its call is not done.
///
/// # Errors
/// When a file is there and cannot be read.
pub fn each_charge(folder: &Path, mut see: impl FnMut(&Charge)) -> Result<()> {
    for name in ["calls.jsonl", FILE] {
        let path = folder.join(name);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).with_context(|| format!("cannot read {}", path.display()))? > 0 {
            if let Ok(charge) = serde_json::from_slice(&line) {
                see(&charge);
            }
            line.clear();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_of_both_files_are_seen_and_torn_lines_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let slot = Slot { name: "a".into(), question_id: 1, run_id: 1, metric: String::new() };
        append(folder.path(), &slot, ("m", &json!({ "attempts": 1, "lost": 1 }))).unwrap();
        let path = folder.path().join(FILE);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"model_id\":\"to").unwrap();
        append(folder.path(), &slot, ("n", &json!({ "attempts": 2, "lost": 2 }))).unwrap();
        super::super::replace(&folder.path().join("calls.jsonl"), "{\"model_id\":\"o\",\"details\":{}}\n{\"model")
            .unwrap();
        let mut seen = Vec::new();
        each_charge(folder.path(), |charge| seen.push((charge.model_id.clone(), charge.details.lost))).unwrap();
        assert_eq!(seen, [("o".to_owned(), 0), ("m".to_owned(), 1), ("n".to_owned(), 2)]);
        each_charge(&folder.path().join("absent"), |_| panic!("nothing is there")).unwrap();
    }
}
