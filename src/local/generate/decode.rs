//! One more token for several sequences at once: the weights are read once for all of them.

use faer::prelude::ReborrowMut;
use rayon::prelude::*;

use super::Speaker;
use super::cache::Cache;
use super::choose::Voice;
use crate::local::adapter::{BlockAdapter, LowRank};
use crate::local::compute::linear::Linear;
use crate::local::compute::pointwise::{Norm, exp, gated, shift};
use crate::local::compute::product::{ViewMut, add, matrix, set, view, view_mut};
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
        let positions: Vec<usize> = speeches.iter().map(|speech| speech.cache.blocks[0].len() / width).collect();
        let embedding = &self.weights.embedding;
        let row = |token: &u32| &embedding.values[*token as usize * hidden..][..hidden];
        let mut values: Vec<f32> = tokens.iter().flat_map(row).copied().collect();
        for (index, block) in self.weights.blocks.iter().enumerate() {
            let step = Step { config, block, adapter: self.adapter.map(|all| (&all.blocks[index], all.scale)) };
            let normed = step.norm(&block.attention_norm).forward(&values);
            let (mut query, mut key_value) = step.project(&normed);
            self.rotation.0.forward((&mut query, config.query_width()), config.query_width(), &positions);
            self.rotation.0.forward((&mut key_value, width), config.kv_width(), &positions);
            let attended = step.attend(&query, &key_value, (index, speeches));
            accumulate(&mut values, &step.halves(&block.output, step.low(|adapter| &adapter.output), &attended));
            let normed = step.norm(&block.feed_norm).forward(&values);
            let product = gated(&step.gate_up(&normed), config.intermediate);
            accumulate(&mut values, &step.halves(&block.down, step.low(|adapter| &adapter.down), &product));
        }
        let norm = Norm { scale: &self.weights.norm, epsilon: config.norm_epsilon };
        split_product(self.weights.head.as_ref().unwrap_or(embedding), &norm.forward(&values), None)
    }
}

/// One block at one step.
struct Step<'a> {
    config: &'a Config,
    block: &'a Block,
    adapter: Option<(&'a BlockAdapter, f32)>,
}

/// An addition with its factor.
type Low<'a> = Option<(&'a LowRank, f32)>;

impl<'a> Step<'a> {
    fn norm(&self, scale: &'a [f32]) -> Norm<'a> {
        Norm { scale, epsilon: self.config.norm_epsilon }
    }

    fn low(&self, of: impl Fn(&'a BlockAdapter) -> &'a Option<LowRank>) -> Low<'a> {
        self.adapter.and_then(|(adapter, scale)| Some((of(adapter).as_ref()?, scale)))
    }

    fn map(&self, weight: &'a Matrix, low: Low<'a>) -> Linear<'a> {
        Linear { weight, low: low.map(|(low, _)| low), scale: low.map_or(0.0, |(_, scale)| scale) }
    }

    /// Queries, and keys with values after them.
    fn project(&self, normed: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let (config, block) = (self.config, self.block);
        let rows = normed.len() / config.hidden;
        let input = view(normed, config.hidden);
        let mut query = vec![0.0; rows * config.query_width()];
        let mut key_value = vec![0.0; rows * 2 * config.kv_width()];
        let (keys, values) = view_mut(&mut key_value, 2 * config.kv_width()).split_at_col_mut(config.kv_width());
        let queries = view_mut(&mut query, config.query_width());
        rayon::join(
            || self.map(&block.query, self.low(|adapter| &adapter.query)).forward(input, queries),
            || {
                self.map(&block.key, self.low(|adapter| &adapter.key)).forward(input, keys);
                self.map(&block.value, self.low(|adapter| &adapter.value)).forward(input, values);
            },
        );
        if let Some(bias) = &block.bias {
            shift(&mut query, &bias.query);
            shift(&mut key_value, &bias.key_value);
        }
        (query, key_value)
    }

    fn gate_up(&self, normed: &[f32]) -> Vec<f32> {
        let (config, block) = (self.config, self.block);
        let input = view(normed, config.hidden);
        let mut gate_up = vec![0.0; normed.len() / config.hidden * 2 * config.intermediate];
        let (gates, ups) = view_mut(&mut gate_up, 2 * config.intermediate).split_at_col_mut(config.intermediate);
        rayon::join(
            || self.map(&block.gate, self.low(|adapter| &adapter.gate)).forward(input, gates),
            || self.map(&block.up, self.low(|adapter| &adapter.up)).forward(input, ups),
        );
        gate_up
    }

    fn halves(&self, weight: &Matrix, low: Low<'_>, input: &[f32]) -> Vec<f32> {
        split_product(weight, input, low)
    }

    /// Appends keys and values to the caches, and attends to all of them.
    fn attend(&self, query: &[f32], key_value: &[f32], (block, speeches): (usize, &mut [Speech])) -> Vec<f32> {
        let config = self.config;
        let mut output = vec![0.0; query.len()];
        let rows = query.par_chunks_exact(config.query_width()).zip(key_value.par_chunks_exact(2 * config.kv_width()));
        let outputs = output.par_chunks_exact_mut(config.query_width());
        speeches.par_iter_mut().zip(rows).zip(outputs).for_each(|((speech, (query, key_value)), output)| {
            let cache = &mut speech.cache.blocks[block];
            cache.extend_from_slice(key_value);
            self.attend_one(query, cache, output);
        });
        output
    }

    fn attend_one(&self, query: &[f32], cache: &[f32], output: &mut [f32]) {
        let config = self.config;
        let (dim, width) = (config.head_dim, config.kv_width());
        let rows = view(cache, 2 * width);
        let seen = rows.nrows();
        let together = config.heads / config.kv_heads;
        let scale = 1.0 / (dim as f32).sqrt();
        let mut scores = vec![0.0; together * seen];
        for group in 0..config.kv_heads {
            let heads = group * together * dim..(group + 1) * together * dim;
            let keys = rows.submatrix(0, group * dim, seen, dim);
            set(view_mut(&mut scores, seen), scale, (view(&query[heads.clone()], dim), keys.transpose()));
            scores.chunks_exact_mut(seen).for_each(softmax);
            let values = rows.submatrix(0, width + group * dim, seen, dim);
            set(view_mut(&mut output[heads], dim), 1.0, (view(&scores, seen), values));
        }
    }
}

fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = exp(*score - most));
    let total: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= total);
}

/// A map's output, the left half of its columns on one thread and the right half on another.
fn split_product(weight: &Matrix, input: &[f32], low: Low<'_>) -> Vec<f32> {
    let x = view(input, weight.cols);
    let mut output = vec![0.0; x.nrows() * weight.rows];
    let inner = low.map(|(low, _)| {
        let mut inner = vec![0.0; x.nrows() * low.down.rows];
        set(view_mut(&mut inner, low.down.rows), 1.0, (x, matrix(&low.down).transpose()));
        inner
    });
    let half = weight.rows / 2;
    let (left, right) = view_mut(&mut output, weight.rows).split_at_col_mut(half);
    let part = |mut into: ViewMut<'_>, start: usize| {
        let columns = into.ncols();
        set(into.rb_mut(), 1.0, (x, matrix(weight).subrows(start, columns).transpose()));
        if let (Some((low, scale)), Some(inner)) = (low, &inner) {
            let up = matrix(&low.up).subrows(start, columns).transpose();
            add(into, scale, (view(inner, low.down.rows), up));
        }
    };
    rayon::join(|| part(left, 0), || part(right, half));
    output
}

fn accumulate(into: &mut [f32], values: &[f32]) {
    into.iter_mut().zip(values).for_each(|(into, value)| *into += value);
}
