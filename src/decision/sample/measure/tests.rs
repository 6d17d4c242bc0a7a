use super::super::super::optimum::optimum;
use super::super::super::problem::Problem;
use super::super::super::problem::{Lottery, Side};
use super::super::super::read;
use super::controls::dominates;
use super::stakes::{all_in_threshold, share};
use super::*;
use crate::estimate::thresholds;
use std::collections::BTreeSet;

fn threshold(item: &Item) -> Option<f64> {
    match &item.problem {
        Problem::Choice(choice) => match thresholds(choice)[..] {
            [one] => Some(one),
            _ => None,
        },
        _ => None,
    }
}

fn read_back(items: &[Item]) {
    for item in items {
        let read = read::question(&item.text).expect(&item.text);
        assert_eq!((&read.problem, read.domain), (&item.problem, item.domain), "{}", item.text);
    }
}

#[test]
fn choices_have_even_thresholds_labels_and_both_orders() {
    let settings = Settings::new(1, 140);
    let items = choices(&settings).unwrap();
    assert_eq!(items.len(), 280);
    read_back(&items[..60]);
    let found: Vec<f64> = items.iter().map(|item| threshold(item).expect("one threshold")).collect();
    for low in -3..4 {
        let share = found.iter().filter(|t| (f64::from(low)..f64::from(low + 1)).contains(*t)).count() as f64 / 280.0;
        assert!((0.11..0.18).contains(&share), "{share} of the thresholds from {low}");
    }
    assert!(found.iter().all(|t| settings.targets.iter().all(|target| (t - target).abs() > 0.05 - 1e-9)));
    for pair in items.chunks(2) {
        assert_eq!(pair[0].problem.item(), pair[1].problem.item());
        assert!(pair[0].problem != pair[1].problem && pair[0].labels == pair[1].labels);
    }
    for labels in Labels::ALL {
        let count = items.iter().filter(|item| item.labels == Some(labels)).count();
        assert!((92..=94).contains(&count), "{count} {labels:?}");
    }
    let again = choices(&settings).unwrap();
    assert_eq!(items, again);
    assert_ne!(choices(&Settings::new(2, 140)).unwrap(), again);
}

#[test]
fn published_thresholds() {
    let expected =
        [-1.712_820, -0.946_837, -0.486_575, -0.142_632, 0.146_363, 0.411_456, 0.676_180, 0.970_581, 1.368_391];
    let items = published();
    assert!(items.iter().all(|item| item.problem.validate().is_ok() && read::problem(&item.text).is_none()));
    for (item, expected) in items.iter().zip(expected) {
        assert!((threshold(item).unwrap() - expected).abs() < 1e-6);
    }
    assert_eq!(threshold(&items[9]), None);
}

#[test]
fn stakes_lie_where_they_are_wanted() {
    let settings = Settings::new(3, 120);
    let items = stakes(&settings).unwrap();
    read_back(&items);
    let shares = |gamma: f64| items.iter().filter_map(|item| share(&item.problem, gamma)).collect::<Vec<_>>();
    for gamma in [1.0, 2.0] {
        assert_eq!(shares(gamma).iter().filter(|share| (0.03..=0.8).contains(*share)).count(), 80);
        assert_eq!(shares(gamma).iter().filter(|share| **share == 0.0).count(), 40);
    }
    let mut all_in = Vec::new();
    for item in &items {
        let Problem::Stake(stake) = &item.problem else { panic!("{}", item.text) };
        let (p, b) = (stake.returns[0].probability, stake.returns[0].multiple);
        let advantage = (p * b / (1.0 - p)).ln();
        assert_eq!(stake.cap, stake.wealth);
        if advantage < 0.0 {
            let threshold = all_in_threshold(p, b);
            let best = [-1e-3, 1e-3].map(|step| share(&item.problem, threshold + step));
            assert_eq!(best, [Some(1.0), Some(0.0)], "{threshold}");
            all_in.push(threshold);
        } else {
            assert!((0.1..=1.2).contains(&advantage));
        }
    }
    for low in [-3, -2, -1] {
        let count = all_in.iter().filter(|t| (f64::from(low)..f64::from(low + 1)).contains(*t)).count();
        assert!((11..=16).contains(&count), "{count} from {low}");
    }
    let shares = Shares { gamma: 3.0, range: [0.1, 0.3] };
    let wanted = Settings { optimum: Some(shares), ..Settings::new(3, 20) };
    let found: Vec<f64> = stakes(&wanted).unwrap().iter().map(|item| share(&item.problem, 3.0).unwrap()).collect();
    assert!(found.iter().all(|share| (0.1..=0.3).contains(share)));
    assert!((7..=13).contains(&found.iter().filter(|share| **share < 0.2).count()), "{found:?}");
}

#[test]
fn the_other_formats_are_what_they_say() {
    let interior = |items: &[Item], gamma: f64| {
        let whole = |problem: &Problem| problem.range().map(|[_, high]| high / problem.wealth());
        let is_interior = |item: &&Item| match (share(&item.problem, gamma), whole(&item.problem)) {
            (Some(share), Some(whole)) => share > 0.0 && share < whole,
            _ => false,
        };
        items.iter().filter(is_interior).count()
    };
    let covers = insurance(&Settings::new(4, 60)).unwrap();
    read_back(&covers);
    let (full, part) = covers.split_at(40);
    assert!(full.iter().all(|item| threshold(item).is_some_and(|t| (-3.0..=4.0).contains(&t))));
    assert!(part.iter().all(|item| matches!(item.problem, Problem::Coverage(_))));
    assert!(interior(part, 1.0).max(interior(part, 2.0)) >= 10 && interior(part, 1.0) + interior(part, 2.0) >= 20);
    let portfolios = portfolios(&Settings::new(5, 40)).unwrap();
    read_back(&portfolios);
    assert_eq!([1.0, 2.0].map(|gamma| interior(&portfolios, gamma)), [24, 24]);
    let prices = prices(&Settings::new(6, 40)).unwrap();
    read_back(&prices);
    let sells = |item: &&Item| matches!(&item.problem, Problem::Price(price) if price.side == Side::Sell);
    assert_eq!(prices.iter().filter(sells).count(), 20);
    let menus = menus(&Settings::new(7, 40)).unwrap();
    read_back(&menus);
    for item in &menus {
        let best = TARGETS.map(|gamma| optimum(&item.problem, gamma).decision());
        assert!((1..4).all(|i| !best[..i].contains(&best[i])), "{best:?} {}", item.text);
    }
    let cuts = double_or_cut(&Settings::new(8, 20)).unwrap();
    read_back(&cuts);
    let found: Vec<f64> = cuts.iter().map(|item| threshold(item).unwrap()).collect();
    for published in [7.527_221, 3.763_530, 2.0, 1.0, 0.305_758, 0.070_693] {
        assert_eq!(found.iter().filter(|t| (*t - published).abs() < 1e-6).count(), 1, "{published} {found:?}");
    }
}

#[test]
fn domains_and_scales_share_their_items() {
    let settings = Settings::new(9, 21);
    for items in [domains(&settings).unwrap(), scale(&settings).unwrap()] {
        assert_eq!(items.len(), 84);
        read_back(&items[..40]);
        for four in items.chunks(4) {
            assert!(four.iter().all(|item| item.problem.item() == four[0].problem.item()));
            assert!((1..4).all(|i| four[..i].iter().all(|other| other.text != four[i].text)));
        }
        let keys: BTreeSet<String> = items.iter().map(|item| item.problem.item()).collect();
        assert_eq!(keys.len(), 21);
    }
    let magnitudes: Vec<f64> =
        scale(&settings).unwrap()[..4].iter().map(|item| item.problem.wealth().log10().floor()).collect();
    assert_eq!(magnitudes, [2.0, 4.0, 6.0, 9.0]);
}

#[test]
fn dominance_items_have_no_threshold_and_repeats_are_the_same_texts() {
    let items = dominance(&Settings::new(10, 40)).unwrap();
    read_back(&items);
    let mut first = 0;
    for item in &items {
        let Problem::Choice(choice) = &item.problem else { panic!("{}", item.text) };
        let [one, other] = &choice.options[..] else { panic!("{}", item.text) };
        assert!(thresholds(choice).is_empty(), "{}", item.text);
        assert!(dominates(one, other) != dominates(other, one), "{}", item.text);
        assert!([one, other].iter().all(|option| option.outcomes.len() > 1));
        first += usize::from(dominates(one, other));
    }
    assert_eq!(first, 20);
    assert!(!dominates(&Lottery::sure(1.0), &Lottery::sure(1.0)));
    let again = repeats(&items, 1, 20).unwrap();
    assert_eq!(again.len(), 40);
    let texts: BTreeSet<&str> = again.iter().map(|item| item.text.as_str()).collect();
    assert!(texts.len() == 20 && texts.iter().all(|text| items.iter().any(|item| item.text == *text)));
    assert_eq!(repeats(&items, 1, 41), Err(SampleError::Repeats { wanted: 41, available: 40 }));
}

#[test]
fn what_is_taken_is_not_used_and_too_much_taken_is_an_error() {
    let settings = Settings::new(11, 12);
    let earlier = choices(&settings).unwrap();
    let few = Taken::from_questions(earlier[..2].iter().map(|item| item.text.as_str()));
    let held_out = choices(&Settings { taken: few.clone(), ..settings.clone() }).unwrap();
    assert!(held_out.iter().all(|item| !few.has_wealth(&item.problem) && !few.has_probability(&item.problem)));
    let opening = |item: &Item| item.text.split('$').next().unwrap_or_default().to_owned();
    assert!(held_out.iter().all(|item| opening(item) != opening(&earlier[0])));
    let texts = |count| choices(&Settings::new(12, count)).unwrap();
    let all = Taken::from_questions(texts(90).iter().map(|item| item.text.as_str()));
    let error = choices(&Settings { taken: all, ..settings.clone() }).unwrap_err();
    assert_eq!(error.to_string(), "the set choices has no held-out phrasing left about own money, firm, client");
    let bets = stakes(&Settings::new(13, 300)).unwrap();
    let numbers = Taken::from_questions(bets.iter().map(|item| item.text.as_str()));
    let error = choices(&Settings { taken: numbers, ..settings.clone() }).unwrap_err();
    assert!(matches!(error, SampleError::Exhausted { found: 0, count: 12, taken: 1.., .. }), "{error}");
    let covered = Settings { thresholds: [0.98, 1.02], ..settings };
    assert_eq!(choices(&covered), Err(SampleError::Range { what: "thresholds", low: 0.98, high: 1.02 }));
}
