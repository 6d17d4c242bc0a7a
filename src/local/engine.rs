//! The language model as an engine of the embedded server.

mod learn;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::adapter::Adapter;
use super::generate::{Chosen, Sampling, Turns, Wanted};
use super::gguf::Gguf;
use super::service::Service;
use super::tokens::Tokens;
use super::weights::Weights;
use super::{fetch, peft};
use crate::api::wire::chat::{ChatRequest, FinishReason, TokenLogprob, TopLogprob};
use crate::api::wire::fine_tuning::MethodKind;
use crate::server::engine::{
    Adapter as Shared, Completion, Engine, EngineError, Hyperparameter, Report, Schedule, Trained, TrainingTask,
};

/// Name of the default model.
pub const BASE: &str = "smollm2-135m";
/// Tokens of an answer whose request sets no limit.
const LIMIT: usize = 512;

/// A model in memory.
pub(super) struct Loaded {
    pub(super) weights: Weights,
    pub(super) tokens: Tokens,
    pub(super) turns: Turns,
}

/// Where the weights' file is got; called once, when the model is first needed.
pub type Source = dyn Fn() -> anyhow::Result<PathBuf> + Send + Sync;

/// The engine of an open-weight model.
pub struct LanguageModel {
    source: Box<Source>,
    loaded: Mutex<Option<Arc<Loaded>>>,
    service: Service,
}

impl LanguageModel {
    /// A model whose weights are in the file that `source` gives.
    pub fn new(source: Box<Source>) -> Self {
        Self { source, loaded: Mutex::new(None), service: Service::default() }
    }

    /// The model named on the command line, or the default one from the cache or the network; `tell` says what is fetched.
    pub fn found(weights: Option<PathBuf>, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self::new(Box::new(move || fetch::weights(weights.as_deref(), &mut |words| tell(words))))
    }

    /// The model, read when it is first needed.
    fn loaded(&self) -> Result<Arc<Loaded>, EngineError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = &*loaded {
            return Ok(Arc::clone(loaded));
        }
        let read = || -> anyhow::Result<Loaded> {
            let mut file = Gguf::open(&(self.source)()?)?;
            let tokens = Tokens::from_gguf(file.metadata())?;
            let weights = file.weights()?;
            let turns = Turns::of(&weights);
            Ok(Loaded { weights, tokens, turns })
        };
        let read = Arc::new(read().map_err(|error| internal(&error))?);
        *loaded = Some(Arc::clone(&read));
        Ok(read)
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

    fn chat(&self, adapter: Option<&Shared>, request: &ChatRequest, seed: u64) -> Result<Completion, EngineError> {
        let loaded = self.loaded()?;
        let continues = request.continue_final_message == Some(true);
        let refuse = |message: String| EngineError::Request { message, param: Some("messages") };
        let prompt =
            loaded.tokens.prompt(&request.messages, continues).map_err(|error| refuse(format!("{error:#}")))?;
        let context = loaded.weights.config.context;
        if prompt.is_empty() || prompt.len() >= context {
            return Err(refuse(format!(
                "The conversation has {} tokens; this model takes 1 to {}.",
                prompt.len(),
                context - 1
            )));
        }
        let asked = request.token_limit().map_or(LIMIT, |limit| limit as usize);
        let wanted = Wanted {
            limit: asked.min(context - prompt.len()).max(1),
            sampling: Sampling {
                temperature: request.temperature.unwrap_or(1.0),
                top_p: request.top_p.unwrap_or(1.0),
                seed,
                top: (request.logprobs == Some(true)).then(|| request.top_logprobs.unwrap_or(0) as usize),
            },
            prompt,
        };
        let stops = request.stop.as_ref().map_or(Vec::new(), |stop| stop.texts().to_vec());
        let prompt_tokens = wanted.prompt.len() as u64;
        let said = self.service.speak(&loaded, adapter, (wanted, stops.clone()));
        let said = said.ok_or_else(|| EngineError::Internal("the model broke off".to_owned()))?;
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
        peft::save(adapter.get::<Adapter>()?, "HuggingFaceTB/SmolLM2-135M-Instruct", folder)
            .map_err(|error| internal(&error))
    }

    fn load(&self, folder: &Path) -> Result<Shared, EngineError> {
        let blocks = self.loaded()?.weights.blocks.len();
        Ok(Shared::new(peft::load(folder, blocks).map_err(|error| internal(&error))?))
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

#[cfg(test)]
mod tests;
