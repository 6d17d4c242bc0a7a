//! What training costs: tokens of the files, as often as they are looked at.

use std::path::Path;
use std::sync::Mutex;

use anyhow::Result;

use super::super::money::{DryRun, Tariff};
use super::super::{Session, connect, hyperparameters};
use crate::api::wire::fine_tuning::{AutoOr, CreateJob, Job, JobStatus};
use crate::batch::Counters;
use crate::cli::{ApiArgs, TrainArgs};
use crate::money::{Counter, Item, Line, Range, Rates, TRAINING};
use crate::record::Lesson;
use crate::server;
use crate::store;

/// Passes over the examples where the server chooses.
const USUAL_EPOCHS: u32 = 3;

/// Adds what the jobs of all training files would take. Jobs that are there already are not left out, since finding them
/// means asking the server.
pub(super) fn forecast(args: &TrainArgs, dry_run: &mut DryRun, session: &Session) -> Result<()> {
    let tariff = tariff(&args.api, session)?;
    let price = tariff.training(&args.model).training();
    let files = super::training_files(args)?;
    let counted_by = dry_run.counters.counter(&args.model).name();
    let sent = files.iter().map(|(_, path)| tokens(args, path, &mut dry_run.counters)).collect::<Result<Vec<_>>>()?;
    let line = dry_run.forecast.line(TRAINING, &args.model, || Line {
        role: TRAINING.to_owned(),
        model: args.model.clone(),
        batch: false,
        counted_by,
        rates: price.map(|input| Rates { input, cached: input, output: 0.0 }),
        calls: 0,
        present: 0,
        sent: Range::default(),
        speed: speed(args),
        received: Range::default(),
    });
    for tokens in sent {
        line.calls += 1;
        line.sent = line.sent.plus(tokens);
    }
    Ok(())
}

/// Tokens a second at which the embedded language model trained on two cores, the slowest as they would be in batches of 4;
/// docs/language-model.md.
const SEEN: Range = Range { low: 250.0, high: 1600.0 };

/// Tokens a second that training may have; none where that is not known.
fn speed(args: &TrainArgs) -> Option<Range> {
    let here = args.api.base_url.is_none() && args.api.weights.is_none();
    let language_model =
        server::is_embedded(&args.model) && args.model != "agent" && !args.model.starts_with("ft:agent:");
    (here && language_model).then_some(SEEN)
}

fn tariff(args: &ApiArgs, session: &Session) -> Result<Tariff> {
    Ok(connect::Connections::new(args, session)?.tariff().clone())
}

/// Tokens that a job on this file is charged for.
fn tokens(args: &TrainArgs, path: &Path, counters: &mut Counters) -> Result<Range> {
    let method = Some(hyperparameters::method(&args.training, &args.model));
    let epochs = match (CreateJob { method, ..CreateJob::default() }).effective_hyperparameters().n_epochs {
        AutoOr::Value(epochs) => epochs,
        AutoOr::Auto => USUAL_EPOCHS,
    };
    let mut total = Range::default();
    for line in store::read_lines(path)? {
        // What is not a lesson is refused before anything is sent.
        let Ok(lesson) = Lesson::from_json(&line?.1, hyperparameters::format(args.training.method)) else { continue };
        let texts = [Some(lesson.question), Some(lesson.answer), lesson.rejected];
        let texts = texts.iter().flatten().map(|text| counters.text(&args.model, text));
        total = total.plus(Counter::conversation(texts.collect::<Vec<_>>()));
    }
    Ok(total.times(epochs.into()))
}

/// Pays for jobs before they are created, and says what those cost that ended.
pub(super) struct Bill {
    args: TrainArgs,
    tariff: Tariff,
    /// Jobs that ended, and the tokens that they trained on.
    ended: Mutex<(u64, u64)>,
}

impl Bill {
    pub(super) fn new(args: &TrainArgs, tariff: &Tariff) -> Self {
        Self { args: args.clone(), tariff: tariff.clone(), ended: Mutex::default() }
    }

    /// Takes from the budget what a job on this file can cost.
    ///
    /// # Errors
    /// When there is a budget that it would pass, or its price is not known.
    pub(super) fn pay(&self, path: &Path) -> Result<()> {
        if self.args.api.money.budget_usd.is_none() {
            return Ok(());
        }
        self.tariff.pay(&self.args.model, self.most(path)?)
    }

    /// Counts towards the budget what earlier runs' jobs on this file cost, or can still cost.
    ///
    /// # Errors
    /// When there is a budget and the price is not known.
    pub(super) fn count(&self, path: &Path, jobs: &[&Job]) -> Result<()> {
        if self.args.api.money.budget_usd.is_none() {
            return Ok(());
        }
        for job in jobs {
            let tokens = match (&job.status, job.trained_tokens) {
                (status, Some(tokens)) if status.is_final() => tokens,
                (JobStatus::Failed | JobStatus::Cancelled, None) => 0,
                _ => self.most(path)?,
            };
            self.tariff.trained_before(&self.args.model, tokens)?;
        }
        Ok(())
    }

    /// The most tokens that a job on this file is charged for.
    fn most(&self, path: &Path) -> Result<u64> {
        let mut counters = DryRun::new(&self.args.api).counters;
        Ok(tokens(&self.args, path, &mut counters)?.high as u64)
    }

    /// Counts the tokens of a job that ended.
    pub(super) fn add(&self, job: &Job) {
        let mut ended = self.ended.lock().expect("no thread panics while it counts");
        *ended = (ended.0 + 1, ended.1 + job.trained_tokens.unwrap_or(0));
    }

    /// What all jobs that this run followed cost; none when they trained on nothing.
    pub(super) fn item(&self) -> Option<Item> {
        let (calls, prompt_tokens) = *self.ended.lock().expect("no thread panics while it counts");
        let pricing = self.tariff.training(&self.args.model);
        (prompt_tokens > 0).then(|| Item {
            role: TRAINING.to_owned(),
            model: self.args.model.clone(),
            batch: false,
            calls,
            prompt_tokens,
            cached_tokens: 0,
            completion_tokens: 0,
            lost_answers: 0,
            uncounted_answers: 0,
            usd: pricing.training().map(|price| prompt_tokens as f64 * price / 1e6),
            prices_as_of: pricing.as_of().map(str::to_owned),
        })
    }
}
