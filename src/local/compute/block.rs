//! One block: forward with what the backward pass needs, and backward.
//!
//! Kept per row are the block's input, the turned query, key and value, attention's output, the middle of the residual
//! stream and the feed-forward part's gate and up projection; norms and products of the gate are computed again.

use super::attention::{Attended, Attention};
use super::layout::Layout;
use super::linear::{Linear, Passed};
use super::pointwise::{Norm, Rotation, gated, gated_backward, shift};
use super::product::{View, view, view_mut};
use crate::local::adapter::{BlockAdapter, LowRank};
use crate::local::config::Config;
use crate::local::weights::{Block, Matrix};
use faer::prelude::ReborrowMut;

/// A block with its additions.
#[derive(Clone, Copy)]
pub(in crate::local) struct Layer<'a> {
    pub(in crate::local) config: &'a Config,
    pub(in crate::local) rotation: &'a Rotation,
    pub(in crate::local) block: &'a Block,
    pub(in crate::local) adapter: Option<&'a BlockAdapter>,
    pub(in crate::local) scale: f32,
    pub(in crate::local) threads: usize,
}

/// Rows on their way through the blocks.
#[derive(Clone, Copy)]
pub(in crate::local) struct Rows<'a> {
    /// Position of every row.
    pub(in crate::local) positions: &'a [usize],
    pub(in crate::local) layout: &'a Layout,
}

/// What a forward pass kept.
pub(in crate::local) struct Tape {
    input: Vec<f32>,
    query: Vec<f32>,
    key_value: Vec<f32>,
    attended: Attended,
    middle: Vec<f32>,
    gate_up: Vec<f32>,
    inner: Inner,
}

impl Tape {
    /// The turned keys with values after them, [rows, 2 * kv width].
    pub(in crate::local) fn into_key_value(self) -> Vec<f32> {
        self.key_value
    }
}

/// `A x` of every addition.
struct Inner {
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    output: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    down: Vec<f32>,
}

/// Numbers that [`Tape`] keeps per row, without those of the additions.
pub(in crate::local) fn kept_per_row(config: &Config) -> usize {
    2 * config.hidden + 2 * config.query_width() + 2 * config.kv_width() + config.heads + 2 * config.intermediate
}

impl<'a> Layer<'a> {
    /// The output of the layout's queries, and the tape.
    pub(in crate::local) fn forward(&self, input: Vec<f32>, rows: Rows<'_>) -> (Vec<f32>, Tape) {
        let (config, layout) = (self.config, rows.layout);
        let normed = self.attention_norm().forward(&input);
        let wanted = pick(&normed, config.hidden, layout);
        let kv_width = config.kv_width();
        let mut query = vec![0.0; layout.positions.len() * config.query_width()];
        let query_inner = self.map(|block| &block.query, |adapter| &adapter.query);
        let query_inner = query_inner.forward(self.rows(&wanted), view_mut(&mut query, config.query_width()));
        let mut key_value = vec![0.0; rows.positions.len() * 2 * kv_width];
        let (keys, values) = view_mut(&mut key_value, 2 * kv_width).split_at_col_mut(kv_width);
        let key = self.map(|block| &block.key, |adapter| &adapter.key).forward(self.rows(&normed), keys);
        let value = self.map(|block| &block.value, |adapter| &adapter.value).forward(self.rows(&normed), values);
        if let Some(bias) = &self.block.bias {
            shift(&mut query, &bias.query);
            shift(&mut key_value, &bias.key_value);
        }
        self.rotation.forward((&mut query, config.query_width()), config.query_width(), &layout.positions);
        self.rotation.forward((&mut key_value, 2 * kv_width), kv_width, rows.positions);
        let attended = Attention { config, layout, query: &query, key_value: &key_value }.forward();

        let mut middle = vec![0.0; layout.positions.len() * config.hidden];
        let output = self.map(|block| &block.output, |adapter| &adapter.output);
        let output = output.forward(view(&attended.output, config.query_width()), view_mut(&mut middle, config.hidden));
        accumulate(&mut middle, &pick(&input, config.hidden, layout));
        let feed = self.feed(&middle);
        let Feed { gate_up, gate, up, down, output: result } = feed;
        let inner = Inner { query: query_inner, key, value, output, gate, up, down };
        (result, Tape { input, query, key_value, attended, middle, gate_up, inner })
    }

    /// The feed-forward part, with its residual.
    fn feed(&self, middle: &[f32]) -> Feed {
        let width = self.config.intermediate;
        let normed = self.feed_norm().forward(middle);
        let mut gate_up = vec![0.0; middle.len() / self.config.hidden * 2 * width];
        let (gates, ups) = view_mut(&mut gate_up, 2 * width).split_at_col_mut(width);
        let gate = self.map(|block| &block.gate, |adapter| &adapter.gate).forward(self.rows(&normed), gates);
        let up = self.map(|block| &block.up, |adapter| &adapter.up).forward(self.rows(&normed), ups);
        let product = gated(&gate_up, width);
        let mut output = vec![0.0; middle.len()];
        let down = self.map(|block| &block.down, |adapter| &adapter.down);
        let down = down.forward(view(&product, width), view_mut(&mut output, self.config.hidden));
        accumulate(&mut output, middle);
        Feed { gate_up, gate, up, down, output }
    }

    /// Adds to the additions' gradient; gives back the input's where it is wanted.
    pub(in crate::local) fn backward(
        &self,
        (tape, rows): (&Tape, Rows<'_>),
        (output_gradient, wants_input): (Vec<f32>, bool),
        gradient: &mut BlockAdapter,
    ) -> Option<Vec<f32>> {
        let config = self.config;
        let middle_gradient = self.feed_backward(tape, output_gradient, gradient);
        let mut attended_gradient = vec![0.0; tape.attended.output.len()];
        let passed = Passed {
            input: view(&tape.attended.output, config.query_width()),
            inner: &tape.inner.output,
            output_gradient: self.rows(&middle_gradient),
        };
        let into = view_mut(&mut attended_gradient, config.query_width());
        self.map(|block| &block.output, |adapter| &adapter.output).backward(passed, &mut gradient.output, Some(into));
        let attention = Attention { config, layout: rows.layout, query: &tape.query, key_value: &tape.key_value };
        let (mut query, mut key_value) = attention.backward(&tape.attended, &attended_gradient);
        self.rotation.backward((&mut query, config.query_width()), config.query_width(), &rows.layout.positions);
        self.rotation.backward((&mut key_value, 2 * config.kv_width()), config.kv_width(), rows.positions);
        let normed_gradient =
            self.project_backward((tape, rows.layout), (&query, &key_value, wants_input), gradient)?;
        let mut input_gradient = match &rows.layout.picked {
            None => middle_gradient,
            Some(picked) => scatter(&middle_gradient, tape.input.len(), picked),
        };
        self.attention_norm().backward(&tape.input, &normed_gradient, &mut input_gradient);
        Some(input_gradient)
    }

    /// From the block's output back to the middle of its residual stream.
    fn feed_backward(&self, tape: &Tape, output_gradient: Vec<f32>, gradient: &mut BlockAdapter) -> Vec<f32> {
        let width = self.config.intermediate;
        let product = gated(&tape.gate_up, width);
        let mut product_gradient = vec![0.0; product.len()];
        let passed = Passed {
            input: view(&product, width),
            inner: &tape.inner.down,
            output_gradient: self.rows(&output_gradient),
        };
        let into = view_mut(&mut product_gradient, width);
        self.map(|block| &block.down, |adapter| &adapter.down).backward(passed, &mut gradient.down, Some(into));
        let slopes = gated_backward(&tape.gate_up, &product_gradient, width);
        let (gate, up) = view(&slopes, 2 * width).split_at_col(width);
        let normed = self.feed_norm().forward(&tape.middle);
        let mut normed_gradient = vec![0.0; normed.len()];
        let mut into = view_mut(&mut normed_gradient, self.config.hidden);
        let passed = Passed { input: self.rows(&normed), inner: &tape.inner.gate, output_gradient: gate };
        let map = self.map(|block| &block.gate, |adapter| &adapter.gate);
        map.backward(passed, &mut gradient.gate, Some(into.rb_mut()));
        let passed = Passed { input: self.rows(&normed), inner: &tape.inner.up, output_gradient: up };
        self.map(|block| &block.up, |adapter| &adapter.up).backward(passed, &mut gradient.up, Some(into));
        let mut middle_gradient = output_gradient;
        self.feed_norm().backward(&tape.middle, &normed_gradient, &mut middle_gradient);
        middle_gradient
    }

    /// From queries, keys and values back to the normed input.
    fn project_backward(
        &self,
        (tape, layout): (&Tape, &Layout),
        (query, key_value, wants_input): (&[f32], &[f32], bool),
        gradient: &mut BlockAdapter,
    ) -> Option<Vec<f32>> {
        let hidden = self.config.hidden;
        let normed = self.attention_norm().forward(&tape.input);
        let wanted = pick(&normed, hidden, layout);
        let mut wanted_gradient = vec![0.0; if wants_input { wanted.len() } else { 0 }];
        let passed = Passed {
            input: self.rows(&wanted),
            inner: &tape.inner.query,
            output_gradient: view(query, self.config.query_width()),
        };
        let into = wants_input.then(|| view_mut(&mut wanted_gradient, hidden));
        self.map(|block| &block.query, |adapter| &adapter.query).backward(passed, &mut gradient.query, into);
        let mut normed_gradient = match &layout.picked {
            Some(picked) if wants_input => scatter(&wanted_gradient, normed.len(), picked),
            _ => wanted_gradient,
        };
        let (key, value) = view(key_value, 2 * self.config.kv_width()).split_at_col(self.config.kv_width());
        let passed = Passed { input: self.rows(&normed), inner: &tape.inner.key, output_gradient: key };
        let into = wants_input.then(|| view_mut(&mut normed_gradient, hidden));
        self.map(|block| &block.key, |adapter| &adapter.key).backward(passed, &mut gradient.key, into);
        let passed = Passed { input: self.rows(&normed), inner: &tape.inner.value, output_gradient: value };
        let into = wants_input.then(|| view_mut(&mut normed_gradient, hidden));
        self.map(|block| &block.value, |adapter| &adapter.value).backward(passed, &mut gradient.value, into);
        wants_input.then_some(normed_gradient)
    }

    fn rows<'b>(&self, values: &'b [f32]) -> View<'b> {
        view(values, self.config.hidden)
    }

    fn attention_norm(&self) -> Norm<'a> {
        Norm { scale: &self.block.attention_norm, epsilon: self.config.norm_epsilon }
    }

    fn feed_norm(&self) -> Norm<'a> {
        Norm { scale: &self.block.feed_norm, epsilon: self.config.norm_epsilon }
    }

    fn map(
        &self,
        weight: impl Fn(&'a Block) -> &'a Matrix,
        low: impl Fn(&'a BlockAdapter) -> &'a Option<LowRank>,
    ) -> Linear<'a> {
        Linear {
            weight: weight(self.block),
            low: self.adapter.and_then(|adapter| low(adapter).as_ref()),
            scale: self.scale,
            threads: self.threads,
        }
    }
}

/// What the feed-forward part computes and keeps.
struct Feed {
    gate_up: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    down: Vec<f32>,
    output: Vec<f32>,
}

/// The rows of the layout's queries.
fn pick<'a>(values: &'a [f32], width: usize, layout: &Layout) -> std::borrow::Cow<'a, [f32]> {
    match &layout.picked {
        None => values.into(),
        Some(picked) => picked.iter().flat_map(|row| &values[row * width..(row + 1) * width]).copied().collect(),
    }
}

/// Rows at their places among `length` values, zero elsewhere.
fn scatter(values: &[f32], length: usize, picked: &[usize]) -> Vec<f32> {
    let width = values.len() / picked.len();
    let mut scattered = vec![0.0; length];
    for (row, values) in picked.iter().zip(values.chunks_exact(width)) {
        scattered[row * width..(row + 1) * width].copy_from_slice(values);
    }
    scattered
}

fn accumulate(into: &mut [f32], values: &[f32]) {
    for (into, value) in into.iter_mut().zip(values) {
        *into += value;
    }
}
