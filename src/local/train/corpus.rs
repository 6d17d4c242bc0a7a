//! The data of a training, with what stays the same about it through all epochs.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

use super::{Data, TrainError};
use crate::local::Sequence;
use crate::local::compute::layout::Pack;
use crate::local::compute::pass::Pass;
use crate::local::config::Config;

/// Outputs of the frozen blocks are kept up to this many bytes, and computed again where there is no more room.
const KEPT_BYTES: usize = 256 << 20;

/// Examples, or pairs of a preferred and another one.
#[derive(Debug)]
pub(super) struct Corpus {
    sequences: Vec<Sequence>,
    paired: bool,
    /// Output of the frozen blocks, per sequence; none where no sequence is needed twice.
    below: Vec<OnceLock<Vec<f32>>>,
    /// Log probabilities of a pair's sequences at the start, per pair.
    references: Vec<OnceLock<[f64; 2]>>,
    room: AtomicUsize,
}

impl Corpus {
    /// Data that are gone through `passes` times.
    ///
    /// # Errors
    /// When an example is empty, too long or not of this model, or no token of it counts.
    pub(super) fn new(data: Data, config: &Config, passes: u64) -> Result<Self, TrainError> {
        let (sequences, paired) = match data {
            Data::Examples(sequences) => (sequences, false),
            Data::Pairs(pairs) => (pairs.into_iter().flat_map(|pair| [pair.chosen, pair.rejected]).collect(), true),
        };
        for (index, sequence) in sequences.iter().enumerate() {
            check(sequence, if paired { index / 2 } else { index }, config)?;
        }
        let kept = if passes > 1 || paired { sequences.len() } else { 0 };
        let below = (0..kept).map(|_| OnceLock::new()).collect();
        let references = sequences.chunks(2).map(|_| OnceLock::new()).collect();
        Ok(Self { sequences, paired, below, references, room: AtomicUsize::new(KEPT_BYTES) })
    }

    /// Number of examples or pairs.
    pub(super) fn len(&self) -> usize {
        if self.paired { self.sequences.len() / 2 } else { self.sequences.len() }
    }

    pub(super) fn is_paired(&self) -> bool {
        self.paired
    }

    /// Longest sequence, in tokens.
    pub(super) fn longest(&self) -> usize {
        self.sequences.iter().map(|sequence| sequence.ids.len()).max().unwrap_or(0)
    }

    /// Indices of the sequences of an example or pair.
    fn members(&self, unit: usize) -> Range<usize> {
        if self.paired { 2 * unit..2 * unit + 2 } else { unit..unit + 1 }
    }

    /// The sequences of examples or pairs.
    pub(super) fn sequences(&self, units: &[usize]) -> Vec<&Sequence> {
        units.iter().flat_map(|unit| &self.sequences[self.members(*unit)]).collect()
    }

    /// Examples or pairs in the order of their tokens, so that those that begin alike are neighbours.
    pub(super) fn neighbours(&self, units: &[usize]) -> Vec<usize> {
        let mut order = units.to_vec();
        order.sort_by_key(|unit| (&self.sequences[self.members(*unit).start].ids, *unit));
        order
    }

    /// Tokens that an example or pair takes through the model.
    pub(super) fn size(&self, unit: usize) -> usize {
        self.sequences[self.members(unit)].iter().map(|sequence| sequence.needed().len()).sum()
    }

    /// Weight of an example in the loss.
    pub(super) fn weight(&self, unit: usize) -> f64 {
        self.sequences[self.members(unit)].iter().map(Sequence::weight).sum()
    }

    /// A pack's input of the first trained block.
    pub(super) fn input(&self, pass: &Pass<'_>, pack: &Pack, units: &[usize]) -> Vec<f32> {
        // What is computed once is computed together, so that shared beginnings are.
        if pass.first_block == 0 || self.below.is_empty() {
            return pass.below(pack);
        }
        let width = pass.weights.config.hidden;
        let mut input = vec![0.0; pack.ids.len() * width];
        let members = units.iter().flat_map(|unit| self.members(*unit));
        for (member, rows) in members.zip(&pack.rows) {
            self.with_below(pass, member, |values| {
                for (row, values) in rows.iter().zip(values.chunks_exact(width)) {
                    input[row * width..(row + 1) * width].copy_from_slice(values);
                }
            });
        }
        input
    }

    /// Gives the frozen blocks' output of a sequence. It is always computed alone, so that it is the same bit for bit
    /// whenever that is.
    fn with_below(&self, pass: &Pass<'_>, member: usize, mut reader: impl FnMut(&[f32])) {
        if let Some(values) = self.below[member].get() {
            return reader(values);
        }
        let pass = Pass { threads: 1, ..*pass };
        let values = pass.below(&Pack::alone(self.sequences[member].needed()));
        reader(&values);
        let bytes = size_of_val(&values[..]);
        let take = |room: usize| room.checked_sub(bytes);
        if self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            self.below[member].get_or_init(|| values);
        }
    }

    /// Log probabilities of a pair's two sequences in the model as it was at the start; `compute` finds them the first
    /// time.
    pub(super) fn reference(&self, unit: usize, compute: impl FnOnce() -> [f64; 2]) -> [f64; 2] {
        *self.references[unit].get_or_init(compute)
    }

    /// Adds what the data are to a hash.
    pub(super) fn digest(&self, hash: &mut Sha256) {
        hash.update([u8::from(self.paired)]);
        for sequence in &self.sequences {
            hash.update((sequence.ids.len() as u64).to_le_bytes());
            sequence.ids.iter().for_each(|id| hash.update(id.to_le_bytes()));
            sequence.weights.iter().for_each(|weight| hash.update(weight.to_le_bytes()));
        }
    }
}

fn check(sequence: &Sequence, example: usize, config: &Config) -> Result<(), TrainError> {
    let malformed = |problem| Err(TrainError::Malformed { example, problem });
    if sequence.ids.len() != sequence.weights.len() {
        return malformed("there is not one weight per token");
    }
    if sequence.ids.len() > config.context {
        return malformed("it is longer than the model's context");
    }
    if sequence.ids.iter().any(|id| *id as usize >= config.vocabulary) {
        return malformed("a token is not in the model's vocabulary");
    }
    if sequence.weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0) {
        return malformed("a weight is negative or not a number");
    }
    if sequence.weight() <= 0.0 {
        return Err(TrainError::NothingToLearn { example });
    }
    Ok(())
}
