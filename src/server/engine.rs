//! What the server asks of an engine: to answer, to be fine-tuned, and to keep what it learned in a folder.
//!
//! An engine holds no state of a conversation or a job: the same adapter, request and seed give the same answer, and the
//! same task gives the same adapter, whatever else the server does meanwhile.

use std::any::Any;
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::api::wire::chat::{ChatRequest, FinishReason, TokenLogprob};
use crate::api::wire::fine_tuning::{Example, Level, MethodKind, Metrics, Pair};

pub use super::settings::{Hyperparameter, Range, Settings};

/// A model family that the server offers under one base name.
pub trait Engine: Send + Sync {
    /// Name of the untuned model, the second part of every tuned model's name `ft:<base>:...`; letters, digits, dots and
    /// hyphens.
    fn base_model(&self) -> &str;

    /// Whether [`Engine::chat`] takes microseconds. Quick engines answer on the thread that reads the request; others on
    /// a thread of their own each, and bound their own use of processor and memory.
    fn is_quick(&self) -> bool;

    /// Whether [`Completion::logprobs`] is filled when a request asks for it. Where it is not, such requests are refused.
    fn has_logprobs(&self) -> bool {
        false
    }

    /// Whether [`Engine::chat`] continues the conversation's last message, the assistant's, when a request has
    /// `continue_final_message`; the answer is what comes behind it. Where it does not, such requests are refused.
    fn continues(&self) -> bool {
        false
    }

    /// Whether [`Completion::scores`] is filled when a request has `score_endings`. Where it is not, such requests are refused.
    fn scores(&self) -> bool {
        false
    }

    /// Answers with one choice. Up to 64 requests and choices arrive at once, each on a thread of its own (see
    /// [`Engine::is_quick`]), for the engine to batch. The server has checked the request's ranges and handles `n`, `stream` and `model`; the
    /// engine does the conversation, `temperature` (default 1), `top_p`, [`ChatRequest::token_limit`], `stop` and, where
    /// it has them, log probabilities. `seed` stands for the request's seed, its conversation and the choice's index; the
    /// request's own `seed` is not to be used. What the engine cannot do it says in words, as a refused completion.
    ///
    /// # Errors
    /// [`EngineError::Request`] when the request is at fault, [`EngineError::Unavailable`] when there is no model to answer,
    /// [`EngineError::Internal`] when the engine is at fault.
    fn chat(&self, adapter: Option<&Adapter>, request: &ChatRequest, seed: u64) -> Result<Completion, EngineError>;

    /// What can be set when the engine is trained this way, beside `n_epochs`, `batch_size` and
    /// `learning_rate_multiplier`; none when it is not trained this way. A request for anything else is refused.
    fn hyperparameters(&self, method: &MethodKind) -> Option<Vec<Hyperparameter>> {
        (*method == MethodKind::Supervised).then(Vec::new)
    }

    /// Epochs and batch size for so many examples, where a job leaves them open.
    fn schedule(&self, examples: usize) -> Schedule {
        // OpenAI chooses by the number of examples too, and documents no formula.
        Schedule { epochs: 3, batch_size: u32::try_from(examples / 500).unwrap_or(u32::MAX).clamp(1, 64) }
    }

    /// Learns from examples. Runs on the trainer's thread, one task at a time. Every step or so is reported: metrics with
    /// 1-based steps, and checkpoints where the engine has any. On `ControlFlow::Break` the job was cancelled or the
    /// server stops: return [`EngineError::Cancelled`] at once. What the engine needs to go on after a crash or a stop it
    /// keeps in [`TrainingTask::scratch`].
    ///
    /// # Errors
    /// [`EngineError::Data`] when nothing can be learned from the examples, with a message for whoever made them.
    fn train(&self, task: &TrainingTask<'_>, report: &mut Report<'_>) -> Result<Trained, EngineError>;

    /// Writes an adapter into an empty folder. The server makes the folder appear under its name only when it is complete.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    fn save(&self, adapter: &Adapter, folder: &Path) -> Result<(), EngineError>;

    /// Reads an adapter that [`Engine::save`] wrote; `model.json` in the folder is the server's.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when a file is missing, damaged or of another model.
    fn load(&self, folder: &Path) -> Result<Adapter, EngineError>;
}

/// Where training events go.
pub type Report<'a> = dyn FnMut(TrainingEvent) -> ControlFlow<()> + 'a;

/// What an engine learned, in the engine's own type; cheap to clone.
#[derive(Clone)]
pub struct Adapter(Arc<dyn Any + Send + Sync>);

impl Adapter {
    /// Wraps the engine's own type.
    pub fn new<T: Any + Send + Sync>(learned: T) -> Self {
        Self(Arc::new(learned))
    }

    /// The engine's own type.
    ///
    /// # Errors
    /// [`EngineError::Internal`] when the adapter is another engine's.
    pub fn get<T: Any>(&self) -> Result<&T, EngineError> {
        self.0.downcast_ref().ok_or_else(|| EngineError::Internal("the adapter is another engine's".to_owned()))
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Adapter")
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The words, cut at the token limit and before the first stop text.
    pub text: String,
    /// `Stop`, or `Length` when the token limit cut it.
    pub finish_reason: FinishReason,
    /// Whether the words are a refusal.
    pub refused: bool,
    /// Tokens of the conversation, in the engine's measure.
    pub prompt_tokens: u64,
    /// Tokens of the words, in the engine's measure.
    pub completion_tokens: u64,
    /// Of the words' tokens, when asked for.
    pub logprobs: Option<Vec<TokenLogprob>>,
    /// Of the tokens of every text in the request's `score_endings`, when there are any.
    pub scores: Option<Vec<Vec<TokenLogprob>>>,
}

/// What to learn from.
#[derive(Debug)]
pub struct TrainingTask<'a> {
    /// The tuned model to go on from; none for the base model.
    pub start: Option<&'a Adapter>,
    /// The lessons.
    pub lessons: Lessons<'a>,
    /// How to learn.
    pub settings: Settings,
    /// Seed of every random act.
    pub seed: u64,
    /// A folder for the engine's own state. It is empty when the task is new and as the engine left it when the task was
    /// broken off before; it goes when the job ends. A file is to be written whole, by [`replace`](crate::store::replace),
    /// and after the events up to its step were reported. An engine that finds its state here reports
    /// [`TrainingEvent::Resumed`] and then only the steps that follow.
    pub scratch: &'a Path,
}

impl<'a> TrainingTask<'a> {
    /// The examples.
    ///
    /// # Errors
    /// [`EngineError::Internal`] when the task has pairs, which a job has only for an engine that is trained by DPO.
    pub fn examples(&self) -> Result<Split<'a, Example>, EngineError> {
        match self.lessons {
            Lessons::Examples(examples) => Ok(examples),
            Lessons::Pairs(_) => Err(EngineError::Internal("pairs where examples are learned from".to_owned())),
        }
    }
}

/// The lessons of a method.
#[derive(Debug, Clone, Copy)]
pub enum Lessons<'a> {
    /// Of the supervised way: each ends with an assistant message that is not empty.
    Examples(Split<'a, Example>),
    /// Of DPO: each has a conversation and two different answers that are not empty.
    Pairs(Split<'a, Pair>),
}

/// Lessons to learn from, and lessons to be measured by.
#[derive(Debug)]
pub struct Split<'a, T> {
    /// To learn from, at least 10.
    pub training: &'a [T],
    /// To be measured by, possibly none.
    pub validation: &'a [T],
}

impl<T> Clone for Split<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Split<'_, T> {}

/// How often and how many at a time the examples are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Passes over the examples, 1 to 50.
    pub epochs: u32,
    /// Examples in a step, 1 to 256.
    pub batch_size: u32,
}

/// What came of a task.
#[derive(Debug)]
pub struct Trained {
    /// What was learned.
    pub adapter: Adapter,
    /// Tokens trained on, each as often as it was.
    pub tokens: u64,
}

/// What happens while an engine learns.
#[derive(Debug)]
pub enum TrainingEvent {
    /// Words for the job's event list.
    Note(Level, String),
    /// The training goes on behind this step of so many, from what was left in the scratch folder.
    Resumed {
        /// Steps done.
        step: u64,
        /// Steps of the whole training.
        total_steps: u64,
    },
    /// Where the training is and how good the model is by now.
    Step(Progress),
    /// The model as it is at a step, to be kept and offered as `<name>:ckpt-step-N`.
    Checkpoint(Progress, Adapter),
}

/// Where a training is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: u64,
    /// Steps of the whole training.
    pub total_steps: u64,
    /// Measures at this step; its `step` is filled in by the server.
    pub metrics: Metrics,
}

/// Why an engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The request cannot be answered: a field's value is at fault.
    #[error("{message}")]
    Request {
        /// For people.
        message: String,
        /// The field.
        param: Option<&'static str>,
    },
    /// The examples cannot be learned from.
    #[error("{0}")]
    Data(String),
    /// The task was broken off as asked.
    #[error("cancelled")]
    Cancelled,
    /// A file could not be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The model cannot be had here, and asking again does not change that: its weights or its adapter cannot be read.
    #[error("{0}")]
    Unavailable(String),
    /// The engine is at fault.
    #[error("{0}")]
    Internal(String),
}
