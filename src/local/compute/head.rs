//! The model's end: log probabilities of labels, and how they change with the last block's output.
//!
//! Only rows that predict a label get here, some at a time, so that no more than a few rows of the vocabulary exist.

use super::columns::{Columns, products};
use super::pointwise::{Norm, exp, most, sum, widest};
use super::product::{matrix, set, split_columns, view, view_mut};
use crate::local::weights::Weights;

/// Rows of logits at a time.
const TOGETHER: usize = 64;

/// What is known of every label.
pub(in crate::local) struct Scored {
    /// Natural logarithm of its probability.
    pub(in crate::local) log_probabilities: Vec<f32>,
    /// Whether it is the likeliest token.
    pub(in crate::local) hits: Vec<bool>,
    /// Derivative of each log probability by its normed row, [labels, hidden]; empty when not wanted.
    slopes: Vec<f32>,
    normed_rows: usize,
}

/// The last norm and the vocabulary.
pub(in crate::local) struct Head<'a> {
    weights: &'a Weights,
    threads: usize,
}

impl<'a> Head<'a> {
    /// Scores labels on this many threads.
    pub(in crate::local) fn new(weights: &'a Weights, threads: usize) -> Self {
        Self { weights, threads }
    }

    fn norm(&self) -> Norm<'a> {
        Norm { scale: &self.weights.norm, epsilon: self.weights.config.norm_epsilon }
    }

    /// Logits of every row of `output`, [rows, vocabulary], on all threads together.
    pub(in crate::local) fn logits(&self, output: &Columns) -> Vec<f32> {
        let vocabulary = self.weights.head.as_ref().unwrap_or(&self.weights.embedding);
        let normed = output.normed(&self.norm());
        products(&[vec![(vocabulary, &normed)]]).remove(0).into_rows()
    }

    /// Scores labels, each an index of a row of `output` and a token.
    pub(in crate::local) fn score(&self, output: &[f32], labels: &[(usize, u32)], wants_slopes: bool) -> Scored {
        let hidden = self.weights.config.hidden;
        let normed = self.norm().forward(output);
        let mut scored = Scored {
            log_probabilities: Vec::with_capacity(labels.len()),
            hits: Vec::with_capacity(labels.len()),
            slopes: vec![0.0; if wants_slopes { labels.len() * hidden } else { 0 }],
            normed_rows: normed.len() / hidden,
        };
        let vocabulary = matrix(self.weights.head.as_ref().unwrap_or(&self.weights.embedding));
        let mut logits = Vec::new();
        for (chunk, part) in labels.chunks(TOGETHER).enumerate() {
            let rows: Vec<f32> =
                part.iter().flat_map(|(row, _)| &normed[row * hidden..(row + 1) * hidden]).copied().collect();
            logits.clear();
            logits.resize(part.len() * vocabulary.nrows(), 0.0);
            let into = view_mut(&mut logits, vocabulary.nrows());
            split_columns(self.threads, set, into, (view(&rows, hidden), vocabulary.transpose()));
            for ((_, token), row) in part.iter().zip(logits.chunks_exact_mut(vocabulary.nrows())) {
                let (log_probability, hit) = surprise(row, *token as usize);
                scored.log_probabilities.push(log_probability);
                scored.hits.push(hit);
            }
            if wants_slopes {
                let start = chunk * TOGETHER * hidden;
                let into = &mut scored.slopes[start..start + part.len() * hidden];
                let logits = view(&logits, vocabulary.nrows());
                split_columns(self.threads, set, view_mut(into, hidden), (logits, vocabulary));
            }
        }
        scored
    }

    /// The gradient of `output`, given the loss's derivative by every label's log probability.
    pub(in crate::local) fn backward(
        &self,
        scored: &Scored,
        output: &[f32],
        labels: (&[(usize, u32)], &[f32]),
    ) -> Vec<f32> {
        let hidden = self.weights.config.hidden;
        let mut normed_gradient = vec![0.0; scored.normed_rows * hidden];
        for ((slope, (row, _)), factor) in scored.slopes.chunks_exact(hidden).zip(labels.0).zip(labels.1) {
            for (into, value) in normed_gradient[row * hidden..(row + 1) * hidden].iter_mut().zip(slope) {
                *into += factor * value;
            }
        }
        let mut gradient = vec![0.0; output.len()];
        self.norm().backward(output, &normed_gradient, &mut gradient);
        gradient
    }
}

/// The log probability of a token, and whether it is the likeliest; the logits become the derivative of that logarithm.
fn surprise(logits: &mut [f32], token: usize) -> (f32, bool) {
    widest!(|logits: &'a mut [f32], token: usize| -> (f32, bool) {
        let most = most(logits);
        let own = logits[token];
        logits.iter_mut().for_each(|logit| *logit = exp(*logit - most));
        let total = sum([logits], |[value]| value);
        logits.iter_mut().for_each(|logit| *logit /= -total);
        logits[token] += 1.0;
        (own - most - total.ln(), own >= most)
    })
}
