//! Maximum-likelihood fit of one model of choice.
//!
//! Invariant: every parameter lies within its bounds, which keep the log-likelihood of any answer finite.

use super::case::Case;
use super::sandwich::{Estimated, standard_errors};
use super::simplex::{Peak, climb};
use super::theory::{Parameter, Theory};

/// Precision from which noise is negligible: options that differ by a thousandth of the range of utilities are told apart.
pub const PRECISION_CAP: f64 = 1e4;
/// First simplex, as a share of each parameter's range.
const EDGE: f64 = 0.08;
/// The same when the answers differ little from those of the start.
const NEAR: f64 = 0.02;
/// Starting precisions.
const PRECISIONS: [f64; 3] = [3.0, 20.0, 200.0];
/// Starting share of random answers, halved.
const TREMBLE: f64 = 0.02;
/// Starting points that are followed.
const FOLLOWED: usize = 2;

impl Parameter {
    /// Where the parameter is searched, on the scale on which it is estimated.
    pub(super) fn bounds(self) -> [f64; 2] {
        match self {
            Self::Gamma => [-6.0, 10.0],
            Self::AbsoluteAversion => [-20.0, 30.0],
            Self::Alpha => [0.1, 3.0],
            Self::Lambda => [0.1_f64.ln(), PRECISION_CAP.ln()],
            Self::Tremble => [0.001, 0.499],
        }
    }

    fn starts(self) -> Vec<f64> {
        match self {
            Self::Gamma => (-6..=10).map(|half| 0.5 * f64::from(half)).collect(),
            Self::AbsoluteAversion => vec![-8.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 14.0],
            Self::Alpha => vec![0.5, 0.75, 1.0, 1.5],
            Self::Lambda => PRECISIONS.iter().map(|precision| precision.ln()).collect(),
            Self::Tremble => vec![TREMBLE],
        }
    }

    /// Whether a value lies within a millionth of the range from a bound.
    pub(super) fn is_at_bound(self, value: f64) -> bool {
        let [low, high] = self.bounds();
        (value - low).min(high - value) <= 1e-6 * (high - low)
    }
}

/// Natural logarithm of the probability of every answer.
pub(super) fn log_likelihoods(theory: Theory, cases: &[&Case], point: &[f64]) -> Vec<f64> {
    cases.iter().map(|case| theory.probabilities(case, point)[case.chosen].ln()).collect()
}

/// The likeliest parameters, from a grid of starting points.
pub(super) fn fit(theory: Theory, cases: &[&Case]) -> Peak {
    let value = |point: &[f64]| log_likelihoods(theory, cases, point).iter().sum::<f64>();
    let mut grid: Vec<Vec<f64>> = vec![Vec::new()];
    for parameter in theory.parameters() {
        let longer = |point: Vec<f64>| {
            parameter.starts().into_iter().map(move |start| point.iter().copied().chain([start]).collect::<Vec<f64>>())
        };
        grid = grid.into_iter().flat_map(longer).collect();
    }
    let mut starts: Vec<(f64, Vec<f64>)> = grid.into_iter().map(|point| (value(&point), point)).collect();
    starts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let followed = starts.iter().take(FOLLOWED).map(|(_, start)| climb(start, &bounds(theory), EDGE, value));
    followed.reduce(|best, next| if next.value > best.value { next } else { best }).expect("there is a start")
}

/// The likeliest parameters near those of nearly the same answers.
pub(super) fn refit(theory: Theory, cases: &[&Case], near: &[f64]) -> Vec<f64> {
    climb(near, &bounds(theory), NEAR, |point| log_likelihoods(theory, cases, point).iter().sum()).at
}

fn bounds(theory: Theory) -> Vec<[f64; 2]> {
    theory.parameters().iter().map(|parameter| parameter.bounds()).collect()
}

/// Clustered standard errors on the scale of estimation; none for parameters at a bound or where nothing can be said.
pub(super) fn errors(theory: Theory, cases: &[&Case], point: &[f64]) -> Vec<Option<f64>> {
    let parameters = theory.parameters();
    let free: Vec<usize> = (0..point.len()).filter(|index| !parameters[*index].is_at_bound(point[*index])).collect();
    let clusters: Vec<usize> = cases.iter().map(|case| case.cluster).collect();
    let estimated = Estimated { at: point, free: &free, clusters: &clusters };
    let found = standard_errors(&estimated, |point| log_likelihoods(theory, cases, point));
    let mut errors = vec![None; point.len()];
    for (position, error) in free.into_iter().zip(found.into_iter().flatten()) {
        errors[position] = Some(error);
    }
    errors
}
