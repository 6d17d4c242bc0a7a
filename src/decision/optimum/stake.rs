//! The best amount to stake: closed form for bets with one gain and one loss, bisection for others, corners below
//! gamma = 0.

use super::super::problem::Stake;
use super::{Optimum, TIE};
use crate::utility;

/// Certainty equivalent of staking `amount`, as final wealth in dollars.
pub(super) fn equivalent(stake: &Stake, amount: f64, gamma: f64) -> f64 {
    let outcomes = stake.returns.iter().map(|r| (r.probability, (stake.wealth + amount * r.multiple).max(0.0)));
    utility::certainty_equivalent(outcomes, gamma)
}

/// The best stakes for an agent with coefficient `gamma`.
pub(super) fn best(stake: &Stake, gamma: f64) -> Optimum {
    let cap = stake.cap;
    let mean: f64 = stake.returns.iter().map(|r| r.probability * r.multiple).sum();
    let size: f64 = stake.returns.iter().map(|r| r.probability * r.multiple.abs()).sum();
    let favourable = if mean.abs() <= TIE * size { 0.0 } else { mean };
    if size == 0.0 || (gamma == 0.0 && favourable == 0.0) {
        return Optimum::AnyStake { cap };
    }
    let amount = match gamma {
        _ if gamma > 0.0 => {
            if favourable > 0.0 {
                interior(stake, gamma)
            } else {
                0.0
            }
        }
        _ if gamma == 0.0 => {
            if favourable > 0.0 {
                cap
            } else {
                0.0
            }
        }
        _ => return better_corner(stake, gamma),
    };
    Optimum::Stake { amount, cap }
}

/// Below gamma = 0 expected utility is convex in the stake, so that the first-order condition finds a minimum.
fn better_corner(stake: &Stake, gamma: f64) -> Optimum {
    let cap = stake.cap;
    let gain = equivalent(stake, cap, gamma) - stake.wealth;
    if gain.abs() <= TIE * stake.wealth {
        return Optimum::Corners { cap };
    }
    Optimum::Stake { amount: if gain > 0.0 { cap } else { 0.0 }, cap }
}

/// The best stake of a favourable bet for gamma > 0, where expected utility is strictly concave.
fn interior(stake: &Stake, gamma: f64) -> f64 {
    let most = stake.cap / stake.wealth;
    let share = match stake.returns[..] {
        [a, b] if a.multiple > 0.0 && b.multiple < 0.0 => {
            binary_share([a.probability, b.probability], [a.multiple, -b.multiple], gamma)
        }
        [b, a] if a.multiple > 0.0 && b.multiple < 0.0 => {
            binary_share([a.probability, b.probability], [a.multiple, -b.multiple], gamma)
        }
        _ => bisected_share(stake, most, gamma),
    };
    if share >= most { stake.cap } else { share * stake.wealth }
}

/// Share of wealth for a gain of `gain` or a loss of `loss` per dollar, from the first-order condition
/// p b (1 + b f)^-gamma = q a (1 - a f)^-gamma; with a = 1 and gamma = 1 it is Kelly's (1956) p - q / b.
fn binary_share([p, q]: [f64; 2], [gain, loss]: [f64; 2], gamma: f64) -> f64 {
    let ratio = (q * loss / (p * gain)).powf(1.0 / gamma);
    (1.0 - ratio) / (loss + gain * ratio)
}

/// Bisects the derivative of expected utility in the share of wealth, which falls from a positive value at 0.
fn bisected_share(stake: &Stake, most: f64, gamma: f64) -> f64 {
    let slope = |share: f64| -> f64 {
        stake
            .returns
            .iter()
            .filter(|r| r.multiple != 0.0)
            .map(|r| r.probability * r.multiple * utility::marginal((1.0 + share * r.multiple).max(0.0), gamma))
            .sum()
    };
    if slope(most) >= 0.0 {
        return most;
    }
    let (mut low, mut high) = (0.0, most);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if slope(middle) > 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::super::super::problem::{Decision, Problem, Return};
    use super::super::optimum;
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn stake(returns: &[(f64, f64)], cap: f64) -> Problem {
        let returns = returns.iter().map(|&(probability, multiple)| Return { probability, multiple }).collect();
        Problem::Stake(Stake { wealth: 100.0, cap, returns })
    }

    fn best_amount(problem: &Problem, gamma: f64) -> f64 {
        match optimum(problem, gamma) {
            Optimum::Stake { amount, .. } => amount,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn shares_of_gneezy_and_potters_1997() {
        let bet = stake(&[(1.0 / 3.0, 2.5), (2.0 / 3.0, -1.0)], 100.0);
        for (gamma, share) in [(-1.0, 100.0), (0.0, 100.0), (1.0, 6.67), (2.0, 3.26)] {
            assert!((best_amount(&bet, gamma) - share).abs() < 0.005, "{gamma}: {}", best_amount(&bet, gamma));
        }
    }

    #[test]
    fn kelly_1956_and_its_cap() {
        let bet = [(0.55, 1.0), (0.45, -1.0)];
        assert_relative_eq!(best_amount(&stake(&bet, 100.0), 1.0), 10.0, max_relative = 1e-12);
        assert_eq!(best_amount(&stake(&bet, 4.0), 1.0), 4.0);
        assert_eq!(best_amount(&stake(&[(0.45, 1.0), (0.55, -1.0)], 100.0), 1.0), 0.0);
        assert_eq!(optimum(&stake(&[(0.5, 1.0), (0.5, -1.0)], 100.0), 0.0), Optimum::AnyStake { cap: 100.0 });
        assert_eq!(best_amount(&stake(&[(0.5, 1.0), (0.5, -1.0)], 100.0), 0.5), 0.0);
    }

    #[test]
    fn unfavourable_bets_turn_at_the_all_in_threshold() {
        let threshold = 1.0 - 2f64.ln() / 1.8f64.ln();
        assert_relative_eq!(threshold, -0.179, epsilon = 5e-4);
        let bet = stake(&[(0.5, 0.8), (0.5, -1.0)], 100.0);
        assert_eq!(best_amount(&bet, threshold - 1e-6), 100.0);
        assert_eq!(best_amount(&bet, threshold + 1e-6), 0.0);
        let indifferent = optimum(&stake(&[(0.5, 2f64.sqrt() - 1.0), (0.5, -1.0)], 100.0), -1.0);
        assert_eq!(indifferent, Optimum::Corners { cap: 100.0 });
        assert!(indifferent.accepts(&Decision::Stake(0.0)) && indifferent.accepts(&Decision::Stake(98.0)));
        assert!(!indifferent.accepts(&Decision::Stake(50.0)));
    }

    proptest! {
        #[test]
        fn many_outcomes_agree_with_the_closed_form(p in 0.05..0.95f64, odds in 0.1..10.0f64, gamma in 0.2..5.0f64, cap in 1.0..100.0f64) {
            let (two, many) = (stake(&[(p, odds), (1.0 - p, -1.0)], cap), stake(&[(p, odds), ((1.0 - p) / 2.0, -1.0), ((1.0 - p) / 2.0, -1.0)], cap));
            prop_assert!((best_amount(&two, gamma) - best_amount(&many, gamma)).abs() < 1e-9 * cap);
        }

        #[test]
        fn more_risk_aversion_never_stakes_more_on_a_favourable_bet(p in 0.05..0.95f64, odds in 0.1..10.0f64, gamma in 0.1..5.0f64) {
            let bet = stake(&[(p, odds), (1.0 - p, -1.0)], 100.0);
            prop_assert!(best_amount(&bet, gamma + 0.5) <= best_amount(&bet, gamma) + 1e-9);
        }
    }
}
