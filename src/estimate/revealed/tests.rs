//! Tests of the estimator on answers whose estimate is known by hand or by construction.

mod simulated;

use approx::assert_relative_eq;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::super::Parameters;
use super::super::observation::{Format, Observation};
use super::super::recovery::{Example, choices, noisy};
use super::*;
use crate::decision::{Choice, Decision, Frame, Lottery, Problem, ProblemError};

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

fn observed(examples: Vec<Example>) -> Vec<Observation> {
    let each =
        |(problem, decision): Example| Observation { cluster: problem.item(), problem, decision, threshold: None };
    examples.into_iter().map(each).collect()
}

/// A sure amount (option 0) against a lottery, with a given threshold.
fn given(threshold: f64, averse: bool, cluster: usize) -> Observation {
    let options = vec![Lottery::sure(0.0), Lottery::new(&[(0.5, 10.0), (0.5, -8.0)])];
    let problem = Problem::Choice(Choice { wealth: 100.0, frame: Frame::Menu, options });
    Observation {
        problem,
        decision: Decision::Option(usize::from(!averse)),
        cluster: cluster.to_string(),
        threshold: Some(threshold),
    }
}

fn dominance(right: bool, cluster: usize) -> Observation {
    let options = vec![Lottery::sure(1.0), Lottery::sure(2.0)];
    let problem = Problem::Choice(Choice { wealth: 100.0, frame: Frame::Menu, options });
    Observation {
        problem,
        decision: Decision::Option(usize::from(right)),
        cluster: cluster.to_string(),
        threshold: None,
    }
}

/// Thresholds -3, -1, 1, 3 with 85, 65, 35, 15 % safe answers are exactly those of gamma 0, lambda ln 2, kappa .05:
/// the odds of F are 8 and 2, so F = 8/9 and 2/3, and .05 + .9 F = .85 and .65.
fn by_hand() -> Vec<Observation> {
    let shares = [(-3.0, 340), (-1.0, 260), (1.0, 140), (3.0, 60)];
    let rows = shares.iter().flat_map(|&(threshold, safe)| (0..400).map(move |row| (threshold, row < safe)));
    rows.enumerate().map(|(cluster, (threshold, averse))| given(threshold, averse, cluster)).collect()
}

#[test]
fn a_saturated_fit_and_its_standard_error_by_hand() {
    let found = estimate(&by_hand(), Model::RandomParameter).unwrap();
    assert!(found.gamma.unwrap().abs() < 1e-9, "{found:?}");
    assert_relative_eq!(found.precisions[&Format::Choice].value, 2f64.ln(), max_relative = 1e-7);
    assert_relative_eq!(found.kappa.unwrap().value, 0.05, epsilon = 1e-7);
    let log: f64 = [0.85_f64, 0.65].iter().map(|p| 800.0 * (p * p.ln() + (1.0 - p) * (1.0 - p).ln())).sum();
    assert_relative_eq!(found.log_likelihood, log, max_relative = 1e-12);
    assert_relative_eq!(found.aic, 6.0 - 2.0 * log, max_relative = 1e-12);
    assert_relative_eq!(found.bic, 3.0 * 1600f64.ln() - 2.0 * log, max_relative = 1e-12);
    // dP/dgamma = .9 lambda F (1 - F); by symmetry gamma is uncorrelated with the other two, and the fit is exact, so
    // that the sandwich is the inverse information, times C/(C-1).
    let slope = |f: f64| (0.9 * 2f64.ln() * f * (1.0 - f)).powi(2);
    let information = 800.0 * (slope(8.0 / 9.0) / (0.85 * 0.15) + slope(2.0 / 3.0) / (0.65 * 0.35));
    assert_relative_eq!(found.std_error.unwrap(), (1600.0 / 1599.0 / information).sqrt(), max_relative = 1e-6);
    assert_eq!((found.method, found.observations, found.clusters), (Method::Wald, 1600, 1600));
    assert_relative_eq!(found.interval[1].unwrap(), 1.959_964 * found.std_error.unwrap(), max_relative = 1e-6);
}

#[test]
fn repeated_answers_of_a_cluster_add_no_certainty() {
    let once = estimate(&by_hand(), Model::RandomParameter).unwrap();
    let twice: Vec<Observation> = by_hand().into_iter().flat_map(|each| [each.clone(), each]).collect();
    let twice = estimate(&twice, Model::RandomParameter).unwrap();
    assert_relative_eq!(once.std_error.unwrap(), twice.std_error.unwrap(), max_relative = 1e-7);
}

#[test]
fn exact_answers_give_the_range_between_thresholds_and_no_standard_error() {
    let mut answers: Vec<Observation> =
        [-1.0, 0.2, 0.9, 1.5].iter().enumerate().map(|(i, t)| given(*t, *t < 0.5, i)).collect();
    let found = estimate(&answers, Model::RandomParameter).unwrap();
    assert_eq!((found.gamma, found.interval), (Some(0.55), [Some(0.2), Some(0.9)]));
    assert_eq!((found.std_error, found.method), (None, Method::Separation));
    assert!(found.precisions[&Format::Choice].at_cap && found.kappa.unwrap().value < 1e-6);
    // Dominance checks inform the tremble alone: 1 of 4 is wrong, and the 4 others cannot be explained by it.
    answers.extend((0..4).map(|cluster| dominance(cluster > 0, cluster)));
    let found = estimate(&answers, Model::RandomParameter).unwrap();
    assert_eq!(found.gamma, Some(0.55));
    assert_relative_eq!(found.kappa.unwrap().value, 1.0 / 8.0, max_relative = 1e-6);
}

#[test]
fn answers_on_one_side_give_one_end() {
    let all = |averse: bool| -> Vec<Observation> {
        [-1.0, 0.2, 0.9].iter().enumerate().map(|(i, t)| given(*t, averse, i)).collect()
    };
    let safe = estimate(&all(true), Model::RandomParameter).unwrap();
    assert_eq!((safe.gamma, safe.interval, safe.method), (None, [Some(0.9), None], Method::OneSided));
    let risky = estimate(&all(false), Model::RandomParameter).unwrap();
    assert_eq!((risky.gamma, risky.interval, risky.method), (None, [None, Some(-1.0)], Method::OneSided));
    // One slip among many risky answers is a tremble, and does not bound gamma from below.
    let slip: Vec<Observation> = (0..60).map(|i| given(-1.0 + f64::from(i) * 0.05, i == 30, i as usize)).collect();
    let slip = estimate(&slip, Model::RandomParameter).unwrap();
    assert_eq!((slip.gamma, slip.interval[0], slip.std_error), (None, None, None), "{slip:?}");
    assert!(slip.interval[1].is_some_and(|end| end < 1.0), "{slip:?}");
}

#[test]
fn what_cannot_be_estimated_is_an_error() {
    let fail = |observations: &[Observation]| estimate(observations, Model::RandomParameter).unwrap_err();
    assert_eq!(fail(&[]), EstimateError::Empty);
    assert_eq!(fail(&[dominance(true, 0)]), EstimateError::NotIdentified { observations: 1 });
    let broken = |change: &dyn Fn(&mut Observation)| {
        let mut observations = vec![given(0.0, true, 0), given(1.0, false, 1)];
        change(&mut observations[1]);
        fail(&observations)
    };
    assert_eq!(broken(&|o| o.decision = Decision::Option(2)), EstimateError::Decision { index: 1 });
    assert_eq!(broken(&|o| o.decision = Decision::Amount(1.0)), EstimateError::Decision { index: 1 });
    assert!(matches!(broken(&|o| o.threshold = Some(f64::NAN)), EstimateError::Threshold { index: 1, .. }));
    let wealth = |wealth: f64| {
        move |o: &mut Observation| {
            if let Problem::Choice(choice) = &mut o.problem {
                choice.wealth = wealth;
            }
        }
    };
    let invalid = EstimateError::Problem { index: 1, source: ProblemError::Wealth(-5.0) };
    assert_eq!(broken(&wealth(-5.0)), invalid);
    assert!(matches!(broken(&wealth(f64::NAN)), EstimateError::Problem { index: 1, .. }));
    let contradictory = |o: &mut Observation| {
        if let Problem::Choice(choice) = &mut o.problem {
            choice.options[1] = Lottery::new(&[(0.5, 10.0), (0.6, -8.0)]);
        }
    };
    assert!(matches!(broken(&contradictory), EstimateError::Problem { source: ProblemError::ProbabilitySum(_), .. }));
}

#[test]
fn the_safe_option_is_likelier_the_higher_gamma() {
    let answers = [given(0.3, true, 0)];
    let evidence = Evidence::new(&answers, Model::RandomParameter).unwrap();
    let likelihood = Likelihood::of(&evidence);
    let chance = |gamma: f64| likelihood.gradient(&[gamma, 1.0, -2.0], &Vec::new());
    for step in 0..200 {
        let gamma = -3.0 + 0.035 * f64::from(step);
        assert!(chance(gamma + 0.035).0 > chance(gamma).0 && chance(gamma).1[0] > 0.0);
    }
}

#[test]
fn options_coded_the_wrong_way_round_are_noticed() {
    let truth = Parameters { gamma: 1.0, choice_precision: 4.0, stake_precision: 1.0 };
    let right = observed(noisy(choices(120, &mut rng()), &truth, &mut rng()));
    let found = estimate(&right, Model::RandomParameter).unwrap();
    assert!((found.gamma.unwrap() - 1.0).abs() < 3.0 * found.std_error.unwrap(), "{found:?}");
    assert!(!found.notes.contains(&Note::WrongWayRound));
    let turn = |each: Observation| Observation {
        decision: Decision::Option(usize::from(each.decision == Decision::Option(0))),
        ..each
    };
    let wrong = estimate(&right.into_iter().map(turn).collect::<Vec<_>>(), Model::RandomParameter).unwrap();
    assert!(wrong.notes.contains(&Note::WrongWayRound), "{wrong:?}");
    assert!(wrong.kappa.unwrap().value < 0.5);
}
