//! The exact best decision for any CRRA coefficient, on final wealth (wealth plus payoff).
//!
//! Invariant: options that are equally good are all accepted; no rounding decides between them.

mod stake;

use super::problem::{Choice, Decision, Lottery, Problem};
use crate::utility;

/// Certainty equivalents closer than this share of the wealth at stake are equal.
const TIE: f64 = 1e-12;
/// A stake counts as optimal within this share of the best one.
const STAKE_TOLERANCE: f64 = 0.05;

/// All best decisions of a problem.
#[derive(Debug, Clone, PartialEq)]
pub enum Optimum {
    /// The equally good options of a choice, ascending.
    Options(Vec<usize>),
    /// The one best stake, dollars.
    Stake {
        /// The stake, dollars.
        amount: f64,
        /// The largest stake allowed, dollars.
        cap: f64,
    },
    /// Nothing and the cap (dollars) are equally good, and better than all between.
    Corners {
        /// The largest stake allowed, dollars.
        cap: f64,
    },
    /// Every stake up to the cap (dollars) is equally good.
    AnyStake {
        /// The largest stake allowed, dollars.
        cap: f64,
    },
}

impl Optimum {
    /// The first of the best decisions: the lowest option, the smallest stake.
    pub fn decision(&self) -> Decision {
        match self {
            Self::Options(best) => Decision::Option(best[0]),
            Self::Stake { amount, .. } => Decision::Stake(*amount),
            Self::Corners { .. } | Self::AnyStake { .. } => Decision::Stake(0.0),
        }
    }

    /// Whether a decision is optimal: a best option, or a stake within 5 % of a best one and not above the cap.
    /// Where staking nothing is best, only nothing is accepted.
    pub fn accepts(&self, decision: &Decision) -> bool {
        match (self, decision) {
            (Self::Options(best), Decision::Option(index)) => best.contains(index),
            (Self::Stake { amount, cap }, Decision::Stake(stake)) => near(*stake, *amount, *cap),
            (Self::Corners { cap }, Decision::Stake(stake)) => *stake == 0.0 || near(*stake, *cap, *cap),
            (Self::AnyStake { cap }, Decision::Stake(stake)) => (0.0..=*cap).contains(stake),
            _ => false,
        }
    }
}

fn near(stake: f64, best: f64, cap: f64) -> bool {
    (0.0..=cap).contains(&stake) && (stake - best).abs() <= STAKE_TOLERANCE * best
}

/// The best decisions on a valid `problem` for an agent with coefficient `gamma`, who maximises expected CRRA utility
/// of final wealth (Pratt 1964; for binary bets at gamma = 1 this is Kelly 1956).
pub fn optimum(problem: &Problem, gamma: f64) -> Optimum {
    match problem {
        Problem::Choice(choice) => best_options(choice, gamma),
        Problem::Stake(stake) => stake::best(stake, gamma),
    }
}

/// Certainty equivalent of a decision: the sure change in wealth (dollars) that is as good as it.
///
/// NaN for a decision of the other kind, an option that does not exist, or a stake outside [0, cap].
pub fn certainty_equivalent(problem: &Problem, decision: &Decision, gamma: f64) -> f64 {
    let after = match (problem, decision) {
        (Problem::Choice(choice), Decision::Option(index)) if *index < choice.options.len() => {
            wealth_equivalent(choice.wealth, &choice.options[*index], gamma)
        }
        (Problem::Stake(stake), Decision::Stake(amount)) if (0.0..=stake.cap).contains(amount) => {
            stake::equivalent(stake, *amount, gamma)
        }
        _ => f64::NAN,
    };
    after - problem.wealth()
}

fn wealth_equivalent(wealth: f64, option: &Lottery, gamma: f64) -> f64 {
    utility::certainty_equivalent(option.outcomes.iter().map(|o| (o.probability, wealth + o.payoff)), gamma)
}

fn best_options(choice: &Choice, gamma: f64) -> Optimum {
    let equivalents: Vec<f64> =
        choice.options.iter().map(|option| wealth_equivalent(choice.wealth, option, gamma)).collect();
    let best = equivalents.iter().copied().fold(0.0, f64::max);
    let margin = TIE * best.max(choice.wealth);
    Optimum::Options((0..equivalents.len()).filter(|&i| equivalents[i] >= best - margin).collect())
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::any_problem;
    use super::super::problem::{Frame, Return, Stake};
    use super::*;
    use proptest::prelude::*;

    fn stake(returns: &[(f64, f64)], cap: f64) -> Problem {
        let returns = returns.iter().map(|&(probability, multiple)| Return { probability, multiple }).collect();
        Problem::Stake(Stake { wealth: 100.0, cap, returns })
    }

    #[test]
    fn rows_of_holt_and_laury_2002_turn_at_their_thresholds() {
        let thresholds =
            [-1.712_820, -0.946_837, -0.486_575, -0.142_632, 0.146_363, 0.411_456, 0.676_180, 0.970_581, 1.368_391];
        for (row, threshold) in thresholds.into_iter().enumerate() {
            let p = (row + 1) as f64 / 10.0;
            let option = |high: f64, low: f64| Lottery::new(&[(p, high - 0.1), (1.0 - p, low - 0.1)]);
            let options = vec![option(2.0, 1.6), option(3.85, 0.1)];
            let problem = Problem::Choice(Choice { wealth: 0.1, frame: Frame::Menu, options });
            assert_eq!(optimum(&problem, threshold - 2e-6), Optimum::Options(vec![1]), "row {row}");
            assert_eq!(optimum(&problem, threshold + 2e-6), Optimum::Options(vec![0]), "row {row}");
        }
    }

    #[test]
    fn ruin_ties_from_gamma_one_and_stakes_are_accepted_within_five_percent() {
        let options = vec![
            Lottery::new(&[(0.9, 50.0), (0.1, -100.0)]),
            Lottery::new(&[(0.2, 90.0), (0.8, -100.0)]),
            Lottery::sure(-99.0),
        ];
        let problem = Problem::Choice(Choice { wealth: 100.0, frame: Frame::Menu, options });
        assert_eq!(optimum(&problem, 2.0), Optimum::Options(vec![2]));
        let Problem::Choice(mut choice) = problem else { unreachable!() };
        choice.options.pop();
        assert_eq!(optimum(&Problem::Choice(choice.clone()), 1.0), Optimum::Options(vec![0, 1]));
        assert_eq!(optimum(&Problem::Choice(choice), 0.9), Optimum::Options(vec![0]));
        let kelly = optimum(&stake(&[(0.55, 1.0), (0.45, -1.0)], 100.0), 1.0);
        for (amount, accepted) in [(10.0, true), (9.51, true), (10.49, true), (9.4, false), (10.6, false), (0.0, false)]
        {
            assert_eq!(kelly.accepts(&Decision::Stake(amount)), accepted, "{amount}");
        }
        assert!(!kelly.accepts(&Decision::Option(0)));
    }

    proptest! {
        #[test]
        fn nothing_on_a_fine_grid_is_better(problem in any_problem(), gamma in prop_oneof![-4.0..6.0f64, prop::sample::select(vec![-1.0, 0.0, 1.0, 2.0])]) {
            let best = optimum(&problem, gamma);
            prop_assert!(best.accepts(&best.decision()));
            let value = |decision: &Decision| certainty_equivalent(&problem, decision, gamma) + problem.wealth();
            let at_best = value(&best.decision());
            let decisions: Vec<Decision> = match &problem {
                Problem::Choice(choice) => (0..choice.options.len()).map(Decision::Option).collect(),
                Problem::Stake(stake) => (0..=500).map(|i| Decision::Stake(stake.cap * (f64::from(i) / 500.0))).collect(),
            };
            for decision in decisions {
                prop_assert!(value(&decision) <= at_best * (1.0 + 1e-11) + 1e-11 * problem.wealth(), "{:?} beats {:?}", decision, best);
            }
        }
    }
}
