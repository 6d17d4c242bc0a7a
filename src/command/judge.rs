//! `judge`: response x rubric -> scores from 0 to 100. A reply that is no score is a missing score.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::connect::Connections;
use super::finish::{Provenance, conclude, write_manifest};
use super::scored::{self, DETAILED, ScoredRows};
use super::{Outcome, Session, inputs};
use crate::api::Client;
use crate::api::wire::chat::{ChatRequest, Message};
use crate::batch::{self, Filled, Task};
use crate::cli::{ApiArgs, JudgeArgs, JudgeCommandArgs};
use crate::decision::read;
use crate::judge::{METRICS, Rubric, read_score};
use crate::record::ScoredResponse;
use crate::store::{self, Faults, Journal, Replacement};

/// The metric that the embedded agent can score, from the decision that it reads.
const AGENT_METRIC: &str = "risk_seeking";
/// Room for a score and for the reasoning that some models do first.
const MAX_TOKENS: u32 = 2048;

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

/// The rubrics of `metrics`, each a built-in name or a file.
fn rubrics(metrics: &[String], model: &str) -> Result<Vec<Rubric>> {
    let mut rubrics = Vec::new();
    for metric in metrics {
        rubrics.push(match Rubric::shipped(metric) {
            Some(rubric) => rubric,
            None => {
                let text = std::fs::read_to_string(metric).with_context(|| {
                    format!("--metrics {metric}: neither a file that can be read nor one of {}", METRICS.join(", "))
                })?;
                Rubric::parse(&text).with_context(|| metric.clone())?
            }
        });
    }
    if is_agent(model) {
        rubrics.retain(|rubric| rubric.metric() == AGENT_METRIC);
        if rubrics.is_empty() {
            bail!("the judge {model} can score only {AGENT_METRIC}");
        }
    }
    Ok(rubrics)
}

fn is_agent(model: &str) -> bool {
    crate::server::is_embedded(model)
}

/// A response's place in the random order of the seed.
fn sample_place(row: &ScoredResponse, seed: u64) -> u64 {
    batch::key(&scored::slot(&row.response, "sample"), &seed.to_le_bytes())
}

/// Every response times every rubric for which it has no score.
#[derive(Debug, Clone)]
struct Plan {
    rubrics: Arc<[Rubric]>,
    sample: Option<Arc<HashSet<u64>>>,
    model: Arc<str>,
    seed: i64,
    client: Arc<Client>,
}

impl Plan {
    /// The rubrics by which a row is still to be scored.
    fn open<'a>(&'a self, row: &'a ScoredResponse) -> impl Iterator<Item = &'a Rubric> {
        let seed = u64::try_from(self.seed).unwrap_or_default();
        let chosen = self.sample.as_ref().is_none_or(|sample| sample.contains(&sample_place(row, seed)));
        let wanted = chosen && !row.response.is_error() && self.can_judge(row);
        let scored = |rubric: &Rubric| row.scores.iter().any(|(metric, _)| metric == rubric.metric());
        self.rubrics.iter().filter(move |rubric| wanted && !scored(rubric))
    }

    /// Whether the judge can make anything of a response: a language model of any, the embedded agent of decisions.
    fn can_judge(&self, row: &ScoredResponse) -> bool {
        let response = &row.response;
        !is_agent(&self.model)
            || read::problem(&response.question)
                .is_some_and(|problem| read::decision(&problem, &response.response).is_some())
    }

    fn count(&self, rows: &ScoredRows, (faults, session): (&mut Faults, &Session)) -> Result<u64> {
        let (mut calls, mut not_asked, mut own) = (0, 0u64, false);
        for row in rows.iter()? {
            let Some(row) = inputs::good(row, faults)? else { continue };
            calls += self.open(&row).count() as u64;
            not_asked += u64::from(!self.can_judge(&row));
            own |= row.response.model_id == *self.model;
        }
        if not_asked > 0 {
            session.terminal.note(format!(
                "{} scores decisions that it can read; {not_asked} responses have none and are not asked",
                self.model
            ));
        }
        if own {
            session
                .terminal
                .warn(format!("{} judges its own responses; name another judge for an independent score", self.model));
        }
        Ok(calls)
    }

    fn tasks(
        &self,
        rows: &ScoredRows,
        skip_invalid: bool,
    ) -> Result<impl Iterator<Item = Result<Task>> + Send + use<>> {
        let (plan, rows) = (self.clone(), rows.clone());
        let mut faults = Faults::new(skip_invalid);
        let rows = rows.into_rows()?;
        Ok(rows.flat_map(move |row| match inputs::good(row, &mut faults) {
            Ok(Some(row)) => plan.open(&row).map(|rubric| plan.task(&row, rubric)).collect(),
            Ok(None) => Vec::new(),
            Err(error) => vec![Err(error.into())],
        }))
    }

    fn task(&self, row: &ScoredResponse, rubric: &Rubric) -> Result<Task> {
        let response = &row.response;
        let message = Message::user(rubric.render(&response.question, &response.response));
        let request = ChatRequest {
            temperature: Some(0.0),
            max_completion_tokens: Some(MAX_TOKENS),
            seed: Some(self.seed),
            ..ChatRequest::new(&*self.model, vec![message])
        };
        Task::new(scored::slot(response, rubric.metric()), &response.question.as_str().into(), &self.client, &request)
    }

    /// The metrics of the table: the shipped ones first, in their order, then others by name.
    fn metrics(&self, rows: &ScoredRows, skip_invalid: bool) -> Result<Vec<String>> {
        let mut known: HashSet<String> = self.rubrics.iter().map(|rubric| rubric.metric().to_owned()).collect();
        for row in rows.iter()? {
            if let Some(row) = inputs::good(row, &mut Faults::new(skip_invalid))? {
                known.extend(row.scores.into_iter().map(|(metric, _)| metric));
            }
        }
        let place = |metric: &String| METRICS.iter().position(|shipped| shipped == metric).unwrap_or(METRICS.len());
        let mut metrics: Vec<String> = known.into_iter().collect();
        metrics.sort_by_key(|metric| (place(metric), metric.clone()));
        Ok(metrics)
    }

    /// Adds the scores of the journal to a row; returns the replies that are no scores, by metric.
    fn complete(&self, row: &mut ScoredResponse, journal: &Journal) -> Result<BTreeMap<String, String>> {
        let mut replies = BTreeMap::new();
        let mut scores = Vec::new();
        for rubric in self.open(row) {
            let Some(call) = journal.call(self.task(row, rubric)?.key)? else { continue };
            match read_score(&call.reply) {
                Some(score) => scores.push((rubric.metric().to_owned(), f64::from(score))),
                None => drop(replies.insert(rubric.metric().to_owned(), call.reply)),
            }
        }
        row.scores.extend(scores);
        Ok(replies)
    }
}
