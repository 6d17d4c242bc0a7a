//! The language model as an engine of the embedded server.

mod learn;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::adapter::Adapter;
use super::generate::{Chosen, Continuation, Sampling, Turns, Wanted};
use super::service::Service;
use super::tokens::Tokens;
use super::weights::Weights;
use super::{fetch, file, peft};
use crate::api::wire::chat::{ChatRequest, FinishReason, TokenLogprob, TopLogprob};
use crate::api::wire::fine_tuning::MethodKind;
use crate::server::engine::{
    Adapter as Shared, Completion, Engine, EngineError, Hyperparameter, Report, Schedule, Trained, TrainingTask,
};

/// Name of the default model.
pub const BASE: &str = "smollm2-135m";
/// How long a failure to read the model is remembered.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Tokens of an answer whose request sets no limit.
const LIMIT: usize = 512;

/// A model in memory.
pub(super) struct Loaded {
    pub(super) weights: Weights,
    pub(super) tokens: Tokens,
    pub(super) turns: Turns,
    /// What adapters say that they are for: a name at the Hugging Face hub, or where the model is on disk.
    origin: String,
}

/// Where the weights' file is got; called once, when the model is first needed.
pub type Source = dyn Fn() -> anyhow::Result<PathBuf> + Send + Sync;

/// The engine of an open-weight model.
pub struct LanguageModel {
    source: Box<Source>,
    held: Mutex<Held>,
    service: Service,
}

/// What came of reading the model.
enum Held {
    /// It was not needed yet.
    Nothing,
    Model(Arc<Loaded>),
    /// It could not be read or fetched, for this reason; another try so soon would end the same.
    Failed(Instant, String),
}

impl LanguageModel {
    /// A model whose weights are in the file or folder that `source` gives.
    pub fn new(source: Box<Source>) -> Self {
        Self { source, held: Mutex::new(Held::Nothing), service: Service::default() }
    }

    /// The model named on the command line, or the default one from the cache or the network; `tell` hears what is fetched.
    pub fn found(weights: Option<PathBuf>, tell: impl Fn(fetch::Fetching<'_>) + Send + Sync + 'static) -> Self {
        Self::new(Box::new(move || fetch::weights(weights.as_deref(), &mut |fetching| tell(fetching))))
    }

    /// The model, read when it is first needed.
    fn loaded(&self) -> Result<Arc<Loaded>, EngineError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Held::Model(loaded) => return Ok(Arc::clone(loaded)),
            Held::Failed(when, why) if when.elapsed() < REMEMBERED => {
                return Err(EngineError::Unavailable(why.clone()));
            }
            Held::Failed(..) | Held::Nothing => {}
        }
        let read = || -> anyhow::Result<Loaded> {
            let path = (self.source)()?;
            let file::Model { weights, tokens } = file::read(&path)?;
            Ok(Loaded { turns: Turns::of(&weights), weights, tokens, origin: fetch::origin(&path) })
        };
        match read() {
            Ok(loaded) => {
                let loaded = Arc::new(loaded);
                *held = Held::Model(Arc::clone(&loaded));
                Ok(loaded)
            }
            Err(error) => {
                let why = format!("{error:#}");
                *held = Held::Failed(Instant::now(), why.clone());
                Err(EngineError::Unavailable(why))
            }
        }
    }
}

impl Loaded {
    /// What a request asks for, in tokens.
    fn wanted(&self, request: &ChatRequest, seed: u64) -> Result<Wanted, EngineError> {
        let continues = request.continue_final_message == Some(true);
        let refuse = |message: String, param| EngineError::Request { message, param: Some(param) };
        let said = |error: anyhow::Error| refuse(format!("{error:#}"), "messages");
        let prompt = self.tokens.prompt(&request.messages, continues).map_err(said)?;
        let context = self.weights.config.context;
        if prompt.is_empty() || prompt.len() >= context {
            let (count, most) = (prompt.len(), context - 1);
            let message = format!("The conversation has {count} tokens; this model takes 1 to {most}.");
            return Err(refuse(message, "messages"));
        }
        let endings = match &request.score_endings {
            Some(texts) => self.tokens.endings(&request.messages, continues, texts),
            None => Ok(Vec::new()),
        };
        let endings = endings.map_err(|error| refuse(format!("{error:#}"), "score_endings"))?;
        if let Some(longest) = endings.iter().map(Vec::len).max().filter(|longest| prompt.len() + longest > context) {
            let message = format!("The conversation with an ending of {longest} tokens has more than {context}.");
            return Err(refuse(message, "score_endings"));
        }
        let asked = request.token_limit().map_or(LIMIT, |limit| limit as usize);
        Ok(Wanted {
            limit: asked.min(context - prompt.len()).max(1),
            sampling: Sampling {
                temperature: request.temperature.unwrap_or(1.0),
                top_p: request.top_p.unwrap_or(1.0),
                seed,
                top: (request.logprobs == Some(true)).then(|| request.top_logprobs.unwrap_or(0) as usize),
            },
            prompt,
            endings,
        })
    }
}

fn internal(error: &anyhow::Error) -> EngineError {
    EngineError::Internal(format!("{error:#}"))
}

impl Engine for LanguageModel {
    fn base_model(&self) -> &str {
        BASE
    }

    fn is_quick(&self) -> bool {
        false
    }

    fn has_logprobs(&self) -> bool {
        true
    }

    fn continues(&self) -> bool {
        true
    }

    fn scores(&self) -> bool {
        true
    }

    fn chat(&self, adapter: Option<&Shared>, request: &ChatRequest, seed: u64) -> Result<Completion, EngineError> {
        let loaded = self.loaded()?;
        let wanted = loaded.wanted(request, seed)?;
        let stops = request.stop.as_ref().map_or(Vec::new(), |stop| stop.texts().to_vec());
        let prompt_tokens = wanted.prompt.len() as u64;
        let endings = wanted.endings.clone();
        let said = self.service.speak(&loaded, adapter, (wanted, stops.clone()));
        let said = said.ok_or_else(|| EngineError::Internal("the model broke off".to_owned()))?;
        if said.broken || !said.scores.iter().flatten().all(|score| score.is_finite()) {
            let message = "the model's logits are not numbers; its weights or what was tuned of them are damaged";
            return Err(EngineError::Unavailable(message.to_owned()));
        }
        let ids: Vec<u32> = said.tokens.iter().map(|chosen| chosen.token).collect();
        let text = loaded.tokens.decode(&ids).map_err(|error| internal(&error))?;
        let stop = stops.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop.as_str())).min();
        let logprobs = request.logprobs == Some(true);
        Ok(Completion {
            finish_reason: if said.ended || stop.is_some() { FinishReason::Stop } else { FinishReason::Length },
            text: stop.map_or(text.clone(), |stop| text[..stop].to_owned()),
            refused: false,
            prompt_tokens,
            completion_tokens: ids.len() as u64,
            logprobs: logprobs.then(|| said.tokens.iter().map(|chosen| reported(&loaded.tokens, chosen)).collect()),
            scores: request.score_endings.as_ref().map(|_| scored(&loaded.tokens, &endings, &said)),
        })
    }

    fn hyperparameters(&self, method: &MethodKind) -> Option<Vec<Hyperparameter>> {
        learn::hyperparameters(method)
    }

    fn schedule(&self, _: usize) -> Schedule {
        Schedule { epochs: 3, batch_size: 8 }
    }

    fn train(&self, task: &TrainingTask<'_>, report: &mut Report<'_>) -> Result<Trained, EngineError> {
        learn::train(&*self.loaded()?, task, report)
    }

    fn save(&self, adapter: &Shared, folder: &Path) -> Result<(), EngineError> {
        let base = self.loaded()?;
        peft::save(adapter.get::<Adapter>()?, &base.origin, folder).map_err(|error| internal(&error))
    }

    fn load(&self, folder: &Path) -> Result<Shared, EngineError> {
        let base = self.loaded()?;
        let adapter = peft::load(folder, &base.weights);
        Ok(Shared::new(adapter.map_err(|error| EngineError::Unavailable(format!("{error:#}")))?))
    }
}

fn reported(tokens: &Tokens, chosen: &Chosen) -> TokenLogprob {
    let token = tokens.piece(chosen.token);
    let top = |(id, logprob): &(u32, f64)| {
        let token = tokens.piece(*id);
        TopLogprob { bytes: Some(token.clone().into_bytes()), token, logprob: *logprob }
    };
    TokenLogprob {
        bytes: Some(token.clone().into_bytes()),
        token,
        logprob: chosen.logprob,
        top_logprobs: chosen.top.iter().map(top).collect(),
    }
}

/// The tokens of the endings with their log probabilities.
fn scored(tokens: &Tokens, endings: &[Vec<u32>], said: &Continuation) -> Vec<Vec<TokenLogprob>> {
    let token =
        |(id, logprob): (&u32, &f64)| reported(tokens, &Chosen { token: *id, logprob: *logprob, top: Vec::new() });
    endings.iter().zip(&said.scores).map(|(ids, scores)| ids.iter().zip(scores).map(token).collect()).collect()
}

#[cfg(test)]
mod tests;
