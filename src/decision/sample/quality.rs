//! What makes a sampled problem a good question.

use super::super::optimum::{Optimum, certainty_equivalent, optimum};
use super::super::problem::{Choice, Decision, Frame, Problem};

/// The coefficients that questions must tell apart, in neighbouring pairs.
pub(super) const TARGETS: [f64; 4] = [2.0, 1.0, 0.0, -1.0];
/// Indifference stays at least this far from every target.
const MARGIN: f64 = 0.1;
/// Smallest stake, as a share of wealth, that may be best without being 0 or the cap.
const LEAST_INTERIOR: f64 = 0.01;
/// Stakes differ if they are further apart than this share of wealth.
const STAKE_DIFFERENCE: f64 = 0.05;
/// In a choice no outcome leaves less than this share of wealth.
const LEAST_FINAL: f64 = 0.05;
/// Smallest difference, as a share of wealth, between what the options of a choice are worth to some target.
const LEAST_CONTRAST: f64 = 0.002;

/// Whether the best decision is clear: [sound](is_sound), without ties, the same `MARGIN` around each target for choices
/// and for the all-or-nothing stakes of gamma <= 0, no tiny interior stakes.
pub(super) fn is_clear(problem: &Problem) -> bool {
    is_sound(problem) && TARGETS.into_iter().all(|gamma| is_clear_for(problem, gamma, MARGIN))
}

/// Whether a problem is valid, no outcome of a choice leaves less than 5 % of wealth, and no outcome is listed twice.
pub(super) fn is_sound(problem: &Problem) -> bool {
    problem.validate().is_ok() && is_solvent(problem) && has_distinct_outcomes(problem)
}

/// Whether the best decision for one coefficient is clear: see [`is_clear`].
pub(super) fn is_clear_for(problem: &Problem, gamma: f64, margin: f64) -> bool {
    let best = optimum(problem, gamma);
    let unchanged_at = |gamma: f64| optimum(problem, gamma) == best;
    match &best {
        Optimum::Options(options) => options.len() == 1 && unchanged_at(gamma - margin) && unchanged_at(gamma + margin),
        Optimum::Amount(amount) if gamma > 0.0 => *amount == 0.0 || *amount >= LEAST_INTERIOR * problem.wealth(),
        Optimum::Amount(_) => unchanged_at(gamma - margin) && (gamma == 0.0 || unchanged_at(gamma + margin)),
        Optimum::Corners(_) | Optimum::AnyAmount(_) => false,
    }
}

fn is_solvent(problem: &Problem) -> bool {
    let Problem::Choice(choice) = problem else {
        return true;
    };
    let mut payoffs = choice.options.iter().flat_map(|option| &option.outcomes).map(|outcome| outcome.payoff);
    payoffs.all(|payoff| choice.wealth + payoff >= LEAST_FINAL * choice.wealth)
}

fn has_distinct_outcomes(problem: &Problem) -> bool {
    let distinct = |amounts: Vec<f64>| (1..amounts.len()).all(|i| !amounts[..i].contains(&amounts[i]));
    match problem {
        Problem::Choice(choice) => {
            choice.options.iter().all(|option| distinct(option.outcomes.iter().map(|o| o.payoff).collect()))
        }
        Problem::Stake(stake) => distinct(stake.returns.iter().map(|r| r.multiple).collect()),
        Problem::Portfolio(portfolio) => distinct(portfolio.returns.iter().map(|r| r.multiple).collect()),
        Problem::Price(price) => distinct(price.lottery.outcomes.iter().map(|o| o.payoff).collect()),
        Problem::Coverage(_) | Problem::Lognormal(_) => true,
    }
}

/// Whether the best decisions for two coefficients differ: another option, or stakes more than 5 % of wealth apart.
pub(super) fn separates(problem: &Problem, [one, other]: [f64; 2]) -> bool {
    match (optimum(problem, one).decision(), optimum(problem, other).decision()) {
        (Decision::Amount(one), Decision::Amount(other)) => (one - other).abs() > STAKE_DIFFERENCE * problem.wealth(),
        (one, other) => one != other,
    }
}

/// The one coefficient in [-10, 15] at which the two options of a choice are equally good; `None` if there are more or none.
pub(super) fn threshold(choice: &Choice) -> Option<f64> {
    let problem = Problem::Choice(Choice { frame: Frame::Menu, ..choice.clone() });
    let value = |option, gamma| certainty_equivalent(&problem, &Decision::Option(option), gamma);
    let first_is_better = |gamma: f64| value(0, gamma) > value(1, gamma);
    let steps: Vec<f64> = (0..=50).map(|step| -10.0 + 0.5 * f64::from(step)).collect();
    let mut turns = steps.windows(2).filter(|pair| first_is_better(pair[0]) != first_is_better(pair[1]));
    let (turn, None) = (turns.next()?, turns.next()) else {
        return None;
    };
    let (mut low, mut high) = (turn[0], turn[1]);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if first_is_better(middle) == first_is_better(low) { low = middle } else { high = middle }
    }
    let contrast = |gamma: f64| (value(0, gamma) - value(1, gamma)).abs();
    let visible = TARGETS.into_iter().map(contrast).fold(0.0, f64::max) >= LEAST_CONTRAST * choice.wealth;
    visible.then_some(0.5 * (low + high))
}

/// Whether a threshold keeps clear of every target.
pub(super) fn keeps_clear(threshold: f64) -> bool {
    TARGETS.into_iter().all(|target| (threshold - target).abs() >= MARGIN)
}
