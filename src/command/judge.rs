//! `judge`: response x rubric -> scores from 0 to 100. A reply that is no score is a missing score.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::connect::Connections;
use super::finish::{Provenance, conclude, write_manifest};
use super::judge_plan::{self, MAX_TOKENS, Plan, rubrics, sample_place};
use super::money::DryRun;
use super::scored::{self, DETAILED, ScoredRows};
use super::work::Work;
use super::{Outcome, Session, inputs};
use crate::api::Client;
use crate::batch::{self, Filled, Meter};
use crate::cli::{JudgeCommandArgs, ScoringArgs};
use crate::judge::Rubric;
use crate::record::ScoredResponse;
use crate::store::{self, Faults, Journal, Replacement};

/// Runs `riskpref judge`.
///
/// # Errors
/// When no judge is named, an input is bad, the output folder cannot be written, or the judge cannot be asked at all.
pub async fn run(args: &JudgeCommandArgs, session: &Session) -> Result<Outcome> {
    let output = scored::output_folder(&args.scoring.results_dir, args.scoring.output_dir.as_deref());
    score(&args.scoring, &output, session).await
}

/// Scores what this judge has not scored yet and writes `detailed_evaluation_results.csv` into `output`.
pub(super) async fn score(args: &ScoringArgs, output: &Path, session: &Session) -> Result<Outcome> {
    if args.api.money.dry_run {
        let mut dry_run = DryRun::new(&args.api);
        forecast((args, output), &mut dry_run, session).await?;
        return Ok(dry_run.conclude(&args.api, session));
    }
    let scoring = Scoring::of(args, output, session).await?;
    scoring.connections.tariff().count_earlier([output], ROLE)?;
    let mut faults = Faults::new(args.skip_invalid);
    let mut rows = ScoredRows::open(&args.results_dir, output, &mut faults)?;
    let plan = scoring.plan(&rows)?;
    let journal = Arc::new(Journal::open(output)?);
    let total = plan.begin(&mut rows, &journal, (&mut faults, session))?;
    let work = Work {
        journal: &journal,
        connections: &scoring.connections,
        models: vec![&scoring.model],
        role: ROLE,
        args: &args.api,
        batch: args.batch,
        total,
    };
    let filled = work.done("judge", plan.tasks(&rows, args.skip_invalid)?, session).await?;
    let unscored = scoring.write_table(&plan, (&rows, &journal), session)?;
    scoring.write_manifest(&plan, (&rows, &filled), session)?;
    let outcome = conclude(session, &format!("scores in {}", output.display()), &filled, total)?;
    Ok(if unscored > 0 { outcome.max(Outcome::Missing) } else { outcome })
}

/// Adds to a forecast what this judge has not scored yet.
pub(super) async fn forecast(
    (args, output): (&ScoringArgs, &Path),
    dry_run: &mut DryRun,
    session: &Session,
) -> Result<()> {
    let scoring = Scoring::of(args, output, session).await?;
    let mut faults = Faults::new(args.skip_invalid);
    let mut rows = ScoredRows::open(&args.results_dir, output, &mut faults)?;
    let plan = scoring.plan(&rows)?;
    let journal = Journal::look(output)?;
    plan.begin(&mut rows, &journal, (&mut faults, session))?;
    batch::forecast(&journal, plan.tasks(&rows, args.skip_invalid)?, &mut dry_run.forecast, &mut dry_run.counters)
}

/// Counts what earlier runs spent on scores in these folders towards the budget.
pub(super) fn count_earlier<'a>(
    args: &ScoringArgs,
    outputs: impl IntoIterator<Item = &'a Path>,
    session: &Session,
) -> Result<()> {
    let connections = Connections::new(&args.api, session)?.for_judge(args.judge.judge_base_url.as_deref())?;
    connections.tariff().count_earlier(outputs, ROLE)
}

/// What the judge is asked for.
pub(super) const ROLE: &str = "judge";

struct Scoring<'a> {
    args: &'a ScoringArgs,
    output: &'a Path,
    model: String,
    client: Arc<Client>,
    meter: Meter,
    connections: Connections,
}

impl<'a> Scoring<'a> {
    async fn of(args: &'a ScoringArgs, output: &'a Path, session: &Session) -> Result<Self> {
        if args.sample_size == Some(0) {
            bail!("--sample-size 0 asks for nothing");
        }
        let model = args.judge.judge_model.clone().context(
            "no judge is named: give --judge-model, for example agent (which scores risk_seeking on decisions that it can read)",
        )?;
        let connections = Connections::new(&args.api, session)?.for_judge(args.judge.judge_base_url.as_deref())?;
        let client = connections.announced(&model, ROLE).await?;
        let meter = connections.tariff().meter(&model, ROLE, args.batch)?;
        Ok(Self { args, output, model, client, meter, connections })
    }

    fn plan(&self, rows: &ScoredRows) -> Result<Plan> {
        Ok(Plan {
            rubrics: rubrics(&self.args.judge.metrics, &self.model)?.into(),
            sample: self.sample(rows)?.map(Arc::new),
            model: self.model.as_str().into(),
            seed: self.args.api.seed.into(),
            shape: judge_plan::shape(&self.client, &self.model, self.args.api.seed.into())?.metered(&self.meter),
            skip_invalid: self.args.skip_invalid,
        })
    }

    /// The places of the responses to score: `sample_size` of each model, the ones whose hash with the seed is smallest.
    fn sample(&self, rows: &ScoredRows) -> Result<Option<HashSet<u64>>> {
        let Some(size) = self.args.sample_size else { return Ok(None) };
        let mut places: HashMap<String, Vec<u64>> = HashMap::new();
        for row in rows.iter()? {
            if let Some(row) = inputs::good(row, &mut Faults::new(self.args.skip_invalid))? {
                let place = sample_place(&row, self.args.api.seed.into());
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
        let metrics = plan.metrics(rows, self.args.skip_invalid)?;
        let mut table = csv::Writer::from_writer(Replacement::new(&self.output.join(DETAILED))?);
        let fixed = ["question_id", "run_id", "question", "response", "model_name", "model_id"];
        let columns = metrics.iter().map(|metric| format!("{metric}_score"));
        table
            .write_record(fixed.map(str::to_owned).into_iter().chain(columns).chain(["unscored_replies".to_owned()]))?;
        let mut unscored = Unscored::default();
        for row in rows.iter()? {
            let Some(mut row) = inputs::good(row, &mut Faults::new(self.args.skip_invalid))? else { continue };
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
            seed: self.args.api.seed.into(),
            inputs: &[rows.input()],
            models: BTreeMap::from([("judge".to_owned(), plan.model.to_string())]),
            parameters: json!({
                "temperature": 0.0,
                "max_completion_tokens": MAX_TOKENS,
                "metrics": plan.rubrics.iter().map(Rubric::metric).collect::<Vec<_>>(),
            }),
        };
        let spent = self.connections.tariff().spent(self.output, ROLE)?;
        write_manifest(session, self.output, &provenance, (filled, &spent))
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
