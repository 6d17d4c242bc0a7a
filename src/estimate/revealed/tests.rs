//! Tests of the estimator on answers whose estimate is known: by hand, by construction or by simulation.

use std::collections::BTreeMap;

use approx::assert_relative_eq;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::super::Parameters;
use super::super::observation::{Format, Observation};
use super::super::recovery::{Example, choices, exact, noisy, stakes};
use super::*;
use crate::decision::arbitrary::{any_kind, decision_at};
use crate::decision::{
    Choice, Coverage, Decision, Frame, Lottery, Portfolio, Price, Problem, ProblemError, Return, Side,
};

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
            (portfolio.wealth, portfolio.cap) = (portfolio.wealth * unit, portfolio.cap * unit)
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
