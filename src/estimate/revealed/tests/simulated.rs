//! Tests of the estimator on simulated answers in all formats.

use std::collections::BTreeMap;

use approx::assert_relative_eq;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::super::*;
use super::{given, observed, rng};
use crate::decision::arbitrary::{any_kind, decision_at};
use crate::decision::{Choice, Coverage, Decision, Frame, Lottery, Portfolio, Price, Problem, Return, Side};
use crate::estimate::Parameters;
use crate::estimate::recovery::{choices, exact, noisy, stakes};

/// All formats, in units of `unit` dollars.
fn problems(unit: f64) -> Vec<Problem> {
    let mut rng = rng();
    let mut all = choices(60, &mut rng);
    all.extend(stakes(8, &mut rng));
    for step in 1..=5 {
        let share = f64::from(step) / 6.0;
        let even = |low: f64, high: f64| Lottery::new(&[(0.5, low), (0.5, high)]);
        let options = vec![Lottery::sure(28.0 * share), even(-4.0, 44.0), even(-38.0, 80.0)];
        let returns =
            vec![Return { probability: 0.6, multiple: 0.2 + share }, Return { probability: 0.4, multiple: -0.5 }];
        all.push(Problem::Choice(Choice { wealth: 100.0, frame: Frame::Menu, options }));
        all.push(Problem::Coverage(Coverage { wealth: 100.0, loss: 80.0, probability: 0.1, rate: 0.1 + 0.08 * share }));
        all.push(Problem::Portfolio(Portfolio { wealth: 100.0, cap: 100.0, safe: 0.02, returns }));
        all.push(Problem::Price(Price { wealth: 100.0, side: Side::Buy, lottery: even(-50.0 * share, 90.0) }));
    }
    all.into_iter().map(|problem| rescaled(problem, unit)).collect()
}

fn rescaled(mut problem: Problem, unit: f64) -> Problem {
    let payoffs = |lottery: &mut Lottery| lottery.outcomes.iter_mut().for_each(|outcome| outcome.payoff *= unit);
    match &mut problem {
        Problem::Choice(choice) => {
            choice.wealth *= unit;
            choice.options.iter_mut().for_each(payoffs);
        }
        Problem::Stake(stake) => (stake.wealth, stake.cap) = (stake.wealth * unit, stake.cap * unit),
        Problem::Coverage(cover) => (cover.wealth, cover.loss) = (cover.wealth * unit, cover.loss * unit),
        Problem::Portfolio(portfolio) => {
            (portfolio.wealth, portfolio.cap) = (portfolio.wealth * unit, portfolio.cap * unit);
        }
        Problem::Lognormal(asset) => (asset.wealth, asset.cap) = (asset.wealth * unit, asset.cap * unit),
        Problem::Price(price) => {
            price.wealth *= unit;
            payoffs(&mut price.lottery);
        }
    }
    problem
}

#[test]
fn the_unit_of_money_changes_nothing_in_any_format() {
    let truth = Parameters { gamma: 1.3, choice_precision: 12.0, stake_precision: 60.0 };
    let answers = noisy(problems(1.0), &truth, &mut rng());
    let at = |unit: f64| {
        let amount = |decision: &Decision| match decision {
            Decision::Amount(amount) => Decision::Amount(amount * unit),
            option => *option,
        };
        let pairs =
            problems(unit).into_iter().zip(&answers).map(|(problem, (_, decision))| (problem, amount(decision)));
        estimate(&observed(pairs.collect()), Model::RandomParameter).unwrap()
    };
    let one = at(1.0);
    assert_eq!(one.precisions.len(), 6, "{one:?}");
    assert!((one.gamma.unwrap() - 1.3).abs() < 0.3, "{one:?}");
    for unit in [0.01, 1e3] {
        let other = at(unit);
        assert!((one.gamma.unwrap() - other.gamma.unwrap()).abs() < 1e-8, "{one:?}\n{other:?}");
        assert_relative_eq!(one.log_likelihood, other.log_likelihood, max_relative = 1e-9);
        assert!(other.kappa.is_some_and(|kappa| (0.0..0.5).contains(&kappa.value)));
    }
}

#[test]
fn exact_amounts_and_the_contextual_check_find_gamma() {
    let found = estimate(&observed(exact(stakes(60, &mut rng()), 2.0)), Model::RandomParameter).unwrap();
    assert!((found.gamma.unwrap() - 2.0).abs() < 0.05, "{found:?}");
    let truth = Parameters { gamma: 0.6, choice_precision: 6.0, stake_precision: 1.0 };
    let answers = observed(noisy(choices(200, &mut rng()), &truth, &mut rng()));
    let [primary, check] = [Model::RandomParameter, Model::Contextual].map(|model| estimate(&answers, model).unwrap());
    assert!((primary.gamma.unwrap() - check.gamma.unwrap()).abs() < 0.3, "{primary:?}\n{check:?}");
}

#[test]
fn the_bootstrap_agrees_with_the_sandwich_and_with_itself() {
    let truth = Parameters { gamma: 1.0, choice_precision: 4.0, stake_precision: 1.0 };
    let answers = observed(noisy(choices(200, &mut rng()), &truth, &mut rng()));
    let found = estimate(&answers, Model::RandomParameter).unwrap();
    let drawn = bootstrap(&answers, Model::RandomParameter, 3, 200).unwrap();
    assert_relative_eq!(drawn.std_error.unwrap(), found.std_error.unwrap(), max_relative = 0.25);
    assert_eq!(drawn, bootstrap(&answers, Model::RandomParameter, 3, 200).unwrap());
    let one_sided: Vec<Observation> = (0..30).map(|i| given(f64::from(i) * 0.1, true, i as usize)).collect();
    let drawn = bootstrap(&one_sided, Model::RandomParameter, 3, 50).unwrap();
    assert_eq!((drawn.std_error, drawn.interval, drawn.unbounded), (None, [None, None], 50));
}

#[test]
fn groups_with_one_gamma_pass_and_others_fail_both_tests() {
    let group = |gamma: f64, seed: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let truth = Parameters { gamma, choice_precision: 4.0, stake_precision: 1.0 };
        observed(noisy(choices(120, &mut rng), &truth, &mut rng))
    };
    let test = |gammas: [f64; 3]| {
        let groups = gammas.iter().zip(1..).map(|(gamma, seed)| (seed.to_string(), group(*gamma, seed)));
        equality(&groups.collect::<BTreeMap<_, _>>(), Model::RandomParameter).unwrap()
    };
    let same = test([1.0, 1.0, 1.0]);
    assert!(same.likelihood_ratio.p_value > 0.01 && same.wald.unwrap().p_value > 0.01, "{same:?}");
    let others = test([1.0, 1.0, 2.0]);
    assert!(others.likelihood_ratio.p_value < 1e-6 && others.wald.unwrap().p_value < 1e-6, "{others:?}");
    assert_eq!((others.likelihood_ratio.freedom, others.gammas.len()), (2, 3));
    let alone = BTreeMap::from([("only".to_owned(), group(1.0, 1))]);
    assert_eq!(equality(&alone, Model::RandomParameter), Err(EqualityError::Groups { found: 1 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever is answered: no panic, an interval around the estimate, a tremble in [0, 1/2), nothing infinite.
    #[test]
    fn any_answers_give_an_estimate_that_is_consistent(
        answers in prop::collection::vec((any_kind(), 0.0..1.0f64), 1..7), contextual in any::<bool>()
    ) {
        let model = if contextual { Model::Contextual } else { Model::RandomParameter };
        let pairs = answers.iter().map(|(problem, position)| (problem.clone(), decision_at(problem, *position)));
        match estimate(&observed(pairs.collect()), model) {
            Ok(found) => {
                let [low, high] = found.interval;
                let inside = |gamma: f64| low.is_none_or(|low| low <= gamma) && high.is_none_or(|high| gamma <= high);
                prop_assert!(found.gamma.is_none_or(inside), "{found:?}");
                prop_assert!(found.kappa.is_none_or(|kappa| (0.0..0.5).contains(&kappa.value)), "{found:?}");
                prop_assert!(found.log_likelihood.is_finite() && found.log_likelihood <= 0.0, "{found:?}");
                prop_assert!(found.std_error.is_none_or(|error| error.is_finite() && found.gamma.is_some()));
            }
            Err(error) => prop_assert!(matches!(error, EstimateError::NotIdentified { .. }), "{error}"),
        }
    }
}
