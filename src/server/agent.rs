//! The agent as an engine: fine-tuning it estimates a preference and its noise from the examples.

use std::ops::ControlFlow;
use std::path::Path;

use super::engine::{Adapter, Completion, Engine, EngineError, Progress, Report, Trained, TrainingEvent, TrainingTask};
use super::words::words;
use crate::agent::{Agent, Sampling, TuneError, tune};
use crate::api::wire::chat::{ChatRequest, Role};
use crate::api::wire::fine_tuning::{Example, Level, Metrics};
use crate::estimate::Step;
use crate::store::replace;

/// The engine of the model `agent`.
#[derive(Debug, Clone, Copy, Default)]
pub struct AgentEngine;

const BASE: &str = "agent";
const FILE: &str = "agent.json";
/// The embedded language model; builds without it say so when it is asked for.
const LANGUAGE_MODEL: &str = "smollm2-135m";

/// Whether this process can serve the model of this name: an engine's base model or a fine-tune of one.
#[must_use]
pub fn is_embedded(model: &str) -> bool {
    let base = model.strip_prefix("ft:").and_then(|tuned| tuned.split(':').next()).unwrap_or(model);
    base == BASE || base == LANGUAGE_MODEL
}

impl Engine for AgentEngine {
    fn base_model(&self) -> &str {
        BASE
    }

    fn is_quick(&self) -> bool {
        true
    }

    fn chat(&self, adapter: Option<&Adapter>, request: &ChatRequest, seed: u64) -> Result<Completion, EngineError> {
        let agent = adapter.map(Adapter::get::<Agent>).transpose()?.copied().unwrap_or_else(Agent::untuned);
        let messages: Vec<(&str, &str)> =
            request.messages.iter().map(|message| (message.role.as_str(), message.content.as_str())).collect();
        let sampling = Sampling { temperature: request.temperature.unwrap_or(1.0), seed };
        let reply = agent.reply(&messages, sampling);
        Ok(Completion::in_words(&reply.text, reply.refused, request))
    }

    /// Estimates from the training examples. Epochs, batch size and learning rate change nothing: maximum likelihood
    /// looks at every example at every step.
    fn train(&self, task: &TrainingTask<'_>, report: &mut Report<'_>) -> Result<Trained, EngineError> {
        let examples: Vec<(String, String)> = task.examples()?.training.iter().filter_map(pair).collect();
        let mut last = None;
        let mut cancelled = false;
        let mut progress = |step: Step| {
            let progress = measured(&step);
            last = Some(progress.clone());
            cancelled |= report(TrainingEvent::Step(progress)).is_break();
        };
        let tuned = tune(&examples, &mut progress).map_err(|error| match error {
            TuneError::TooFew { .. } | TuneError::Fit(_) => EngineError::Data(error.to_string()),
        })?;
        if cancelled {
            return Err(EngineError::Cancelled);
        }
        let parameters = tuned.agent.parameters;
        let note = format!(
            "gamma {:.3}, precision {:.3e} on choices and {:.3e} on stakes, from {} of {} examples",
            parameters.gamma,
            parameters.choice_precision,
            parameters.stake_precision,
            tuned.fit.used(),
            examples.len()
        );
        let adapter = Adapter::new(tuned.agent);
        let mut tell = |event| match report(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(EngineError::Cancelled),
        };
        tell(TrainingEvent::Note(Level::Info, note))?;
        if tuned.unreadable > 0 {
            let note = format!("{} examples could not be read as decisions and were left out", tuned.unreadable);
            tell(TrainingEvent::Note(Level::Warn, note))?;
        }
        if let Some(progress) = last {
            tell(TrainingEvent::Checkpoint(progress, adapter.clone()))?;
        }
        let tokens = examples.iter().map(|(_, answer)| words(answer)).sum();
        Ok(Trained { adapter, tokens })
    }

    fn save(&self, adapter: &Adapter, folder: &Path) -> Result<(), EngineError> {
        let json = serde_json::to_vec(adapter.get::<Agent>()?).map_err(std::io::Error::from)?;
        replace(&folder.join(FILE), json).map_err(|error| EngineError::Internal(format!("{error:#}")))
    }

    fn load(&self, folder: &Path) -> Result<Adapter, EngineError> {
        let agent: Agent = serde_json::from_slice(&std::fs::read(folder.join(FILE))?).map_err(std::io::Error::from)?;
        Ok(Adapter::new(agent))
    }
}

/// The last question of an example and the answer to it, unless the answer is not to be learned from (weight 0).
fn pair(example: &Example) -> Option<(String, String)> {
    let last =
        |role: Role| example.messages.iter().rev().find(|message| message.role == role && message.weight != Some(0));
    Some((last(Role::User)?.content.clone(), last(Role::Assistant)?.content.clone()))
}

fn measured(step: &Step) -> Progress {
    let metrics = Metrics { train_loss: Some(step.loss), ..Metrics::default() };
    Progress { step: step.iteration as u64, total_steps: step.total as u64, metrics }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fine_tunes_are_told_from_other_models() {
        for model in ["agent", "ft:agent:riskpref:risk-averse:abc", "ft:agent:riskpref:x:abc:ckpt-step-9"] {
            assert!(is_embedded(model), "{model}");
        }
        for model in ["gpt-4.1", "ft:gpt-4.1:personal:agent:x", "agents", "ft:", ""] {
            assert!(!is_embedded(model), "{model}");
        }
    }
}
