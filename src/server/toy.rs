//! An engine for tests: it learns the answers of its examples, a batch a step, and says one of them, or that it knows none.
//! Later epochs turn its list of answers by one a step, so that a step done twice or left out shows.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::api::wire::chat::{ChatRequest, Role, TokenLogprob};
use crate::api::wire::fine_tuning::{Level, MethodKind, Metrics};
use crate::store::replace;

use super::engine::{
    Adapter, Completion, Engine, EngineError, Hyperparameter, Lessons, Progress, Range, Report, Trained, TrainingEvent,
    TrainingTask,
};
use super::words::words;

/// An example with this answer cannot be learned from.
pub(super) const UNTEACHABLE: &str = "unteachable";
/// An example with this answer makes the engine break off.
pub(super) const FATAL: &str = "fatal";

/// The engine.
#[derive(Debug, Clone, Default)]
pub(super) struct Toy {
    /// Its base model's name.
    pub(super) name: &'static str,
    /// How long each training step and each answer takes.
    pub(super) pause: Duration,
    /// Whether it gives log probabilities, and continues messages.
    pub(super) has_logprobs: bool,
    /// Who is being answered.
    pub(super) busy: Arc<Busy>,
}

/// Counts the answers in the making.
#[derive(Debug, Default)]
pub(super) struct Busy {
    now: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
    loads: AtomicUsize,
    held: AtomicBool,
}

impl Busy {
    fn enter(self: &Arc<Self>) -> Leave {
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        self.all.fetch_add(1, Ordering::SeqCst);
        Leave(self.clone())
    }

    /// Keeps every answer from being given until it is let go.
    pub(super) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::SeqCst);
    }

    /// Answers in the making.
    pub(super) fn now(&self) -> usize {
        self.now.load(Ordering::SeqCst)
    }

    /// The most at once so far.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    /// Adapters read so far.
    pub(super) fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// All so far.
    pub(super) fn all(&self) -> usize {
        self.all.load(Ordering::SeqCst)
    }
}

struct Leave(Arc<Busy>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// It keeps its state for a later process after so many steps.
const STEPS_A_STATE: u64 = 4;

/// The answers.
type Learned = Vec<String>;

/// What is to be answered: the assistant's words, or the better ones.
fn answers(lessons: Lessons<'_>) -> Vec<&str> {
    match lessons {
        Lessons::Examples(examples) => {
            let messages = examples.training.iter().flat_map(|example| &example.messages);
            messages.filter(|message| message.role == Role::Assistant).map(|message| message.content.as_str()).collect()
        }
        Lessons::Pairs(pairs) => pairs.training.iter().map(|pair| pair.preferred_output[0].content.as_str()).collect(),
    }
}

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

    fn continues(&self) -> bool {
        self.has_logprobs
    }

    /// Continues a message with the words "and so on".
    fn chat(&self, adapter: Option<&Adapter>, request: &ChatRequest, seed: u64) -> Result<Completion, EngineError> {
        let _busy = self.busy.enter();
        thread::sleep(self.pause);
        while self.busy.held.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        if request.continue_final_message == Some(true) {
            return Ok(Completion::in_words("and so on", false, request));
        }
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

    fn hyperparameters(&self, method: &MethodKind) -> Option<Vec<Hyperparameter>> {
        let targets: &[&str] = &["query", "key", "value"];
        let mut known = vec![
            Hyperparameter { name: "lora_rank", range: Range::Whole(1, 64), default: 8.into() },
            Hyperparameter {
                name: "lora_targets",
                range: Range::Words(targets),
                default: vec!["query", "value"].into(),
            },
        ];
        match method {
            MethodKind::Supervised => {}
            MethodKind::Dpo => {
                known.push(Hyperparameter { name: "beta", range: Range::Positive(2.0), default: 0.1.into() });
            }
            _ => return None,
        }
        Some(known)
    }

    fn train(&self, task: &TrainingTask<'_>, report: &mut Report<'_>) -> Result<Trained, EngineError> {
        let mut tell = |event| match report(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(EngineError::Cancelled),
        };
        let answers = answers(task.lessons);
        if answers.contains(&UNTEACHABLE) {
            return Err(EngineError::Data("this cannot be taught".to_owned()));
        }
        assert!(!answers.contains(&FATAL), "a fatal example");
        let batches: Vec<&[&str]> = answers.chunks(task.settings.batch_size as usize).collect();
        let steps = batches.len() as u64;
        let total_steps = steps * u64::from(task.settings.epochs);
        let start = task.start.map(|start| start.get::<Learned>()).transpose()?.cloned().unwrap_or_default();
        let state = task.scratch.join("state.json");
        let (done, mut learned) = match std::fs::read(&state) {
            Ok(json) => serde_json::from_slice(&json).map_err(std::io::Error::from)?,
            Err(_) => (0, start),
        };
        if done > 0 {
            tell(TrainingEvent::Resumed { step: done, total_steps })?;
        }
        let rank = task.settings.whole("lora_rank")?;
        tell(TrainingEvent::Note(Level::Info, format!("{} examples, rank {rank}", answers.len())))?;
        for step in done + 1..=total_steps {
            thread::sleep(self.pause);
            match batches.get(step as usize - 1) {
                Some(batch) => learned.extend(batch.iter().map(|answer| (*answer).to_owned())),
                None => learned.rotate_left(1),
            }
            let metrics = Metrics {
                train_loss: Some(1.0 / step as f64),
                valid_loss: Some(2.0 / step as f64),
                ..Metrics::default()
            };
            let progress = Progress { step, total_steps, metrics };
            tell(TrainingEvent::Step(progress.clone()))?;
            if step % steps == 0 {
                tell(TrainingEvent::Checkpoint(progress, Adapter::new(learned.clone())))?;
            }
            if step % STEPS_A_STATE == 0 {
                let json = serde_json::to_vec(&(step, &learned)).map_err(std::io::Error::from)?;
                replace(&state, json).map_err(|error| EngineError::Internal(error.to_string()))?;
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
        self.busy.loads.fetch_add(1, Ordering::SeqCst);
        let json = std::fs::read(folder.join("answers.json"))?;
        let learned: Learned = serde_json::from_slice(&json).map_err(std::io::Error::from)?;
        Ok(Adapter::new(learned))
    }
}
