//! The best amount where final wealth is affine in it (stakes, coverage, portfolios): closed form for two states,
//! bisection for more, corners at and below gamma = 0, and the better neighbour where amounts come in units.

use super::super::problem::{Affine, State};
use super::{Optimum, TIE};
use crate::utility;

/// Certainty equivalent of an amount, as final wealth in dollars.
pub(super) fn equivalent(affine: &Affine, amount: f64, gamma: f64) -> f64 {
    utility::certainty_equivalent(affine.outcomes(amount), gamma)
}

/// The best amounts for an agent with coefficient `gamma` and this wealth.
pub(super) fn best(affine: &Affine, wealth: f64, gamma: f64) -> Optimum {
    let largest = affine.largest();
    if affine.states.iter().all(|state| state.slope == 0.0) {
        return Optimum::AnyAmount(largest);
    }
    if gamma > 0.0 {
        return Optimum::Amount(in_units(affine, interior(affine, wealth, gamma), gamma));
    }
    let gain = match gamma {
        0.0 => mean_slope(affine) * largest,
        _ => equivalent(affine, largest, gamma) - equivalent(affine, 0.0, gamma),
    };
    match gain {
        _ if gain.abs() > TIE * wealth => Optimum::Amount(if gain > 0.0 { largest } else { 0.0 }),
        _ if gamma == 0.0 => Optimum::AnyAmount(largest),
        // Below gamma = 0 expected utility is convex in the amount, so that the first-order condition finds a minimum.
        _ => Optimum::Corners(largest),
    }
}

/// Expected change of final wealth for each dollar of the amount; zero where only rounding keeps it from zero.
fn mean_slope(affine: &Affine) -> f64 {
    let mean: f64 = affine.states.iter().map(|state| state.probability * state.slope).sum();
    let size: f64 = affine.states.iter().map(|state| state.probability * state.slope.abs()).sum();
    if mean.abs() <= TIE * size { 0.0 } else { mean }
}

/// The best amount for gamma > 0, where expected utility is strictly concave, before units.
fn interior(affine: &Affine, wealth: f64, gamma: f64) -> f64 {
    let equal_bases = affine.states.iter().all(|state| state.base == affine.states[0].base);
    if equal_bases && mean_slope(affine) <= 0.0 {
        return 0.0;
    }
    let amount = match affine.states[..] {
        [gain, loss] if gain.slope > 0.0 && loss.slope < 0.0 => two_states([gain, loss], gamma),
        [loss, gain] if gain.slope > 0.0 && loss.slope < 0.0 => two_states([gain, loss], gamma),
        _ => bisected(affine, wealth, gamma),
    };
    amount.clamp(0.0, affine.cap)
}

/// The first-order condition p s (b + s x)^-gamma = q t (c - t x)^-gamma for bases b, c and slopes s, -t: with
/// k = (q t / p s)^(1/gamma), x = (c - k b) / (k s + t). For a bet at gamma = 1 it is Kelly's (1956) p - q / odds.
fn two_states([gain, loss]: [State; 2], gamma: f64) -> f64 {
    let ratio = (loss.probability * -loss.slope / (gain.probability * gain.slope)).powf(1.0 / gamma);
    if ratio == f64::INFINITY {
        return 0.0;
    }
    (loss.base - ratio * gain.base) / (ratio * gain.slope - loss.slope)
}

/// Bisects the derivative of expected utility in the amount, which falls.
fn bisected(affine: &Affine, wealth: f64, gamma: f64) -> f64 {
    let marginal = |amount: f64| -> f64 {
        let moving = affine.states.iter().filter(|state| state.slope != 0.0);
        let term = |state: &State| {
            let after = ((state.base + amount * state.slope) / wealth).max(0.0);
            state.probability * state.slope * utility::marginal(after, gamma)
        };
        moving.map(term).sum()
    };
    if marginal(affine.cap) >= 0.0 {
        return affine.cap;
    }
    let (mut low, mut high) = (0.0, affine.cap);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if marginal(middle) > 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The better of the two whole multiples of the unit around the best amount; that amount itself without a unit.
fn in_units(affine: &Affine, amount: f64, gamma: f64) -> f64 {
    let Some(unit) = affine.unit else {
        return amount;
    };
    let below = ((amount / unit).floor() * unit).min(affine.largest());
    let above = (below + unit).min(affine.largest());
    if equivalent(affine, above, gamma) > equivalent(affine, below, gamma) { above } else { below }
}

#[cfg(test)]
mod tests {
    use super::super::super::problem::{Coverage, Decision, Portfolio, Problem, Return, Stake};
    use super::super::optimum;
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn stake(returns: &[(f64, f64)], cap: f64) -> Problem {
        let returns = returns.iter().map(|&(probability, multiple)| Return { probability, multiple }).collect();
        Problem::Stake(Stake { wealth: 100.0, cap, returns, unit: None })
    }

    fn best_amount(problem: &Problem, gamma: f64) -> f64 {
        match optimum(problem, gamma) {
            Optimum::Amount(amount) => amount,
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
        assert_eq!(optimum(&stake(&[(0.5, 1.0), (0.5, -1.0)], 100.0), 0.0), Optimum::AnyAmount(100.0));
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
        assert_eq!(indifferent, Optimum::Corners(100.0));
        assert!(indifferent.accepts(&Decision::Amount(0.0)) && indifferent.accepts(&Decision::Amount(98.0)));
        assert!(!indifferent.accepts(&Decision::Amount(50.0)));
    }

    /// Mossin (1968): coverage for loads of .2, .5 and 1 on the fair premium, W = 100, L = 80, p = .1.
    #[test]
    fn insurance_coverage() {
        for (load, gammas_and_shares) in [
            (0.2, [(0.5, 0.604), (1.0, 0.786), (2.0, 0.889), (4.0, 0.943)]),
            (0.5, [(0.5, 0.270), (1.0, 0.569), (2.0, 0.766), (4.0, 0.878)]),
            (1.0, [(0.5, 0.0), (1.0, 0.344), (2.0, 0.625), (4.0, 0.800)]),
        ] {
            let cover = Coverage { wealth: 100.0, loss: 80.0, probability: 0.1, rate: (1.0 + load) * 0.1 };
            for (gamma, share) in gammas_and_shares {
                let found = best_amount(&Problem::Coverage(cover), gamma) / 80.0;
                assert!((found - share).abs() < 5e-4, "load {load}, gamma {gamma}: {found}");
            }
            assert_eq!(best_amount(&Problem::Coverage(cover), 0.0), 0.0);
        }
        let fair = Coverage { wealth: 100.0, loss: 80.0, probability: 0.1, rate: 0.1 };
        assert_relative_eq!(best_amount(&Problem::Coverage(fair), 3.0), 80.0, max_relative = 1e-12);
    }

    #[test]
    fn a_portfolio_weighs_the_asset_against_the_safe_return() {
        let returns = vec![Return { probability: 0.6, multiple: 0.3 }, Return { probability: 0.4, multiple: -0.2 }];
        let portfolio = Portfolio { wealth: 1000.0, cap: 1000.0, safe: 0.02, returns };
        // By hand: k = .4 * .22 / (.6 * .28), x = 1020 (1 - k) / (.28 k + .22) at gamma = 1, capped.
        let k: f64 = 0.4 * 0.22 / (0.6 * 0.28);
        let uncapped = 1020.0 * (1.0 - k) / (0.28 * k + 0.22);
        assert!(uncapped > 1000.0);
        assert_eq!(best_amount(&Problem::Portfolio(portfolio.clone()), 1.0), 1000.0);
        let k = k.powf(0.25);
        let expected = 1020.0 * (1.0 - k) / (0.28 * k + 0.22);
        assert_relative_eq!(best_amount(&Problem::Portfolio(portfolio), 4.0), expected, max_relative = 1e-12);
    }

    #[test]
    fn borrowing_needs_a_limit_and_whole_units_take_the_better_neighbour() {
        let returns = || vec![Return { probability: 0.8, multiple: 1.0 }, Return { probability: 0.2, multiple: -0.4 }];
        let margin = Problem::Stake(Stake { wealth: 100.0, cap: 200.0, returns: returns(), unit: None });
        assert!(margin.validate().is_ok());
        assert_eq!(best_amount(&margin, 1.0), 180.0);
        let tickets = |unit| Problem::Stake(Stake { wealth: 100.0, cap: 200.0, returns: returns(), unit: Some(unit) });
        assert_eq!(best_amount(&tickets(70.0), 1.0), 140.0);
        assert_eq!(best_amount(&tickets(95.0), 1.0), 190.0);
        assert_eq!(best_amount(&tickets(70.0), -1.0), 140.0);
        assert!(!tickets(70.0).allows(&Decision::Amount(69.0)) && tickets(70.0).allows(&Decision::Amount(70.0)));
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
