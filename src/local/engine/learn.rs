//! Fine-tuning jobs: lessons to tokens, a training step by step, and its state in the job's folder.

use std::ops::ControlFlow;

use serde_json::json;

use super::{Loaded, internal};
use crate::api::wire::chat::Message;
use crate::api::wire::fine_tuning::{Example, Level, MethodKind, Metrics, Pair};
use crate::local::Sequence;
use crate::local::adapter::{Adapter, Target};
use crate::local::tokens::Tokens;
use crate::local::train::{self, Data, Recipe, State, StepReport, TrainError, Trainer, Validation};
use crate::server::engine::{
    Adapter as Shared, EngineError, Hyperparameter, Lessons, Progress, Range, Report, Trained, TrainingEvent,
    TrainingTask,
};

/// File of a training's state.
const STATE: &str = "state.safetensors";
/// Steps between two savings of the state.
const SAVED_EVERY: u64 = 25;
/// Names of the targets in requests, as `transformers` calls them.
const TARGETS: [(&str, Target); 7] = [
    ("q_proj", Target::Query),
    ("k_proj", Target::Key),
    ("v_proj", Target::Value),
    ("o_proj", Target::Output),
    ("gate_proj", Target::Gate),
    ("up_proj", Target::Up),
    ("down_proj", Target::Down),
];
const TARGET_NAMES: &[&str] = &["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

/// What can be set; see [`Recipe`].
pub(super) fn hyperparameters(method: &MethodKind) -> Option<Vec<Hyperparameter>> {
    let is_dpo = *method == MethodKind::Dpo;
    if !is_dpo && *method != MethodKind::Supervised {
        return None;
    }
    let known = |name, range, default| Hyperparameter { name, range, default };
    let mut all = vec![
        known("lora_rank", Range::Whole(1, 256), json!(16)),
        known("lora_alpha", Range::Positive(1024.0), json!(32.0)),
        known("lora_targets", Range::Words(TARGET_NAMES), json!(TARGET_NAMES)),
        known("frozen_share", Range::Number(0.0, 0.99), json!(1.0 / 3.0)),
        known("learning_rate", Range::Positive(1.0), json!(if is_dpo { 2e-4 } else { 1e-3 })),
        known("warmup_ratio", Range::Number(0.0, 1.0), json!(0.05)),
        known("shuffle", Range::Truth, json!(true)),
        known("rest_weight", Range::Positive(1.0), json!(0.1)),
        known("answer_sentences", Range::Whole(1, 1000), json!(1000)),
    ];
    if is_dpo {
        all.push(known("beta", Range::Positive(2.0), json!(0.1)));
    }
    Some(all)
}

/// Runs a job, from the state that an earlier run left, if there is one.
///
/// # Errors
/// When the lessons cannot be learned from, the state cannot be kept, or the job is cancelled.
pub(super) fn train(loaded: &Loaded, task: &TrainingTask<'_>, report: &mut Report<'_>) -> Result<Trained, EngineError> {
    let recipe = recipe(loaded, task)?;
    let reading = Reading {
        tokens: &loaded.tokens,
        rest: task.settings.number("rest_weight")? as f32,
        sentences: task.settings.whole("answer_sentences")? as usize,
    };
    let data = reading.data(&task.lessons)?;
    let start = task.start.map(Shared::get::<Adapter>).transpose()?;
    let note = format!(
        "rank {}, alpha {}, blocks {} to {} of {}, learning rate {}, {} threads",
        recipe.rank,
        recipe.alpha,
        recipe.first_block + 1,
        loaded.weights.blocks.len(),
        loaded.weights.blocks.len(),
        recipe.learning_rate,
        recipe.threads
    );
    let mut tell = |event| match report(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(EngineError::Cancelled),
    };
    let mut trainer = Trainer::new(&loaded.weights, recipe, data, start).map_err(|error| failed(&error))?;
    let state = task.scratch.join(STATE);
    match State::load(&state).map_err(|error| internal(&error))? {
        Some(found) => {
            trainer = trainer.resume(found).map_err(|error| failed(&error))?;
            tell(TrainingEvent::Resumed { step: trainer.steps_done(), total_steps: trainer.total_steps() })?;
        }
        None => tell(TrainingEvent::Note(Level::Info, note))?,
    }
    while let Some(step) = trainer.step().map_err(|error| failed(&error))? {
        let ends_epoch = step.step % trainer.steps_per_epoch() == 0;
        let validation = if ends_epoch { trainer.validate().map_err(|error| failed(&error))? } else { None };
        let progress = progress(&step, validation);
        tell(TrainingEvent::Step(progress.clone()))?;
        if ends_epoch && step.step < step.total_steps {
            tell(TrainingEvent::Checkpoint(progress, Shared::new(trainer.adapter().clone())))?;
        }
        if step.step % SAVED_EVERY == 0 && step.step < step.total_steps {
            trainer.state().save(&state).map_err(|error| internal(&error))?;
        }
    }
    Ok(Trained { adapter: Shared::new(trainer.adapter().clone()), tokens: trainer.total_tokens() })
}

fn progress(step: &StepReport, validation: Option<Validation>) -> Progress {
    let metrics = Metrics {
        train_loss: Some(step.loss),
        train_mean_token_accuracy: Some(step.accuracy),
        valid_loss: validation.map(|validation| validation.loss),
        valid_mean_token_accuracy: validation.map(|validation| validation.accuracy),
        ..Metrics::default()
    };
    Progress { step: step.step, total_steps: step.total_steps, metrics }
}

fn failed(error: &TrainError) -> EngineError {
    EngineError::Data(error.to_string())
}

fn recipe(loaded: &Loaded, task: &TrainingTask<'_>) -> Result<Recipe, EngineError> {
    let settings = &task.settings;
    let words = settings.words("lora_targets")?;
    let targets = TARGETS.into_iter().filter(|(name, _)| words.contains(name)).map(|(_, target)| target).collect();
    let blocks = loaded.weights.blocks.len();
    let usual = Recipe::for_model(&loaded.weights.config);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Recipe {
        rank: settings.whole("lora_rank")? as usize,
        alpha: settings.number("lora_alpha")? as f32,
        targets,
        first_block: ((settings.number("frozen_share")? * blocks as f64).round() as usize).min(blocks - 1),
        epochs: settings.epochs.into(),
        batch_size: settings.batch_size as usize,
        learning_rate: settings.number("learning_rate")? * settings.learning_rate_multiplier,
        warmup: settings.number("warmup_ratio")?,
        shuffled: settings.truth("shuffle")?,
        beta: settings.declared.get("beta").and_then(serde_json::Value::as_f64).unwrap_or(usual.beta),
        seed: task.seed,
        threads,
        ..usual
    })
}

/// How lessons are read.
struct Reading<'a> {
    tokens: &'a Tokens,
    /// Weight of an answer's tokens that decide nothing.
    rest: f32,
    /// Sentences of an answer that are learned; its turn ends behind them.
    sentences: usize,
}

/// A conversation as tokens: where its last answer begins, and where that answer's first sentence ends.
struct Lesson {
    ids: Vec<u32>,
    answer: usize,
    first: usize,
}

impl Reading<'_> {
    /// Lessons as tokens, to learn from and to be measured by.
    fn data(&self, lessons: &Lessons<'_>) -> Result<(Data, Data), EngineError> {
        match lessons {
            Lessons::Examples(split) => Ok((self.examples(split.training)?, self.examples(split.validation)?)),
            Lessons::Pairs(split) => Ok((self.pairs(split.training)?, self.pairs(split.validation)?)),
        }
    }

    fn examples(&self, all: &[Example]) -> Result<Data, EngineError> {
        let lessons = all.iter().enumerate().map(|(index, example)| {
            let said = example.messages.iter();
            let messages: Vec<Message> =
                said.map(|message| Message::new(message.role.clone(), message.content.as_str())).collect();
            self.lesson(messages, index)
        });
        Ok(Data::Examples(self.weighted(lessons.collect::<Result<_, _>>()?)))
    }

    fn pairs(&self, all: &[Pair]) -> Result<Data, EngineError> {
        let mut lessons = Vec::with_capacity(2 * all.len());
        for (index, pair) in all.iter().enumerate() {
            for answer in [&pair.preferred_output, &pair.non_preferred_output] {
                lessons.push(self.lesson([&pair.input.messages[..], answer].concat(), index)?);
            }
        }
        let mut sequences = self.weighted(lessons).into_iter();
        let pairs = std::iter::from_fn(|| Some(train::Pair { chosen: sequences.next()?, rejected: sequences.next()? }));
        Ok(Data::Pairs(pairs.collect()))
    }

    fn lesson(&self, mut messages: Vec<Message>, index: usize) -> Result<Lesson, EngineError> {
        let numbered = |error: anyhow::Error| EngineError::Data(format!("example {}: {error:#}", index + 1));
        if let Some(answer) = messages.last_mut() {
            answer.content = first_sentences(&answer.content, self.sentences).to_owned();
        }
        let (ids, is_answer) = self.tokens.example(&messages).map_err(numbered)?;
        let answer = is_answer.iter().position(|answer| *answer).unwrap_or(ids.len());
        let said = messages.last().map_or("", |message| &message.content);
        let first = answer + self.tokens.encode(first_sentences(said, 1)).map_err(numbered)?.len();
        Ok(Lesson { ids, answer, first })
    }

    /// An answer is learned by what decides in it: the first sentence, without the words that all answers begin or end
    /// with. The other tokens have the weight of the rest, the end of the turn among them.
    fn weighted(&self, lessons: Vec<Lesson>) -> Vec<Sequence> {
        let answers: Vec<&[u32]> = lessons.iter().map(|lesson| &lesson.ids[lesson.answer..]).collect();
        let beginning = shared(&answers, |answer, at| answer.get(at).copied());
        let ending = shared(&answers, |answer, at| answer.len().checked_sub(at + 1).map(|index| answer[index]));
        let weigh = |lesson: Lesson| {
            let decides = lesson.answer + beginning..lesson.first.min(lesson.ids.len().saturating_sub(ending));
            let weight = |at: usize| match at {
                _ if at < lesson.answer => 0.0,
                _ if decides.contains(&at) => 1.0,
                _ => self.rest,
            };
            Sequence { weights: (0..lesson.ids.len()).map(weight).collect(), ids: lesson.ids }
        };
        lessons.into_iter().map(weigh).collect()
    }
}

/// How many tokens all answers share, counted from an end.
fn shared(answers: &[&[u32]], token: impl Fn(&[u32], usize) -> Option<u32>) -> usize {
    let Some(first) = answers.first() else { return 0 };
    let same = |at: &usize| answers.iter().all(|answer| token(answer, *at) == token(first, *at));
    (0..first.len()).take_while(same).count()
}

/// The beginning of a text, up to the end of so many sentences.
fn first_sentences(text: &str, count: usize) -> &str {
    let mut ends = text.match_indices(". ").map(|(at, _)| at + 1);
    ends.nth(count - 1).map_or(text, |end| &text[..end])
}
