//! `train`: upload, create jobs, follow them, and record the models that came of them.

mod cost;
mod files;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::future::join_all;

use super::connect::Connections;
use super::money::DryRun;
use super::{Outcome, Session, convert, hyperparameters};
use crate::api::Client;
use crate::api::wire::file::Purpose;
use crate::api::wire::fine_tuning::{CreateJob, Job, JobStatus};
use crate::batch;
use crate::cli::TrainArgs;
use crate::store::{Slot, sha256_file};
use crate::terminal::Bar;
pub(super) use files::training_files;
use files::validation_file;
pub(super) use record::count_earlier;

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
    training.record(&files, trained?)
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
    async fn all(&self, files: &[(String, PathBuf)]) -> Result<Vec<(String, Result<Option<String>>)>> {
        let jobs = self.client.jobs().await.context("cannot look for jobs of earlier runs")?;
        let mut lessons = Vec::new();
        for (name, path) in files {
            let run = self.run_id(name, path)?;
            let earlier: Vec<&Job> = jobs.iter().filter(|job| job.metadata.get(RUN) == Some(&run)).collect();
            // Before any job is created, which would take the money for it.
            self.bill.count(path, &earlier)?;
            lessons.push((name, path, run, earlier.first().map(|job| (*job).clone())));
        }
        let one = async |(name, path, run, newest): (&String, &PathBuf, String, Option<Job>)| {
            (name.clone(), self.one((name, path), &run, newest).await)
        };
        Ok(join_all(lessons.into_iter().map(one)).await)
    }

    /// Trains one preference, or follows the job that an earlier run created for the same file and settings. Gives the
    /// model, or none with `--no-wait`.
    async fn one(&self, (name, path): (&str, &Path), run: &str, earlier: Option<Job>) -> Result<Option<String>> {
        let metadata = |attempt: u32| {
            BTreeMap::from([
                (RUN.to_owned(), run.to_owned()),
                (ATTEMPT.to_owned(), attempt.to_string()),
                (PREFERENCE.to_owned(), name.to_owned()),
            ])
        };
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
        let bar = self.session.terminal.percent(format!("train {name}"));
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
            let mut reached = None;
            for event in events.into_iter().filter(|event| told.insert(event.id.clone())) {
                let step = event
                    .data
                    .as_ref()
                    .and_then(|data| Some((data.get("step")?.as_f64()?, data.get("total_steps")?.as_f64()?)));
                reached = step.or(reached);
                bar.message(event.message.clone());
                tracing::info!(job = job.id, "{}", event.message);
            }
            // Once for all events that came together: those of an earlier run say nothing about how fast this one is.
            if let Some((step, total)) = reached {
                bar.reach((100.0 * step / total.max(1.0)) as u64);
            }
            if job.status.is_final() {
                return Ok(job);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
            job = self.client.job(&job.id).await?;
        }
    }
}
