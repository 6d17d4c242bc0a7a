//! One problem as an agent with a given gamma sees it: the probabilities of its decisions at any precision.
//!
//! Invariant: only differences of gamma and of scores matter; nothing overflows at any precision.

use super::contextual;
use super::scored::{amount_scores, power};
use super::threshold::Preference;
use crate::decision::{Choice, Problem};

/// What is needed for the probabilities.
pub(super) enum Response {
    /// Distances of gamma above each threshold, ascending thresholds, and the option preferred above the last.
    Thresholds { distances: Vec<f64>, averse: usize },
    /// Shortfall (0 or less) of every decision's score from the best score, weighed by a power of the precision.
    Logit { shortfalls: Vec<f64>, power: i32 },
}

impl Response {
    pub(super) fn to_choice(choice: &Choice, rule: Option<&Preference>, gamma: f64) -> Self {
        match rule {
            Some(Preference { thresholds, averse: Some(averse) }) => Self::Thresholds {
                distances: thresholds.iter().map(|threshold| gamma - threshold).collect(),
                averse: *averse,
            },
            _ => Self::logit(contextual::scores(choice, gamma), 1),
        }
    }

    /// Amounts that can ruin have no finite utility from gamma = 1, and are never chosen.
    pub(super) fn to_amount(problem: &Problem, points: &[f64], gamma: f64) -> Self {
        let ruin = if matches!(problem, Problem::Price(_)) { f64::NEG_INFINITY } else { -1.0 };
        let possible = |score: f64| if gamma >= 1.0 && score <= ruin { f64::NEG_INFINITY } else { score };
        let scores = amount_scores(problem, points, gamma).into_iter();
        Self::logit(scores.map(possible).collect(), power(problem))
    }

    fn logit(scores: Vec<f64>, power: i32) -> Self {
        let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self::Logit { shortfalls: scores.into_iter().map(|score| score - best).collect(), power }
    }

    pub(super) fn probabilities(&self, precision: f64) -> Vec<f64> {
        match self {
            Self::Thresholds { distances, averse } => {
                let share = alternate(distances, precision);
                let mut shares = vec![share[1]; 2];
                shares[*averse] = share[0];
                shares
            }
            Self::Logit { shortfalls, power } => {
                let weights: Vec<f64> =
                    shortfalls.iter().map(|shortfall| weight(*shortfall, precision, *power)).collect();
                let total: f64 = weights.iter().sum();
                weights.into_iter().map(|weight| weight / total).collect()
            }
        }
    }

    /// Probability of one decision, without listing the others'.
    pub(super) fn probability(&self, decision: usize, precision: f64) -> f64 {
        match self {
            Self::Thresholds { distances, averse } => alternate(distances, precision)[usize::from(decision != *averse)],
            Self::Logit { shortfalls, power } => {
                let total: f64 = shortfalls.iter().map(|shortfall| weight(*shortfall, precision, *power)).sum();
                weight(shortfalls[decision], precision, *power) / total
            }
        }
    }
}

fn weight(shortfall: f64, precision: f64, power: i32) -> f64 {
    // One factor after the other: a power of the precision may overflow where the product with a shortfall of 0 does not.
    let exponent = (0..power).fold(shortfall, |exponent, _| exponent * precision);
    // Below e^-50 nothing is visible beside the best decision's weight of 1; impossible stays impossible at precision 0.
    if exponent > -50.0 { exponent.exp() } else { 0.0 }
}

/// Probability that gamma plus noise lies above an odd and an even number of the last thresholds: the shares of the
/// option preferred above the last threshold, and of the other.
fn alternate(distances: &[f64], precision: f64) -> [f64; 2] {
    let mut shares = [logistic(precision * distances[distances.len() - 1]), 0.0];
    for (above, pair) in (1..).zip(distances.windows(2).rev()) {
        shares[above % 2] += logistic(precision * pair[0]) - logistic(precision * pair[1]);
    }
    shares[distances.len() % 2] += logistic(-precision * distances[0]);
    shares
}

pub(super) fn logistic(z: f64) -> f64 {
    if z >= 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_thresholds_take_the_gammas_between_them() {
        let [low, high] = [-1.0, 2.0];
        let middle = |gamma: f64| alternate(&[gamma - low, gamma - high], 4.0);
        assert!(middle(0.5)[1] > 0.99 && middle(-3.0)[0] > 0.99 && middle(4.0)[0] > 0.99);
        for gamma in [-5.0, -1.0, 0.3, 2.0, 9.0] {
            assert!((middle(gamma).iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_logit_is_stable_at_any_precision() {
        let response = Response::logit(vec![0.3, 0.300_001, f64::NEG_INFINITY], 1);
        assert_eq!(response.probabilities(0.0), [0.5, 0.5, 0.0]);
        assert_eq!(response.probabilities(1e12), [0.0, 1.0, 0.0]);
        let odds = response.probability(1, 1e6) / response.probability(0, 1e6);
        assert!((odds.ln() - 1.0).abs() < 1e-6, "{odds}");
    }
}
