//! A training that is advanced step by step.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::adam::{Moments, Update, length};
use super::checkpoint::fingerprint;
use super::corpus::Corpus;
use super::share::Shares;
use super::start::{begin, zeros};
use super::task::{Tally, Task, most_rows};
use super::{Data, Recipe, TrainError};
use crate::local::adapter::Adapter;
use crate::local::compute::pass::Pass;
use crate::local::compute::pointwise::Rotation;
use crate::local::weights::Weights;

/// A training: weights that stay, an adapter that learns.
#[derive(Debug)]
pub struct Trainer<'a> {
    weights: &'a Weights,
    recipe: Recipe,
    rotation: Rotation,
    training: Corpus,
    validation: Corpus,
    start: Option<Adapter>,
    adapter: Adapter,
    moments: Moments,
    step: u64,
    fingerprint: String,
}

/// Everything that a training needs, besides what it began with, to go on as if it had not been interrupted.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Steps done.
    pub step: u64,
    /// What is learned by now.
    pub adapter: Adapter,
    /// Moving averages of the gradient, in the order of [`Adapter::matrices`] of the trained blocks.
    pub first_moments: Vec<f32>,
    /// The same of its square.
    pub second_moments: Vec<f32>,
    /// SHA-256 of recipe, data and start, hexadecimal.
    pub fingerprint: String,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// Steps done, this one included.
    pub step: u64,
    /// Steps of the whole training.
    pub total_steps: u64,
    /// Of the step's examples, before the step: mean loss per token by weight, or per pair.
    pub loss: f64,
    /// Share of the tokens that were the likeliest, or of the pairs whose chosen one gained more than the other.
    pub accuracy: f64,
    /// Length of the gradient before it was limited.
    pub gradient_norm: f64,
    /// Learning rate of the step.
    pub learning_rate: f64,
    /// Tokens of the step's examples that went through the model, each as often as it is there.
    pub tokens: u64,
}

/// How the validation data are predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Validation {
    /// As [`StepReport::loss`].
    pub loss: f64,
    /// As [`StepReport::accuracy`].
    pub accuracy: f64,
}

impl<'a> Trainer<'a> {
    /// Makes ready. `validation` may be empty; `start` is the adapter to go on from.
    ///
    /// # Errors
    /// When the recipe, the start or an example does not suit the model, or there is nothing to learn from.
    pub fn new(
        weights: &'a Weights,
        recipe: Recipe,
        (training, validation): (Data, Data),
        start: Option<&Adapter>,
    ) -> Result<Self, TrainError> {
        recipe.check(&weights.config)?;
        let training = Corpus::new(training, &weights.config, recipe.epochs)?;
        let validation = Corpus::new(validation, &weights.config, recipe.epochs)?;
        if training.len() == 0 {
            return Err(TrainError::NoExample);
        }
        let adapter = begin(weights, &recipe, start)?;
        let values = zeros(&adapter, recipe.first_block).matrices().map(|matrix| matrix.values.len()).sum();
        let positions = training.longest().max(validation.longest());
        let rotation = Rotation::new(positions, weights.config.head_dim, weights.config.rope_theta);
        let fingerprint = fingerprint(&recipe, &training, &adapter);
        let (start, moments) = (start.cloned(), Moments::new(values));
        Ok(Self { weights, recipe, rotation, training, validation, start, adapter, moments, step: 0, fingerprint })
    }

    /// Goes on where a training of the same recipe, data and start was.
    ///
    /// # Errors
    /// [`TrainError::OtherTraining`] when the state is not of this training.
    pub fn resume(mut self, state: State) -> Result<Self, TrainError> {
        let fits = state.fingerprint == self.fingerprint
            && state.step <= self.total_steps()
            && state.first_moments.len() == self.moments.first.len()
            && state.second_moments.len() == self.moments.second.len()
            && shapes(&state.adapter).eq(shapes(&self.adapter));
        if !fits {
            return Err(TrainError::OtherTraining);
        }
        self.step = state.step;
        self.adapter = state.adapter;
        self.moments = Moments { first: state.first_moments, second: state.second_moments };
        Ok(self)
    }

    /// What is needed to go on later.
    pub fn state(&self) -> State {
        State {
            step: self.step,
            adapter: self.adapter.clone(),
            first_moments: self.moments.first.clone(),
            second_moments: self.moments.second.clone(),
            fingerprint: self.fingerprint.clone(),
        }
    }

    /// What is learned by now.
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// Steps done.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Steps of the whole training.
    pub fn total_steps(&self) -> u64 {
        self.recipe.epochs * self.steps_per_epoch()
    }

    /// Steps of one pass over the data; the last may have fewer examples.
    pub fn steps_per_epoch(&self) -> u64 {
        self.training.len().div_ceil(self.recipe.batch_size) as u64
    }

    /// Tokens that go through the model in the whole training, as [`StepReport::tokens`] counts them.
    pub fn total_tokens(&self) -> u64 {
        self.recipe.epochs * (0..self.training.len()).map(|unit| self.training.size(unit) as u64).sum::<u64>()
    }

    /// Learns from the next examples; none when the training is over.
    ///
    /// # Errors
    /// When a loss or the gradient is not a number. The adapter is then as it was before the step.
    pub fn step(&mut self) -> Result<Option<StepReport>, TrainError> {
        let total_steps = self.total_steps();
        if self.step >= total_steps {
            return Ok(None);
        }
        let units = self.batch();
        let (tally, gradient) = self.gradient(&units)?;
        let norm = length(&gradient);
        if !norm.is_finite() {
            return Err(TrainError::Gradient { step: self.step, examples: units });
        }
        let learning_rate = self.recipe.learning_rate_at(self.step, total_steps);
        let factor = (self.recipe.gradient_limit / norm).min(1.0);
        let update = Update { learning_rate, weight_decay: self.recipe.weight_decay, step: self.step, factor };
        self.moments.update((&mut self.adapter, self.recipe.first_block), &gradient, &update);
        self.step += 1;
        Ok(Some(StepReport {
            step: self.step,
            total_steps,
            loss: tally.loss / tally.weight,
            accuracy: tally.hits / tally.count,
            gradient_norm: norm,
            learning_rate,
            tokens: units.iter().map(|unit| self.training.size(*unit) as u64).sum(),
        }))
    }

    #[cfg(test)]
    pub(super) fn set_adapter(&mut self, adapter: Adapter) {
        self.adapter = adapter;
    }

    /// How the validation data are predicted now; none when there are none.
    ///
    /// # Errors
    /// When a loss is not a number.
    pub fn validate(&self) -> Result<Option<Validation>, TrainError> {
        let units: Vec<usize> = (0..self.validation.len()).collect();
        if units.is_empty() {
            return Ok(None);
        }
        let shares = self.shares(&self.validation, &units);
        let task = self.task(&self.validation, 1.0, shares.threads);
        let tally = shares.each(|units| task.run(units, None))?;
        let tally = sum(&tally);
        Ok(Some(Validation { loss: tally.loss / tally.weight, accuracy: tally.hits / tally.count }))
    }

    /// Loss and gradient of some examples or pairs, as one step has them.
    pub(super) fn gradient(&self, units: &[usize]) -> Result<(Tally, Adapter), TrainError> {
        let training = &self.training;
        let weight = if training.is_paired() {
            units.len() as f64
        } else {
            units.iter().map(|&unit| training.weight(unit)).sum()
        };
        let shares = self.shares(training, units);
        let task = self.task(training, weight, shares.threads);
        let parts = shares.each(|units| {
            let mut gradient = zeros(&self.adapter, self.recipe.first_block);
            let tally = task.run(units, Some(&mut gradient))?;
            Ok((tally, gradient))
        })?;
        let (tallies, gradients): (Vec<Tally>, Vec<Adapter>) = parts.into_iter().unzip();
        let mut gradients = gradients.into_iter();
        let mut total = gradients.next().expect("a step has a thread");
        for gradient in gradients {
            let pairs: Vec<_> = total.matrices_mut().zip(gradient.matrices()).collect();
            pairs.into_par_iter().for_each(|(into, part)| {
                into.values.iter_mut().zip(&part.values).for_each(|(into, value)| *into += value);
            });
        }
        Ok((sum(&tallies), total))
    }

    /// Examples or pairs of the next step, of an order that seed and epoch decide unless it is the given one.
    fn batch(&self) -> Vec<usize> {
        let (epoch, index) = (self.step / self.steps_per_epoch(), self.step % self.steps_per_epoch());
        let mut random = ChaCha8Rng::seed_from_u64(self.recipe.seed);
        // Stream 0 is what the adapter's first values were drawn from.
        random.set_stream(epoch + 1);
        let mut order: Vec<usize> = (0..self.training.len()).collect();
        if self.recipe.shuffled {
            order.shuffle(&mut random);
        }
        let size = self.recipe.batch_size;
        order.into_iter().skip(usize::try_from(index).unwrap_or(usize::MAX).saturating_mul(size)).take(size).collect()
    }

    fn shares(&self, corpus: &Corpus, units: &[usize]) -> Shares {
        Shares::of(corpus, units, self.recipe.threads, most_rows(&self.weights.config, self.recipe.first_block))
    }

    fn task<'b>(&'b self, corpus: &'b Corpus, total: f64, threads: usize) -> Task<'b> {
        let adapter = Some(&self.adapter);
        let first_block = self.recipe.first_block;
        Task {
            pass: Pass { weights: self.weights, rotation: &self.rotation, adapter, first_block, threads },
            corpus,
            start: self.start.as_ref(),
            beta: self.recipe.beta,
            total,
            step: self.step,
        }
    }
}

fn sum(tallies: &[Tally]) -> Tally {
    let mut total = Tally::default();
    tallies.iter().for_each(|tally| total.add(*tally));
    total
}

fn shapes(adapter: &Adapter) -> impl Iterator<Item = (usize, usize)> {
    adapter.matrices().map(|matrix| (matrix.rows, matrix.cols))
}
