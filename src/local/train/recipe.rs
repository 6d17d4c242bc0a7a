//! How to learn.

use serde::{Deserialize, Serialize};

use super::TrainError;
use crate::local::adapter::Target;
use crate::local::config::Config;

/// Everything that decides what is learned from given data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Rank of every addition, above 0.
    pub rank: usize,
    /// Additions are multiplied by `alpha / rank`; above 0.
    pub alpha: f32,
    /// Maps that get an addition.
    pub targets: Vec<Target>,
    /// First block that is trained; those below stay as they are.
    pub first_block: usize,
    /// Passes over the data, above 0.
    pub epochs: u64,
    /// Examples or pairs in a step, above 0.
    pub batch_size: usize,
    /// Highest learning rate, above 0.
    pub learning_rate: f64,
    /// Share of the steps in which the learning rate rises to its highest; it falls along a cosine to 0 afterwards.
    pub warmup: f64,
    /// Decoupled weight decay of AdamW.
    pub weight_decay: f64,
    /// A longer gradient is shortened to this length.
    pub gradient_limit: f64,
    /// Of preferences: how fast they saturate (beta of Rafailov et al. 2023), above 0.
    pub beta: f64,
    /// Whether every pass has an order of its own; otherwise the data are learned in the order in which they are given.
    pub shuffled: bool,
    /// Seed of the first values and of the order of the data.
    pub seed: u64,
    /// Threads, above 0. Another number of them rounds otherwise.
    pub threads: usize,
}

impl Recipe {
    /// What was found to work on a model of this size, on one thread.
    pub fn for_model(config: &Config) -> Self {
        Self {
            rank: 16,
            alpha: 32.0,
            targets: Target::ALL.to_vec(),
            first_block: config.layers / 3,
            epochs: 3,
            batch_size: 8,
            learning_rate: 1e-3,
            warmup: 0.05,
            weight_decay: 0.0,
            gradient_limit: 1.0,
            beta: 0.1,
            shuffled: true,
            seed: 0,
            threads: 1,
        }
    }

    /// # Errors
    /// [`TrainError::Recipe`] when a value is out of its domain or asks for blocks that are not there.
    pub(super) fn check(&self, config: &Config) -> Result<(), TrainError> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let rules = [
            (self.rank > 0, "the rank has to be above 0"),
            (positive(f64::from(self.alpha)), "alpha has to be above 0"),
            (!self.targets.is_empty(), "there is nothing to train: no target"),
            (self.first_block < config.layers, "there is nothing to train: every block is frozen"),
            (self.epochs > 0, "the number of epochs has to be above 0"),
            (self.batch_size > 0, "the batch size has to be above 0"),
            (positive(self.learning_rate), "the learning rate has to be above 0"),
            ((0.0..=1.0).contains(&self.warmup), "the warm-up has to be between 0 and 1"),
            (self.weight_decay.is_finite() && self.weight_decay >= 0.0, "the weight decay must not be below 0"),
            (self.gradient_limit > 0.0, "the limit of the gradient has to be above 0"),
            (positive(self.beta), "beta has to be above 0"),
            (self.threads > 0, "there has to be a thread"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err(TrainError::Recipe(rule)))
    }

    /// The learning rate of a step out of `total`: up in a line, down along a cosine, never 0 within the training.
    pub(super) fn learning_rate_at(&self, step: u64, total: u64) -> f64 {
        let rising = (self.warmup * total as f64).ceil();
        let done = step as f64;
        if done < rising {
            return self.learning_rate * (done + 1.0) / rising;
        }
        let share = (done - rising) / (total as f64 - rising).max(1.0);
        self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            hidden: 8,
            intermediate: 8,
            layers: 30,
            heads: 2,
            kv_heads: 1,
            head_dim: 4,
            vocabulary: 9,
            context: 99,
            norm_epsilon: 1e-5,
            rope_theta: 1e4,
        }
    }

    #[test]
    fn learning_rate_rises_and_falls() {
        let recipe = Recipe { learning_rate: 2.0, warmup: 0.1, ..Recipe::for_model(&config()) };
        let rates: Vec<f64> = (0..100).map(|step| recipe.learning_rate_at(step, 100)).collect();
        assert!((rates[0] - 0.2).abs() < 1e-12 && (rates[9] - 2.0).abs() < 1e-12 && (rates[10] - 2.0).abs() < 1e-12);
        assert!((rates[55] - 1.0).abs() < 1e-12, "half-way down: {}", rates[55]);
        assert!(rates[99] > 0.0 && rates[99] < 1e-3);
        assert!(rates[..10].is_sorted() && rates[10..].is_sorted_by(|a, b| a >= b));
        assert!(recipe.learning_rate_at(0, 1) > 0.0);
    }

    #[test]
    fn refuses_what_trains_nothing() {
        let recipe = Recipe::for_model(&config());
        assert_eq!(recipe.check(&config()), Ok(()));
        assert_eq!(recipe.first_block, 10);
        let frozen = Recipe { first_block: 30, ..recipe.clone() };
        assert!(frozen.check(&config()).is_err());
        assert!(Recipe { learning_rate: f64::NAN, ..recipe }.check(&config()).is_err());
    }
}
