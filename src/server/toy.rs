//! An engine for tests: it learns the answers of its examples, and says one of them, or that it knows none.

use std::ops::ControlFlow;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::api::wire::chat::{ChatRequest, Role, TokenLogprob};
use crate::api::wire::fine_tuning::{Level, Metrics};
use crate::store::replace;

use super::engine::{Adapter, Completion, Engine, EngineError, Progress, Report, Trained, TrainingEvent, TrainingTask};
use super::words::words;

/// An example with this answer cannot be learned from.
pub(super) const UNTEACHABLE: &str = "unteachable";
/// An example with this answer makes the engine break off.
pub(super) const FATAL: &str = "fatal";

/// The engine.
#[derive(Debug, Clone)]
pub(super) struct Toy {
    /// Its base model's name.
    pub(super) name: &'static str,
    /// How long each training step and each answer takes.
    pub(super) pause: Duration,
    /// Whether it gives log probabilities.
    pub(super) has_logprobs: bool,
}

/// The answers.
type Learned = Vec<String>;

impl Engine for Toy {
    fn base_model(&self) -> &str {
        self.name
    }

    fn is_quick(&self) -> bool {
        self.pause.is_zero()
    }

    fn has_logprobs(&self) -> bool {
        self.has_logprobs
    }

    fn chat(&self, adapter: Option<&Adapter>, request: &ChatRequest, seed: u64) -> Result<Completion, EngineError> {
        thread::sleep(self.pause);
        let Some(adapter) = adapter else {
            return Ok(Completion::in_words("I have not been taught anything yet.", true, request));
        };
        let learned = adapter.get::<Learned>()?;
        let place = usize::try_from(seed % learned.len() as u64).unwrap_or(0);
        let mut completion = Completion::in_words(&learned[place], false, request);
        if request.logprobs == Some(true) {
            let token = completion.text.clone();
            let logprob = -(learned.len() as f64).ln();
            completion.logprobs = Some(vec![TokenLogprob { token, logprob, bytes: None, top_logprobs: Vec::new() }]);
        }
        Ok(completion)
    }

    fn train(&self, task: &TrainingTask<'_>, report: &mut Report<'_>) -> Result<Trained, EngineError> {
        let mut learned = task.start.map(|start| start.get::<Learned>()).transpose()?.cloned().unwrap_or_default();
        let messages = task.training.iter().flat_map(|example| &example.messages);
        for answer in messages.filter(|message| message.role == Role::Assistant) {
            match answer.content.as_str() {
                UNTEACHABLE => return Err(EngineError::Data("this cannot be taught".to_owned())),
                FATAL => panic!("a fatal example"),
                answer => learned.push(answer.to_owned()),
            }
        }
        let steps = task.training.len().div_ceil(task.settings.batch_size as usize) as u64;
        let total_steps = steps * u64::from(task.settings.epochs);
        let mut tell = |event| match report(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(EngineError::Cancelled),
        };
        tell(TrainingEvent::Note(Level::Info, format!("{} examples", task.training.len())))?;
        for step in 1..=total_steps {
            thread::sleep(self.pause);
            let metrics = Metrics { train_loss: Some(1.0 / step as f64), ..Metrics::default() };
            let progress = Progress { step, total_steps, metrics };
            tell(TrainingEvent::Step(progress.clone()))?;
            if step % steps == 0 {
                tell(TrainingEvent::Checkpoint(progress, Adapter::new(learned.clone())))?;
            }
        }
        let tokens = learned.iter().map(|answer| words(answer)).sum();
        Ok(Trained { adapter: Adapter::new(learned), tokens })
    }

    fn save(&self, adapter: &Adapter, folder: &Path) -> Result<(), EngineError> {
        let json = serde_json::to_vec(adapter.get::<Learned>()?).map_err(std::io::Error::from)?;
        replace(&folder.join("answers.json"), json).map_err(|error| EngineError::Internal(error.to_string()))
    }

    fn load(&self, folder: &Path) -> Result<Adapter, EngineError> {
        let json = std::fs::read(folder.join("answers.json"))?;
        let learned: Learned = serde_json::from_slice(&json).map_err(std::io::Error::from)?;
        Ok(Adapter::new(learned))
    }
}
