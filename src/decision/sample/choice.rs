//! Choices whose options are equally good for a wanted coefficient.
//!
//! All but one amount are drawn; the last solves the indifference, and all are rounded afterwards.

use rand::RngExt;
use rand::seq::SliceRandom;

use super::super::phrase::form::{insurance, offer};
use super::super::problem::{Choice, Frame, Lottery, Problem};
use super::grid::Grid;
use crate::utility::{certainty_equivalent, inverse, utility};

/// Largest gain, as a multiple of wealth.
const MOST_GAIN: f64 = 12.0;

/// Pairs of probability and payoff as a share of wealth.
type Shares = Vec<(f64, f64)>;

fn value(shares: &[(f64, f64)], gamma: f64) -> f64 {
    shares.iter().map(|&(p, share)| p * utility(1.0 + share, gamma)).sum()
}

/// The gain that, with probability `p` beside the `rest`, is worth `level`.
pub(super) fn solving_gain(p: f64, rest: &[(f64, f64)], level: f64, gamma: f64) -> Option<f64> {
    let gain = inverse((level - value(rest, gamma)) / p, gamma) - 1.0;
    (gain.is_finite() && gain.abs() <= MOST_GAIN).then_some(gain)
}

fn lottery(grid: &Grid<'_>, wealth: f64, shares: &[(f64, f64)]) -> Lottery {
    let outcomes: Vec<(f64, f64)> =
        shares.iter().map(|&(p, share)| (p, if share == 0.0 { 0.0 } else { grid.round(wealth * share) })).collect();
    Lottery::new(&outcomes)
}

/// A menu of two: a sure amount or a lottery of small spread against one of large spread, in either order.
pub(super) fn menu(grid: &mut Grid<'_>, threshold: f64) -> Option<Problem> {
    let wealth = grid.wealth();
    let (safe, risky) = match grid.rng.random_range(0..4) {
        0 => sure_and_lottery(grid, threshold, 2),
        1 => sure_and_lottery(grid, threshold, 3),
        _ => two_lotteries(grid, threshold)?,
    };
    let mut options = vec![lottery(grid, wealth, &safe), lottery(grid, wealth, &risky)];
    options.shuffle(grid.rng);
    Some(Problem::Choice(Choice { wealth, frame: Frame::Menu, options }))
}

fn sure_and_lottery(grid: &mut Grid<'_>, threshold: f64, outcomes: usize) -> (Shares, Shares) {
    let chances = grid.probabilities(outcomes);
    let mut risky: Shares = vec![(chances[0], grid.between(0.2, 1.5)), (chances[1], -grid.between(0.1, 0.9))];
    if let Some(&p) = chances.get(2) {
        risky.push((p, 0.0));
    }
    let sure = certainty_equivalent(risky.iter().map(|&(p, share)| (p, 1.0 + share)), threshold) - 1.0;
    (vec![(1.0, sure)], risky)
}

fn two_lotteries(grid: &mut Grid<'_>, threshold: f64) -> Option<(Shares, Shares)> {
    let p = grid.probability(10..=90);
    let low = grid.between(-0.9, 0.0);
    let (middle, high) = (grid.between(low, 0.2), grid.between(0.2, 0.5));
    let safe = vec![(p, high), (1.0 - p, middle)];
    let gain = solving_gain(p, &[(1.0 - p, low)], value(&safe, threshold), threshold)?;
    (gain > high).then(|| (exact(&safe), exact(&[(p, gain), (1.0 - p, low)])))
}

/// Whole percents again, after 1 - p.
fn exact(shares: &[(f64, f64)]) -> Shares {
    shares.iter().map(|&(p, share)| ((p * 100.0).round() / 100.0, share)).collect()
}

/// An offer of a gain or a loss.
pub(super) fn gamble(grid: &mut Grid<'_>, threshold: f64) -> Option<Problem> {
    let wealth = grid.wealth();
    let chances = if grid.rng.random_bool(0.25) { grid.probabilities(3) } else { vec![grid.probability(10..=90)] };
    let p = chances[0];
    let nothing = chances.get(2).copied().unwrap_or(0.0);
    let mut rest = vec![(1.0 - p - nothing, -grid.between(0.08, 0.9))];
    if nothing > 0.0 {
        rest.push((nothing, 0.0));
    }
    let gain = solving_gain(p, &rest, utility(1.0, threshold), threshold).filter(|&gain| gain > 0.02)?;
    rest.insert(0, (p, gain));
    let outcomes: Vec<(f64, f64)> =
        lottery(grid, wealth, &exact(&rest)).outcomes.iter().map(|o| (o.probability, o.payoff)).collect();
    Some(offer(wealth, &outcomes))
}

/// Full insurance of a loss.
pub(super) fn cover(grid: &mut Grid<'_>, threshold: f64) -> Option<Problem> {
    let wealth = grid.wealth();
    let p = grid.probability(2..=35);
    let loss = wealth * grid.between(0.15, 0.9);
    let loss = grid.round(loss);
    let left = certainty_equivalent([(p, wealth - loss), (1.0 - p, wealth)].into_iter(), threshold);
    let premium = grid.round(wealth - left);
    let chances = exact(&[(p, -loss), (1.0 - p, 0.0)]);
    (premium < loss).then(|| insurance(wealth, premium, [chances[0], chances[1]]))
}

/// A menu in which each step to a riskier option pays below one of the `thresholds` (descending).
pub(super) fn ladder(grid: &mut Grid<'_>, thresholds: &[f64]) -> Option<Problem> {
    let wealth = grid.wealth();
    let mut last: Shares = vec![(1.0, grid.between(0.0, 0.2))];
    let mut options = vec![lottery(grid, wealth, &last)];
    for (step, &threshold) in thresholds.iter().enumerate() {
        let p = grid.probability(25..=75);
        let loss = (step as f64 + grid.between(0.4, 1.0)) * 0.9 / thresholds.len() as f64;
        let rest = [(1.0 - p, -loss)];
        let gain = solving_gain(p, &rest, value(&last, threshold), threshold)?;
        last = exact(&[(p, gain), rest[0]]);
        options.push(lottery(grid, wealth, &last));
    }
    options.shuffle(grid.rng);
    Some(Problem::Choice(Choice { wealth, frame: Frame::Menu, options }))
}
