//! Tests of the estimator on decisions of agents whose parameters are known.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    CHOICE_PRECISION_CAP, Fit, FitError, Parameters, STAKE_PRECISION_CAP, Step, fit, probabilities, thresholds,
};
use crate::decision::optimum::optimum;
use crate::decision::{Choice, Decision, Frame, Lottery, Problem, Return, Stake};

pub(super) type Example = (Problem, Decision);

/// A sure amount against a lottery, indifferent at `threshold`.
fn choice(threshold: f64, rng: &mut ChaCha8Rng) -> Problem {
    let (p, gain, loss) = (rng.random_range(0.2..0.8), rng.random_range(30.0..150.0), rng.random_range(10.0..70.0));
    let lottery = Lottery::new(&[(p, gain), (1.0 - p, -loss)]);
    let after = lottery.outcomes.iter().map(|outcome| (outcome.probability, 100.0 + outcome.payoff));
    let sure = crate::utility::certainty_equivalent(after, threshold) - 100.0;
    Problem::Choice(Choice { wealth: 100.0, frame: Frame::Menu, options: vec![Lottery::sure(sure), lottery] })
}

/// Choices whose thresholds spread evenly over [-3, 4].
pub(super) fn choices(count: usize, rng: &mut ChaCha8Rng) -> Vec<Problem> {
    (0..count).map(|index| choice(-3.0 + 7.0 * (index as f64 + 0.5) / count as f64, rng)).collect()
}

/// Bets that are favourable by varying degrees, or unfavourable.
pub(super) fn stakes(count: usize, rng: &mut ChaCha8Rng) -> Vec<Problem> {
    let one = |rng: &mut ChaCha8Rng| {
        let (p, edge): (f64, f64) = (rng.random_range(0.2..0.8), rng.random_range(-0.3..1.2));
        let returns = vec![
            Return { probability: p, multiple: edge.exp() * (1.0 - p) / p },
            Return { probability: 1.0 - p, multiple: -1.0 },
        ];
        let wealth = (rng.random_range(2.0..9.0_f64)).exp();
        Problem::Stake(Stake { wealth, cap: wealth * rng.random_range(0.4..1.0), returns, unit: None })
    };
    (0..count).map(|_| one(rng)).collect()
}

pub(super) fn exact(problems: Vec<Problem>, gamma: f64) -> Vec<Example> {
    problems
        .into_iter()
        .map(|problem| (optimum(&problem, gamma).decision(), problem))
        .map(|(decision, problem)| (problem, decision))
        .collect()
}

pub(super) fn noisy(problems: Vec<Problem>, parameters: &Parameters, rng: &mut ChaCha8Rng) -> Vec<Example> {
    let mut draw = |problem: &Problem| {
        let mut left: f64 = rng.random();
        let all = probabilities(problem, parameters);
        all.iter()
            .find(|(_, share)| {
                left -= share;
                left < 0.0
            })
            .unwrap_or(&all[0])
            .0
    };
    problems
        .into_iter()
        .map(|problem| (draw(&problem), problem))
        .map(|(decision, problem)| (problem, decision))
        .collect()
}

fn estimate(examples: &[Example]) -> Fit {
    fit(examples, &mut |_| {}).unwrap()
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(42)
}

#[test]
fn exact_choices_give_the_middle_between_the_thresholds() {
    let problems = choices(70, &mut rng());
    for gamma in [-1.0, 0.0, 1.0, 2.02] {
        let thresholds: Vec<f64> = problems
            .iter()
            .flat_map(|problem| match problem {
                Problem::Choice(choice) => thresholds(choice),
                _ => vec![],
            })
            .collect();
        let below = thresholds.iter().copied().filter(|threshold| *threshold < gamma).fold(f64::NEG_INFINITY, f64::max);
        let above = thresholds.iter().copied().filter(|threshold| *threshold > gamma).fold(f64::INFINITY, f64::min);
        let found = estimate(&exact(problems.clone(), gamma));
        assert!(
            (found.parameters.gamma - 0.5 * (below + above)).abs() < 2e-3,
            "{gamma}: {found:?} in {below}..{above}"
        );
        assert_eq!(found.parameters.choice_precision, CHOICE_PRECISION_CAP);
    }
}

#[test]
fn exact_stakes_give_gamma_to_a_hundredth() {
    for gamma in [0.5, 2.0] {
        let found = estimate(&exact(stakes(80, &mut rng()), gamma));
        assert!((found.parameters.gamma - gamma).abs() < 0.01, "{gamma}: {found:?}");
        assert_eq!(found.parameters.stake_precision, STAKE_PRECISION_CAP);
    }
}

#[test]
fn choices_tell_gammas_apart_whose_stakes_are_all_corners() {
    for gamma in [0.0, -1.0] {
        let mut problems = stakes(30, &mut rng());
        problems.extend(choices(70, &mut rng()));
        let found = estimate(&exact(problems, gamma));
        assert!((found.parameters.gamma - gamma).abs() < 0.1, "{gamma}: {found:?}");
    }
}

#[test]
fn a_noisy_agent_is_recovered() {
    let truth = Parameters { gamma: 0.8, choice_precision: 3.0, stake_precision: 200.0 };
    let mut problems = choices(200, &mut rng());
    problems.extend(stakes(100, &mut rng()));
    let found = estimate(&noisy(problems, &truth, &mut rng())).parameters;
    assert!((found.gamma - truth.gamma).abs() < 0.15, "{found:?}");
    assert!((found.choice_precision / truth.choice_precision).ln().abs() < 0.5, "{found:?}");
    assert!((found.stake_precision / truth.stake_precision).ln().abs() < 0.5, "{found:?}");
}

#[test]
fn shuffled_decisions_give_low_precision() {
    let mut problems = choices(150, &mut rng());
    problems.extend(stakes(50, &mut rng()));
    let mut examples = exact(problems, 1.0);
    let mut decisions: Vec<Decision> = examples.iter().map(|(_, decision)| *decision).collect();
    decisions[..150].rotate_left(61);
    for ((problem, decision), shuffled) in examples.iter_mut().zip(&decisions) {
        *decision = *shuffled;
        if let (Problem::Stake(stake), Decision::Amount(amount)) = (problem, decision) {
            *amount = stake.cap * ((stake.wealth * 1e3) % 1.0);
        }
    }
    let found = estimate(&examples).parameters;
    assert!(found.choice_precision < 1.0 && found.stake_precision < 20.0, "{found:?}");
}

#[test]
fn one_wrong_answer_does_not_set_the_noise_of_all() {
    let mut examples = exact(stakes(50, &mut rng()), 1.0);
    examples.extend(exact(choices(70, &mut rng()), 1.0));
    for index in [3, 119] {
        examples[index].1 = match &examples[index].0 {
            Problem::Stake(stake) => Decision::Amount(stake.cap * 0.77),
            _ => Decision::Option(1),
        };
    }
    let found = estimate(&examples).parameters;
    assert!((found.gamma - 1.0).abs() < 0.01, "{found:?}");
    assert!(found.stake_precision > 1e6 && found.choice_precision > 1e3, "{found:?}");
}

#[test]
fn progress_counts_to_its_total_and_never_worsens() {
    let mut steps: Vec<Step> = Vec::new();
    let found = fit(&exact(choices(20, &mut rng()), 1.0), &mut |step| {
        steps.push(step);
    })
    .unwrap();
    assert!(steps.iter().enumerate().all(|(index, step)| step.iteration == index + 1 && step.total == steps.len()));
    assert!(steps.windows(2).all(|pair| pair[1].loss <= pair[0].loss && pair[0].loss.is_finite()));
    assert_eq!((found.used(), found.ignored), (20, 0));
}

#[test]
fn unusable_examples_are_ignored_and_counted_and_nothing_is_an_error() {
    let mut examples = exact(choices(20, &mut rng()), 1.0);
    examples.push((examples[0].0.clone(), Decision::Option(2)));
    examples.push((examples[0].0.clone(), Decision::Amount(5.0)));
    assert_eq!(estimate(&examples).ignored, 2);
    assert_eq!(fit(&examples[20..], &mut |_| {}), Err(FitError::NoExample { examples: 2 }));
    let options = vec![Lottery::sure(1.0), Lottery::sure(2.0)];
    let obvious = Problem::Choice(Choice { wealth: 9.0, frame: Frame::Menu, options });
    assert_eq!(fit(&[(obvious, Decision::Option(1))], &mut |_| {}), Err(FitError::NoInformation { examples: 1 }));
}
