//! Conversations through the model: prompts together, with what they share computed once, then token after token together.
//!
//! Invariant: a sequence's tokens depend on its own prompt, seed and settings; what else is in the batch changes logits by
//! rounding alone (products of other heights add up in another order).

mod cache;
mod choose;
mod decode;
mod prefill;

use rayon::prelude::*;

use super::adapter::Adapter;
use super::compute::pointwise::Rotation;
use super::weights::Weights;
pub use choose::{Chosen, Sampling};

/// A model that is ready to speak.
pub struct Speaker<'a> {
    weights: &'a Weights,
    adapter: Option<&'a Adapter>,
    rotation: &'a Turns,
}

/// The rotations of all positions of a model, worked out once.
pub struct Turns(Rotation);

impl Turns {
    /// For every position of the model's context.
    pub fn of(weights: &Weights) -> Self {
        let config = &weights.config;
        Self(Rotation::new(config.context, config.head_dim, config.rope_theta))
    }
}

/// What is to be continued, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The tokens before; one or more.
    pub prompt: Vec<u32>,
    /// Most tokens to add; one or more.
    pub limit: usize,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// What might come behind the prompt and is to be scored; each has a token or more.
    pub endings: Vec<Vec<u32>>,
}

impl Wanted {
    /// Tokens that are read, at most.
    pub(super) fn rows(&self) -> usize {
        self.prompt.len() + self.endings.iter().map(Vec::len).sum::<usize>()
    }
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Continuation {
    /// The tokens, without the end of turn.
    pub tokens: Vec<Chosen>,
    /// Whether the model ended its turn.
    pub ended: bool,
    /// Whether it broke off, since the logits were no numbers, as damaged weights make them.
    pub broken: bool,
    /// Per ending, the natural logarithm of each token's probability behind the prompt and the ending's tokens before it.
    pub scores: Vec<Vec<f64>>,
}

impl<'a> Speaker<'a> {
    /// The model with an adapter, or as it is.
    pub fn new(weights: &'a Weights, adapter: Option<&'a Adapter>, rotation: &'a Turns) -> Self {
        Self { weights, adapter, rotation }
    }

    /// Continues every prompt, until it ends its turn, reaches its limit or `enough` says so of its tokens.
    ///
    /// # Panics
    /// If a prompt is empty or, with its limit, longer than the model's context.
    pub fn speak(
        &self,
        wanted: &[Wanted],
        end: u32,
        enough: impl Fn(usize, &[Chosen]) -> bool + Send,
    ) -> Vec<Continuation> {
        // On one of the threads that share the work: another one would have to wake them for every product.
        rayon::scope(|_| self.speak_here(wanted, end, enough))
    }

    fn speak_here(&self, wanted: &[Wanted], end: u32, enough: impl Fn(usize, &[Chosen]) -> bool) -> Vec<Continuation> {
        let mut all = vec![Continuation::default(); wanted.len()];
        let mut decoding = Vec::new();
        for (index, begun) in self.prefill(wanted).into_iter().enumerate() {
            let prefill::Begun { logits, cache, scores } = begun;
            all[index].scores = scores;
            let mut voice = choose::Voice::new(wanted[index].sampling);
            let chosen = voice.choose(&logits);
            if add(&mut all[index], chosen, (end, wanted[index].limit)) && !enough(index, &all[index].tokens) {
                decoding.push(decode::Speech { index, cache, voice });
            }
        }
        while !decoding.is_empty() {
            let last = |speech: &decode::Speech| all[speech.index].tokens.last().expect("it has begun").token;
            let tokens: Vec<u32> = decoding.iter().map(last).collect();
            let logits = self.decode(&tokens, &mut decoding);
            let rows = logits.par_chunks_exact(self.weights.config.vocabulary);
            let choices = decoding.par_iter_mut().zip(rows).map(|(speech, row)| speech.voice.choose(row));
            let mut chosen = choices.collect::<Vec<_>>().into_iter();
            decoding.retain(|speech| {
                let chosen = chosen.next().expect("a choice for each sequence");
                let limit = wanted[speech.index].limit;
                add(&mut all[speech.index], chosen, (end, limit)) && !enough(speech.index, &all[speech.index].tokens)
            });
        }
        all
    }
}

/// Adds a token; false when that was the last one.
fn add(continuation: &mut Continuation, chosen: Option<Chosen>, (end, limit): (u32, usize)) -> bool {
    let Some(chosen) = chosen else {
        continuation.broken = true;
        return false;
    };
    if chosen.token == end {
        continuation.ended = true;
        return false;
    }
    continuation.tokens.push(chosen);
    continuation.tokens.len() < limit
}

#[cfg(test)]
mod tests;
