//! One more token for several sequences at once: the weights are read once for all of them.

use rayon::prelude::*;

use super::Speaker;
use super::cache::Cache;
use super::choose::Voice;
use crate::local::adapter::{BlockAdapter, LowRank};
use crate::local::compute::columns::{Columns, products};
use crate::local::compute::head::Head;
use crate::local::compute::pointwise::{Norm, shift};
use crate::local::config::Config;
use crate::local::weights::{Block, Matrix};

/// A sequence that goes on.
pub(super) struct Speech {
    /// Which one of those wanted.
    pub(super) index: usize,
    pub(super) cache: Cache,
    pub(super) voice: Voice,
}

impl Speaker<'_> {
    /// Logits after one more token each, [sequences, vocabulary].
    pub(super) fn decode(&self, tokens: &[u32], speeches: &mut [Speech]) -> Vec<f32> {
        let config = &self.weights.config;
        let hidden = config.hidden;
        let width = 2 * config.kv_width();
        let positions: Vec<usize> = speeches.iter().map(|speech| speech.cache.blocks[0].positions).collect();
        let embedding = &self.weights.embedding;
        let row = |token: &u32| &embedding.values[*token as usize * hidden..][..hidden];
        let mut values = Columns::new(&tokens.iter().flat_map(row).copied().collect::<Vec<f32>>(), hidden);
        for (index, block) in self.weights.blocks.iter().enumerate() {
            let step = Step { config, block, adapter: self.adapter.map(|all| (&all.blocks[index], all.scale)) };
            let (mut query, mut key_value) = step.project(&values.normed(&step.norm(&block.attention_norm)));
            self.rotation.0.forward((&mut query, config.query_width()), config.query_width(), &positions);
            self.rotation.0.forward((&mut key_value, width), config.kv_width(), &positions);
            let attended = step.attend(&query, &key_value, (index, speeches));
            values.add(&step.output(&attended));
            values.add(&step.feed(&values.normed(&step.norm(&block.feed_norm))));
        }
        Head::new(self.weights, 1).logits(&values)
    }
}

/// One block at one step.
struct Step<'a> {
    config: &'a Config,
    block: &'a Block,
    adapter: Option<(&'a BlockAdapter, f32)>,
}

/// A map and where its addition is.
type Map<'a> = (&'a Matrix, fn(&BlockAdapter) -> &Option<LowRank>);

impl<'a> Step<'a> {
    fn norm(&self, scale: &'a [f32]) -> Norm<'a> {
        Norm { scale, epsilon: self.config.norm_epsilon }
    }

    /// Maps of the same rows, with their additions.
    fn maps<const N: usize>(&self, maps: [Map<'a>; N], x: &Columns) -> [Columns; N] {
        let lows = maps.map(|(_, low)| self.adapter.and_then(|(adapter, scale)| Some((low(adapter).as_ref()?, scale))));
        let downs: Vec<_> = lows.iter().flatten().map(|(low, _)| vec![(&low.down, x)]).collect();
        let mut inner = products(&downs).into_iter();
        let inner = lows.map(|low| low.map(|(low, scale)| (&low.up, next(&mut inner).scaled(scale))));
        let sums = maps.iter().zip(&inner).map(|((weight, _), inner)| {
            let addition = inner.as_ref().map(|(up, inner)| (*up, inner));
            std::iter::once((*weight, x)).chain(addition).collect()
        });
        each(products(&sums.collect::<Vec<_>>()))
    }

    /// Queries, and keys with values after them.
    fn project(&self, normed: &Columns) -> (Vec<f32>, Vec<f32>) {
        let (config, block) = (self.config, self.block);
        let [query, key, value] = self.maps(
            [
                (&block.query, |adapter| &adapter.query),
                (&block.key, |adapter| &adapter.key),
                (&block.value, |adapter| &adapter.value),
            ],
            normed,
        );
        let width = config.kv_width();
        let mut query = query.into_rows();
        let mut key_value = vec![0.0; query.len() / config.query_width() * 2 * width];
        key.write(&mut key_value, (2 * width, 0));
        value.write(&mut key_value, (2 * width, width));
        if let Some(bias) = &block.bias {
            shift(&mut query, &bias.query);
            shift(&mut key_value, &bias.key_value);
        }
        (query, key_value)
    }

    fn output(&self, attended: &[f32]) -> Columns {
        let attended = Columns::new(attended, self.config.query_width());
        let [output] = self.maps([(&self.block.output, |adapter| &adapter.output)], &attended);
        output
    }

    fn feed(&self, normed: &Columns) -> Columns {
        let block = self.block;
        let maps: [Map<'a>; 2] = [(&block.gate, |adapter| &adapter.gate), (&block.up, |adapter| &adapter.up)];
        let [gate, up] = self.maps(maps, normed);
        let [down] = self.maps([(&block.down, |adapter| &adapter.down)], &Columns::gated(gate, &up));
        down
    }

    /// Appends keys and values to the caches, and attends to all of them.
    fn attend(&self, query: &[f32], key_value: &[f32], (block, speeches): (usize, &mut [Speech])) -> Vec<f32> {
        let config = self.config;
        let mut output = vec![0.0; query.len()];
        let rows = query.par_chunks_exact(config.query_width()).zip(key_value.par_chunks_exact(2 * config.kv_width()));
        let outputs = output.par_chunks_exact_mut(config.query_width());
        speeches.par_iter_mut().zip(rows).zip(outputs).for_each(|((speech, (query, key_value)), output)| {
            let seen = &mut speech.cache.blocks[block];
            seen.push(config, key_value);
            seen.attend(config, query, output);
        });
        output
    }
}

fn next(all: &mut impl Iterator<Item = Columns>) -> Columns {
    all.next().expect("every product has its output")
}

fn each<const N: usize>(all: Vec<Columns>) -> [Columns; N] {
    all.try_into().expect("every product has its output")
}
