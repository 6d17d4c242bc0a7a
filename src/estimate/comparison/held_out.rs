//! How well a model predicts answers that it was not fitted to: cross-validation (Stone 1974).
//!
//! Invariant: no cluster is in the answers fitted and in those predicted; same answers and seed, same folds.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::fitting::{log_likelihoods, refit};
use super::theory::Theory;

/// Most parts into which the clusters are divided.
const FOLDS: usize = 10;
/// Probabilities closer than this are equal.
const TIE: f64 = 1e-9;

/// Predictions of answers left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// Mean negative natural logarithm of the probability of the option chosen; ln 2 for a coin.
    pub log_loss: f64,
    /// Share of answers that are the likeliest option, which counts in part where several are as likely.
    pub accuracy: f64,
}

/// The fold of each of this many clusters; none with fewer than two.
pub(super) fn folds(clusters: usize, seed: u64) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = (0..clusters).map(|position| position % FOLDS.min(clusters)).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    (clusters >= 2).then_some(order)
}

/// Predictions of each fold from the others, whose fit starts from the one to all answers.
pub(super) fn predict(theory: Theory, cases: &[&Case], folds: &[usize], whole: &[f64]) -> HeldOut {
    let (mut loss, mut right) = (0.0, 0.0);
    for fold in 0..=folds.iter().copied().max().unwrap_or_default() {
        let (tested, fitted): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| folds[case.cluster] == fold);
        let point = refit(theory, &fitted, whole);
        loss -= log_likelihoods(theory, &tested, &point).iter().sum::<f64>();
        right += tested.iter().map(|case| is_right(&theory.probabilities(case, &point), case.chosen)).sum::<f64>();
    }
    HeldOut { log_loss: loss / cases.len() as f64, accuracy: right / cases.len() as f64 }
}

/// 1 for the likeliest option, its part where several are as likely, else 0.
fn is_right(probabilities: &[f64], chosen: usize) -> f64 {
    let best = probabilities.iter().copied().fold(0.0, f64::max) - TIE;
    let ties = probabilities.iter().filter(|probability| **probability >= best).count();
    if probabilities[chosen] >= best { 1.0 / ties as f64 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_even_and_follow_the_seed() {
        let found = folds(25, 7).unwrap();
        let sizes: Vec<usize> = (0..10).map(|fold| found.iter().filter(|other| **other == fold).count()).collect();
        assert!(sizes.iter().all(|size| (2..=3).contains(size)), "{sizes:?}");
        assert_eq!((folds(25, 7), folds(1, 7)), (Some(found.clone()), None));
        assert_ne!(folds(25, 8), Some(found));
    }

    #[test]
    fn a_tie_is_half_right() {
        assert_eq!([is_right(&[0.5, 0.5], 1), is_right(&[0.4, 0.6], 1), is_right(&[0.4, 0.6], 0)], [0.5, 1.0, 0.0]);
    }
}
