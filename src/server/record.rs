//! A job with its history, and the steps from one status to the next.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::wire::fine_tuning::{Checkpoint, Event, EventKind, Job, JobError, JobStatus, Level, Method, Metrics};

use super::engine::{Progress, Settings};
use super::hash;
use super::storage::now;

/// A job, and what happened to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// When it was made, in nanoseconds since 1970: the order of the queue.
    pub(super) ordinal: u64,
    /// The name that the tuned model will have.
    pub(super) tuned_model: String,
    /// The job as the API shows it.
    pub(super) job: Job,
    /// Oldest first.
    pub(super) events: Vec<Event>,
    /// Oldest first.
    pub(super) checkpoints: Vec<Checkpoint>,
}

impl Record {
    /// Order of lists.
    pub(super) fn newest_first(&self, other: &Self) -> Ordering {
        (other.ordinal, &other.job.id).cmp(&(self.ordinal, &self.job.id))
    }

    /// Adds words to the history.
    pub(super) fn note(&mut self, level: Level, message: impl Into<String>) {
        self.push(level, message.into(), None);
    }

    /// Adds measures to the history.
    pub(super) fn measured(&mut self, progress: &Progress) {
        let loss = progress.metrics.train_loss.map(|loss| format!(": training loss={loss:.2}")).unwrap_or_default();
        let message = format!("Step {}/{}{loss}", progress.step, progress.total_steps);
        let mut data = match serde_json::to_value(metrics(progress)) {
            Ok(Value::Object(data)) => data,
            _ => Map::new(),
        };
        data.insert("step".to_owned(), progress.step.into());
        data.insert("total_steps".to_owned(), progress.total_steps.into());
        self.push(Level::Info, message, Some(data));
    }

    /// Adds a checkpoint that was kept under this name.
    pub(super) fn checkpointed(&mut self, progress: &Progress, name: String) {
        let id = hash::id("ftckpt-", &[self.job.id.as_bytes(), &progress.step.to_le_bytes()]);
        self.note(Level::Info, format!("Checkpoint created at step {}", progress.step));
        // One that was made before the server ended, and is made again.
        self.checkpoints.retain(|earlier| earlier.step_number < progress.step);
        self.checkpoints.push(Checkpoint {
            id,
            object: "fine_tuning.job.checkpoint".to_owned(),
            created_at: now(),
            fine_tuned_model_checkpoint: name,
            step_number: progress.step,
            metrics: metrics(progress),
            fine_tuning_job_id: self.job.id.clone(),
        });
    }

    /// Back into the queue, after the process that ran it ended.
    pub(super) fn requeue(&mut self) {
        self.job.status = JobStatus::Queued;
        self.job.estimated_finish = None;
        self.note(Level::Warn, "The server ended before the job did; the job is queued again");
    }

    /// Its files are being read.
    pub(super) fn validating(&mut self) {
        self.job.status = JobStatus::ValidatingFiles;
        self.note(Level::Info, format!("Validating training file: {}", self.job.training_file));
        if let Some(file) = &self.job.validation_file {
            self.note(Level::Info, format!("Validating validation file: {file}"));
        }
    }

    /// Training begins, with these hyperparameters.
    pub(super) fn running(&mut self, settings: &Settings) {
        let hyperparameters = settings.shown();
        self.job.status = JobStatus::Running;
        self.job.method = Some(Method::new(self.job.method_kind(), hyperparameters.clone()));
        self.job.hyperparameters = hyperparameters;
        self.note(Level::Info, "Files validated");
        self.note(Level::Info, "Fine-tuning job started");
    }

    /// Its model is there.
    pub(super) fn succeeded(&mut self, tokens: u64, results: String) {
        self.job.result_files = vec![results];
        self.job.fine_tuned_model = Some(self.tuned_model.clone());
        self.job.trained_tokens = Some(tokens);
        self.note(Level::Info, format!("New fine-tuned model created: {}", self.tuned_model));
        self.note(Level::Info, "The job has successfully completed");
        self.end(JobStatus::Succeeded);
    }

    /// It ended without a model.
    pub(super) fn failed(&mut self, error: JobError) {
        self.note(Level::Error, format!("The job failed: {}", error.message));
        self.job.error = Some(error);
        self.end(JobStatus::Failed);
    }

    /// It ended on request.
    pub(super) fn cancelled(&mut self) {
        self.note(Level::Info, "Fine-tuning job cancelled");
        self.end(JobStatus::Cancelled);
    }

    fn end(&mut self, status: JobStatus) {
        self.job.status = status;
        self.job.estimated_finish = None;
        self.job.finished_at = Some(now());
    }

    fn push(&mut self, level: Level, message: String, data: Option<Map<String, Value>>) {
        let place = self.events.len().to_le_bytes();
        self.events.push(Event {
            id: hash::id("ftevent-", &[self.job.id.as_bytes(), &place]),
            object: "fine_tuning.job.event".to_owned(),
            created_at: now(),
            level,
            message,
            kind: if data.is_some() { EventKind::Metrics } else { EventKind::Message },
            data,
        });
    }
}

/// The measures with their step, and without those that JSON has no number for.
fn metrics(progress: &Progress) -> Metrics {
    let finite = |measure: Option<f64>| measure.filter(|number| number.is_finite());
    let given = &progress.metrics;
    Metrics {
        step: Some(progress.step as f64),
        train_loss: finite(given.train_loss),
        train_mean_token_accuracy: finite(given.train_mean_token_accuracy),
        valid_loss: finite(given.valid_loss),
        valid_mean_token_accuracy: finite(given.valid_mean_token_accuracy),
        full_valid_loss: finite(given.full_valid_loss),
        full_valid_mean_token_accuracy: finite(given.full_valid_mean_token_accuracy),
    }
}
