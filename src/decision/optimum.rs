//! The exact best decision for any CRRA coefficient, on final wealth (wealth plus payoff).
//!
//! Invariant: options that are equally good are all accepted; no rounding decides between them.

mod amount;
pub mod lognormal;
mod price;

use super::problem::{Affine, Choice, Decision, Lottery, Problem};
use crate::utility;

/// Certainty equivalents closer than this share of the wealth at stake are equal.
const TIE: f64 = 1e-12;
/// An amount counts as optimal within this share of the best one.
const AMOUNT_TOLERANCE: f64 = 0.05;

/// All best decisions of a problem.
#[derive(Debug, Clone, PartialEq)]
pub enum Optimum {
    /// The equally good options of a choice, ascending.
    Options(Vec<usize>),
    /// The one best amount, dollars.
    Amount(f64),
    /// Nothing and the largest amount (dollars) are equally good, and better than all between.
    Corners(f64),
    /// Every amount up to the largest (dollars) is equally good.
    AnyAmount(f64),
}

impl Optimum {
    /// The first of the best decisions: the lowest option, the smallest amount.
    pub fn decision(&self) -> Decision {
        match self {
            Self::Options(best) => Decision::Option(best[0]),
            Self::Amount(amount) => Decision::Amount(*amount),
            Self::Corners(_) | Self::AnyAmount(_) => Decision::Amount(0.0),
        }
    }

    /// Whether a decision that the problem allows is optimal: a best option, or an amount within 5 % of a best one.
    /// Where nothing is best, only nothing is accepted.
    pub fn accepts(&self, decision: &Decision) -> bool {
        match (self, decision) {
            (Self::Options(best), Decision::Option(index)) => best.contains(index),
            (Self::Amount(best), Decision::Amount(amount)) => is_near(*amount, *best),
            (Self::Corners(largest), Decision::Amount(amount)) => {
                *amount == 0.0 || (is_near(*amount, *largest) && amount <= largest)
            }
            (Self::AnyAmount(largest), Decision::Amount(amount)) => (0.0..=*largest).contains(amount),
            _ => false,
        }
    }
}

fn is_near(amount: f64, best: f64) -> bool {
    (amount - best).abs() <= AMOUNT_TOLERANCE * best.abs()
}

/// The best decisions on a valid `problem` for an agent with coefficient `gamma`, who maximises expected CRRA utility
/// of final wealth (Pratt 1964; for binary bets at gamma = 1 this is Kelly 1956).
pub fn optimum(problem: &Problem, gamma: f64) -> Optimum {
    match problem {
        Problem::Choice(choice) => best_options(choice, gamma),
        Problem::Price(price) => Optimum::Amount(price::reservation(price, gamma)),
        Problem::Lognormal(lognormal) => lognormal::best(lognormal, gamma),
        Problem::Stake(_) | Problem::Coverage(_) | Problem::Portfolio(_) => {
            amount::best(&Affine::of(problem).expect("these are affine"), problem.wealth(), gamma)
        }
    }
}

/// Certainty equivalent of a decision: the sure change in wealth (dollars) that is as good as it. For a price, what is lost
/// at worst by naming it instead of the best one (a sale missed or made at a loss), negative.
///
/// NaN for a decision that the problem does not allow.
pub fn certainty_equivalent(problem: &Problem, decision: &Decision, gamma: f64) -> f64 {
    if !problem.allows(decision) {
        return f64::NAN;
    }
    let wealth = problem.wealth();
    match (problem, decision) {
        (Problem::Choice(choice), Decision::Option(index)) => {
            wealth_equivalent(wealth, &choice.options[*index], gamma) - wealth
        }
        (Problem::Price(price), Decision::Amount(amount)) => -(amount - price::reservation(price, gamma)).abs(),
        (Problem::Lognormal(lognormal), Decision::Amount(amount)) => {
            lognormal::equivalent(lognormal, *amount, gamma) - wealth
        }
        (_, Decision::Amount(amount)) => {
            Affine::of(problem).map_or(f64::NAN, |affine| amount::equivalent(&affine, *amount, gamma) - wealth)
        }
        _ => f64::NAN,
    }
}

/// What a decision costs beside the best one: the difference in certainty equivalent as a share of the problem's
/// [scale](Problem::scale), 0 or more. NaN for a decision that the problem does not allow.
pub fn loss(problem: &Problem, decision: &Decision, gamma: f64) -> f64 {
    let best = certainty_equivalent(problem, &optimum(problem, gamma).decision(), gamma);
    let loss = (best - certainty_equivalent(problem, decision, gamma)) / problem.scale();
    if loss < 0.0 { 0.0 } else { loss }
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
    use super::super::arbitrary::any_kind;
    use super::super::problem::{Frame, Return, Stake};
    use super::*;
    use proptest::prelude::*;

    fn stake(returns: &[(f64, f64)], cap: f64) -> Problem {
        let returns = returns.iter().map(|&(probability, multiple)| Return { probability, multiple }).collect();
        Problem::Stake(Stake { wealth: 100.0, cap, returns, unit: None })
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
            assert_eq!(kelly.accepts(&Decision::Amount(amount)), accepted, "{amount}");
        }
        assert!(!kelly.accepts(&Decision::Option(0)));
    }

    /// Certainty equivalent straight from its definition, as final wealth in units of the wealth before.
    fn by_definition(problem: &Problem, decision: &Decision, gamma: f64) -> f64 {
        let wealth = problem.wealth();
        let outcomes: Vec<(f64, f64)> = match (problem, decision) {
            (Problem::Choice(choice), Decision::Option(index)) => {
                choice.options[*index].outcomes.iter().map(|o| (o.probability, wealth + o.payoff)).collect()
            }
            (Problem::Lognormal(l), Decision::Amount(amount)) => {
                let share = amount / wealth;
                return (l.safe + share * (l.drift - l.safe) - 0.5 * gamma * (share * l.volatility).powi(2)).exp();
            }
            (_, Decision::Amount(amount)) => Affine::of(problem).unwrap().outcomes(*amount).collect(),
            _ => unreachable!(),
        };
        mean_power(outcomes.into_iter().map(|(p, after)| (p, after / problem.scale())), gamma)
    }

    fn mean_power(outcomes: impl Iterator<Item = (f64, f64)>, gamma: f64) -> f64 {
        let power = 1.0 - gamma;
        outcomes.map(|(p, after)| p * after.max(0.0).powf(power)).sum::<f64>().powf(1.0 / power)
    }

    /// The price by a scan that is refined, from the definition of indifference.
    fn indifferent_price(price: &crate::decision::Price, gamma: f64) -> f64 {
        use crate::decision::Side;
        let problem = Problem::Price(price.clone());
        let scale = problem.scale();
        let worth = |wealth: f64| {
            let after = price.lottery.outcomes.iter().map(|o| (o.probability, (wealth + o.payoff) / scale));
            scale * mean_power(after, gamma)
        };
        match price.side {
            Side::Sell => worth(price.wealth) - price.wealth,
            Side::Buy => {
                let [low, high] = problem.range().unwrap();
                let accepts = |paid: f64| worth(price.wealth - paid) >= price.wealth;
                highest([low, high], 12, |paid| if accepts(paid) { paid } else { low - paid.abs() })
            }
        }
    }

    /// The point of a range at which a function with one peak is highest: scans, each ten times finer than the last.
    fn highest([low, high]: [f64; 2], scans: usize, value: impl Fn(f64) -> f64) -> f64 {
        let (mut left, mut right, mut best) = (low, high, low);
        for _ in 0..scans {
            let points = (0..=20).map(|step| left + (right - left) * (f64::from(step) / 20.0));
            best = points.fold(best, |best, point| if value(point) > value(best) { point } else { best });
            let step = (right - left) / 20.0;
            (left, right) = ((best - step).max(low), (best + step).min(high));
        }
        best
    }

    fn independent_best(problem: &Problem, gamma: f64) -> f64 {
        let value = |decision: &Decision| by_definition(problem, decision, gamma);
        let decisions: Vec<Decision> = match problem {
            Problem::Choice(choice) => (0..choice.options.len()).map(Decision::Option).collect(),
            Problem::Stake(Stake { unit: Some(unit), cap, .. }) => {
                let units = (cap / unit * (1.0 + 1e-12)).floor() as u32;
                (0..=units).map(|count| Decision::Amount((f64::from(count) * unit).min(*cap))).collect()
            }
            _ => {
                let [low, high] = problem.range().unwrap();
                let inner = highest([low, high], 7, |amount| value(&Decision::Amount(amount)));
                [low, inner, high].map(Decision::Amount).to_vec()
            }
        };
        decisions.iter().map(value).fold(f64::NEG_INFINITY, f64::max)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn an_independent_maximiser_finds_nothing_better_and_nothing_worse(
            problem in any_kind(), gamma in prop_oneof![-4.0..0.999f64, 1.001..6.0f64, prop::sample::select(vec![-1.0, 0.0, 2.0])]
        ) {
            let best = optimum(&problem, gamma);
            prop_assert!(best.accepts(&best.decision()) && problem.allows(&best.decision()));
            let worth = certainty_equivalent(&problem, &best.decision(), gamma);
            let ours = (problem.wealth() + worth) / problem.scale();
            if let (Problem::Price(price), Optimum::Amount(amount)) = (&problem, &best) {
                let independent = indifferent_price(price, gamma);
                prop_assert!((amount - independent).abs() <= 1e-9 * problem.scale().max(independent), "{amount} {independent}");
                return Ok(());
            }
            // The scan cannot see an optimum that is a rounding error away from ruin, so ours is one of its candidates.
            let independent = independent_best(&problem, gamma).max(by_definition(&problem, &best.decision(), gamma));
            prop_assert!((ours - independent).abs() <= 1e-9 * independent.max(1.0), "{ours} {independent} {best:?}");
        }
    }
}
