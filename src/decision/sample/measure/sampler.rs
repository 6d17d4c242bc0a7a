//! Draws different items that fit, and asks them in phrasings that are left.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::super::super::phrase::form::Form;
use super::super::super::phrase::{Domain, Group, Labels, Sentence, all_sentences, question};
use super::super::super::problem::Problem;
use super::super::Topic;
use super::super::grid::Grid;
use super::super::quality::{is_clear_for, is_sound};
use super::{Item, SampleError, Settings};

/// Candidates that are tried for one item.
const TRIES: usize = 5000;
/// How far an item may miss the wanted threshold or share at first.
const TOLERANCE: f64 = 0.03;
/// Tries after which the tolerance is as large again.
const PATIENCE: f64 = 1000.0;

/// A phrasing: its place among the sentences of its form, and what it is.
#[derive(Clone, Copy)]
pub(super) struct Phrasing {
    index: usize,
    sentence: &'static Sentence,
}

/// Draws one set.
pub(super) struct Sampler<'a> {
    pub(super) settings: &'a Settings,
    pub(super) rng: ChaCha8Rng,
    /// Problems whose even chances are given are not held out by probability.
    pub(super) any_probability: bool,
    set: &'static str,
    items: BTreeSet<String>,
    labels: BTreeMap<Option<usize>, usize>,
    sentences: BTreeMap<(usize, usize), usize>,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(set: &'static str, settings: &'a Settings) -> Self {
        Self {
            settings,
            rng: ChaCha8Rng::seed_from_u64(settings.seed),
            any_probability: false,
            set,
            items: BTreeSet::new(),
            labels: BTreeMap::new(),
            sentences: BTreeMap::new(),
        }
    }

    /// The held-out phrasings of a form about `domains` that are not taken; one or more.
    pub(super) fn phrasings(&self, form: Form, domains: &[Domain]) -> Result<Vec<Phrasing>, SampleError> {
        let all = (0..).zip(all_sentences().filter(|sentence| sentence.form == form));
        let left = all.filter(|(index, sentence)| {
            sentence.group == Group::HeldOut
                && domains.contains(&sentence.domain)
                && !self.settings.taken.has_phrasing(form, *index)
        });
        let left: Vec<Phrasing> = left.map(|(index, sentence)| Phrasing { index, sentence }).collect();
        if left.is_empty() {
            let domains = domains.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(SampleError::Phrasings { set: self.set, domains });
        }
        Ok(left)
    }

    /// A phrasing of the domain that is `turn`-th in rotation; within it of the labels, then the sentence, used least.
    pub(super) fn next_phrasing(&mut self, phrasings: &[Phrasing], turn: usize) -> Phrasing {
        let domains: BTreeSet<Domain> = phrasings.iter().map(|p| p.sentence.domain).collect();
        let domain = domains.iter().nth(turn % domains.len()).expect("a remainder is below the number of domains");
        let used = |p: &&Phrasing| {
            let times = self.sentences.get(&p.key()).copied().unwrap_or(0);
            (self.labels.get(&p.labels()).copied().unwrap_or(0), times, p.index)
        };
        let next = *phrasings
            .iter()
            .filter(|p| p.sentence.domain == *domain)
            .min_by_key(used)
            .expect("each domain comes from a phrasing");
        *self.labels.entry(next.labels()).or_default() += 1;
        *self.sentences.entry(next.key()).or_default() += 1;
        next
    }

    /// A problem, sound and unlike those drawn before, that `attempt` makes within the tolerance it is given.
    pub(super) fn draw(
        &mut self,
        domain: Domain,
        wanted: &str,
        attempt: impl Fn(&mut Grid<'_>, f64) -> Option<Problem>,
    ) -> Result<Problem, SampleError> {
        let topic = if domain.is_finance() { Topic::Finance } else { Topic::Plain };
        let mut taken = 0;
        for tries in 0..TRIES {
            let tolerance = TOLERANCE * (1.0 + tries as f64 / PATIENCE);
            let mut grid = Grid { group: Group::HeldOut, topic, rng: &mut self.rng };
            let Some(problem) = attempt(&mut grid, tolerance).filter(is_sound) else {
                continue;
            };
            if self.is_taken(&problem) {
                taken += 1;
            } else if self.items.insert(problem.item()) {
                return Ok(problem);
            }
        }
        let (found, count) = (self.items.len(), self.settings.count);
        Err(SampleError::Exhausted { set: self.set, wanted: wanted.to_owned(), found, count, tries: TRIES, taken })
    }

    pub(super) fn is_taken(&self, problem: &Problem) -> bool {
        let taken = &self.settings.taken;
        taken.has_wealth(problem) || (!self.any_probability && taken.has_probability(problem))
    }

    /// Puts a problem in a phrasing of its form.
    pub(super) fn ask(&self, problem: Problem, phrasing: Phrasing) -> Item {
        let sentence = phrasing.sentence;
        let text = question(&problem, phrasing.index);
        Item { text, problem, domain: Some(sentence.domain), labels: sentence.labels, set: self.set }
    }

    /// Whether the best decisions for all targets are clear.
    pub(super) fn is_clear(settings: &Settings, problem: &Problem) -> bool {
        settings.targets.iter().all(|&gamma| is_clear_for(problem, gamma, settings.margin))
    }
}

impl Phrasing {
    pub(super) fn domain(&self) -> Domain {
        self.sentence.domain
    }

    fn key(&self) -> (usize, usize) {
        (self.sentence.form as usize, self.index)
    }

    fn labels(&self) -> Option<usize> {
        let place = |labels| Labels::ALL.iter().position(|other| *other == labels);
        self.sentence.labels.and_then(place)
    }
}
