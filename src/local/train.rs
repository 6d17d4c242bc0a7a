//! Fine-tuning: low-rank additions learned on the CPU, from examples or from preferences, with hand-written derivatives.
//!
//! Invariant: the same weights, recipe, data and start give the same adapter, bit for bit, on one machine, whether or not
//! the training was interrupted; how examples are packed, shared out to threads or accumulated changes the loss and its
//! gradient by no more than rounding.

mod adam;
pub mod checkpoint;
mod corpus;
mod objective;
mod recipe;
mod share;
mod start;
mod task;
mod trainer;

use super::compute::Sequence;

pub use recipe::Recipe;
pub use trainer::{State, StepReport, Trainer, Validation};

/// Two conversations of which one is preferred.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The preferred one.
    pub chosen: Sequence,
    /// The other.
    pub rejected: Sequence,
}

/// What to learn from.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Conversations to imitate.
    Examples(Vec<Sequence>),
    /// Preferences: direct preference optimisation (Rafailov et al. 2023, equation 7), against the model as it was at the
    /// start.
    Pairs(Vec<Pair>),
}

/// Why a training cannot begin or go on. Examples and steps are counted from 1 in the words and from 0 in the fields.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// There is nothing to learn from.
    #[error("there is no example")]
    NoExample,
    /// No token of an example counts.
    #[error("no token of example {} counts in the loss", .example + 1)]
    NothingToLearn {
        /// Index of the example or pair.
        example: usize,
    },
    /// An example is not one of this model.
    #[error("example {}: {problem}", .example + 1)]
    Malformed {
        /// Index of the example or pair.
        example: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The recipe does not suit the model or the start.
    #[error("{0}")]
    Recipe(&'static str),
    /// A loss is infinite or not a number.
    #[error("the loss is not a number at step {}, example {}", .step + 1, .example + 1)]
    Loss {
        /// Index of the step.
        step: u64,
        /// Index of the example or pair.
        example: usize,
    },
    /// The gradient is infinite or not a number.
    #[error("the gradient is not a number at step {}, with the examples {}", .step + 1, counted(.examples))]
    Gradient {
        /// Index of the step.
        step: u64,
        /// Indices of the examples or pairs of the step.
        examples: Vec<usize>,
    },
    /// A checkpoint is of another training.
    #[error("the checkpoint is of another training")]
    OtherTraining,
}

fn counted(examples: &[usize]) -> String {
    examples.iter().map(|example| (example + 1).to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
