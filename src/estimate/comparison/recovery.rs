//! Tests of the comparison on agents whose model is known.

use std::sync::OnceLock;

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::case::cases;
use super::*;
use crate::decision::{Choice, Frame, Lottery};

/// Two lotteries of two outcomes, chances .1 to .9; wealth 60 to 600.
fn problem(rng: &mut ChaCha8Rng) -> Problem {
    let wealth = (60.0_f64.ln() + rng.random_range(0.0..10.0_f64.ln())).exp().round();
    let mut lottery = |width: f64| {
        let p = f64::from(rng.random_range(1..10_u32)) / 10.0;
        let middle = rng.random_range(-0.1..0.1) * wealth;
        let [loss, gain] = [(1.0 - p) * width * wealth * 0.5, p * width * wealth * 0.5];
        let premium = width * width * rng.random_range(-0.2..0.6) * wealth * 0.3;
        Lottery::new(&[(1.0 - p, middle + premium - gain), (p, middle + premium + loss)])
    };
    let options = vec![lottery(0.25), lottery(1.2)];
    Problem::Choice(Choice { wealth, frame: Frame::Menu, options })
}

fn answers(count: usize, theory: Theory, point: &[f64]) -> Vec<Observation> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut asked: Vec<Observation> = (0..count)
        .map(|index| Observation {
            problem: problem(&mut rng),
            decision: Decision::Option(0),
            cluster: format!("item-{index}"),
            threshold: None,
        })
        .collect();
    for observation in asked.iter_mut().skip(1).step_by(2) {
        if let Problem::Choice(choice) = &mut observation.problem {
            choice.options.reverse();
        }
    }
    let seen: Vec<&Observation> = asked.iter().collect();
    let unit = asked.iter().map(|observation| observation.problem.scale()).sum::<f64>() / count as f64;
    let chosen: Vec<(usize, usize)> = cases(&seen, unit)
        .0
        .iter()
        .enumerate()
        .map(|(index, case)| (index, usize::from(rng.random::<f64>() >= theory.probabilities(case, point)[0])))
        .collect();
    chosen.into_iter().for_each(|(index, option)| asked[index].decision = Decision::Option(option));
    asked
}

fn lowest(comparison: &Comparison, criterion: impl Fn(&ModelFit) -> f64) -> Theory {
    comparison.fits.iter().min_by(|a, b| criterion(a).total_cmp(&criterion(b))).unwrap().theory
}

fn log_loss(fit: &ModelFit) -> f64 {
    fit.held_out.unwrap().log_loss
}

fn value(comparison: &Comparison, theory: Theory, parameter: Parameter) -> f64 {
    comparison.of(theory).unwrap().parameter(parameter).unwrap().value
}

/// 300 answers of a CRRA agent with gamma 2.
fn averse() -> &'static (Vec<Observation>, Comparison) {
    static AVERSE: OnceLock<(Vec<Observation>, Comparison)> = OnceLock::new();
    AVERSE.get_or_init(|| {
        let observations = answers(300, Theory::Crra, &[2.0, 60.0_f64.ln(), 0.02]);
        let comparison = compare(&observations, 42).unwrap();
        (observations, comparison)
    })
}

#[test]
fn a_crra_agent_is_told_from_all_others() {
    let comparison = &averse().1;
    assert_eq!(lowest(comparison, |fit| fit.bic), Theory::Crra, "{comparison:#?}");
    assert!(matches!(lowest(comparison, log_loss), Theory::Crra | Theory::Prelec), "{comparison:#?}");
    let gamma = comparison.of(Theory::Crra).unwrap().parameter(Parameter::Gamma).unwrap();
    let error = gamma.standard_error.unwrap();
    assert!((gamma.value - 2.0).abs() < 3.0 * error && error < 0.15, "{gamma:?}");
    assert!((value(comparison, Theory::Prelec, Parameter::Alpha) - 1.0).abs() < 0.1);
}

#[test]
fn nested_models_are_never_likelier() {
    let likelihood = |theory| averse().1.of(theory).unwrap().log_likelihood;
    assert!(likelihood(Theory::Prelec) >= likelihood(Theory::Crra) - 1e-6);
    assert!(likelihood(Theory::Crra) >= likelihood(Theory::ExpectedValue) - 1e-6);
    assert!(likelihood(Theory::Cara) >= likelihood(Theory::ExpectedValue) - 1e-6);
    let random = averse().1.of(Theory::Random).unwrap();
    approx::assert_relative_eq!(log_loss(random), 2.0_f64.ln(), max_relative = 1e-12);
    assert_eq!(random.held_out.unwrap().accuracy, 0.5);
}

#[test]
fn money_in_another_unit_changes_nothing() {
    let mut observations = averse().0.clone();
    for observation in &mut observations {
        let Problem::Choice(choice) = &mut observation.problem else { unreachable!() };
        choice.wealth *= 1000.0;
        choice.options.iter_mut().flat_map(|option| &mut option.outcomes).for_each(|o| o.payoff *= 1000.0);
    }
    let rescaled = compare(&observations, 42).unwrap();
    for (fit, other) in averse().1.fits.iter().zip(&rescaled.fits) {
        assert!((fit.log_likelihood - other.log_likelihood).abs() < 1e-5, "{fit:?} {other:?}");
        for (own, other) in fit.parameters.iter().zip(&other.parameters) {
            assert!((own.value / other.value - 1.0).abs() < 1e-3, "{own:?} {other:?}");
        }
    }
}

#[test]
fn a_cara_agent_is_told_from_a_crra_agent() {
    let comparison = compare(&answers(300, Theory::Cara, &[3.0, 60.0_f64.ln(), 0.02]), 42).unwrap();
    assert_eq!(lowest(&comparison, |fit| fit.bic), Theory::Cara, "{comparison:#?}");
    assert_eq!(lowest(&comparison, log_loss), Theory::Cara);
    assert!((value(&comparison, Theory::Cara, Parameter::AbsoluteAversion) - 3.0).abs() < 0.5);
}

#[test]
fn weighted_probabilities_are_found() {
    let comparison = compare(&answers(300, Theory::Prelec, &[1.0, 0.6, 60.0_f64.ln(), 0.02]), 42).unwrap();
    assert_eq!(lowest(&comparison, |fit| fit.bic), Theory::Prelec, "{comparison:#?}");
    assert_eq!(lowest(&comparison, log_loss), Theory::Prelec);
    assert!((value(&comparison, Theory::Prelec, Parameter::Alpha) - 0.6).abs() < 0.1, "{comparison:#?}");
}

#[test]
fn rules_without_utility_are_told_apart() {
    for (theory, point) in [(Theory::First, vec![0.1]), (Theory::Safest, vec![0.1]), (Theory::Random, vec![])] {
        let comparison = compare(&answers(60, theory, &point), 42).unwrap();
        assert_eq!(lowest(&comparison, |fit| fit.bic), theory, "{comparison:#?}");
    }
}

#[test]
fn exact_answers_separate() {
    let exact = answers(60, Theory::Crra, &[1.0, 1e9_f64.ln(), 0.001]);
    let comparison = compare(&exact, 42).unwrap();
    let fit = comparison.of(Theory::Crra).unwrap();
    assert!(fit.separated && fit.held_out.unwrap().accuracy > 0.9, "{fit:#?}");
    assert_eq!(fit.parameter(Parameter::Lambda).unwrap().standard_error, None);
}

#[test]
fn nothing_to_compare_says_so() {
    assert_eq!(compare(&[], 1), Err(ComparisonError::NoChoice { observations: 0 }));
    let mut wrong = answers(2, Theory::Random, &[]);
    wrong[0].decision = Decision::Option(2);
    wrong[1].decision = Decision::Amount(1.0);
    assert_eq!(compare(&wrong, 1), Err(ComparisonError::NoChoice { observations: 2 }));
    let one = compare(&answers(1, Theory::Random, &[]), 1).unwrap();
    assert!(one.clusters == 1 && one.fits.iter().all(|fit| fit.held_out.is_none()));
}

/// Any two or three lotteries, some of which ruin, at any scale.
fn any_choice() -> impl Strategy<Value = Problem> {
    let lottery = (0.01..0.99f64, prop_oneof![Just(0.0), 0.0..9.0f64], 0.0..9.0f64);
    (prop::collection::vec(lottery, 2..4), prop::sample::select(vec![0.01, 1.0, 1e9])).prop_map(|(lotteries, unit)| {
        let after = |level: f64| (level - 1.0) * unit;
        let lottery = |(p, low, high): (f64, f64, f64)| Lottery::new(&[(p, after(low)), (1.0 - p, after(high))]);
        let options = lotteries.into_iter().map(lottery).collect();
        Problem::Choice(Choice { wealth: unit, frame: Frame::Menu, options })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_number_is_finite(
        problems in prop::collection::vec(any_choice(), 1..6), options in prop::collection::vec(0..2usize, 6), one_sided: bool
    ) {
        let observation = |(problem, option): (Problem, usize)| Observation {
            cluster: problem.item(),
            decision: Decision::Option(if one_sided { 0 } else { option }),
            problem,
            threshold: None,
        };
        let observations: Vec<Observation> = problems.into_iter().zip(options).map(observation).collect();
        for fit in compare(&observations, 3).unwrap().fits {
            let held_out = fit.held_out.map_or(vec![], |held_out| vec![held_out.log_loss, held_out.accuracy]);
            let estimates = fit.parameters.iter().flat_map(|e| [e.value, e.standard_error.unwrap_or(0.0)]);
            let mut all = held_out.into_iter().chain(estimates).chain([fit.log_likelihood, fit.aic, fit.bic]);
            prop_assert!(all.all(f64::is_finite), "{:?}", fit);
        }
    }
}
