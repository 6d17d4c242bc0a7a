//! The calls of a judge: every response times every rubric for which it has no score.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::scored::{self, ScoredRows};
use super::{Session, inputs};
use crate::api::Client;
use crate::api::wire::chat::{ChatRequest, Message};
use crate::batch::{self, Shape, Task};
use crate::decision::read;
use crate::judge::{METRICS, Rubric, read_score};
use crate::record::ScoredResponse;
use crate::store::{Call, Faults, Journal, line};

/// The metric that the embedded agent can score, from the decision that it reads.
const AGENT_METRIC: &str = "risk_seeking";
/// Detail of a call that holds an earlier analysis's score, which need not be a whole number.
const ADOPTED: &str = "adopted_score";
/// Room for a score and for the reasoning that some models do first.
pub(super) const MAX_TOKENS: u32 = 2048;

/// The rubrics of `metrics`, each a built-in name or a file.
pub(super) fn rubrics(metrics: &[String], model: &str) -> Result<Vec<Rubric>> {
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

/// Whether the judge is the embedded agent, so far the only embedded engine.
fn is_agent(model: &str) -> bool {
    crate::server::is_embedded(model)
}

/// A response's place in the random order of the seed.
pub(super) fn sample_place(row: &ScoredResponse, seed: u64) -> u64 {
    batch::key(&scored::slot(&row.response, "sample"), &seed.to_le_bytes())
}

/// Every response times every rubric for which it has no score.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) rubrics: Arc<[Rubric]>,
    pub(super) sample: Option<Arc<HashSet<u64>>>,
    pub(super) model: Arc<str>,
    pub(super) seed: i64,
    pub(super) shape: Shape,
    pub(super) skip_invalid: bool,
}

/// The constant part of what `model` is asked.
pub(super) fn shape(client: &Arc<Client>, model: &str, seed: i64) -> Result<Shape> {
    let request = ChatRequest {
        temperature: Some(0.0),
        max_completion_tokens: Some(MAX_TOKENS),
        seed: Some(seed),
        ..ChatRequest::new(model, vec![Message::user("")])
    };
    Shape::new(client, &request)
}

impl Plan {
    /// Takes over what an earlier analysis has, and counts the calls of this plan.
    pub(super) fn begin(
        &self,
        rows: &mut ScoredRows,
        journal: &Journal,
        (faults, session): (&mut Faults, &Session),
    ) -> Result<u64> {
        if journal.is_empty() {
            self.adopt(rows, journal, self.skip_invalid)?;
        }
        rows.forget(|metric| self.rubrics.iter().any(|rubric| rubric.metric() == metric));
        let total = self.count(rows, (faults, session))?;
        inputs::report_skipped(session, faults);
        Ok(total)
    }

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

    pub(super) fn tasks(
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
        let text = rubric.render(&response.question, &response.response);
        let slot = scored::slot(response, rubric.metric());
        self.shape.task(slot, (&response.question.as_str().into(), &text), Some(self.seed))
    }

    /// The metrics of the table: the shipped ones first, in their order, then others by name.
    pub(super) fn metrics(&self, rows: &ScoredRows, skip_invalid: bool) -> Result<Vec<String>> {
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

    /// Takes over the scores of an earlier analysis whose folder has no journal, so that they are not asked for again.
    fn adopt(&self, rows: &ScoredRows, journal: &Journal, skip_invalid: bool) -> Result<()> {
        let mut calls = Vec::new();
        for row in rows.iter()? {
            let Some(row) = inputs::good(row, &mut Faults::new(skip_invalid))? else { continue };
            for (metric, score) in rows.earlier(&row.response) {
                let own = self.rubrics.iter().find(|rubric| rubric.metric() == metric).cloned();
                let Some(rubric) = own.or_else(|| Rubric::shipped(metric)) else { continue };
                let task = self.task(&row, &rubric)?;
                let call = Call {
                    slot: task.slot,
                    key: task.key,
                    question: row.response.question.clone(),
                    reply: score.to_string(),
                    model_id: String::new(),
                    seed: None,
                    finish_reason: None,
                    details: json!({ ADOPTED: score }),
                };
                let line = line(&call)?;
                calls.push((call.slot, call.key, line));
            }
        }
        // In one write: an adoption that is cut short would leave the other scores to be asked for again.
        journal.append(&calls)?;
        journal.sync()
    }

    /// Adds the scores of the journal to a row; returns the replies that are no scores, by metric.
    pub(super) fn complete(&self, row: &mut ScoredResponse, journal: &Journal) -> Result<BTreeMap<String, String>> {
        let mut replies = BTreeMap::new();
        for rubric in self.rubrics.iter() {
            let metric = rubric.metric().to_owned();
            if row.scores.iter().any(|(known, _)| *known == metric) {
                continue;
            }
            let Some(call) = journal.call(self.task(row, rubric)?.key)? else { continue };
            match call.details[ADOPTED].as_f64().or_else(|| read_score(&call.reply).map(f64::from)) {
                Some(score) => row.scores.push((metric, score)),
                None => drop(replies.insert(metric, call.reply)),
            }
        }
        Ok(replies)
    }
}
