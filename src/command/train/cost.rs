//! What training costs: tokens of the files, as often as they are looked at.

use std::path::Path;
use std::sync::Mutex;

use anyhow::Result;

use super::super::money::{DryRun, Tariff};
use super::super::{Session, connect, hyperparameters};
use crate::api::wire::fine_tuning::{AutoOr, CreateJob, Job};
use crate::batch::Counters;
use crate::cli::{ApiArgs, TrainArgs};
use crate::money::{Counter, Line, Pricing, Range, Rates, usd};
use crate::record::Lesson;
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
    let line = dry_run.forecast.line("training", &args.model, || Line {
        role: "training".to_owned(),
        model: args.model.clone(),
        batch: false,
        counted_by,
        rates: price.map(|input| Rates { input, cached: input, output: 0.0 }),
        calls: 0,
        present: 0,
        sent: Range::default(),
        received: Range::default(),
    });
    for tokens in sent {
        line.calls += 1;
        line.sent = line.sent.plus(tokens);
    }
    Ok(())
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
    trained: Mutex<u64>,
}

impl Bill {
    pub(super) fn new(args: &TrainArgs, tariff: &Tariff) -> Self {
        Self { args: args.clone(), tariff: tariff.clone(), trained: Mutex::default() }
    }

    /// Takes from the budget what a job on this file can cost.
    ///
    /// # Errors
    /// When there is a budget that it would pass, or its price is not known.
    pub(super) fn pay(&self, path: &Path) -> Result<()> {
        if self.args.api.money.budget_usd.is_none() {
            return Ok(());
        }
        let mut counters = DryRun::new(&self.args.api).counters;
        let tokens = tokens(&self.args, path, &mut counters)?;
        self.tariff.pay(&self.args.model, tokens.high as u64)
    }

    /// Counts the tokens of a job that ended.
    pub(super) fn add(&self, job: &Job) {
        *self.trained.lock().expect("no thread panics while it counts") += job.trained_tokens.unwrap_or(0);
    }

    /// The cost line of all jobs that this run followed; none when they trained on nothing.
    pub(super) fn in_words(&self) -> Option<String> {
        let tokens = *self.trained.lock().expect("no thread panics while it counts");
        let pricing = self.tariff.training(&self.args.model);
        let cost = match (&pricing, pricing.training()) {
            (Pricing::Free, _) => "none".to_owned(),
            (_, Some(price)) => usd(tokens as f64 * price / 1e6),
            (_, None) => format!("unknown (no price is known of training {}; see --prices)", self.args.model),
        };
        (tokens > 0).then(|| format!("cost: {cost}; training {}: {tokens} tokens trained on", self.args.model))
    }
}
