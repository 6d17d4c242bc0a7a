//! The noisy CRRA agent: how likely every decision is.
//!
//! Invariant: probabilities of one problem sum to 1, and grow towards the optimum of `gamma` as precision grows.
//!
//! - Two options with an indifference gamma: the random-parameter model (Apesteguia & Ballester 2018). The agent acts on
//!   gamma plus logistic noise of scale 1/precision, so the safer option is taken with probability
//!   logistic(precision (gamma - threshold)); with two thresholds, the probability that this gamma lies where the option is preferred.
//! - Two options without one (one is better for everyone) and more than two options: contextual utility (Wilcox 2011),
//!   a logit on expected utility over its range. The better option is therefore certain only as precision grows, which
//!   keeps a mistake on an obvious choice improbable rather than impossible.
//! - Amounts (stakes, coverage, investments): a logit on the certainty equivalent (share of wealth) over 101 evenly
//!   spread amounts, the one nearest to the optimum replaced by the optimum, so that an agent without noise decides on
//!   exactly that.
//! - Prices: normally distributed around the reservation price, over 101 prices in the same way, with a standard
//!   deviation of 1/precision of the range.

use serde::{Deserialize, Serialize};

use super::response::Response;
use super::scored::{nearest, points};
use super::threshold::{Preference, preference};
use crate::decision::optimum::optimum;
use crate::decision::{Choice, Decision, Problem};

/// Precision of choices from which noise is negligible; exact answers have no finite estimate, and are given this one.
/// In a menu with large prizes the best options can differ by a ten-thousandth of the range of utilities.
pub const CHOICE_PRECISION_CAP: f64 = 1e6;
/// Precision of stakes from which noise is negligible. It is larger because neighbouring stakes near the optimum differ
/// by less than a millionth of wealth in certainty equivalent.
pub const STAKE_PRECISION_CAP: f64 = 1e9;

/// A noisy CRRA agent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// Coefficient of relative risk aversion.
    pub gamma: f64,
    /// Precision of choices between lotteries, per unit of gamma (or of contextual utility); 0 is chance.
    pub choice_precision: f64,
    /// Precision of amounts, per share of wealth in certainty equivalent (of prices, per share of their range); 0 is chance.
    pub stake_precision: f64,
}

impl Parameters {
    /// An agent with coefficient `gamma` whose decisions are exact.
    pub fn exact(gamma: f64) -> Self {
        Self { gamma, choice_precision: CHOICE_PRECISION_CAP, stake_precision: STAKE_PRECISION_CAP }
    }
}

impl Default for Parameters {
    /// Moderately risk-averse and as noisy as people are: choices as in Holt & Laury's (2002) menu, where the
    /// random-parameter logit has a precision of about 3; stakes spread by about a fifth of wealth. Its gamma, 0.5,
    /// lies between linear and logarithmic utility and is neither.
    fn default() -> Self {
        Self { gamma: 0.5, choice_precision: 3.0, stake_precision: 30.0 }
    }
}

/// Every decision that the agent considers on a valid `problem`, with its probability.
pub fn probabilities(problem: &Problem, parameters: &Parameters) -> Vec<(Decision, f64)> {
    let gamma = parameters.gamma;
    match problem {
        Problem::Choice(choice) => {
            let shares =
                Response::to_choice(choice, rule(choice).as_ref(), gamma).probabilities(parameters.choice_precision);
            shares.into_iter().enumerate().map(|(option, share)| (Decision::Option(option), share)).collect()
        }
        _ => {
            let points = amount_points(problem, gamma);
            let shares = Response::to_amount(problem, &points, gamma).probabilities(parameters.stake_precision);
            points.into_iter().map(Decision::Amount).zip(shares).collect()
        }
    }
}

/// Where each option is preferred, if the random-parameter model applies to the choice.
pub(super) fn rule(choice: &Choice) -> Option<Preference> {
    Some(preference(choice)).filter(|preference| !preference.thresholds.is_empty())
}

/// The amounts (dollars) that an agent with coefficient `gamma` considers, ascending.
pub(super) fn amount_points(problem: &Problem, gamma: f64) -> Vec<f64> {
    let mut points = points(problem);
    if let Decision::Amount(best) = optimum(problem, gamma).decision() {
        let nearest = nearest(&points, best);
        points[nearest] = best;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Coverage, Frame, Lognormal, Lottery, Portfolio, Price, Return, Side, Stake};
    use proptest::prelude::*;

    fn bet(p: f64, multiple: f64, wealth: f64, cap: f64) -> Problem {
        let returns = vec![Return { probability: p, multiple }, Return { probability: 1.0 - p, multiple: -1.0 }];
        Problem::Stake(Stake { wealth, cap, returns, unit: None })
    }

    fn menu(options: &[&[(f64, f64)]]) -> Problem {
        Problem::Choice(Choice {
            wealth: 100.0,
            frame: Frame::Menu,
            options: options.iter().map(|option| Lottery::new(option)).collect(),
        })
    }

    fn agent(gamma: f64, precision: f64) -> Parameters {
        Parameters { gamma, choice_precision: precision, stake_precision: precision }
    }

    fn share(problem: &Problem, parameters: &Parameters, wanted: Decision) -> f64 {
        probabilities(problem, parameters)
            .iter()
            .find(|(decision, _)| *decision == wanted)
            .map_or(0.0, |(_, share)| *share)
    }

    #[test]
    fn one_threshold_is_logistic_in_the_distance_from_it() {
        // A sure 0 against an even chance to double wealth or lose half of it: threshold 1 (Barsky et al. 1997).
        let problem = menu(&[&[(1.0, 0.0)], &[(0.5, 100.0), (0.5, -50.0)]]);
        for (gamma, expected) in [(1.0, 0.5), (2.0, 1.0 / (1.0 + (-3.0_f64).exp())), (0.0, 1.0 / (1.0 + 3.0_f64.exp()))]
        {
            assert!((share(&problem, &agent(gamma, 3.0), Decision::Option(0)) - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn the_better_of_two_unequal_options_is_sure_with_precision_and_chance_without() {
        let problem = menu(&[&[(1.0, 5.0)], &[(0.5, 10.0), (0.5, 20.0)]]);
        assert_eq!(share(&problem, &agent(2.0, 0.0), Decision::Option(1)), 0.5);
        assert!(share(&problem, &agent(2.0, 3.0), Decision::Option(1)) > 0.8);
        assert_eq!(share(&problem, &agent(2.0, 1e4), Decision::Option(1)), 1.0);
    }

    #[test]
    fn an_agent_without_noise_stakes_the_exact_optimum() {
        // Kelly (1956): p - q / b of wealth.
        assert!(best_is(&bet(0.6, 1.1, 1234.0, 1234.0), 1.0, 1234.0 * (0.6 - 0.4 / 1.1)));
        assert!(best_is(&bet(0.6, 1.1, 1234.0, 100.0), 0.0, 100.0));
        assert!(best_is(&bet(0.4, 1.1, 1234.0, 1234.0), 1.0, 0.0));
    }

    fn best_is(problem: &Problem, gamma: f64, amount: f64) -> bool {
        let surest = probabilities(problem, &Parameters::exact(gamma)).into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        matches!(surest, Some((Decision::Amount(found), share)) if share > 0.999 && (found - amount).abs() <= 1e-9 * amount)
    }

    #[test]
    fn an_agent_without_noise_decides_on_the_optimum_of_every_kind() {
        let lottery = Lottery::new(&[(0.5, 0.0), (0.5, 100.0)]);
        let returns = vec![Return { probability: 0.6, multiple: 0.3 }, Return { probability: 0.4, multiple: -0.2 }];
        // The optima are tested where they are computed; the buying price is Pratt's (1964) 38.20.
        assert!(best_is(
            &Problem::Price(Price { wealth: 100.0, side: Side::Buy, lottery }),
            1.0,
            50.0 * (3.0 - 5f64.sqrt())
        ));
        let unit = Some(7.0);
        let others = [
            Problem::Coverage(Coverage { wealth: 100.0, loss: 80.0, probability: 0.1, rate: 0.12 }),
            Problem::Portfolio(Portfolio { wealth: 1000.0, cap: 800.0, safe: 0.02, returns: returns.clone() }),
            Problem::Lognormal(Lognormal { wealth: 100.0, cap: 100.0, drift: 0.08, safe: 0.02, volatility: 0.2 }),
            Problem::Stake(Stake { wealth: 100.0, cap: 60.0, returns, unit }),
        ];
        for problem in others {
            let Decision::Amount(amount) = optimum(&problem, 3.0).decision() else { unreachable!() };
            assert!(best_is(&problem, 3.0, amount), "{problem:?}");
        }
    }

    #[test]
    fn ruin_has_no_probability_from_gamma_one() {
        let problem = bet(0.9, 2.0, 50.0, 50.0);
        assert_eq!(share(&problem, &agent(1.0, 0.0), Decision::Amount(50.0)), 0.0);
        assert!(share(&problem, &agent(0.9, 0.0), Decision::Amount(50.0)) > 0.009);
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one_and_ignore_the_unit(
            gamma in -4.0..8f64, log_precision in -4.0..14f64, p in 0.05..0.95f64, multiple in 0.2..4f64, gain in 1.0..200f64,
            unit in prop::sample::select(vec![0.01, 1e3])
        ) {
            let parameters = agent(gamma, log_precision.exp());
            let all = |unit: f64| [
                bet(p, multiple, 100.0 * unit, 80.0 * unit),
                Problem::Choice(Choice { wealth: 100.0 * unit, frame: Frame::Menu, options: vec![
                    Lottery::sure(5.0 * unit), Lottery::new(&[(p, gain * unit), (1.0 - p, -60.0 * unit)]),
                    Lottery::new(&[(p, 0.5 * gain * unit), (1.0 - p, -30.0 * unit)]),
                ] }),
            ];
            for (problem, rescaled) in all(1.0).iter().zip(&all(unit)) {
                let (shares, others) = (probabilities(problem, &parameters), probabilities(rescaled, &parameters));
                prop_assert!((shares.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-9);
                for ((_, share), (_, other)) in shares.iter().zip(&others) {
                    prop_assert!((share - other).abs() < 1e-6, "{share} {other}");
                }
            }
        }

        #[test]
        fn the_safer_option_grows_with_gamma(gamma in -4.0..8f64, step in 0.0..2f64, p in 0.1..0.9f64, gain in 20.0..200f64) {
            let problem = menu(&[&[(1.0, 5.0)], &[(p, gain), (1.0 - p, -20.0)]]);
            let safer = |gamma| share(&problem, &agent(gamma, 2.0), Decision::Option(0));
            prop_assert!(safer(gamma + step) >= safer(gamma) - 1e-12);
        }
    }
}
