//! Contextual utility (Wilcox 2011): utilities measured in units of the range that one problem's outcomes span.
//!
//! Invariant: scores lie in [0, 1] or are minus infinity (ruin that the agent can avoid), and do not change with the
//! unit of money.

use crate::decision::{Choice, Lottery};

/// Utility of `wealth` rescaled so that `low` has 0 and `high` has 1, for low <= wealth <= high and low < high.
/// `low` may be zero only for gamma < 1. Neither overflows nor cancels.
pub(super) fn rescaled_utility(wealth: f64, [low, high]: [f64; 2], gamma: f64) -> f64 {
    let exponent = 1.0 - gamma;
    if low == 0.0 {
        return (wealth / high).powf(exponent);
    }
    let (part, whole) = ((wealth / low).ln(), (high / low).ln());
    if exponent == 0.0 { part / whole } else { (exponent * part).exp_m1() / (exponent * whole).exp_m1() }
}

/// Final wealth of each outcome, with its probability.
pub(super) fn prospects(wealth: f64, option: &Lottery) -> impl Iterator<Item = (f64, f64)> {
    option.outcomes.iter().map(move |outcome| (outcome.probability, wealth + outcome.payoff))
}

/// Whether an outcome of the option leaves nothing.
pub(super) fn can_ruin(wealth: f64, option: &Lottery) -> bool {
    prospects(wealth, option).any(|(_, after)| after <= 0.0)
}

/// Expected utility of every option, over the range of utilities of all outcomes of the choice.
///
/// From gamma = 1 ruin is worse than anything: an option that can ruin scores minus infinity. If every option can, or if
/// all outcomes are the same, all score 0.
pub(super) fn scores(choice: &Choice, gamma: f64) -> Vec<f64> {
    let ruins: Vec<bool> =
        choice.options.iter().map(|option| gamma >= 1.0 && can_ruin(choice.wealth, option)).collect();
    let possible = choice.options.iter().zip(&ruins).filter(|(_, ruin)| !**ruin);
    let outcomes = possible.flat_map(|(option, _)| prospects(choice.wealth, option)).map(|(_, after)| after);
    let [low, high] = outcomes.fold([f64::INFINITY, 0.0], |[low, high], after| [after.min(low), after.max(high)]);
    let utility = |(p, after): (f64, f64)| p * rescaled_utility(after, [low, high], gamma);
    let all_ruin = ruins.iter().all(|ruin| *ruin);
    let score = |(option, ruin): (&Lottery, &bool)| match ruin {
        true if !all_ruin => f64::NEG_INFINITY,
        false if low < high => prospects(choice.wealth, option).map(utility).sum(),
        _ => 0.0,
    };
    choice.options.iter().zip(&ruins).map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Frame;
    use crate::utility::utility;
    use approx::assert_relative_eq;

    fn menu(wealth: f64) -> Choice {
        let options = vec![
            Lottery::sure(10.0),
            Lottery::new(&[(0.5, -20.0), (0.5, 60.0)]),
            Lottery::new(&[(0.3, -100.0), (0.7, 90.0)]),
        ];
        Choice { wealth, frame: Frame::Menu, options }
    }

    #[test]
    fn scores_are_expected_utilities_over_the_range() {
        for gamma in [-3.0, 0.0, 0.999_999, 1.0, 1.000_001, 2.0, 6.0] {
            let above_lowest = |wealth: f64| utility(wealth / 50.0, gamma);
            let second = 0.5 * (above_lowest(130.0) + above_lowest(210.0));
            assert_relative_eq!(scores(&menu(150.0), gamma)[1], second / above_lowest(240.0), max_relative = 1e-9);
        }
    }

    #[test]
    fn ruin_is_excluded_from_gamma_one_only() {
        assert!(scores(&menu(100.0), 0.9).iter().all(|score| score.is_finite()));
        for gamma in [1.0, 2.0] {
            let scores = scores(&menu(100.0), gamma);
            assert_eq!(scores[2], f64::NEG_INFINITY);
            assert!(scores[..2].iter().all(|score| (0.0..=1.0).contains(score)));
        }
    }

    #[test]
    fn options_that_all_ruin_tie() {
        let mut choice = menu(100.0);
        choice.options = vec![Lottery::new(&[(0.1, -100.0), (0.9, 5.0)]), Lottery::new(&[(0.5, -100.0), (0.5, 50.0)])];
        assert_eq!(scores(&choice, 2.0), [0.0, 0.0]);
    }
}
