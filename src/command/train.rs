//! `train`: upload, create jobs, follow them, and record the models that came of them.

mod cost;
mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::future::join_all;

use super::connect::Connections;
use super::money::DryRun;
use super::{Outcome, Session, convert, hyperparameters, inputs, models};
use crate::api::Client;
use crate::api::wire::file::Purpose;
use crate::api::wire::fine_tuning::{CreateJob, Job, JobStatus};
use crate::batch;
use crate::cli::TrainArgs;
use crate::record::Mapping;
use crate::store::{self, Replacement, Slot, sha256_file};
use crate::terminal::Bar;
pub(super) use files::training_files;
use files::validation_file;

/// Runs `riskpref train`.
///
/// # Errors
/// When a file is one that fine-tuning would refuse, the server cannot be used, or every job failed.
pub async fn run(args: &TrainArgs, session: &Session) -> Result<Outcome> {
    if args.api.money.dry_run {
        let mut dry_run = DryRun::new(&args.api);
        forecast(args, &mut dry_run, session)?;
        return Ok(dry_run.conclude(&args.api, session));
    }
    let connections = Connections::new(&args.api, session)?;
    if args.no_wait && connections.is_embedded(&args.model) {
        bail!(
            "--no-wait needs a server that stays: start riskpref serve in another terminal and train with \
             --base-url http://127.0.0.1:8080/v1"
        );
    }
    let client = connections.announced(&args.model, "training").await?;
    if args.list_jobs {
        return list_jobs(&client, session).await;
    }
    let files = training_files(args)?;
    let validation = files.iter().filter_map(|(name, _)| validation_file(args, name));
    for path in files.iter().map(|(_, path)| path.clone()).chain(validation) {
        if convert::validate(&path, hyperparameters::format(args.training.method), session)? > 0 {
            bail!("{}: fine-tuning would refuse this file; nothing was sent", path.display());
        }
    }
    let bill = cost::Bill::new(args, connections.tariff());
    let training = Training { args, client, session, bill };
    let trained = tokio::select! {
        trained = training.all(&files) => trained,
        () = session.interrupt.first() => {
            let fate = match connections.is_embedded(&args.model) {
                true => "the jobs stop with this process and go on with",
                false => "the jobs go on at the server; follow them with",
            };
            session.terminal.warn(format!("{fate}: {}", session.command_line()));
            return Ok(Outcome::Interrupted);
        }
    };
    training.record(trained)
}

/// Adds to a forecast what training would take.
pub(super) fn forecast(args: &TrainArgs, dry_run: &mut DryRun, session: &Session) -> Result<()> {
    cost::forecast(args, dry_run, session)
}

async fn list_jobs(client: &Client, session: &Session) -> Result<Outcome> {
    for job in client.jobs().await? {
        let model = job.fine_tuned_model.as_deref().unwrap_or("-");
        let preference = job.metadata.get(PREFERENCE).map_or("-", String::as_str);
        session.terminal.data(format!("{}\t{}\t{preference}\t{}\t{model}", job.id, job.status, job.model));
    }
    Ok(Outcome::Complete)
}

/// Metadata of a job: the run that it belongs to, how often it was tried, and its preference.
const RUN: &str = "riskpref_run";
const ATTEMPT: &str = "riskpref_attempt";
const PREFERENCE: &str = "riskpref_preference";

struct Training<'a> {
    args: &'a TrainArgs,
    client: Arc<Client>,
    session: &'a Session,
    bill: cost::Bill,
}

impl Training<'_> {
    /// Trains every preference at once; one that fails does not stop the others.
    async fn all(&self, files: &[(String, PathBuf)]) -> Vec<(String, Result<Option<String>>)> {
        let one = |(name, path): &(String, PathBuf)| {
            let (name, path) = (name.clone(), path.clone());
            async move {
                let model = self.one(&name, &path).await;
                (name, model)
            }
        };
        join_all(files.iter().map(one)).await
    }

    /// Trains one preference, or follows the job that an earlier run created for the same file and settings. Gives the
    /// model, or none with `--no-wait`.
    async fn one(&self, name: &str, path: &Path) -> Result<Option<String>> {
        let run = self.run_id(name, path)?;
        let metadata = |attempt: u32| {
            BTreeMap::from([
                (RUN.to_owned(), run.clone()),
                (ATTEMPT.to_owned(), attempt.to_string()),
                (PREFERENCE.to_owned(), name.to_owned()),
            ])
        };
        let earlier = self.client.find_job(&BTreeMap::from([(RUN.to_owned(), run.clone())])).await?;
        let job = match earlier {
            Some(job) if !matches!(job.status, JobStatus::Failed | JobStatus::Cancelled) => {
                self.session.terminal.note(format!("{name}: job {} exists already ({})", job.id, job.status));
                job
            }
            other => {
                let tried: u32 = other.and_then(|job| job.metadata.get(ATTEMPT)?.parse().ok()).unwrap_or(0);
                self.create(name, path, metadata(tried + 1)).await?
            }
        };
        if self.args.no_wait {
            return Ok(None);
        }
        let bar = self.session.terminal.bar(format!("train {name}"), 100);
        let finished = self.follow(job, &bar).await;
        bar.finish();
        let job = finished?;
        self.bill.add(&job);
        match (job.status, job.fine_tuned_model) {
            (JobStatus::Succeeded, Some(model)) => Ok(Some(model)),
            (status, _) => {
                let why = job.error.map_or_else(|| "no reason given".to_owned(), |error| error.message);
                bail!("job {} ended as {status}: {why}", job.id)
            }
        }
    }

    /// Stands for the file, the model and the settings: the same again is the same run.
    fn run_id(&self, name: &str, path: &Path) -> Result<String> {
        let validation = validation_file(self.args, name).map(|path| sha256_file(&path)).transpose()?;
        let files = [sha256_file(path)?, validation.unwrap_or_default()].concat();
        let settings = format!("{} {:?} {} {files}", self.args.model, self.args.training, self.args.api.seed);
        let slot = Slot { name: name.to_owned(), question_id: 0, run_id: 0, metric: String::new() };
        Ok(format!("{:016x}", batch::key(&slot, settings.as_bytes())))
    }

    async fn create(&self, name: &str, path: &Path, metadata: BTreeMap<String, String>) -> Result<Job> {
        self.bill.pay(path)?;
        let training_file = self.upload(name, path).await?;
        let validation_file = match validation_file(self.args, name) {
            Some(path) => Some(self.upload(name, &path).await?),
            None => None,
        };
        let job = CreateJob {
            model: self.args.model.clone(),
            training_file,
            validation_file,
            suffix: Some(name.to_owned()),
            seed: Some(i64::from(self.args.api.seed >> 1)),
            metadata,
            method: Some(hyperparameters::method(&self.args.training, &self.args.model)),
            ..CreateJob::default()
        };
        let job = self.client.create_job(&job).await.with_context(|| self.explain())?;
        self.session.terminal.note(format!("{name}: job {} created", job.id));
        Ok(job)
    }

    /// What to do when hosted fine-tuning is not to be had.
    fn explain(&self) -> String {
        let hosted = self.client.base_url().contains("api.openai.com");
        let why = "cannot create the fine-tuning job";
        match hosted {
            true => format!(
                "{why}. OpenAI takes no fine-tuning jobs from new users, and none from anyone after 2027-01-06; \
                 train on this machine with --model agent, or on another server with --base-url"
            ),
            false => why.to_owned(),
        }
    }

    /// Uploads a file, unless the server has one of the same content. Its name holds a hash of it.
    async fn upload(&self, name: &str, path: &Path) -> Result<String> {
        let hash = sha256_file(path)?;
        let remote = format!("responses_{name}-{}.jsonl", &hash[..16]);
        let bytes = std::fs::metadata(path)?.len();
        let there = self
            .client
            .files(Purpose::FineTune)
            .await?
            .into_iter()
            .find(|file| file.filename == remote && file.bytes == bytes);
        if let Some(file) = there {
            self.session.terminal.note(format!("{name}: {} is on the server already", path.display()));
            return Ok(file.id);
        }
        Ok(self.client.upload(path, &remote, Purpose::FineTune).await?.id)
    }

    /// Follows a job to its end, telling its events.
    async fn follow(&self, mut job: Job, bar: &Bar) -> Result<Job> {
        let mut told = BTreeSet::new();
        let mut pause = Duration::from_millis(100);
        loop {
            let mut events = self.client.events(&job.id).await?;
            events.reverse();
            for event in events.into_iter().filter(|event| told.insert(event.id.clone())) {
                let step = event
                    .data
                    .as_ref()
                    .and_then(|data| Some((data.get("step")?.as_f64()?, data.get("total_steps")?.as_f64()?)));
                if let Some((step, total)) = step {
                    bar.reach((100.0 * step / total.max(1.0)) as u64);
                }
                bar.message(event.message.clone());
                tracing::info!(job = job.id, "{}", event.message);
            }
            if job.status.is_final() {
                return Ok(job);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
            job = self.client.job(&job.id).await?;
        }
    }

    /// Writes the models to the mapping and to `.env`, and says which jobs failed.
    fn record(&self, trained: Vec<(String, Result<Option<String>>)>) -> Result<Outcome> {
        if let Some(words) = self.bill.in_words() {
            self.session.terminal.note(words);
        }
        let total = trained.len();
        let mut models: Vec<(String, String)> = Vec::new();
        let mut failed = 0;
        for (name, result) in trained {
            match result {
                Ok(Some(model)) => models.push((name, model)),
                Ok(None) => {}
                Err(error) => {
                    failed += 1;
                    self.session.terminal.warn(format!("{name}: {error:#}"));
                }
            }
        }
        if !models.is_empty() {
            write_mapping(&self.args.model_mapping, &models)?;
            let variables: Vec<_> =
                models.iter().map(|(name, model)| (models::variable(name), model.clone())).collect();
            store::set_variables(&self.args.env_file, &variables)?;
        }
        for (name, model) in &models {
            self.session.terminal.data(format!("{name}\t{model}"));
        }
        if failed == total {
            bail!("every job failed");
        }
        if failed > 0 {
            self.session.terminal.warn(format!("{failed} of {total} jobs failed; run train again to try them again"));
            return Ok(Outcome::Missing);
        }
        self.session.terminal.note(match self.args.no_wait {
            true => "the jobs are created; run train again to follow them".to_owned(),
            false => format!("{total} models recorded in {}", self.args.model_mapping.display()),
        });
        Ok(Outcome::Complete)
    }
}

/// Sets the models of the named preferences; other rows stay.
fn write_mapping(path: &Path, models: &[(String, String)]) -> Result<()> {
    let mut rows = inputs::mappings(path)?;
    for (name, model) in models {
        match rows.iter_mut().find(|row| row.model_name == *name) {
            Some(row) => row.openai_model_id.clone_from(model),
            None => rows.push(Mapping { model_name: name.clone(), openai_model_id: model.clone() }),
        }
    }
    let mut table = csv::Writer::from_writer(Replacement::new(path)?);
    for row in rows {
        table.serialize(row)?;
    }
    store::finish(table)
}
