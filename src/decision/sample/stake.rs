//! Stakes whose best share of wealth, or whose all-in threshold, is wanted.
//!
//! All returns but the highest are drawn; the highest solves the first-order condition or the indifference.

use rand::RngExt;

use super::super::problem::{Problem, Return, Stake};
use super::grid::Grid;
use crate::utility::{inverse, utility};

/// Highest net gain per dollar.
const MOST_MULTIPLE: f64 = 20.0;

/// A bet that is favourable, with the interior optimum `share` of wealth at gamma = 1 and above it a cap or nothing.
pub(super) fn favourable(grid: &mut Grid<'_>, share: f64, outcomes: usize) -> Option<Problem> {
    let (chances, low) = lower_returns(grid, outcomes);
    let slope: f64 =
        -chances[1..].iter().zip(&low).map(|(p, multiple)| p * multiple / (1.0 + share * multiple)).sum::<f64>();
    let top = slope / (chances[0] - slope * share);
    let cap = if grid.rng.random_bool(0.3) { grid.between(share + 0.07, 1.0f64.max(share + 0.08)) } else { 1.0 };
    problem(grid, cap.min(1.0), (chances, top, low))
}

/// A bet that is unfavourable at gamma = 0, while the largest stake becomes best below gamma = `threshold` < 0.
pub(super) fn unfavourable(grid: &mut Grid<'_>, threshold: f64, outcomes: usize) -> Option<Problem> {
    let (chances, low) = lower_returns(grid, outcomes);
    let cap = if grid.rng.random_bool(0.3) { grid.between(0.3, 0.9) } else { 1.0 };
    let rest: f64 =
        chances[1..].iter().zip(&low).map(|(p, multiple)| p * utility(1.0 + cap * multiple, threshold)).sum();
    let top = (inverse((utility(1.0, threshold) - rest) / chances[0], threshold) - 1.0) / cap;
    problem(grid, cap, (chances, top, low))
}

/// Probabilities of all returns, and every multiple but the highest: the stake is lost in a bet of two outcomes.
fn lower_returns(grid: &mut Grid<'_>, outcomes: usize) -> (Vec<f64>, Vec<f64>) {
    if outcomes == 2 {
        let p = grid.probability(10..=90);
        return (vec![p, ((1.0 - p) * 100.0).round() / 100.0], vec![-1.0]);
    }
    let chances = grid.probabilities(outcomes);
    let worst = if grid.rng.random_bool(0.5) { 1.0 } else { grid.between(0.3, 0.95) };
    let worst = if worst == 1.0 { -1.0 } else { -grid.round_multiple(worst) };
    let middle = (2..outcomes).map(|_| grid.between(-0.4, 0.3)).collect::<Vec<_>>();
    let middle =
        middle.into_iter().map(|multiple| if multiple.abs() < 0.1 { 0.0 } else { grid.round_multiple(multiple) });
    (chances, middle.chain([worst]).collect())
}

fn problem(grid: &mut Grid<'_>, cap: f64, (chances, top, low): (Vec<f64>, f64, Vec<f64>)) -> Option<Problem> {
    let highest = low.iter().copied().fold(0.02, f64::max);
    if !(top > highest && top <= MOST_MULTIPLE) {
        return None;
    }
    let wealth = grid.wealth();
    let multiples = [grid.round_multiple(top)].into_iter().chain(low);
    let returns =
        chances.into_iter().zip(multiples).map(|(probability, multiple)| Return { probability, multiple }).collect();
    let cap = if cap == 1.0 { wealth } else { grid.round(cap * wealth).min(wealth) };
    Some(Problem::Stake(Stake { wealth, cap, returns, unit: None }))
}
