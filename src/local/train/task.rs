//! A step's share of one thread, or of all together: examples through the model and back, some at a time.

use super::TrainError;
use super::corpus::Corpus;
use super::objective::{Outcome, preference};
use crate::local::adapter::Adapter;
use crate::local::compute::block::kept_per_row;
use crate::local::compute::head::{Head, Scored};
use crate::local::compute::layout::Pack;
use crate::local::compute::pass::Pass;
use crate::local::config::Config;

/// A thread's tape takes no more than this, unless one example alone does.
const TAPE_BYTES: usize = 192 << 20;

/// What a step asks of each of its shares.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) pass: Pass<'a>,
    pub(super) corpus: &'a Corpus,
    /// The adapter at the start, which preferences are measured against.
    pub(super) start: Option<&'a Adapter>,
    pub(super) beta: f64,
    /// What the losses of the whole step are divided by.
    pub(super) total: f64,
    /// Index of the step.
    pub(super) step: u64,
}

/// Sums over some examples.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Losses, undivided.
    pub(super) loss: f64,
    /// Weight of the labels, or number of pairs.
    pub(super) weight: f64,
    /// Labels predicted rightly, or pairs put in the right order.
    pub(super) hits: f64,
    /// Labels, or pairs.
    pub(super) count: f64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.loss += other.loss;
        self.weight += other.weight;
        self.hits += other.hits;
        self.count += other.count;
    }
}

/// A group's labels, and the loss's derivative by each one's log probability.
struct Judged {
    tally: Tally,
    slopes: Vec<f32>,
}

impl Task<'_> {
    /// Takes examples or pairs through the model, and back when there is a gradient to add to.
    ///
    /// # Errors
    /// [`TrainError::Loss`] when a loss is not a number.
    pub(super) fn run(&self, units: &[usize], mut gradient: Option<&mut Adapter>) -> Result<Tally, TrainError> {
        let mut tally = Tally::default();
        for group in self.groups(units) {
            tally.add(self.group(&group, gradient.as_deref_mut())?);
        }
        Ok(tally)
    }

    /// Splits examples or pairs so that the tape of each group is within its bound.
    fn groups(&self, units: &[usize]) -> Vec<Vec<usize>> {
        let most = most_rows(&self.pass.weights.config, self.pass.first_block);
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for unit in units {
            let last = groups.last_mut().filter(|group| {
                let with = [&group[..], &[*unit]].concat();
                Pack::new(&self.corpus.sequences(&with)).ids.len() <= most
            });
            match last {
                Some(group) => group.push(*unit),
                None => groups.push(vec![*unit]),
            }
        }
        groups
    }

    fn group(&self, units: &[usize], gradient: Option<&mut Adapter>) -> Result<Tally, TrainError> {
        let pack = Pack::new(&self.corpus.sequences(units));
        let input = self.corpus.input(&self.pass, &pack, units);
        let (output, tapes) = self.pass.forward(&pack, input);
        let labels: Vec<(usize, u32)> =
            pack.labels.iter().map(|label| (tapes.output_row(label.row), label.token)).collect();
        let head = Head::new(self.pass.weights, self.pass.threads);
        let scored = head.score(&output, &labels, gradient.is_some());
        self.check(&pack, &scored, units)?;
        let judged = self.judge(&pack, &scored, units);
        if let Some(gradient) = gradient {
            let output_gradient = head.backward(&scored, &output, (&labels, &judged.slopes));
            self.pass.backward((&pack, tapes), output_gradient, gradient);
        }
        Ok(judged.tally)
    }

    /// # Errors
    /// [`TrainError::Loss`] when a log probability is not a number.
    fn check(&self, pack: &Pack, scored: &Scored, units: &[usize]) -> Result<(), TrainError> {
        let mut labels = pack.labels.iter().zip(&scored.log_probabilities);
        match labels.find(|(_, log)| !log.is_finite()) {
            None => Ok(()),
            Some((label, _)) => {
                let unit = if self.corpus.is_paired() { label.sequence / 2 } else { label.sequence };
                Err(TrainError::Loss { step: self.step, example: units[unit] })
            }
        }
    }

    fn judge(&self, pack: &Pack, scored: &Scored, units: &[usize]) -> Judged {
        let weights: Vec<f32> = pack.labels.iter().map(|label| label.weight).collect();
        if !self.corpus.is_paired() {
            let outcome = Outcome { log_probabilities: &scored.log_probabilities, weights: &weights };
            let hits = scored.hits.iter().filter(|hit| **hit).count();
            let weight = weights.iter().map(|weight| f64::from(*weight)).sum();
            let tally = Tally { loss: -outcome.total(), weight, hits: hits as f64, count: weights.len() as f64 };
            let slopes = weights.iter().map(|weight| (-f64::from(*weight) / self.total) as f32).collect();
            return Judged { tally, slopes };
        }
        let now = sums(pack, scored);
        let mut judged = Judged { tally: Tally::default(), slopes: Vec::with_capacity(weights.len()) };
        let mut factors = Vec::with_capacity(now.len());
        for (unit, now) in units.iter().zip(&now) {
            let start = self.corpus.reference(*unit, || self.reference(*unit));
            let found = preference(self.beta, *now, start);
            let hits = f64::from(u8::from(found.margin > 0.0));
            judged.tally.add(Tally { loss: found.loss, weight: 1.0, hits, count: 1.0 });
            factors.extend([found.slope / self.total, -found.slope / self.total]);
        }
        let slopes = pack.labels.iter().map(|label| (factors[label.sequence] * f64::from(label.weight)) as f32);
        judged.slopes.extend(slopes);
        judged
    }

    /// A pair's log probabilities in the model as it was at the start.
    fn reference(&self, unit: usize) -> [f64; 2] {
        // As it is on one thread, so that it is the same bit for bit whenever it is computed.
        let pass = Pass { adapter: self.start, threads: 1, ..self.pass };
        let pack = Pack::new(&self.corpus.sequences(&[unit]));
        let input = self.corpus.input(&pass, &pack, &[unit]);
        let (output, tapes) = pass.forward(&pack, input);
        let labels: Vec<(usize, u32)> =
            pack.labels.iter().map(|label| (tapes.output_row(label.row), label.token)).collect();
        sums(&pack, &Head::new(pass.weights, pass.threads).score(&output, &labels, false))[0]
    }
}

/// Rows whose tape is within its bound.
pub(super) fn most_rows(config: &Config, first_block: usize) -> usize {
    TAPE_BYTES / (kept_per_row(config) * size_of::<f32>() * (config.layers - first_block))
}

/// Weighted log probabilities of each pair's sequences.
fn sums(pack: &Pack, scored: &Scored) -> Vec<[f64; 2]> {
    let mut sums = vec![[0.0; 2]; pack.rows.len() / 2];
    for (label, log) in pack.labels.iter().zip(&scored.log_probabilities) {
        sums[label.sequence / 2][label.sequence % 2] += f64::from(*log) * f64::from(label.weight);
    }
    sums
}
