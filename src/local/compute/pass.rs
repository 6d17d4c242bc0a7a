//! The blocks one after another: the frozen ones below, the trained ones with a tape, and back.

use super::block::{Layer, Rows, Tape};
use super::layout::{Layout, Pack};
use super::pointwise::Rotation;
use crate::local::adapter::Adapter;
use crate::local::weights::Weights;

/// A model with additions.
#[derive(Clone, Copy)]
pub(in crate::local) struct Pass<'a> {
    pub(in crate::local) weights: &'a Weights,
    pub(in crate::local) rotation: &'a Rotation,
    pub(in crate::local) adapter: Option<&'a Adapter>,
    /// The first block that is trained.
    pub(in crate::local) first_block: usize,
    /// Threads that share products with the weights out.
    pub(in crate::local) threads: usize,
}

/// What a forward pass through the trained blocks kept.
pub(in crate::local) struct Tapes {
    everything: Layout,
    labelled: Layout,
    blocks: Vec<Tape>,
}

impl Tapes {
    /// Index, among the output's rows, of a row of the pack.
    pub(in crate::local) fn output_row(&self, row: usize) -> usize {
        let picked = self.labelled.picked.as_ref().expect("only labelled rows are put out");
        picked.partition_point(|&at| at < row)
    }
}

impl Pass<'_> {
    /// A pack's input of the first trained block.
    pub(in crate::local) fn below(&self, pack: &Pack) -> Vec<f32> {
        let embedding = &self.weights.embedding;
        let row = |id: &u32| &embedding.values[*id as usize * embedding.cols..][..embedding.cols];
        let mut values: Vec<f32> = pack.ids.iter().flat_map(row).copied().collect();
        let layout = pack.everything();
        for block in 0..self.first_block {
            (values, _) = self.layer(block).forward(values, Rows { positions: &pack.positions, layout: &layout });
        }
        values
    }

    /// The last block's output at the rows that predict labels.
    pub(in crate::local) fn forward(&self, pack: &Pack, input: Vec<f32>) -> (Vec<f32>, Tapes) {
        let mut tapes = Tapes { everything: pack.everything(), labelled: pack.labelled(), blocks: Vec::new() };
        let mut values = input;
        for block in self.first_block..self.weights.blocks.len() {
            let rows = Rows { positions: &pack.positions, layout: self.layout(&tapes, block) };
            let (output, tape) = self.layer(block).forward(values, rows);
            tapes.blocks.push(tape);
            values = output;
        }
        (values, tapes)
    }

    /// Adds to the additions' gradient, given that of the output.
    pub(in crate::local) fn backward(
        &self,
        (pack, mut tapes): (&Pack, Tapes),
        output_gradient: Vec<f32>,
        gradient: &mut Adapter,
    ) {
        let mut values = output_gradient;
        for block in (self.first_block..self.weights.blocks.len()).rev() {
            let tape = tapes.blocks.pop().expect("every trained block has a tape");
            let rows = Rows { positions: &pack.positions, layout: self.layout(&tapes, block) };
            let wanted = (values, block > self.first_block);
            match self.layer(block).backward((&tape, rows), wanted, &mut gradient.blocks[block]) {
                Some(below) => values = below,
                None => return,
            }
        }
    }

    fn layout<'b>(&self, tapes: &'b Tapes, block: usize) -> &'b Layout {
        if block + 1 == self.weights.blocks.len() { &tapes.labelled } else { &tapes.everything }
    }

    /// One block with its additions.
    pub(in crate::local) fn layer(&self, block: usize) -> Layer<'_> {
        Layer {
            config: &self.weights.config,
            rotation: self.rotation,
            block: &self.weights.blocks[block],
            adapter: self.adapter.map(|adapter| &adapter.blocks[block]),
            scale: self.adapter.map_or(0.0, |adapter| adapter.scale),
            threads: self.threads,
        }
    }
}
