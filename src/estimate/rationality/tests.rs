//! Tests of the measures on decisions that are made up so that the answer is known.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::target::targets;
use super::*;
use crate::decision::optimum::optimum;
use crate::decision::{Choice, Frame, Lottery, Return, Stake};

fn observation(problem: Problem, decision: Decision) -> Observation {
    Observation { cluster: problem.item(), problem, decision, threshold: None }
}

fn menu(wealth: f64, options: &[Lottery]) -> Problem {
    Problem::Choice(Choice { wealth, frame: Frame::Menu, options: options.to_vec() })
}

/// A sure amount and an even chance, all in units of wealth; the threshold falls with `index` of 20.
fn lotteries(index: u32, wealth: f64) -> [Lottery; 2] {
    let gain = wealth * (0.55 + 0.1 * f64::from(index));
    [Lottery::sure(0.01 * wealth), Lottery::new(&[(0.5, gain), (0.5, -0.5 * wealth)])]
}

/// Both orders of 20 items at this wealth; `decide` names the option of a problem.
fn both_orders(wealth: f64, mut decide: impl FnMut(u32, &Problem) -> usize) -> Vec<Observation> {
    let mut asked = Vec::new();
    for index in 0..20 {
        let [sure, risky] = lotteries(index, wealth);
        for options in [[sure.clone(), risky.clone()], [risky, sure]] {
            let problem = menu(wealth, &options);
            let chosen = decide(index, &problem);
            asked.push(observation(problem, Decision::Option(chosen)));
        }
    }
    asked
}

fn best(problem: &Problem, gamma: f64) -> usize {
    let Decision::Option(option) = optimum(problem, gamma).decision() else { unreachable!() };
    option
}

#[test]
fn an_agent_that_names_the_first_has_the_full_position_effect() {
    let found = rationality(&both_orders(100.0, |_, _| 0));
    let position = found.position.unwrap();
    assert_eq!((position.effect, position.items, position.clusters), (0.5, 20, 20));
    assert_eq!(position.interval, Some(Interval { low: 0.5, high: 0.5 }));
    let flips = found.order_flips.unwrap();
    assert_eq!((flips.found, flips.of, flips.share), (20, 20, 1.0));
}

#[test]
fn an_agent_that_goes_by_lotteries_has_no_position_effect() {
    let found = rationality(&both_orders(100.0, |_, problem| best(problem, 1.0)));
    assert_eq!(found.position.unwrap().effect, 0.0);
    let flips = found.order_flips.unwrap();
    assert_eq!((flips.found, flips.of, flips.items), (0, 20, 20));
    assert!(flips.interval.high > 0.1 && flips.interval.low == 0.0);
    assert_eq!((found.repeats, found.cycles, found.dominated, found.scale), (None, None, None, None));
}

#[test]
fn flips_and_repeats_are_counted_exactly() {
    // Three items flip: there the first option is named in both orders.
    let mut asked = both_orders(100.0, |index, problem| if index < 3 { 0 } else { best(problem, 1.0) });
    let found = rationality(&asked);
    assert_eq!(found.order_flips.map(|rate| (rate.found, rate.of)), Some((3, 20)));
    assert_eq!(found.position.unwrap().effect, 0.5 * 3.0 / 20.0);
    // The first problem again, twice: once as before and once not. Two of three pairs of repeats differ; among the flips
    // its item then has pairs with its one answer in the other order, two of which differ.
    asked.push(asked[0].clone());
    asked.push(observation(asked[0].problem.clone(), Decision::Option(1)));
    let found = rationality(&asked);
    assert_eq!(found.repeats.map(|rate| (rate.found, rate.of, rate.items)), Some((2, 3, 1)));
    assert_eq!(found.order_flips.map(|rate| (rate.found, rate.of, rate.items)), Some((4, 22, 20)));
}

#[test]
fn the_unit_of_money_keeps_answers_apart_only_for_order() {
    let mut asked = both_orders(100.0, |_, problem| best(problem, 1.0));
    asked.extend(both_orders(1e5, |_, problem| best(problem, 1.0)));
    let found = rationality(&asked);
    assert_eq!(found.order_flips.map(|rate| (rate.of, rate.items)), Some((40, 40)));
    let position = found.position.unwrap();
    assert_eq!((position.items, position.clusters), (40, 20));
}

#[test]
fn repeated_stakes_differ_unless_equal() {
    let returns = vec![Return { probability: 0.6, multiple: 1.0 }, Return { probability: 0.4, multiple: -1.0 }];
    let problem = Problem::Stake(Stake { wealth: 100.0, cap: 100.0, returns, unit: None });
    let asked = [10.0, 10.0, 20.0].map(|amount| observation(problem.clone(), Decision::Amount(amount)));
    let found = rationality(&asked);
    assert_eq!(found.repeats.map(|rate| (rate.found, rate.of)), Some((2, 3)));
    assert_eq!((found.position, found.order_flips, found.dominated), (None, None, None));
}

#[test]
fn dominated_choices_are_counted_exactly() {
    let asked: Vec<Observation> = (0..10)
        .map(|index| {
            let gain = 10.0 + f64::from(index);
            let worse = Lottery::new(&[(0.5, -5.0), (0.5, gain)]);
            let better = Lottery::new(&[(0.4, -5.0), (0.6, gain)]);
            observation(menu(100.0, &[worse, better]), Decision::Option(usize::from(index >= 2)))
        })
        .chain(both_orders(100.0, |_, _| 0))
        .collect();
    let rate = rationality(&asked).dominated.unwrap();
    assert_eq!((rate.found, rate.of, rate.items, rate.share), (2, 10, 10, 0.2));
}

#[test]
fn a_cycle_is_counted_exactly() {
    let [a, b, c] =
        [(0.9, 10.0), (0.5, 20.0), (0.1, 120.0)].map(|(p, gain)| Lottery::new(&[(p, gain), (1.0 - p, -1.0)]));
    let asked = |wealth: f64, last: usize| {
        let pairs = [([&a, &b], 0), ([&b, &c], 0), ([&c, &a], last)];
        pairs.map(|(pair, chosen)| observation(menu(wealth, &pair.map(Clone::clone)), Decision::Option(chosen)))
    };
    let counts = |observations: &[Observation]| rationality(observations).cycles.map(|rate| (rate.found, rate.of));
    assert_eq!(counts(&asked(100.0, 0)), Some((1, 1)));
    assert_eq!(counts(&asked(100.0, 1)), Some((0, 1)));
    let both = [asked(100.0, 0), asked(200.0, 1)].concat();
    assert_eq!(counts(&both), Some((1, 2)));
    assert_eq!(counts(&asked(100.0, 0)[..2]), None);
    // Two people whose clusters span several items: answers are not mixed.
    let of = |name: &str, observations: &[Observation]| -> Vec<Observation> {
        observations.iter().map(|each| Observation { cluster: name.to_owned(), ..each.clone() }).collect()
    };
    let people = [of("one", &asked(100.0, 0)), of("two", &asked(100.0, 1)[..2])].concat();
    assert_eq!(counts(&people), Some((1, 1)));
}

/// Answers of an agent whose gamma rises by `slope` with ln wealth, at four scales, in both orders.
fn at_scales(slope: f64, seed: u64) -> Vec<Observation> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let scales = [1e2, 1e4, 1e6, 1e8_f64];
    let middle = 1e5_f64.ln();
    let mut asked = Vec::new();
    for wealth in scales {
        let gamma = 1.0 + slope * (wealth.ln() - middle);
        let noise = |rng: &mut ChaCha8Rng| -> f64 {
            let share: f64 = rng.random();
            (share / (1.0 - share)).ln() / 4.0
        };
        asked.extend(both_orders(wealth, |_, problem| best(problem, gamma + noise(&mut rng))));
        asked.extend(both_orders(wealth, |_, problem| best(problem, gamma + noise(&mut rng))));
    }
    asked
}

#[test]
fn the_slope_of_gamma_in_the_scale_is_recovered() {
    for slope in [0.0, 0.1] {
        let found = rationality(&at_scales(slope, 5)).scale.unwrap();
        let error = found.standard_error.unwrap();
        assert!((found.slope - slope).abs() < 3.0 * error && error < 0.03, "{found:?}");
        assert!((found.gamma - 1.0).abs() < 0.15, "{found:?}");
        assert_eq!((found.items, found.answers, found.scales), (20, 320, [1e2, 1e8]));
    }
}

#[test]
fn the_scale_effect_needs_several_scales_and_both_sides() {
    let mut asked = at_scales(0.0, 5);
    asked.truncate(80);
    assert_eq!(rationality(&asked).scale, None);
    let safe = |wealth: f64| both_orders(wealth, |_, problem| best(problem, 50.0));
    assert_eq!(rationality(&[safe(1e2), safe(1e4)].concat()).scale, None);
    let exact = |wealth: f64| both_orders(wealth, |_, problem| best(problem, 1.0));
    let found = rationality(&[exact(1e2), exact(1e6)].concat()).scale.unwrap();
    assert!(found.standard_error.is_none() && found.slope.abs() < 0.05, "{found:?}");
}

#[test]
fn a_target_needs_all_four_criteria() {
    let mut asked = both_orders(100.0, |_, problem| best(problem, 2.0));
    let worse = [Lottery::sure(1.0), Lottery::sure(2.0)];
    asked.push(observation(menu(100.0, &worse), Decision::Option(1)));
    let near = Some(Interval { low: 1.9, high: 2.2 });
    let judge = |interval, asked: &[Observation]| targets(2.0, interval, asked, &rationality(asked));
    let reached = judge(near, &asked);
    assert!(reached.is_reached && reached.optimal.value == Some(1.0), "{reached:?}");
    assert!(reached.optimal.cases > 20 && (reached.interval.value.unwrap() - 0.2).abs() < 1e-12, "{reached:?}");
    assert!(!judge(Some(Interval { low: 1.7, high: 2.1 }), &asked).interval.is_met);
    assert!(!judge(None, &asked).is_reached);
    let other = targets(0.0, Some(Interval { low: 0.0, high: 0.1 }), &asked, &rationality(&asked));
    assert!(other.interval.is_met && !other.optimal.is_met && !other.is_reached, "{other:?}");
    asked.last_mut().unwrap().decision = Decision::Option(0);
    let dominated = judge(near, &asked);
    assert!(!dominated.is_reached && dominated.undominated.value == Some(0.0), "{dominated:?}");
    let nothing = judge(near, &[]);
    assert!(!nothing.is_reached && nothing.undominated.value.is_none() && nothing.optimal.value.is_none());
}

#[test]
fn nothing_is_absent_and_what_is_not_valid_is_counted() {
    let found = rationality(&[]);
    assert_eq!((found.observations, found.position, found.order_flips, found.scale), (0, None, None, None));
    let problem = menu(100.0, &lotteries(0, 100.0));
    let found = rationality(&[observation(problem, Decision::Option(2))]);
    assert_eq!((found.observations, found.ignored), (0, 1));
    let text = serde_json::to_string(&rationality(&at_scales(0.0, 5)[..90])).unwrap();
    assert!(serde_json::from_str::<Rationality>(&text).is_ok(), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_number_is_finite(
        picks in prop::collection::vec((0..4u32, 0..3usize, 0..2usize, any::<bool>()), 0..40), people: bool
    ) {
        let observation = |(index, scale, chosen, is_reversed): (u32, usize, usize, bool)| {
            let wealth = [1e-2, 1e2, 1e9][scale];
            let mut options = lotteries(7 * index, wealth);
            if is_reversed {
                options.reverse();
            }
            let mut made = observation(menu(wealth, &options), Decision::Option(chosen));
            if people {
                made.cluster = format!("person {chosen}");
            }
            made
        };
        let observations: Vec<Observation> = picks.into_iter().map(observation).collect();
        let value = serde_json::to_value(rationality(&observations)).unwrap();
        // serde_json writes a number that is not finite as null, which no required field reads back.
        prop_assert!(serde_json::from_value::<Rationality>(value).is_ok());
    }
}
