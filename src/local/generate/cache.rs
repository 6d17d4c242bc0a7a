//! Keys and values of one sequence, and what queries find in them.
//!
//! Keys of many positions lie side by side, one position to a lane, and so do a head's values, so that a query meets them
//! without adding up across lanes.

use pulp::Simd;

use crate::local::compute::columns::weighted_sums;
use crate::local::compute::layout::Pack;
use crate::local::compute::pointwise::{exp, most, sum, widest};
use crate::local::config::Config;

/// Positions, or values of a head, side by side.
const LANES: usize = 32;
/// Vectors that are summed at a time.
const VECTORS: usize = 2;

/// What a sequence's blocks have seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache {
    pub(super) blocks: Vec<KeyValues>,
}

impl Cache {
    /// A cache with room for this many positions.
    pub(super) fn with_room(config: &Config, positions: usize) -> Self {
        let room = || KeyValues {
            positions: 0,
            keys: Vec::with_capacity(positions.next_multiple_of(LANES) * config.kv_width()),
            values: Vec::with_capacity(positions * config.kv_heads * config.head_dim.next_multiple_of(LANES)),
        };
        Self { blocks: (0..config.layers).map(|_| room()).collect() }
    }

    /// Takes over a packed sequence's rows of one block.
    pub(super) fn take(&mut self, (config, block): (&Config, usize), (pack, index): (&Pack, usize), key_value: &[f32]) {
        let width = 2 * config.kv_width();
        for row in &pack.rows[index] {
            self.blocks[block].push(config, &key_value[row * width..][..width]);
        }
    }
}

/// Keys and values of one block, first position to last.
#[derive(Debug, Clone)]
pub(super) struct KeyValues {
    pub(super) positions: usize,
    /// [groups of positions, kv_width, 32]; 0 behind the last position.
    keys: Vec<f32>,
    /// [positions, kv_heads, head_dim]; heads are filled up with 0 to a multiple of 32.
    values: Vec<f32>,
}

impl KeyValues {
    /// Appends a position: its key, and its value after that.
    pub(super) fn push(&mut self, config: &Config, key_value: &[f32]) {
        let (key, value) = key_value.split_at(config.kv_width());
        let (group, lane) = (self.positions / LANES * LANES * key.len(), self.positions % LANES);
        self.keys.resize(group + LANES * key.len(), 0.0);
        self.keys[group + lane..].iter_mut().step_by(LANES).zip(key).for_each(|(into, value)| *into = *value);
        for head in value.chunks_exact(config.head_dim) {
            self.values.extend_from_slice(head);
            self.values.resize(self.values.len().next_multiple_of(LANES), 0.0);
        }
        self.positions += 1;
    }

    /// What the queries of one position, [heads, head_dim], find; as long.
    pub(super) fn attend(&self, config: &Config, query: &[f32], output: &mut [f32]) {
        let seen = self;
        widest!(simd, |seen: &'a KeyValues, config: &'a Config, query: &'a [f32], output: &'a mut [f32]| -> () {
            let group = config.heads / config.kv_heads * config.head_dim;
            let some = 4 * config.head_dim;
            let groups = query.chunks_exact(group).zip(output.chunks_exact_mut(group));
            for (kv_head, (queries, outputs)) in groups.enumerate() {
                // Some queries at a time meet each key and value that is read.
                for (query, output) in queries.chunks(some).zip(outputs.chunks_mut(some)) {
                    let at = At { seen, config, kv_head, query };
                    match query.len() / config.head_dim {
                        4 => at.attend::<S, 4>(simd, output),
                        3 => at.attend::<S, 3>(simd, output),
                        2 => at.attend::<S, 2>(simd, output),
                        _ => at.attend::<S, 1>(simd, output),
                    }
                }
            }
        });
    }
}

/// Some queries at the key and value head that they share.
struct At<'a> {
    seen: &'a KeyValues,
    config: &'a Config,
    kv_head: usize,
    /// [queries, head_dim].
    query: &'a [f32],
}

impl At<'_> {
    #[inline(always)]
    fn attend<S: Simd, const N: usize>(&self, simd: S, output: &mut [f32]) {
        let seen = self.seen;
        let (dim, width) = (self.config.head_dim, self.config.kv_width());
        let scale = simd.splat_f32s(1.0 / (dim as f32).sqrt());
        let groups = seen.positions.div_ceil(LANES);
        let mut scores = vec![0.0; N * groups * LANES];
        let query: [&[f32]; N] = std::array::from_fn(|n| &self.query[n * dim..][..dim]);
        for (group, keys) in seen.keys.chunks_exact(width * LANES).enumerate() {
            let keys = &keys[self.kv_head * dim * LANES..][..dim * LANES];
            lanes(simd, query, (keys, LANES), |n, vector, sum| {
                let place = (n * groups + group) * LANES + vector * S::F32_LANES;
                S::as_mut_simd_f32s(&mut scores[place..][..S::F32_LANES]).0[0] = simd.mul_f32s(sum, scale);
            });
        }
        scores.chunks_exact_mut(groups * LANES).for_each(|scores| softmax(&mut scores[..seen.positions]));
        let probabilities: [&[f32]; N] = std::array::from_fn(|n| &scores[n * groups * LANES..][..seen.positions]);
        let filled = dim.next_multiple_of(LANES);
        let stride = self.config.kv_heads * filled;
        for start in (0..filled).step_by(LANES) {
            let mut sums = [[0.0; LANES]; N];
            lanes(simd, probabilities, (&seen.values[self.kv_head * filled + start..], stride), |n, vector, sum| {
                S::as_mut_simd_f32s(&mut sums[n][vector * S::F32_LANES..][..S::F32_LANES]).0[0] = sum;
            });
            for (output, sums) in output.chunks_exact_mut(dim).zip(&sums) {
                output[start..].iter_mut().zip(sums).for_each(|(into, sum)| *into = *sum);
            }
        }
    }
}

/// Gives every vector of the first 32 lanes of rows, each `stride` after the one before, summed by each of the weights.
#[inline(always)]
fn lanes<S: Simd, const N: usize>(
    simd: S,
    weights: [&[f32]; N],
    (rows, stride): (&[f32], usize),
    mut give: impl FnMut(usize, usize, S::f32s),
) {
    let rows = S::as_simd_f32s(rows).0;
    for first in (0..LANES / S::F32_LANES).step_by(VECTORS) {
        let sums = weighted_sums::<S, N, VECTORS>(simd, weights, (&rows[first..], stride / S::F32_LANES));
        for (n, sums) in sums.into_iter().enumerate() {
            sums.into_iter().enumerate().for_each(|(vector, sum)| give(n, first + vector, sum));
        }
    }
}

#[inline(always)]
fn softmax(scores: &mut [f32]) {
    let most = most(scores);
    scores.iter_mut().for_each(|score| *score = exp(*score - most));
    let total = sum([scores], |[value]| value);
    scores.iter_mut().for_each(|score| *score /= total);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::tiny;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| (((i * 7919 + seed * 31) % 1009) as f32 / 252.0) - 2.0).collect()
    }

    /// softmax(q K / sqrt(head_dim)) V in f64.
    fn expected(config: &Config, query: &[f32], rows: &[Vec<f32>]) -> Vec<f64> {
        let (dim, width) = (config.head_dim, config.kv_width());
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let head = |head: usize| {
            let at = head / (config.heads / config.kv_heads) * dim;
            let query = &query[head * dim..][..dim];
            let score = |row: &Vec<f32>| (product(query, &row[at..][..dim]) / (dim as f64).sqrt()).exp();
            let scores: Vec<f64> = rows.iter().map(score).collect();
            let total: f64 = scores.iter().sum();
            let value = |i: usize| {
                rows.iter().zip(&scores).map(|(row, score)| score * f64::from(row[width + at + i])).sum::<f64>() / total
            };
            (0..dim).map(value).collect::<Vec<f64>>()
        };
        (0..config.heads).flat_map(head).collect()
    }

    #[test]
    fn attention_is_that_of_its_definition_whatever_the_sizes() {
        for (heads, kv_heads, head_dim, positions) in
            [(1, 1, 2, 1), (4, 4, 64, 33), (3, 1, 64, 65), (5, 1, 40, 32), (8, 1, 34, 130), (6, 3, 64, 31)]
        {
            let config = Config { heads, kv_heads, head_dim, layers: 1, ..tiny::weights().config };
            let mut cache = Cache::with_room(&config, positions);
            let rows: Vec<Vec<f32>> = (0..positions).map(|seed| numbers(2 * config.kv_width(), seed)).collect();
            rows.iter().for_each(|row| cache.blocks[0].push(&config, row));
            let query = numbers(config.query_width(), 5);
            let mut output = vec![f32::NAN; query.len()];
            cache.blocks[0].attend(&config, &query, &mut output);
            for (found, expected) in output.iter().zip(expected(&config, &query, &rows)) {
                assert!((f64::from(*found) - expected).abs() < 1e-5, "{found} for {expected}: {config:?}");
            }
        }
    }
}
