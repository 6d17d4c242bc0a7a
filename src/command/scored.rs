//! Responses with the scores that they have so far: what judge adds to and analyze reports on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};

use super::evaluate::ALL_RESPONSES;
use super::inputs;
use crate::batch;
use crate::record::{Response, ScoredResponse};
use crate::store::{self, Faults, ReadError, Slot};

/// Responses with scores, one row each.
pub(super) const DETAILED: &str = "detailed_evaluation_results.csv";

/// Where the scores of a results folder go: `analysis_<set>` beside `results_<set>`, or the folder itself.
pub(super) fn output_folder(results: &Path, given: Option<&Path>) -> PathBuf {
    let name = results.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match (given, name.strip_prefix("results_")) {
        (Some(given), _) => given.to_owned(),
        (None, Some(set)) => results.with_file_name(format!("analysis_{set}")),
        (None, None) => results.to_owned(),
    }
}

/// The results folders that a path stands for: itself, or else its results_SET folders.
pub(super) fn folders(results: &Path) -> Result<Vec<PathBuf>> {
    let has_rows = |folder: &Path| [ALL_RESPONSES, DETAILED].iter().any(|name| folder.join(name).exists());
    if has_rows(results) || !results.is_dir() {
        return Ok(vec![results.to_owned()]);
    }
    let mut sets = inputs::files(results, |name| name.starts_with("results_"))?;
    sets.retain(|folder| has_rows(folder));
    Ok(if sets.is_empty() { vec![results.to_owned()] } else { sets })
}

/// The rows of a results folder, each with the scores that it or an earlier analysis holds.
#[derive(Debug, Clone)]
pub(super) struct ScoredRows {
    input: PathBuf,
    earlier: Arc<HashMap<u64, Vec<(String, f64)>>>,
}

impl ScoredRows {
    /// Finds the rows of `results` and the scores that an analysis in `output` has for them.
    pub(super) fn open(results: &Path, output: &Path, faults: &mut Faults) -> Result<Self> {
        let candidates = [results.join(ALL_RESPONSES), results.join(DETAILED)];
        let Some(input) = candidates.iter().find(|path| path.exists()).cloned() else {
            bail!(
                "{} has neither {ALL_RESPONSES} nor {DETAILED}; make responses with riskpref evaluate",
                results.display()
            );
        };
        let mut earlier = HashMap::new();
        let analysis = output.join(DETAILED);
        if analysis != input && analysis.exists() {
            for row in store::read_rows::<ScoredResponse>(&analysis)? {
                if let Some(row) = inputs::good(row, faults)?.filter(|row| !row.scores.is_empty()) {
                    earlier.insert(identity(&row.response), row.scores);
                }
            }
        }
        Ok(Self { input, earlier: Arc::new(earlier) })
    }

    /// The file that holds the responses.
    pub(super) fn input(&self) -> &Path {
        &self.input
    }

    /// Scores that an earlier analysis has for a response.
    pub(super) fn earlier(&self, response: &Response) -> &[(String, f64)] {
        self.earlier.get(&identity(response)).map_or(&[], Vec::as_slice)
    }

    /// Leaves out what an earlier analysis has on some metrics, as the journal knows better.
    pub(super) fn forget(&mut self, known: impl Fn(&str) -> bool) {
        for scores in Arc::make_mut(&mut self.earlier).values_mut() {
            scores.retain(|(metric, _)| !known(metric));
        }
    }

    /// Reads the rows one by one.
    pub(super) fn iter(&self) -> Result<impl Iterator<Item = Result<ScoredResponse, ReadError>>, ReadError> {
        self.clone().into_rows()
    }

    /// As [`ScoredRows::iter`], for another thread.
    pub(super) fn into_rows(
        self,
    ) -> Result<impl Iterator<Item = Result<ScoredResponse, ReadError>> + Send + use<>, ReadError> {
        let rows = store::read_rows::<ScoredResponse>(&self.input)?;
        Ok(rows.map(move |row| {
            row.map(|mut row| {
                for (metric, score) in self.earlier(&row.response) {
                    if !row.scores.iter().any(|(known, _)| known == metric) {
                        row.scores.push((metric.clone(), *score));
                    }
                }
                row
            })
        }))
    }
}

/// The place of a response in its table.
pub(super) fn slot(response: &Response, metric: &str) -> Slot {
    let (name, metric) = (response.model_name.clone(), metric.to_owned());
    Slot { name, question_id: response.question_id, run_id: response.run_id, metric }
}

/// Stands for a response's place and words.
fn identity(response: &Response) -> u64 {
    batch::key(&slot(response, ""), response.response.as_bytes())
}
