//! Brief offers of a gain or a loss with even chances, to learn from and to be measured by.
//!
//! Held-out offers have thresholds spread evenly. Training offers have amounts spread evenly within each part of the line
//! that the targets cut it into: easy ones beside hard ones, from which a small model learns more.
//!
//! Invariant: wealth is $100, so that amounts are percentages of it; the amounts of held-out offers end in 1, 3, 7 or 9,
//! those of training offers do not.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::super::phrase::form::{Form, offer};
use super::super::super::phrase::{Group, Sentence, all_sentences, question};
use super::super::super::problem::{Choice, Problem};
use super::super::choice::solving_gain;
use super::super::quality::{is_sound, threshold};
use super::choices::{has_threshold, named, spread_thresholds};
use super::{Item, SampleError, Settings};
use crate::utility::utility;

const WEALTH: f64 = 100.0;
const EVEN: f64 = 0.5;
const GAINS: RangeInclusive<u32> = 3..=200;
const LOSSES: RangeInclusive<u32> = 8..=90;
/// Candidates that are tried for one item.
const TRIES: u32 = 20_000;
/// How far an item may miss the wanted threshold at first, and after how many tries that is as much again.
const TOLERANCE: f64 = 0.03;
const PATIENCE: f64 = 1000.0;

/// Held-out offers, each asked twice in a row: in the second question the outcomes and the two answers are named in the
/// opposite order.
///
/// # Errors
/// If the range is empty beside the targets, or numbers do not suffice.
pub fn offers(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut sampler = Sampler::new(settings, Group::HeldOut);
    let mut items = Vec::with_capacity(2 * settings.count);
    for problem in sampler.spread()? {
        let place = sampler.place();
        let swapped = reversed(&problem);
        items.push(sampler.ask(problem, place));
        // Brief sentences come in pairs that name the answers in either order.
        items.push(sampler.ask(swapped, place ^ 1));
    }
    Ok(items)
}

/// Training offers, each asked once; the range of thresholds does not concern them.
///
/// # Errors
/// If numbers do not suffice.
pub fn training_offers(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut sampler = Sampler::new(settings, Group::Training);
    let problems = sampler.parts()?;
    let ask = |problem: Problem| {
        let place = sampler.place();
        let problem = if sampler.rng.random_bool(0.5) { reversed(&problem) } else { problem };
        sampler.ask(problem, place)
    };
    Ok(problems.into_iter().map(ask).collect())
}

struct Sampler<'a> {
    settings: &'a Settings,
    group: Group,
    rng: ChaCha8Rng,
    /// Places of the brief sentences among those of offers.
    phrasings: Vec<usize>,
}

impl<'a> Sampler<'a> {
    fn new(settings: &'a Settings, group: Group) -> Self {
        let fits = |sentence: &Sentence| sentence.is_brief && sentence.group == group;
        let offers = all_sentences().filter(|sentence| sentence.form == Form::Offer);
        let phrasings = (0..).zip(offers).filter(|(_, sentence)| fits(sentence)).map(|(index, _)| index).collect();
        Self { settings, group, rng: ChaCha8Rng::seed_from_u64(settings.seed), phrasings }
    }

    /// Different offers with thresholds spread evenly.
    fn spread(&mut self) -> Result<Vec<Problem>, SampleError> {
        let settings = self.settings;
        let mut wanted = spread_thresholds(settings, &mut self.rng)?.into_iter();
        self.different(|_| {
            let threshold = wanted.next().unwrap_or_default();
            let attempt = move |rng: &mut ChaCha8Rng, group, tolerance: f64| {
                let near = threshold + rng.random_range(-tolerance..=tolerance);
                solved(rng, group, near).filter(|found| has_threshold(settings, found, [threshold, 2.0 * tolerance]))
            };
            (named(threshold), attempt)
        })
    }

    /// Different offers, as many in each part of the line between the targets.
    fn parts(&mut self) -> Result<Vec<Problem>, SampleError> {
        let settings = self.settings;
        let mut targets = settings.targets.clone();
        targets.sort_by(f64::total_cmp);
        let mut problems = self.different(|index| {
            let part = index % (targets.len() + 1);
            let low = part.checked_sub(1).map_or(f64::NEG_INFINITY, |below| targets[below] + settings.margin);
            let high = targets.get(part).map_or(f64::INFINITY, |above| above - settings.margin);
            let attempt = move |rng: &mut ChaCha8Rng, group, _: f64| {
                drawn(rng, group).filter(|found| turns(found).is_some_and(|at| (low..=high).contains(&at)))
            };
            (format!("a threshold from {low} to {high}"), attempt)
        })?;
        problems.shuffle(&mut self.rng);
        Ok(problems)
    }

    /// As many different offers as are wanted; `plan` says what each is to be, and how one is tried.
    fn different<A>(&mut self, mut plan: impl FnMut(usize) -> (String, A)) -> Result<Vec<Problem>, SampleError>
    where
        A: Fn(&mut ChaCha8Rng, Group, f64) -> Option<Problem>,
    {
        let mut known = BTreeSet::new();
        let mut problems = Vec::with_capacity(self.settings.count);
        for index in 0..self.settings.count {
            let (wanted, attempt) = plan(index);
            let found = (0..TRIES).find_map(|tries| {
                let tolerance = TOLERANCE * (1.0 + f64::from(tries) / PATIENCE);
                let found = attempt(&mut self.rng, self.group, tolerance).filter(is_sound)?;
                known.insert(found.item()).then_some(found)
            });
            let (found_so_far, count) = (problems.len(), self.settings.count);
            problems.push(found.ok_or(SampleError::Exhausted {
                set: "offers",
                wanted,
                found: found_so_far,
                count,
                tries: TRIES as usize,
                taken: 0,
            })?);
        }
        Ok(problems)
    }

    /// One of the brief sentences, by its place among them.
    fn place(&mut self) -> usize {
        self.rng.random_range(0..self.phrasings.len())
    }

    fn ask(&self, problem: Problem, place: usize) -> Item {
        let phrasing = self.phrasings[place];
        let text = question(&problem, phrasing);
        let domain = all_sentences().filter(|sentence| sentence.form == Form::Offer).nth(phrasing).map(|s| s.domain);
        Item { text, problem, domain, labels: None, set: "offers" }
    }
}

/// An offer whose threshold is near the wanted one, if the numbers happen to be those of the group.
fn solved(rng: &mut ChaCha8Rng, group: Group, threshold: f64) -> Option<Problem> {
    let loss = rng.random_range(LOSSES);
    let rest = [(EVEN, -f64::from(loss) / WEALTH)];
    let gain = solving_gain(EVEN, &rest, utility(1.0, threshold), threshold)?;
    of(group, (gain * WEALTH).round() as u32, loss)
}

/// An offer of any amounts, if they happen to be those of the group.
fn drawn(rng: &mut ChaCha8Rng, group: Group) -> Option<Problem> {
    of(group, rng.random_range(GAINS), rng.random_range(LOSSES))
}

fn of(group: Group, gain: u32, loss: u32) -> Option<Problem> {
    let fits = |number: u32| matches!(number % 10, 1 | 3 | 7 | 9) == (group == Group::HeldOut);
    (GAINS.contains(&gain) && fits(gain) && fits(loss))
        .then(|| offer(WEALTH, &[(EVEN, f64::from(gain)), (EVEN, -f64::from(loss))]))
}

/// The coefficient at which an offer is as good as none.
fn turns(problem: &Problem) -> Option<f64> {
    let Problem::Choice(choice) = problem else { return None };
    threshold(choice)
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
