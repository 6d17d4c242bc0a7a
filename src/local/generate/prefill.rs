//! Prompts through all blocks, on two threads or more, each with its share of them.

use std::ops::Range;

use rayon::prelude::*;

use super::cache::Cache;
use super::{Speaker, Wanted};
use crate::local::compute::Sequence;
use crate::local::compute::block::Rows;
use crate::local::compute::head::Head;
use crate::local::compute::layout::Pack;
use crate::local::compute::pass::Pass;

/// Tokens that a thread takes through the blocks together, unless one prompt alone has more.
const TOGETHER: usize = 1536;

/// A prompt's logits after its last token, and its keys and values if it goes on.
type Begun = (Vec<f32>, Cache);

impl Speaker<'_> {
    /// In the order of the prompts.
    pub(super) fn prefill(&self, wanted: &[Wanted]) -> Vec<Begun> {
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        // Neighbours share beginnings.
        order.sort_by(|one, other| wanted[*one].prompt.cmp(&wanted[*other].prompt));
        let groups = groups(&order, |index| wanted[index].prompt.len());
        let begun: Vec<Vec<Begun>> = groups.into_par_iter().map(|range| self.begin(wanted, &order[range])).collect();
        let mut all: Vec<Option<Begun>> = vec![None; wanted.len()];
        for (index, begun) in order.into_iter().zip(begun.into_iter().flatten()) {
            all[index] = Some(begun);
        }
        all.into_iter().map(|begun| begun.expect("every prompt is in one group")).collect()
    }

    fn begin(&self, wanted: &[Wanted], members: &[usize]) -> Vec<Begun> {
        let config = &self.weights.config;
        let sequences: Vec<Sequence> = members.iter().map(|index| labelled(&wanted[*index].prompt)).collect();
        let pack = Pack::new(&sequences.iter().collect::<Vec<_>>());
        let pass = Pass { weights: self.weights, rotation: &self.rotation.0, adapter: self.adapter, first_block: 0 };
        let (everything, ends) = (pack.everything(), pack.labelled());
        let mut caches: Vec<Cache> = members
            .iter()
            .map(|index| match wanted[*index].limit {
                1 => Cache::default(),
                limit => Cache::with_room(config, wanted[*index].prompt.len() + limit),
            })
            .collect();
        let mut values = pass.below(&pack);
        for block in 0..config.layers {
            let layout = if block + 1 == config.layers { &ends } else { &everything };
            let rows = Rows { positions: &pack.positions, layout };
            let (output, tape) = pass.layer(block).forward(values, rows);
            let key_value = tape.into_key_value();
            for (index, cache) in caches.iter_mut().enumerate().filter(|(_, cache)| !cache.blocks.is_empty()) {
                cache.take(block, (&pack, index), &key_value);
            }
            values = output;
        }
        let logits = Head::new(self.weights).logits(&values);
        let picked = ends.picked.as_ref().expect("only ends are put out");
        let row = |index: usize| {
            let end = *pack.rows[index].last().expect("a prompt has a token");
            let at = picked.partition_point(|row| *row < end) * config.vocabulary;
            logits[at..at + config.vocabulary].to_vec()
        };
        caches.into_iter().enumerate().map(|(index, cache)| (row(index), cache)).collect()
    }
}

/// A prompt after whose last token something is predicted.
fn labelled(prompt: &[u32]) -> Sequence {
    let mut ids = prompt.to_vec();
    ids.push(0);
    let mut weights = vec![0.0; prompt.len()];
    weights.push(1.0);
    Sequence { ids, weights }
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
