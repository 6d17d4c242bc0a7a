//! Scores into a summary, in a single pass.
//!
//! Invariant: the order of the rows changes the order of the models and nothing else beyond the last
//! digits of rounding; a missing score is counted as missing and never as a number.

use std::collections::BTreeMap;

use super::{Summary, SummaryRow};
use crate::judge::METRICS;
use crate::stats::{LEVEL, NotFinite, RESAMPLES, Sample, mean_interval};

/// One response's score on one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score<'a> {
    /// The model that responded.
    pub model_name: &'a str,
    /// The metric.
    pub metric: &'a str,
    /// The question: scores of the same one are a cluster.
    pub question_id: u64,
    /// The score, usually 0 to 100; none when it is missing.
    pub value: Option<f64>,
}

/// Takes scores in one at a time. Memory: O(models x metrics x questions), however many runs.
#[derive(Debug, Default)]
pub struct Accumulator {
    models: Vec<String>,
    metrics: Vec<String>,
    cells: BTreeMap<(usize, usize), Cell>,
}

#[derive(Debug, Default)]
struct Cell {
    questions: BTreeMap<u64, Sample>,
    missing: u64,
}

impl Accumulator {
    /// An accumulator without scores.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one score.
    ///
    /// # Errors
    /// When its value is not finite; nothing is then counted.
    pub fn add(&mut self, score: Score<'_>) -> Result<(), NotFinite> {
        let first = score.value.map(Sample::new).transpose()?;
        let model = index(&mut self.models, score.model_name);
        let metric = index(&mut self.metrics, score.metric);
        let cell = self.cells.entry((model, metric)).or_default();
        match first {
            Some(first) => {
                let question = cell.questions.entry(score.question_id);
                question.and_modify(|sample| *sample = sample.merged(first)).or_insert(first);
            }
            None => cell.missing += 1,
        }
        Ok(())
    }

    /// The summary of everything taken in. All intervals use the same `seed`, so that one model's
    /// does not depend on which others there are.
    #[must_use]
    pub fn finish(self, seed: u64) -> Summary {
        let place = |metric: &String| METRICS.iter().position(|name| name == metric);
        let mut order: Vec<usize> = (0..self.metrics.len()).collect();
        order.sort_by_key(|index| place(&self.metrics[*index]).unwrap_or(METRICS.len()));
        let mut rows = Vec::with_capacity(self.cells.len());
        for (model, model_name) in self.models.iter().enumerate() {
            for metric in &order {
                if let Some(cell) = self.cells.get(&(model, *metric)) {
                    rows.push(cell.row(model_name, &self.metrics[*metric], seed));
                }
            }
        }
        let notes = rows.iter().filter_map(note).collect();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Summary { version, seed, resamples: RESAMPLES, level: LEVEL, rows, notes }
    }
}

impl Cell {
    fn row(&self, model_name: &str, metric: &str, seed: u64) -> SummaryRow {
        let clusters: Vec<Sample> = self.questions.values().copied().collect();
        let whole = clusters.iter().copied().reduce(Sample::merged);
        let interval = mean_interval(&clusters, seed);
        SummaryRow {
            model_name: model_name.to_owned(),
            metric: metric.to_owned(),
            mean: whole.map(|sample| sample.mean()),
            std: whole.and_then(|sample| sample.standard_deviation()),
            count: whole.map_or(0, |sample| sample.count()),
            questions: clusters.len(),
            missing: self.missing,
            ci_low: interval.map(|interval| interval.low),
            ci_high: interval.map(|interval| interval.high),
        }
    }
}

/// What to say about a row that lacks scores.
fn note(row: &SummaryRow) -> Option<String> {
    let SummaryRow { model_name, metric, missing, count, .. } = row;
    let all = missing + count;
    (*missing > 0).then(|| format!("{model_name}: {missing} of {all} {metric} scores are missing"))
}

fn index(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

/// The summary of rows of model, metric, question and score, for the tests of the renderers.
#[cfg(test)]
pub(super) fn summary_of<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str, u64, Option<f64>)>) -> Summary {
    let mut accumulator = Accumulator::new();
    for (model_name, metric, question_id, value) in rows {
        accumulator.add(Score { model_name, metric, question_id, value }).expect("finite");
    }
    accumulator.finish(42)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    fn score<'a>(model_name: &'a str, metric: &'a str, value: Option<f64>) -> Score<'a> {
        Score { model_name, metric, question_id: 1, value }
    }

    fn summary<'a>(scores: impl IntoIterator<Item = Score<'a>>) -> Summary {
        let mut accumulator = Accumulator::new();
        scores.into_iter().for_each(|score| accumulator.add(score).unwrap());
        accumulator.finish(42)
    }

    #[test]
    fn models_stay_as_first_seen_and_metrics_take_their_fixed_order() {
        let seen = [("b", "helpfulness"), ("b", "tone"), ("b", "alignment"), ("a", "alignment")];
        let summary = summary(seen.map(|(model, metric)| score(model, metric, Some(1.0))));
        let order = summary.rows.iter().map(|row| (row.model_name.as_str(), row.metric.as_str()));
        let expected = [("b", "alignment"), ("b", "helpfulness"), ("b", "tone"), ("a", "alignment")];
        assert_eq!(order.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_missing_score_is_counted_and_leaves_the_mean_alone() {
        let values = [Some(80.0), None, Some(90.0), None];
        let summary = summary(values.map(|value| score("a", "alignment", value)));
        let row = &summary.rows[0];
        assert_eq!((row.mean, row.count, row.missing), (Some(85.0), 2, 2));
        assert_relative_eq!(row.std.unwrap(), 50.0_f64.sqrt());
        assert_eq!((row.questions, row.ci_low), (1, None));
        assert_eq!(summary.notes, ["a: 2 of 4 alignment scores are missing"]);
    }

    #[test]
    fn without_any_score_there_is_no_mean() {
        let summary = summary([score("a", "alignment", None)]);
        assert_eq!((summary.rows[0].mean, summary.rows[0].count), (None, 0));
    }

    #[test]
    fn an_interval_depends_neither_on_row_order_nor_on_other_models() {
        let values = (0..40u64).map(|i| (i % 8, (i * 37 % 101) as f64));
        let scores: Vec<Score<'_>> =
            values.map(|(question_id, value)| Score { question_id, ..score("a", "tone", Some(value)) }).collect();
        let one = summary(scores.iter().copied());
        let two = summary([score("z", "tone", Some(3.0))].into_iter().chain(scores.into_iter().rev()));
        let ends = |summary: &Summary| {
            let row = summary.row("a", "tone").unwrap();
            (row.ci_low.unwrap(), row.ci_high.unwrap())
        };
        assert_relative_eq!(ends(&one).0, ends(&two).0, max_relative = 1e-12);
        assert_relative_eq!(ends(&one).1, ends(&two).1, max_relative = 1e-12);
        assert_eq!(one.rows[0].questions, 8);
    }

    #[test]
    fn a_number_that_is_not_finite_is_refused() {
        let mut accumulator = Accumulator::new();
        assert!(accumulator.add(score("a", "alignment", Some(f64::NAN))).is_err());
        assert!(accumulator.finish(42).rows.is_empty());
    }
}
