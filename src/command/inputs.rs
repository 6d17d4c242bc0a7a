//! Reading a command's input files, with one policy for bad rows.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::Session;
use crate::decision::Problem;
use crate::record::{Mapping, Preference, Question};
use crate::store::{self, Faults, ReadError};

/// Preferences of a prompt file, those in `only` if it names any.
pub(super) fn preferences(path: &Path, only: &[String], faults: &mut Faults) -> Result<Vec<Preference>> {
    let mut preferences: Vec<Preference> = Vec::new();
    for row in store::read_spaced_rows(path)? {
        if let Some(row) = good(row, faults)? {
            preferences.push(row);
        }
    }
    for (index, preference) in preferences.iter().enumerate() {
        if preferences[..index].iter().any(|other| other.model_name == preference.model_name) {
            bail!("{}: the preference {} stands there twice", path.display(), preference.model_name);
        }
    }
    let known: Vec<&str> = preferences.iter().map(|preference| preference.model_name.as_str()).collect();
    if let Some(unknown) = only.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("--models {unknown}: {} has {}", path.display(), known.join(", "));
    }
    preferences.retain(|preference| only.is_empty() || only.contains(&preference.model_name));
    if preferences.is_empty() {
        bail!("{} has no preferences", path.display());
    }
    Ok(preferences)
}

/// Questions of a file; with `sample`, that many of them, chosen by the seed and in the file's order.
pub(super) fn questions(path: &Path, sample: Option<(usize, u64)>, faults: &mut Faults) -> Result<Vec<Question>> {
    let questions = store::read_questions(path, faults)?;
    let mut seen = std::collections::HashSet::new();
    if let Some(twice) = questions.iter().find(|question| !seen.insert(question.id)) {
        bail!("{}: the question_id {} stands there twice", path.display(), twice.id);
    }
    let Some((size, seed)) = sample.filter(|(size, _)| *size < questions.len()) else { return Ok(questions) };
    if size == 0 {
        bail!("--sample-size 0 asks for nothing");
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut chosen = rand::seq::index::sample(&mut random, questions.len(), size).into_vec();
    chosen.sort_unstable();
    Ok(chosen.into_iter().map(|index| questions[index].clone()).collect())
}

/// Rows of a mapping file; none when it does not exist.
pub(super) fn mappings(path: &Path) -> Result<Vec<Mapping>> {
    match store::read_spaced_rows(path) {
        Ok(rows) => rows.map(|row| row.map_err(Into::into)).collect(),
        Err(ReadError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// What a results folder keeps of the problems that its questions' lines carried.
pub(super) const PROBLEMS: &str = "problems.jsonl";

/// The problems that a results folder keeps, with their domains, by the questions' texts.
pub(super) fn carried(folder: &Path, faults: &mut Faults) -> Result<HashMap<String, (Problem, Option<String>)>> {
    let path = folder.join(PROBLEMS);
    if !path.exists() {
        return Ok(HashMap::new());
    }
    let questions = store::read_questions(&path, faults)?.into_iter();
    Ok(questions.filter_map(|question| Some((question.text, (question.problem?, question.domain)))).collect())
}

/// Files of `folder` for which `wanted` holds, sorted by name.
pub(super) fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(&wanted) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The part of a file's or folder's name behind `prefix`: `questions_finance.jsonl` is the set `finance`.
pub(super) fn set_name(path: &Path) -> String {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("questions");
    let name = ["questions_", "question_", "results_", "analysis_"].iter().find_map(|prefix| stem.strip_prefix(prefix));
    name.unwrap_or(stem).to_owned()
}

/// The row, or none if it is bad and bad rows are left out.
pub(super) fn good<T>(row: Result<T, ReadError>, faults: &mut Faults) -> Result<Option<T>, ReadError> {
    match row {
        Ok(row) => Ok(Some(row)),
        Err(error) => faults.take(error).map(|()| None),
    }
}

/// Says on stderr which rows were left out.
pub(super) fn report_skipped(session: &Session, faults: &Faults) {
    if faults.count() > 0 {
        for fault in faults.skipped() {
            session.terminal.warn(format!("left out: {fault}"));
        }
        session.terminal.warn(format!("{} bad rows left out (--skip-invalid)", faults.count()));
    }
}
