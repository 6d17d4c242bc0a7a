//! Checkpoints of a fine-tuning job.

use serde::{Deserialize, Serialize};

use super::lenient;

/// A state of the model during training that can be used like the tuned model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Id, "ftckpt-...".
    pub id: String,
    /// Always "fine_tuning.job.checkpoint".
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub object: String,
    /// Unix time in seconds.
    #[serde(default, deserialize_with = "lenient::seconds")]
    pub created_at: i64,
    /// Name of the model as it was at this step.
    pub fine_tuned_model_checkpoint: String,
    /// The step, from 1.
    #[serde(default, deserialize_with = "lenient::count")]
    pub step_number: u64,
    /// How good the model was at this step.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub metrics: Metrics,
    /// The job.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub fine_tuning_job_id: String,
}

/// Measures of a model during training. Losses are mean negative log-likelihoods, in nats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// The step measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// Loss on the training examples of this step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_loss: Option<f64>,
    /// Share of training tokens predicted right, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_mean_token_accuracy: Option<f64>,
    /// Loss on some validation examples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_loss: Option<f64>,
    /// Share of those tokens predicted right, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_mean_token_accuracy: Option<f64>,
    /// Loss on all validation examples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_valid_loss: Option<f64>,
    /// Share of all validation tokens predicted right, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_valid_mean_token_accuracy: Option<f64>,
}
