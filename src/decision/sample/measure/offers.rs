//! Brief offers of a gain or a loss with even chances, to learn from and to be measured by.
//!
//! Held-out offers have thresholds spread evenly. Of the training offers a third is accepted by every target and a third by
//! none, so that both answers are frequent whatever the target; the others lie evenly between the targets. The first of
//! them are put in the simplest words, the rest in all: a small model learns the rule in one wording and then carries it
//! over to others, where it learns nothing from many wordings at once.
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
/// Share of the training offers that every target accepts, and that none does.
const AGREED: f64 = 0.34;
/// Share of the training offers, from the first on, that are put in the simplest words.
const SIMPLE: f64 = 0.6;

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
    let mut problems = mixed(settings, &mut rng)?;
    problems.shuffle(&mut rng);
    let simple = (SIMPLE * settings.count as f64).round() as usize;
    let put = |(index, problem): (usize, Problem)| {
        let known = if index < simple { &sentences[..2] } else { &sentences[..] };
        let sentence = known[rng.random_range(0..known.len())];
        ask(&either_order(problem, &mut rng), sentence)
    };
    Ok(problems.into_iter().enumerate().map(put).collect())
}

/// As many offers as are wanted, of every kind its share.
fn mixed(settings: &Settings, rng: &mut ChaCha8Rng) -> Result<Vec<Problem>, SampleError> {
    let mut kinds = vec![Vec::new(); settings.targets.len() + 1];
    let clear =
        |problem: &Problem| settings.targets.iter().all(|&target| is_clear_for(problem, target, settings.margin));
    for problem in all(Group::Training).into_iter().filter(clear) {
        let accepts = |target: &&f64| optimum(&problem, **target).decision() == Decision::Option(0);
        kinds[settings.targets.iter().filter(accepts).count()].push(problem);
    }
    let (between, last) = (kinds.len().saturating_sub(2), kinds.len() - 1);
    let mut problems = Vec::with_capacity(settings.count);
    let mut so_far = 0.0;
    for (accepting, mut kind) in kinds.into_iter().enumerate() {
        so_far += match accepting {
            0 => AGREED,
            _ if accepting == last => AGREED,
            _ => (1.0 - 2.0 * AGREED) / between as f64,
        };
        let upto = if accepting == last { settings.count } else { (so_far * settings.count as f64).round() as usize };
        if kind.is_empty() && upto > problems.len() {
            let wanted = format!("an offer that {accepting} of the targets accept");
            let (found, count) = (problems.len(), settings.count);
            return Err(SampleError::Exhausted { set: SET, wanted, found, count, tries: 0, taken: 0 });
        }
        kind.shuffle(rng);
        let missing = upto.saturating_sub(problems.len());
        problems.extend(kind.into_iter().cycle().take(missing));
    }
    Ok(problems)
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
        assert!(items[..1_800].iter().all(is_simple) && !items[1_800..].iter().all(is_simple));
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
