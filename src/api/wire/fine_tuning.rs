//! Fine-tuning: `/fine_tuning/jobs`, its events and checkpoints, and the examples trained on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use super::checkpoint::{Checkpoint, Metrics};
pub use super::example::{Example, ExampleMessage, Pair, PairInput};
pub use super::hyperparameters::{AutoOr, Hyperparameters, Method, MethodKind, MethodSettings};
use super::lenient;
use super::word::open_words;

open_words! {
    /// Where a job is.
    JobStatus {
        /// The files are being read.
        ValidatingFiles = "validating_files",
        /// Waiting for its turn.
        Queued = "queued",
        /// Training.
        Running = "running",
        /// Done: the tuned model can be used.
        Succeeded = "succeeded",
        /// Over without a model; the job's error says why.
        Failed = "failed",
        /// Over on request.
        Cancelled = "cancelled",
    }
}

impl JobStatus {
    /// Whether the job will not change any more. A word not known here is not taken for an end.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

open_words! {
    /// How grave an event is.
    Level {
        /// For information.
        Info = "info",
        /// Worth a look.
        Warn = "warn",
        /// A failure.
        Error = "error",
    }
}

open_words! {
    /// What an event carries.
    EventKind {
        /// Words.
        Message = "message",
        /// Numbers, in the event's data.
        Metrics = "metrics",
    }
}

/// A request for a job. What is none is not sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateJob {
    /// The model to tune.
    pub model: String,
    /// Id of the file of training examples.
    pub training_file: String,
    /// Id of the file of validation examples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_file: Option<String>,
    /// Becomes part of the tuned model's name, 1 to 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// Seed of the training, 0 to 2^31 - 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Up to 16 pairs of the caller's own, by which jobs can be found again.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "lenient::or_default")]
    pub metadata: BTreeMap<String, String>,
    /// How to train.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// The deprecated place of the supervised method's hyperparameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hyperparameters: Option<Hyperparameters>,
    /// Outside services that follow the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrations: Option<Vec<serde_json::Value>>,
}

impl CreateJob {
    /// The hyperparameters, from the method or from their deprecated place.
    pub fn effective_hyperparameters(&self) -> Hyperparameters {
        let from_method = self.method.as_ref().and_then(Method::hyperparameters);
        from_method.or(self.hyperparameters.as_ref()).cloned().unwrap_or_default()
    }

    /// The way of training, the supervised one where none is named.
    pub fn effective_method(&self) -> MethodKind {
        self.method.as_ref().map_or(MethodKind::Supervised, |method| method.kind.clone())
    }
}

/// A fine-tuning job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Id, "ftjob-...".
    pub id: String,
    /// Always "fine_tuning.job".
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub object: String,
    /// Unix time in seconds.
    #[serde(default, deserialize_with = "lenient::seconds")]
    pub created_at: i64,
    /// Why it failed.
    #[serde(default, deserialize_with = "failure")]
    pub error: Option<JobError>,
    /// Name of the tuned model, once there is one.
    #[serde(default)]
    pub fine_tuned_model: Option<String>,
    /// Unix time in seconds of its end.
    #[serde(default, deserialize_with = "lenient::seconds_or_none")]
    pub finished_at: Option<i64>,
    /// Unix time in seconds when it is thought to end.
    #[serde(default, deserialize_with = "lenient::seconds_or_none")]
    pub estimated_finish: Option<i64>,
    /// Hyperparameters of the job's method.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub hyperparameters: Hyperparameters,
    /// The model being tuned.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub model: String,
    /// The owner.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub organization_id: String,
    /// Ids of the files that it left.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub result_files: Vec<String>,
    /// Where it is.
    pub status: JobStatus,
    /// Tokens paid for, epochs counted, once known.
    #[serde(default)]
    pub trained_tokens: Option<u64>,
    /// Id of the file of training examples.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub training_file: String,
    /// Id of the file of validation examples.
    #[serde(default)]
    pub validation_file: Option<String>,
    /// Seed of the training.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub seed: i64,
    /// Outside services that follow the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integrations: Option<Vec<serde_json::Value>>,
    /// How it trains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// The caller's own pairs.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub metadata: BTreeMap<String, String>,
}

impl Job {
    /// The way of training, the supervised one where none is named.
    pub fn method_kind(&self) -> MethodKind {
        self.method.as_ref().map_or(MethodKind::Supervised, |method| method.kind.clone())
    }
}

/// Why a job failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobError {
    /// For programs.
    #[serde(deserialize_with = "lenient::or_default")]
    pub code: String,
    /// For people.
    #[serde(deserialize_with = "lenient::or_default")]
    pub message: String,
    /// The field at fault, mostly `training_file` or `validation_file`.
    pub param: Option<String>,
}

/// Some servers send an error object full of nulls for jobs that did not fail.
fn failure<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<JobError>, D::Error> {
    let error = Option::<JobError>::deserialize(deserializer)?;
    Ok(error.filter(|error| *error != JobError::default()))
}

/// Something that happened to a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Id, "ftevent-...".
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub id: String,
    /// Always "fine_tuning.job.event".
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub object: String,
    /// Unix time in seconds.
    #[serde(default, deserialize_with = "lenient::seconds")]
    pub created_at: i64,
    /// How grave it is.
    #[serde(default = "info")]
    pub level: Level,
    /// For people.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub message: String,
    /// What it carries.
    #[serde(rename = "type", default = "words")]
    pub kind: EventKind,
    /// Numbers of a metrics event: step, total_steps, train_loss and their like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Map<String, serde_json::Value>>,
}

fn info() -> Level {
    Level::Info
}

fn words() -> EventKind {
    EventKind::Message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparse_job_is_read() {
        let json =
            r#"{"id":"ftjob-1","status":"pausing","error":{"code":null,"message":null},"metadata":null,"seed":null}"#;
        let job: Job = serde_json::from_str(json).unwrap();
        assert_eq!(job.status, JobStatus::Other("pausing".to_owned()));
        assert!(!job.status.is_final());
        assert_eq!((job.error, job.finished_at, job.seed), (None, None, 0));
    }

    #[test]
    fn hyperparameters_come_from_either_place() {
        let old: CreateJob = serde_json::from_str(r#"{"hyperparameters":{"n_epochs":2}}"#).unwrap();
        assert_eq!(old.effective_hyperparameters().n_epochs, AutoOr::Value(2));
        let new: CreateJob = serde_json::from_str(
            r#"{"method":{"type":"supervised","supervised":{"hyperparameters":{"n_epochs":3}}},"hyperparameters":{"n_epochs":2}}"#,
        )
        .unwrap();
        assert_eq!(new.effective_hyperparameters().n_epochs, AutoOr::Value(3));
        assert_eq!(CreateJob::default().effective_hyperparameters(), Hyperparameters::default());
    }

    #[test]
    fn an_event_needs_no_more_than_an_object() {
        let event: Event = serde_json::from_str("{}").unwrap();
        assert_eq!((event.level, event.kind, event.data), (Level::Info, EventKind::Message, None));
    }
}
