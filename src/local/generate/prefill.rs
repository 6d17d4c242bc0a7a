//! Prompts through all blocks, on two threads or more, each with its share of them.

use std::ops::Range;

use rayon::prelude::*;

use super::cache::Cache;
use super::{Speaker, Wanted};
use crate::local::compute::Sequence;
use crate::local::compute::block::{Rows, Tape};
use crate::local::compute::columns::Columns;
use crate::local::compute::head::Head;
use crate::local::compute::layout::{Label, Pack};
use crate::local::compute::pass::Pass;

/// Tokens that a thread takes through the blocks together, unless one prompt alone has more.
const TOGETHER: usize = 1536;

/// Threads share a group whose parts have this many rows; smaller products would not be worth it.
const LEAST_APART: usize = 32;

/// A prompt that was read.
#[derive(Clone)]
pub(super) struct Begun {
    /// After its last token, [vocabulary].
    pub(super) logits: Vec<f32>,
    /// Its keys and values if it goes on.
    pub(super) cache: Cache,
    /// See [`Continuation::scores`](super::Continuation::scores).
    pub(super) scores: Vec<Vec<f64>>,
}

impl Speaker<'_> {
    /// In the order of the prompts.
    pub(super) fn prefill(&self, wanted: &[Wanted]) -> Vec<Begun> {
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        // Neighbours share beginnings.
        order.sort_by(|one, other| wanted[*one].prompt.cmp(&wanted[*other].prompt));
        let groups = groups(&order, |index| wanted[index].rows());
        let threads = rayon::current_num_threads().max(1) / groups.len().max(1);
        let begin = |range: Range<usize>| self.begin(wanted, &order[range], threads);
        let begun: Vec<Vec<Begun>> = groups.into_par_iter().map(begin).collect();
        let mut all: Vec<Option<Begun>> = vec![None; wanted.len()];
        for (index, begun) in order.into_iter().zip(begun.into_iter().flatten()) {
            all[index] = Some(begun);
        }
        all.into_iter().map(|begun| begun.expect("every prompt is in one group")).collect()
    }

    fn begin(&self, wanted: &[Wanted], members: &[usize], threads: usize) -> Vec<Begun> {
        let config = &self.weights.config;
        // The prompts first, then every ending behind its prompt, whose rows are the same ones.
        let prompts = members.iter().map(|index| labelled(&wanted[*index].prompt, &[0]));
        let endings = members
            .iter()
            .flat_map(|index| wanted[*index].endings.iter().map(|ending| labelled(&wanted[*index].prompt, ending)));
        let sequences: Vec<Sequence> = prompts.chain(endings).collect();
        let pack = Pack::new(&sequences.iter().collect::<Vec<_>>());
        let pass = Pass {
            weights: self.weights,
            rotation: &self.rotation.0,
            adapter: self.adapter,
            first_block: 0,
            threads: 1,
        };
        let (everything, ends) = (pack.parts(threads.min(pack.ids.len() / LEAST_APART)), [pack.labelled()]);
        let mut caches: Vec<Cache> = members
            .iter()
            .map(|index| match wanted[*index].limit {
                1 => Cache::default(),
                limit => Cache::with_room(config, wanted[*index].prompt.len() + limit),
            })
            .collect();
        let mut values = pass.below(&pack);
        for block in 0..config.layers {
            let layouts = if block + 1 == config.layers { &ends[..] } else { &everything };
            let forward = |values: Vec<f32>, layout| {
                pass.layer(block).forward(values, Rows { positions: &pack.positions, layout })
            };
            let parts: Vec<(Vec<f32>, Tape)> = match layouts {
                [layout] => vec![forward(values, layout)],
                // Every part computes the few keys and values for itself, which costs less than waiting for them.
                several => several.par_iter().map(|layout| forward(values.clone(), layout)).collect(),
            };
            let (outputs, tapes): (Vec<Vec<f32>>, Vec<Tape>) = parts.into_iter().unzip();
            let key_value = tapes.into_iter().next().expect("there is a part").into_key_value();
            for (index, cache) in caches.iter_mut().enumerate().filter(|(_, cache)| !cache.blocks.is_empty()) {
                cache.take((config, block), (&pack, index), &key_value);
            }
            values = outputs.concat();
        }
        let picked = ends[0].picked.as_ref().expect("only labelled rows are put out");
        let place = |label: &Label| picked.partition_point(|row| *row < label.row);
        let (firsts, others): (Vec<&Label>, Vec<&Label>) =
            pack.labels.iter().partition(|label| label.sequence < members.len());
        let row = |label: &&Label| &values[place(label) * config.hidden..][..config.hidden];
        let last: Vec<f32> = firsts.iter().flat_map(row).copied().collect();
        let head = Head::new(self.weights, 1);
        let logits = head.logits(&Columns::new(&last, config.hidden));
        let labels: Vec<(usize, u32)> = others.iter().map(|label| (place(label), label.token)).collect();
        let mut scores = head.score(&values, &labels, false).log_probabilities.into_iter().map(f64::from);
        let begun = caches.into_iter().zip(logits.chunks_exact(config.vocabulary)).zip(members);
        begun
            .map(|((cache, logits), index)| {
                let endings = wanted[*index].endings.iter();
                let scores = endings.map(|ending| scores.by_ref().take(ending.len()).collect()).collect();
                Begun { logits: logits.to_vec(), cache, scores }
            })
            .collect()
    }
}

/// A prompt behind which these tokens are predicted.
fn labelled(prompt: &[u32], next: &[u32]) -> Sequence {
    let weights = [vec![0.0; prompt.len()], vec![1.0; next.len()]].concat();
    Sequence { ids: [prompt, next].concat(), weights }
}

/// Neighbours together: at least as many groups as threads, none with more tokens than fit.
fn groups(order: &[usize], size: impl Fn(usize) -> usize) -> Vec<Range<usize>> {
    let total: usize = order.iter().map(|index| size(*index)).sum();
    let most = (total / rayon::current_num_threads().max(1) + 1).min(TOGETHER);
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut taken = 0;
    for (place, index) in order.iter().enumerate() {
        match groups.last_mut().filter(|_| taken + size(*index) <= most + size(*index) / 2) {
            Some(group) => group.end = place + 1,
            None => {
                groups.push(place..place + 1);
                taken = 0;
            }
        }
        taken += size(*index);
    }
    groups
}
