//! Brief offers of a gain or a loss with even chances, to learn from and to be measured by.
//!
//! Held-out offers have thresholds spread evenly. Training offers make a course: first those on which all targets agree, in
//! the simplest words, then all kinds in these words, then all kinds in all words. A small model learns the rule on the way
//! and carries it over to other words, where it learns nothing from many wordings and close cases at once. Both answers are
//! frequent whatever the target.
//!
//! Invariant: wealth is $100, so that amounts are percentages of it, of two digits; an amount of a held-out offer occurs
//! in no training offer.

use std::ops::RangeInclusive;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::super::optimum::optimum;
use super::super::super::phrase::form::{Form, offer, values};
use super::super::super::phrase::{Group, Sentence, all_sentences};
use super::super::super::problem::{Choice, Decision, Problem};
use super::super::quality::{is_clear_for, is_sound, threshold};
use super::choices::{is_allowed, named, spread_thresholds};
use super::{Item, SampleError, Settings};

const SET: &str = "offers";
const WEALTH: f64 = 100.0;
const EVEN: f64 = 0.5;
const GAINS: RangeInclusive<u32> = 10..=99;
const LOSSES: RangeInclusive<u32> = 10..=90;
/// How far an item may miss the wanted threshold.
const TOLERANCE: f64 = 0.15;
/// Training offers in a row that are put in the same words, so that those of a step share their beginnings.
const ALIKE: usize = 4;
/// The parts of the course: its share up to the part's end; of its offers, the share that every target accepts, which is
/// that which none does; whether it is put in the simplest words.
const COURSE: [(f64, f64, bool); 3] = [(0.3, 0.5, true), (0.65, 0.34, true), (1.0, 0.34, false)];

/// Held-out offers, each asked twice in a row: in the second question the outcomes and the two answers are named in the
/// opposite order.
///
/// # Errors
/// If the range is empty beside the targets, or numbers do not suffice.
pub fn offers(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let sentences = sentences(Group::HeldOut);
    let mut known: Vec<(f64, Problem)> =
        all(Group::HeldOut).into_iter().filter_map(|problem| Some((turns(&problem)?, problem))).collect();
    known.retain(|(turn, _)| is_allowed(settings, *turn));
    known.shuffle(&mut rng);
    let tries = known.len();
    let mut items = Vec::with_capacity(2 * settings.count);
    for wanted in spread_thresholds(settings, &mut rng)? {
        let missed = |(turn, _): &(f64, Problem)| (turn - wanted).abs();
        let nearest = (0..known.len()).min_by(|&one, &other| missed(&known[one]).total_cmp(&missed(&known[other])));
        let nearest = nearest.filter(|&index| missed(&known[index]) <= TOLERANCE).ok_or(SampleError::Exhausted {
            set: SET,
            wanted: named(wanted),
            found: items.len() / 2,
            count: settings.count,
            tries,
            taken: 0,
        })?;
        let problem = either_order(known.swap_remove(nearest).1, &mut rng);
        let place = rng.random_range(0..sentences.len());
        items.push(ask(&problem, sentences[place]));
        // Sentences come in pairs that name the answers in either order.
        items.push(ask(&reversed(&problem), sentences[place ^ 1]));
    }
    Ok(items)
}

/// Training offers, each asked once; the range of thresholds does not concern them. When all offers of a kind have been
/// used they are used again.
///
/// # Errors
/// If the targets leave no offer between two of them.
pub fn training_offers(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let sentences = sentences(Group::Training);
    let mut kinds = kinds(settings);
    kinds.iter_mut().for_each(|kind| kind.shuffle(&mut rng));
    let mut kinds: Vec<_> = kinds.into_iter().map(|kind| kind.into_iter().cycle()).collect();
    let mut items = Vec::with_capacity(settings.count);
    for (end, agreed, simple) in COURSE {
        let count = ((end * settings.count as f64).round() as usize).saturating_sub(items.len());
        let mut problems = Vec::with_capacity(count);
        for (kind, upto) in kinds.iter_mut().zip(parts(count, agreed, settings.targets.len() + 1)) {
            problems.extend(kind.take(upto.saturating_sub(problems.len())));
        }
        if problems.len() < count {
            let wanted = "an offer on which some targets differ".to_owned();
            let (found, count) = (items.len() + problems.len(), settings.count);
            return Err(SampleError::Exhausted { set: SET, wanted, found, count, tries: 0, taken: 0 });
        }
        problems.shuffle(&mut rng);
        let known = if simple { &sentences[..2] } else { &sentences[..] };
        for alike in problems.chunks(ALIKE) {
            let sentence = known[rng.random_range(0..known.len())];
            items.extend(alike.iter().map(|problem| ask(&either_order(problem.clone(), &mut rng), sentence)));
        }
    }
    Ok(items)
}

/// Training offers that are clear for every target, by how many of them accept.
fn kinds(settings: &Settings) -> Vec<Vec<Problem>> {
    let mut kinds = vec![Vec::new(); settings.targets.len() + 1];
    let clear =
        |problem: &Problem| settings.targets.iter().all(|&target| is_clear_for(problem, target, settings.margin));
    for problem in all(Group::Training).into_iter().filter(clear) {
        let accepts = |target: &&f64| optimum(&problem, **target).decision() == Decision::Option(0);
        kinds[settings.targets.iter().filter(accepts).count()].push(problem);
    }
    kinds
}

/// How many of `count` offers are of each kind or one before it: `agreed` of the first and of the last, the others evenly.
fn parts(count: usize, agreed: f64, kinds: usize) -> impl Iterator<Item = usize> {
    let between = kinds.saturating_sub(2).max(1) as f64;
    (1..=kinds).map(move |kind| {
        let share = agreed + (1.0 - 2.0 * agreed) * (kind - 1) as f64 / between;
        if kind == kinds { count } else { (share * count as f64).round() as usize }
    })
}

/// Every offer with the amounts of a group, gains first.
fn all(group: Group) -> Vec<Problem> {
    let fits = |amount: &u32| (amount / 10 + amount % 10) % 3 == 1;
    let own = |amount: &u32| fits(amount) == (group == Group::HeldOut);
    let with = |gain: u32| {
        let loss = LOSSES.filter(own);
        loss.map(move |loss| offer(WEALTH, &[(EVEN, f64::from(gain)), (EVEN, -f64::from(loss))]))
    };
    GAINS.filter(own).flat_map(with).filter(is_sound).collect()
}

fn sentences(group: Group) -> Vec<&'static Sentence> {
    all_sentences().filter(|sentence| sentence.form == Form::Even && sentence.group == group).collect()
}

fn ask(problem: &Problem, sentence: &Sentence) -> Item {
    let text = sentence.render(&values(problem)).expect("an offer with even chances has the slots of brief sentences");
    Item { text, problem: problem.clone(), domain: Some(sentence.domain), labels: None, set: SET }
}

/// The coefficient at which an offer is as good as none.
fn turns(problem: &Problem) -> Option<f64> {
    let Problem::Choice(choice) = problem else { return None };
    threshold(choice)
}

fn either_order(problem: Problem, rng: &mut ChaCha8Rng) -> Problem {
    if rng.random_bool(0.5) { reversed(&problem) } else { problem }
}

/// The outcomes in the opposite order.
fn reversed(problem: &Problem) -> Problem {
    let mut problem = problem.clone();
    if let Problem::Choice(Choice { options, .. }) = &mut problem {
        options.iter_mut().for_each(|option| option.outcomes.reverse());
    }
    problem
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::super::super::read;
    use super::*;

    fn numbers(problem: &Problem) -> Vec<u32> {
        let Problem::Choice(choice) = problem else { panic!("{problem:?}") };
        let outcomes = choice.options.iter().flat_map(|option| &option.outcomes).filter(|o| o.payoff != 0.0);
        outcomes.map(|o| o.payoff.abs() as u32).collect()
    }

    #[test]
    fn training_and_held_out_offers_share_no_number_and_no_sentence() {
        let settings = Settings::new(3, 60);
        let (training, held_out) = (training_offers(&settings).unwrap(), offers(&settings).unwrap());
        assert_eq!((training.len(), held_out.len()), (60, 120));
        let all = |items: &[Item]| items.iter().flat_map(|item| numbers(&item.problem)).collect::<BTreeSet<u32>>();
        assert!(all(&training).is_disjoint(&all(&held_out)));
        let opening = |item: &Item| item.text.split('$').next().unwrap().to_owned();
        let openings: BTreeSet<String> = training.iter().map(opening).collect();
        assert!(held_out.iter().all(|item| !openings.contains(&opening(item))));
        for item in training.iter().chain(&held_out) {
            let read = read::question(&item.text).expect(&item.text);
            assert!(read.is_brief && read.answers() == 1 && read.problem == item.problem, "{}", item.text);
        }
    }

    #[test]
    fn training_offers_begin_simply_and_leave_both_answers_frequent_for_every_target() {
        let settings = Settings::new(5, 3_000);
        let items = training_offers(&settings).unwrap();
        let is_simple =
            |item: &Item| sentences(Group::Training)[..2].iter().any(|sentence| sentence.read(&item.text).is_some());
        assert!(items[..1_950].iter().all(is_simple) && !items[1_950..].iter().all(is_simple));
        let accepted = |item: &Item, target: f64| optimum(&item.problem, target).decision() == Decision::Option(0);
        assert!(items[..900].iter().all(|item| accepted(item, 2.0) == accepted(item, -1.0)));
        assert!(items[900..1_950].iter().any(|item| accepted(item, 2.0) != accepted(item, -1.0)));
        for target in &settings.targets {
            let accepted =
                items.iter().filter(|item| optimum(&item.problem, *target).decision() == Decision::Option(0));
            let share = accepted.count() as f64 / items.len() as f64;
            assert!((0.33..0.67).contains(&share), "{target}: {share}");
        }
        let again = training_offers(&settings).unwrap();
        assert_eq!(again, items);
    }

    #[test]
    fn the_second_question_of_an_item_turns_everything_around() {
        for pair in offers(&Settings::new(4, 20)).unwrap().chunks(2) {
            let [one, other] = pair else { panic!("{pair:?}") };
            assert_eq!(one.problem.item(), other.problem.item());
            let place = |item: &Item, word: &str| item.text.to_lowercase().find(word).expect(word);
            let first = |item: &Item| place(item, "accept") < place(item, "decline");
            assert_ne!(first(one), first(other), "{} {}", one.text, other.text);
            assert_ne!(one.problem, other.problem);
        }
    }
}
