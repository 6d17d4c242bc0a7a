//! Constant relative risk aversion (CRRA) utility of final wealth (Pratt 1964; Arrow 1965).
//!
//! Invariant: every function is continuous in the coefficient gamma, across the logarithmic case gamma = 1 too.

/// Utility of `wealth` (dollars), normalised so that u(1) = 0 and u'(1) = 1:
/// (w^(1-gamma) - 1) / (1-gamma), which is ln w at gamma = 1 (Pratt 1964).
///
/// Minus infinity at zero wealth for gamma >= 1, and at negative wealth for every gamma, since wealth below zero
/// lies outside the domain of CRRA.
pub fn utility(wealth: f64, gamma: f64) -> f64 {
    if wealth < 0.0 {
        return f64::NEG_INFINITY;
    }
    let exponent = 1.0 - gamma;
    if exponent == 0.0 {
        return wealth.ln();
    }
    (exponent * wealth.ln()).exp_m1() / exponent
}

/// Marginal utility w^(-gamma) of a dollar at `wealth` > 0.
pub fn marginal(wealth: f64, gamma: f64) -> f64 {
    wealth.powf(-gamma)
}

/// The wealth (dollars) whose utility is `level`: the inverse of [`utility`].
///
/// NaN where no wealth has that utility (above the bound 1/(gamma-1) for gamma > 1, below -1/(1-gamma) for gamma < 1).
pub fn inverse(level: f64, gamma: f64) -> f64 {
    let exponent = 1.0 - gamma;
    if exponent == 0.0 {
        return level.exp();
    }
    ((exponent * level).ln_1p() / exponent).exp()
}

/// Certainty equivalent (final wealth, dollars) of the `outcomes`, pairs of probability and final wealth whose
/// probabilities sum to 1: the sure wealth with the same expected utility (Pratt 1964).
///
/// It is zero for gamma >= 1 as soon as ruin is possible, so two prospects that can both ruin tie. NaN if a wealth is negative.
pub fn certainty_equivalent(outcomes: impl Iterator<Item = (f64, f64)> + Clone, gamma: f64) -> f64 {
    if outcomes.clone().any(|(_, wealth)| wealth < 0.0 || wealth.is_nan()) {
        return f64::NAN;
    }
    let exponent = 1.0 - gamma;
    let unit = reference_wealth(outcomes.clone().map(|(_, wealth)| wealth), exponent);
    if unit == 0.0 {
        return 0.0;
    }
    if exponent == 1.0 {
        return outcomes.map(|(p, wealth)| p * wealth).sum();
    }
    let logs = outcomes.map(|(p, wealth)| (p, (wealth / unit).ln()));
    if exponent == 0.0 {
        return unit * logs.map(|(p, log)| p * log).sum::<f64>().exp();
    }
    let excess: f64 = logs.clone().map(|(p, log)| p * (exponent * log).exp_m1()).sum();
    // Far from 0 the excess is a difference of nearly equal numbers, and the sum itself is not.
    let log = match excess.abs() < 0.5 {
        true => excess.ln_1p(),
        false => logs.map(|(p, log)| p * (exponent * log).exp()).sum::<f64>().ln(),
    };
    unit * (log / exponent).exp()
}

/// The wealth in whose units no power overflows and no terms cancel: the largest where utility grows as a positive
/// power of wealth, else the smallest.
fn reference_wealth(wealths: impl Iterator<Item = f64>, exponent: f64) -> f64 {
    if exponent > 0.0 { wealths.fold(0.0, f64::max) } else { wealths.fold(f64::INFINITY, f64::min) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn even_chance(low: f64, high: f64, gamma: f64) -> f64 {
        certainty_equivalent([(0.5, low), (0.5, high)].into_iter(), gamma)
    }

    #[test]
    fn even_chance_of_50_or_150_has_the_published_certainty_equivalents() {
        for (gamma, expected) in [(-1.0, 111.803_398_9), (0.0, 100.0), (1.0, 86.602_540_4), (2.0, 75.0)] {
            assert_relative_eq!(even_chance(50.0, 150.0, gamma), expected, max_relative = 1e-9);
        }
    }

    #[test]
    fn insurance_premiums_match_the_closed_forms() {
        let premium = |gamma| 100.0 - certainty_equivalent([(0.05, 20.0), (0.95, 100.0)].into_iter(), gamma);
        for (gamma, expected) in [(-1.0, 2.43), (0.0, 4.0), (1.0, 7.73), (2.0, 16.67)] {
            assert!((premium(gamma) - expected).abs() < 0.005, "gamma {gamma}: {}", premium(gamma));
        }
    }

    #[test]
    fn a_rare_disaster_keeps_its_digits() {
        let equivalent = certainty_equivalent([(1e-9, 1e-6), (1.0 - 1e-9, 1.0)].into_iter(), 3.0);
        assert_relative_eq!(equivalent, (1000.0_f64 + 1.0 - 1e-9).powf(-0.5), max_relative = 1e-14);
    }

    #[test]
    fn normalised_at_one() {
        for gamma in [-2.0, 0.0, 0.5, 1.0, 2.0, 7.0] {
            assert_eq!(utility(1.0, gamma), 0.0);
            assert_relative_eq!((utility(1.0 + 1e-6, gamma) - utility(1.0 - 1e-6, gamma)) / 2e-6, 1.0, epsilon = 1e-6);
            assert_eq!(marginal(1.0, gamma), 1.0);
        }
        assert_relative_eq!(utility(4.0, 2.0), 0.75, max_relative = 1e-14);
        assert_relative_eq!(utility(4.0, -1.0), 7.5, max_relative = 1e-14);
    }

    #[test]
    fn ruin_is_minus_infinity_from_gamma_one_and_ties() {
        assert_eq!(utility(0.0, 1.0), f64::NEG_INFINITY);
        assert_eq!(utility(0.0, 2.0), f64::NEG_INFINITY);
        assert_eq!(utility(0.0, 0.5), -2.0);
        for gamma in [1.0, 2.0, 30.0] {
            assert_eq!(even_chance(0.0, 10.0, gamma), 0.0);
            assert_eq!(even_chance(0.0, 1e9, gamma), 0.0);
        }
        assert!(even_chance(-1.0, 10.0, 0.0).is_nan());
    }

    proptest! {
        #[test]
        fn continuous_across_gamma_one(low in 1.0..1e6f64, factor in 1.0..100f64, step in -1e-7..1e-7f64) {
            let high = low * factor;
            let at_one = even_chance(low, high, 1.0);
            prop_assert!((even_chance(low, high, 1.0 + step) / at_one - 1.0).abs() < 1e-5);
            prop_assert!((utility(high, 1.0 + step) - utility(high, 1.0)).abs() < 1e-4);
        }

        #[test]
        fn scale_invariant(low in 0.01..1e3f64, high in 0.01..1e3f64, p in 0.01..0.99f64, gamma in -10.0..15f64, scale in prop::sample::select(vec![0.01, 1e3, 1e9])) {
            let equivalent = |unit: f64| certainty_equivalent([(p, low * unit), (1.0 - p, high * unit)].into_iter(), gamma) / unit;
            prop_assert!((equivalent(scale) / equivalent(1.0) - 1.0).abs() < 1e-12);
        }

        #[test]
        fn lies_within_the_outcomes_and_falls_with_gamma(low in 1.0..1e3f64, high in 1.0..1e3f64, p in 0.01..0.99f64, gamma in -10.0..15f64) {
            let equivalent = |gamma| certainty_equivalent([(p, low), (1.0 - p, high)].into_iter(), gamma);
            let (value, more_averse) = (equivalent(gamma), equivalent(gamma + 0.5));
            prop_assert!(value >= low.min(high) * (1.0 - 1e-12) && value <= low.max(high) * (1.0 + 1e-12));
            prop_assert!(more_averse <= value * (1.0 + 1e-12));
        }

        #[test]
        fn same_expected_utility_as_the_prospect(low in 0.1..10f64, high in 0.1..10f64, p in 0.01..0.99f64, gamma in -3.0..4f64) {
            let expected = p * utility(low, gamma) + (1.0 - p) * utility(high, gamma);
            let equivalent = certainty_equivalent([(p, low), (1.0 - p, high)].into_iter(), gamma);
            prop_assert!((utility(equivalent, gamma) - expected).abs() < 1e-9 * (1.0 + expected.abs()));
            prop_assert!((inverse(utility(low, gamma), gamma) / low - 1.0).abs() < 1e-8);
        }
    }
}
