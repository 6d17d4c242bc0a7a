//! `judge`: response x rubric -> scores from 0 to 100. A reply that is no score is a missing score.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::json;

use super::connect::Connections;
use super::finish::{Provenance, conclude, write_manifest};
use super::judge_plan::{MAX_TOKENS, Plan, rubrics, sample_place};
use super::scored::{self, DETAILED, ScoredRows};
use super::{Outcome, Session, inputs};
use crate::batch::{self, Filled};
use crate::cli::{ApiArgs, JudgeArgs, JudgeCommandArgs};
use crate::judge::Rubric;
use crate::record::ScoredResponse;
use crate::store::{self, Faults, Journal, Replacement};

/// Runs `riskpref judge`.
///
/// # Errors
/// When no judge is named, an input is bad, the output folder cannot be written, or the judge cannot be asked at all.
pub async fn run(args: &JudgeCommandArgs, session: &Session) -> Result<Outcome> {
    let output = scored::output_folder(&args.results_dir, args.output_dir.as_deref());
    let scoring = Scoring {
        results: &args.results_dir,
        output: &output,
        judge: &args.judge,
        api: &args.api,
        sample_size: args.sample_size,
        skip_invalid: args.skip_invalid,
    };
    scoring.run(session).await
}

/// What is scored, by whom, and where the scores go. `judge` and `analyze` share it.
pub(super) struct Scoring<'a> {
    pub(super) results: &'a Path,
    pub(super) output: &'a Path,
    pub(super) judge: &'a JudgeArgs,
    pub(super) api: &'a ApiArgs,
    pub(super) sample_size: Option<usize>,
    pub(super) skip_invalid: bool,
}

impl Scoring<'_> {
    /// Scores what has no score yet and writes `detailed_evaluation_results.csv`.
    pub(super) async fn run(&self, session: &Session) -> Result<Outcome> {
        let model = self.judge.judge_model.clone().context(
            "no judge is named: give --judge-model, for example agent (which scores risk_seeking on decisions that it can read)",
        )?;
        let connections = Connections::new(self.api, session)?.for_judge(self.judge.judge_base_url.as_deref())?;
        let client = connections.client(&model, "judge").await?;
        let mut faults = Faults::new(self.skip_invalid);
        let rows = ScoredRows::open(self.results, self.output, &mut faults)?;
        let plan = Plan {
            rubrics: rubrics(&self.judge.metrics, &model)?.into(),
            sample: self.sample(&rows, &mut faults)?.map(Arc::new),
            model: model.as_str().into(),
            seed: i64::try_from(self.api.seed)?,
            client,
        };
        let total = plan.count(&rows, (&mut faults, session))?;
        inputs::report_skipped(session, &faults);
        let journal = Arc::new(Journal::open(self.output)?);
        let bar = session.terminal.bar("judge", total);
        let tasks = plan.tasks(&rows, self.skip_invalid)?;
        let filled =
            batch::fill(&journal, tasks, usize::from(self.api.batch_size), (bar.clone(), session.interrupt.clone()))
                .await;
        bar.finish();
        let filled = filled?;
        let unscored = self.write_table(&plan, (&rows, &journal), session)?;
        self.write_manifest(&plan, (&rows, &filled), session)?;
        let outcome = conclude(session, &format!("scores in {}", self.output.display()), (&filled, total))?;
        Ok(if unscored > 0 { outcome.max(Outcome::Missing) } else { outcome })
    }

    /// The places of the responses to score: `sample_size` of each model, the ones whose hash with the seed is smallest.
    fn sample(&self, rows: &ScoredRows, faults: &mut Faults) -> Result<Option<HashSet<u64>>> {
        let Some(size) = self.sample_size else { return Ok(None) };
        let mut places: HashMap<String, Vec<u64>> = HashMap::new();
        for row in rows.iter()? {
            if let Some(row) = inputs::good(row, faults)? {
                let place = sample_place(&row, self.api.seed);
                places.entry(row.response.model_name).or_default().push(place);
            }
        }
        let chosen = places.into_values().flat_map(|mut places| {
            places.sort_unstable();
            places.truncate(size);
            places
        });
        Ok(Some(chosen.collect()))
    }

    /// Writes every row with its scores; returns how many replies were no scores.
    fn write_table(&self, plan: &Plan, (rows, journal): (&ScoredRows, &Journal), session: &Session) -> Result<u64> {
        let metrics = plan.metrics(rows, self.skip_invalid)?;
        let mut table = csv::Writer::from_writer(Replacement::new(&self.output.join(DETAILED))?);
        let fixed = ["question_id", "run_id", "question", "response", "model_name", "model_id"];
        let columns = metrics.iter().map(|metric| format!("{metric}_score"));
        table
            .write_record(fixed.map(str::to_owned).into_iter().chain(columns).chain(["unscored_replies".to_owned()]))?;
        let mut unscored = Unscored::default();
        for row in rows.iter()? {
            let Some(mut row) = inputs::good(row, &mut Faults::new(self.skip_invalid))? else { continue };
            let replies = plan.complete(&mut row, journal)?;
            unscored.count(&replies, &row);
            let response = &row.response;
            let fixed = [
                response.question_id.to_string(),
                response.run_id.to_string(),
                response.question.clone(),
                response.response.clone(),
            ];
            let score = |metric: &String| {
                row.scores
                    .iter()
                    .find(|(known, _)| known == metric)
                    .map_or(String::new(), |(_, score)| format!("{score:?}"))
            };
            let names = [response.model_name.clone(), response.model_id.clone()];
            let replies = if replies.is_empty() { String::new() } else { serde_json::to_string(&replies)? };
            table.write_record(fixed.into_iter().chain(names).chain(metrics.iter().map(score)).chain([replies]))?;
        }
        store::finish(table)?;
        if let Some(first) = unscored.first {
            session.terminal.warn(format!(
                "{} replies are no whole number from 0 to 100 and give no score (first: {first})",
                unscored.count
            ));
        }
        Ok(unscored.count)
    }

    fn write_manifest(&self, plan: &Plan, (rows, filled): (&ScoredRows, &Filled), session: &Session) -> Result<()> {
        let provenance = Provenance {
            command: "judge",
            seed: self.api.seed,
            inputs: &[rows.input()],
            models: BTreeMap::from([("judge".to_owned(), plan.model.to_string())]),
            parameters: json!({
                "temperature": 0.0,
                "max_completion_tokens": MAX_TOKENS,
                "metrics": plan.rubrics.iter().map(Rubric::metric).collect::<Vec<_>>(),
            }),
        };
        write_manifest(session, self.output, (&provenance, filled))
    }
}

#[derive(Debug, Default)]
struct Unscored {
    count: u64,
    first: Option<String>,
}

impl Unscored {
    fn count(&mut self, replies: &BTreeMap<String, String>, row: &ScoredResponse) {
        self.count += replies.len() as u64;
        if let Some((metric, reply)) = replies.first_key_value().filter(|_| self.first.is_none()) {
            let response = &row.response;
            let place = format!("{}, question {}, run {}", response.model_name, response.question_id, response.run_id);
            self.first = Some(format!("{metric} of {place}: {}", crate::record::shorten(reply, 60)));
        }
    }
}
