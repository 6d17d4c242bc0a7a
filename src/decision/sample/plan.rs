//! Which problems a question set is made of.

use super::super::problem::Problem;
use super::grid::Grid;
use super::quality::{is_clear, keeps_clear, separates, threshold};
use super::{choice, stake};

/// Neighbouring targets, most risk averse first.
pub(super) const PAIRS: [[f64; 2]; 3] = [[2.0, 1.0], [1.0, 0.0], [0.0, -1.0]];
/// The intervals of allowed thresholds over [-3, 4], at least 0.1 from each target.
pub(super) const ALL_THRESHOLDS: &[[f64; 2]] = &[[-3.0, -1.1], [-0.9, -0.1], [0.1, 0.9], [1.1, 1.9], [2.1, 4.0]];
/// Only those beside gamma = 0, where expected value decides.
pub(super) const THRESHOLDS_BESIDE_ZERO: &[[f64; 2]] = &[[-0.9, -0.1], [0.1, 0.9]];
/// Thresholds between each pair of targets, for steps of menus with more than two options.
const BETWEEN: [[f64; 2]; 3] = [[1.2, 1.8], [0.2, 0.8], [-0.8, -0.2]];
/// How far a rounded problem may miss the wanted threshold or share at first.
const TOLERANCE: f64 = 0.04;
/// Tries after which the tolerance is as large again.
const PATIENCE: f64 = 100.0;

/// One wanted problem.
#[derive(Debug, Clone, Copy)]
pub(super) enum Recipe {
    /// Two options with this threshold, in one of three frames.
    Menu(f64),
    Offer(f64),
    Insurance(f64),
    /// More options, with a step between the pairs of targets that are marked.
    Ladder([bool; 3]),
    /// A stake with this best share at gamma = 1, and the number of outcomes.
    Favourable(f64, usize),
    /// A stake with this all-in threshold, and the number of outcomes.
    Unfavourable(f64, usize),
}

/// Shares, in percent, of the parts of a set; the rest are unfavourable stakes.
pub(super) struct Mix {
    pub(super) thresholds: &'static [[f64; 2]],
    pub(super) two_options: usize,
    pub(super) ladders: usize,
    pub(super) favourable: usize,
}

/// `part` evenly spaced points of `intervals`, end to end.
pub(super) fn spread(intervals: &[[f64; 2]], part: usize) -> impl Iterator<Item = f64> {
    let length: f64 = intervals.iter().map(|[low, high]| high - low).sum();
    (0..part).map(move |i| {
        let mut position = (i as f64 + 0.5) / part as f64 * length;
        for [low, high] in intervals {
            if position <= high - low {
                return low + position;
            }
            position -= high - low;
        }
        intervals[intervals.len() - 1][1]
    })
}

/// The recipes of a set of `count` questions.
pub(super) fn recipes(mix: &Mix, count: usize) -> Vec<Recipe> {
    let [two_options, ladders, favourable] =
        [mix.two_options, mix.ladders, mix.favourable].map(|percent| (count * percent + 50) / 100);
    let unfavourable = count.saturating_sub(two_options + ladders + favourable);
    let frames = [Recipe::Menu, Recipe::Offer, Recipe::Menu, Recipe::Insurance];
    let steps =
        [[true; 3], [true; 3], [true, true, false], [true; 3], [false, true, true], [true; 3], [true, false, true]];
    let outcomes = |i: usize| [2, 2, 3, 2, 4][i % 5];
    let two_options = spread(mix.thresholds, two_options).enumerate().map(|(i, threshold)| frames[i % 4](threshold));
    let ladders = (0..ladders).map(|i| Recipe::Ladder(steps[i % steps.len()]));
    let favourable =
        spread(&[[0.13, 0.85]], favourable).enumerate().map(|(i, share)| Recipe::Favourable(share, outcomes(i)));
    let unfavourable = spread(&[[-0.9, -0.1]], unfavourable)
        .enumerate()
        .map(|(i, threshold)| Recipe::Unfavourable(threshold, outcomes(i)));
    two_options.chain(ladders).chain(favourable).chain(unfavourable).take(count).collect()
}

impl Recipe {
    /// A problem that follows the recipe as closely as round numbers allow.
    pub(super) fn draw(self, grid: &mut Grid<'_>) -> Problem {
        let mut tries = 0.0;
        loop {
            let tolerance = TOLERANCE * (1.0 + tries / PATIENCE);
            if let Some(problem) = self.attempt(grid).filter(|problem| self.accepts(problem, tolerance)) {
                return problem;
            }
            tries += 1.0;
        }
    }

    fn attempt(self, grid: &mut Grid<'_>) -> Option<Problem> {
        match self {
            Self::Menu(threshold) => choice::menu(grid, threshold),
            Self::Offer(threshold) => choice::gamble(grid, threshold),
            Self::Insurance(threshold) => choice::cover(grid, threshold),
            Self::Ladder(steps) => {
                let steps = BETWEEN.into_iter().zip(steps).filter(|(_, step)| *step);
                let thresholds: Vec<f64> = steps.map(|([low, high], _)| grid.between(low, high)).collect();
                choice::ladder(grid, &thresholds)
            }
            Self::Favourable(share, outcomes) => stake::favourable(grid, share, outcomes),
            Self::Unfavourable(threshold, outcomes) => stake::unfavourable(grid, threshold, outcomes),
        }
    }

    fn accepts(self, problem: &Problem, tolerance: f64) -> bool {
        let apart =
            |wanted: [bool; 3]| PAIRS.into_iter().zip(wanted).all(|(pair, wanted)| separates(problem, pair) == wanted);
        let fits = match (self, problem) {
            (Self::Menu(wanted) | Self::Offer(wanted) | Self::Insurance(wanted), Problem::Choice(choice)) => {
                threshold(choice).is_some_and(|found| (found - wanted).abs() <= tolerance && keeps_clear(found))
            }
            (Self::Ladder(steps), _) => apart(steps),
            (Self::Favourable(..), _) => apart([true, true, false]),
            (Self::Unfavourable(..), _) => apart([false, false, true]),
            _ => false,
        };
        fits && is_clear(problem)
    }
}
