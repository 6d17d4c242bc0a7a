//! Where answers come from: which files, and what their rows are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::evaluate::ALL_RESPONSES;
use crate::command::inputs;

/// The files given, and the answers files of the folders given.
pub(super) fn files(inputs: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for input in inputs {
        if !input.is_dir() {
            files.push(input.clone());
            continue;
        }
        let is_answers = |name: &str| {
            (name.starts_with("responses_") && (name.ends_with(".csv") || name.ends_with(".jsonl")))
                || name == ALL_RESPONSES
        };
        let found = inputs::files(input, is_answers)?;
        if found.is_empty() {
            bail!("{} has no responses_*.csv, responses_*.jsonl or {}", input.display(), ALL_RESPONSES);
        }
        files.extend(found);
    }
    Ok(files)
}

/// What the rows of a file are.
pub(super) enum Kind {
    Answers,
    Responses,
    Examples,
}

/// # Errors
/// When the file cannot be read or has the columns of no kind.
pub(super) fn kind(path: &Path) -> Result<Kind> {
    if path.extension().is_some_and(|extension| extension == "jsonl") {
        return Ok(Kind::Examples);
    }
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::Headers)
        .from_path(path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let headers = reader.headers()?;
    match (headers.iter().any(|name| name == "answer"), headers.iter().any(|name| name == "response")) {
        (true, _) => Ok(Kind::Answers),
        (false, true) => Ok(Kind::Responses),
        _ => bail!(
            "{}: found the columns {}; expected answer (training answers) or response (evaluation)",
            path.display(),
            headers.iter().collect::<Vec<_>>().join(", ")
        ),
    }
}
