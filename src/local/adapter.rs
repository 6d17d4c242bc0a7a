//! What fine-tuning learns: low-rank additions (LoRA) to the linear maps of some blocks.
//!
//! Invariant: a map with an addition computes `y = W x + scale * B (A x)`; with every `B` zero the model is the base model,
//! bit for bit.

use super::weights::{Block, Matrix, Weights};

/// An addition of low rank to one linear map.
#[derive(Debug, Clone, PartialEq)]
pub struct LowRank {
    /// `A`, [rank, inputs].
    pub down: Matrix,
    /// `B`, [outputs, rank].
    pub up: Matrix,
}

/// The additions to one block; none where the map stays as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BlockAdapter {
    /// To the query.
    pub query: Option<LowRank>,
    /// To the key.
    pub key: Option<LowRank>,
    /// To the value.
    pub value: Option<LowRank>,
    /// To the output of attention.
    pub output: Option<LowRank>,
    /// To the gate of the feed-forward part.
    pub gate: Option<LowRank>,
    /// To its up projection.
    pub up: Option<LowRank>,
    /// To its down projection.
    pub down: Option<LowRank>,
}

/// The additions to a whole model.
#[derive(Debug, Clone, PartialEq)]
pub struct Adapter {
    /// Factor on every addition, alpha / rank.
    pub scale: f32,
    /// One per block of the model, first to last.
    pub blocks: Vec<BlockAdapter>,
}

/// The linear maps of a block that can have an addition, in the order of [`BlockAdapter::slots`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Query.
    Query,
    /// Key.
    Key,
    /// Value.
    Value,
    /// Output of attention.
    Output,
    /// Gate of the feed-forward part.
    Gate,
    /// Its up projection.
    Up,
    /// Its down projection.
    Down,
}

impl Target {
    /// The map of a block that this one stands for.
    pub fn map(self, block: &Block) -> &Matrix {
        match self {
            Self::Query => &block.query,
            Self::Key => &block.key,
            Self::Value => &block.value,
            Self::Output => &block.output,
            Self::Gate => &block.gate,
            Self::Up => &block.up,
            Self::Down => &block.down,
        }
    }

    /// All of them.
    pub const ALL: [Self; 7] = [Self::Query, Self::Key, Self::Value, Self::Output, Self::Gate, Self::Up, Self::Down];
}

impl BlockAdapter {
    /// The additions in the order of [`Target::ALL`].
    pub fn slots(&self) -> [Option<&LowRank>; 7] {
        [&self.query, &self.key, &self.value, &self.output, &self.gate, &self.up, &self.down].map(Option::as_ref)
    }

    /// The additions in the order of [`Target::ALL`], to be changed.
    pub fn slots_mut(&mut self) -> [&mut Option<LowRank>; 7] {
        [
            &mut self.query,
            &mut self.key,
            &mut self.value,
            &mut self.output,
            &mut self.gate,
            &mut self.up,
            &mut self.down,
        ]
    }

    /// Whether there is no addition at all.
    pub fn is_empty(&self) -> bool {
        self.slots().iter().all(Option::is_none)
    }
}

impl LowRank {
    /// Whether this can be added to a map.
    pub fn fits(&self, map: &Matrix) -> bool {
        self.down.cols == map.cols && self.up.rows == map.rows && self.down.rows == self.up.cols
    }
}

impl Adapter {
    /// Whether every addition can be made to this model.
    pub fn fits(&self, weights: &Weights) -> bool {
        self.blocks.len() == weights.blocks.len()
            && self.blocks.iter().zip(&weights.blocks).all(|(adapter, block)| {
                let pairs = Target::ALL.into_iter().zip(adapter.slots());
                pairs.into_iter().all(|(target, low)| low.is_none_or(|low| low.fits(target.map(block))))
            })
    }

    /// Every matrix that is there: block by block, in the order of [`Target::ALL`], `A` before `B`.
    pub fn matrices(&self) -> impl Iterator<Item = &Matrix> {
        self.blocks.iter().flat_map(BlockAdapter::slots).flatten().flat_map(|low| [&low.down, &low.up])
    }

    /// The same matrices in the same order, to be changed.
    pub fn matrices_mut(&mut self) -> impl Iterator<Item = &mut Matrix> {
        self.matrices_mut_from(0)
    }

    /// Those of the blocks from one on.
    pub(crate) fn matrices_mut_from(&mut self, first_block: usize) -> impl Iterator<Item = &mut Matrix> {
        let slots = self.blocks.iter_mut().skip(first_block).flat_map(BlockAdapter::slots_mut).flatten();
        slots.flat_map(|low| [&mut low.down, &mut low.up])
    }
}
