//! Causal attention over packed rows, with its derivative.
//!
//! Probabilities are not kept: the backward pass computes them again from queries, keys and each row's log of the sum of
//! exponentials.

use faer::prelude::ReborrowMut;
use std::borrow::Cow;
use std::ops::Range;

use super::layout::{Layout, Reach};
use super::pointwise::{exp, most, sum, widest};
use super::product::{View, add, set, view, view_mut};
use crate::local::config::Config;

/// Queries taken together: fewer waste less on what a query must not see, more make better products.
const TOGETHER: usize = 64;

/// Queries, [queries, query width], and keys with values after them, [rows, 2 * kv width], all turned to their positions.
pub(in crate::local) struct Attention<'a> {
    pub(in crate::local) config: &'a Config,
    pub(in crate::local) layout: &'a Layout,
    pub(in crate::local) query: &'a [f32],
    pub(in crate::local) key_value: &'a [f32],
}

/// What attention computes.
pub(in crate::local) struct Attended {
    /// [queries, query width].
    pub(in crate::local) output: Vec<f32>,
    /// Log of the sum of exponentials, [queries, heads].
    pub(in crate::local) log_sums: Vec<f32>,
}

/// Some queries of one head.
struct Tile {
    head: usize,
    queries: Range<usize>,
    /// Keys that the last of them sees.
    seen: usize,
}

impl Attention<'_> {
    pub(in crate::local) fn forward(&self) -> Attended {
        let config = self.config;
        let mut output = vec![0.0; self.query.len()];
        let mut log_sums = vec![0.0; self.layout.positions.len() * config.heads];
        let mut scores = Vec::new();
        for reach in &self.layout.reaches {
            let key_value = self.gather(reach);
            for tile in self.tiles(reach) {
                self.score(&tile, &key_value, &mut scores);
                self.softmax(&tile, &mut scores, &mut log_sums);
                let into = view_mut(&mut output, config.query_width());
                let into = into.submatrix_mut(
                    tile.queries.start,
                    tile.head * config.head_dim,
                    tile.queries.len(),
                    config.head_dim,
                );
                set(into, 1.0, (view(&scores, tile.seen), self.values(&tile, &key_value)));
            }
        }
        Attended { output, log_sums }
    }

    /// Gradients of queries and of keys with values, given the output's.
    pub(in crate::local) fn backward(&self, attended: &Attended, output_gradient: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let width = 2 * self.config.kv_width();
        let mut query = vec![0.0; self.query.len()];
        let mut key_value = vec![0.0; self.key_value.len()];
        let mut scratch = (Vec::new(), Vec::new());
        for reach in &self.layout.reaches {
            let gathered = self.gather(reach);
            let mut slopes = vec![0.0; gathered.len()];
            for tile in self.tiles(reach) {
                self.score(&tile, &gathered, &mut scratch.0);
                self.probabilities(&tile, &mut scratch.0, &attended.log_sums);
                let passed = Passed { attended, output_gradient, key_value: &gathered };
                self.tile_backward((&tile, &passed), (&mut query, &mut slopes), &mut scratch);
            }
            let mut from = slopes.chunks_exact(width);
            for row in reach.keys.iter().cloned().flatten() {
                let slope = from.next().expect("there is a gathered row for every row");
                for (into, value) in key_value[row * width..(row + 1) * width].iter_mut().zip(slope) {
                    *into += value;
                }
            }
        }
        (query, key_value)
    }

    fn tile_backward(
        &self,
        (tile, passed): (&Tile, &Passed<'_>),
        (query, key_value): (&mut [f32], &mut [f32]),
        (probabilities, slopes): &mut (Vec<f32>, Vec<f32>),
    ) {
        let config = self.config;
        let (query_width, head_dim) = (config.query_width(), config.head_dim);
        let (first, count, at) = (tile.queries.start, tile.queries.len(), tile.head * head_dim);
        let group = self.group(tile) * head_dim;
        let output_gradient = view(passed.output_gradient, query_width).submatrix(first, at, count, head_dim);
        slopes.clear();
        slopes.resize(probabilities.len(), 0.0);
        let values = self.values(tile, passed.key_value);
        set(view_mut(slopes, tile.seen), 1.0, (output_gradient, values.transpose()));
        self.score_gradient(tile, passed, (probabilities, slopes));

        let scale = self.scale();
        let keys = view(passed.key_value, 2 * config.kv_width()).submatrix(0, group, tile.seen, head_dim);
        let into = view_mut(query, query_width).submatrix_mut(first, at, count, head_dim);
        set(into, scale, (view(slopes, tile.seen), keys));
        let queries = view(self.query, query_width).submatrix(first, at, count, head_dim);
        let mut into = view_mut(key_value, 2 * config.kv_width());
        let keys = into.rb_mut().submatrix_mut(0, group, tile.seen, head_dim);
        add(keys, scale, (view(slopes, tile.seen).transpose(), queries));
        let values = into.submatrix_mut(0, config.kv_width() + group, tile.seen, head_dim);
        add(values, 1.0, (view(probabilities, tile.seen).transpose(), output_gradient));
    }

    /// Turns the probabilities' gradient in `slopes` into that of the scores, up to the scale.
    fn score_gradient(&self, tile: &Tile, passed: &Passed<'_>, (probabilities, slopes): (&[f32], &mut [f32])) {
        let attention = self;
        widest!(|attention: &'a Attention<'a>,
                 tile: &'a Tile,
                 passed: &'a Passed<'a>,
                 probabilities: &'a [f32],
                 slopes: &'a mut [f32]| {
            let (query_width, head_dim) = (attention.config.query_width(), attention.config.head_dim);
            let rows = probabilities.chunks_exact(tile.seen).zip(slopes.chunks_exact_mut(tile.seen));
            for (query, (probabilities, slopes)) in tile.queries.clone().zip(rows) {
                let at = query * query_width + tile.head * head_dim;
                let output = &passed.attended.output[at..at + head_dim];
                let gradient = &passed.output_gradient[at..at + head_dim];
                let mean = sum([output, gradient], |[a, b]| a * b);
                for (slope, probability) in slopes.iter_mut().zip(probabilities) {
                    *slope = probability * (*slope - mean);
                }
            }
        });
    }

    fn scale(&self) -> f32 {
        1.0 / (self.config.head_dim as f32).sqrt()
    }

    fn group(&self, tile: &Tile) -> usize {
        tile.head / (self.config.heads / self.config.kv_heads)
    }

    /// Keys and values in the order of their positions.
    fn gather(&self, reach: &Reach) -> Cow<'_, [f32]> {
        let width = 2 * self.config.kv_width();
        let part = |rows: &Range<usize>| &self.key_value[rows.start * width..rows.end * width];
        match &reach.keys[..] {
            [rows] => Cow::Borrowed(part(rows)),
            ranges => Cow::Owned(ranges.iter().flat_map(part).copied().collect()),
        }
    }

    fn tiles(&self, reach: &Reach) -> impl Iterator<Item = Tile> {
        let queries = reach.queries.clone();
        (0..self.config.heads).flat_map(move |head| {
            let queries = queries.clone();
            queries.clone().step_by(TOGETHER).map(move |start| {
                let end = (start + TOGETHER).min(queries.end);
                Tile { head, queries: start..end, seen: self.layout.positions[end - 1] + 1 }
            })
        })
    }

    fn values<'b>(&self, tile: &Tile, key_value: &'b [f32]) -> View<'b> {
        let config = self.config;
        let at = config.kv_width() + self.group(tile) * config.head_dim;
        view(key_value, 2 * config.kv_width()).submatrix(0, at, tile.seen, config.head_dim)
    }

    fn score(&self, tile: &Tile, key_value: &[f32], scores: &mut Vec<f32>) {
        let config = self.config;
        let queries = view(self.query, config.query_width()).submatrix(
            tile.queries.start,
            tile.head * config.head_dim,
            tile.queries.len(),
            config.head_dim,
        );
        let at = self.group(tile) * config.head_dim;
        let keys = view(key_value, 2 * config.kv_width()).submatrix(0, at, tile.seen, config.head_dim);
        scores.clear();
        scores.resize(tile.queries.len() * tile.seen, 0.0);
        set(view_mut(scores, tile.seen), self.scale(), (queries, keys.transpose()));
    }

    /// Scores to probabilities, 0 where a query must not see.
    fn softmax(&self, tile: &Tile, scores: &mut [f32], log_sums: &mut [f32]) {
        let (heads, positions) = (self.config.heads, &self.layout.positions[..]);
        widest!(|tile: &'a Tile,
                 scores: &'a mut [f32],
                 log_sums: &'a mut [f32],
                 heads: usize,
                 positions: &'a [usize]| {
            for (query, row) in tile.queries.clone().zip(scores.chunks_exact_mut(tile.seen)) {
                let (seen, hidden) = row.split_at_mut(positions[query] + 1);
                let most = most(seen);
                seen.iter_mut().for_each(|score| *score = exp(*score - most));
                let total = sum([seen], |[value]| value);
                seen.iter_mut().for_each(|score| *score /= total);
                hidden.fill(0.0);
                log_sums[query * heads + tile.head] = most + total.ln();
            }
        });
    }

    /// Scores to the same probabilities, from what the forward pass kept.
    fn probabilities(&self, tile: &Tile, scores: &mut [f32], log_sums: &[f32]) {
        let (heads, positions) = (self.config.heads, &self.layout.positions[..]);
        widest!(|tile: &'a Tile, scores: &'a mut [f32], log_sums: &'a [f32], heads: usize, positions: &'a [usize]| {
            for (query, row) in tile.queries.clone().zip(scores.chunks_exact_mut(tile.seen)) {
                let (seen, hidden) = row.split_at_mut(positions[query] + 1);
                let log_sum = log_sums[query * heads + tile.head];
                seen.iter_mut().for_each(|score| *score = exp(*score - log_sum));
                hidden.fill(0.0);
            }
        });
    }
}

/// What the backward pass reads.
struct Passed<'a> {
    attended: &'a Attended,
    output_gradient: &'a [f32],
    key_value: &'a [f32],
}
