//! The weights of a model.

use super::config::Config;

/// A linear map: `y = W x`, and `Y = X W^T` on rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub cols: usize,
    /// Row-major, `rows * cols` values.
    pub values: Vec<f32>,
}

/// One block.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Scale of the norm before attention, `[hidden]`.
    pub attention_norm: Vec<f32>,
    /// Query, `[query width, hidden]`.
    pub query: Matrix,
    /// Key, `[kv width, hidden]`.
    pub key: Matrix,
    /// Value, `[kv width, hidden]`.
    pub value: Matrix,
    /// Output of attention, `[hidden, query width]`.
    pub output: Matrix,
    /// Scale of the norm before the feed-forward part, `[hidden]`.
    pub feed_norm: Vec<f32>,
    /// Gate, `[intermediate, hidden]`.
    pub gate: Matrix,
    /// Up, `[intermediate, hidden]`.
    pub up: Matrix,
    /// Down, `[hidden, intermediate]`.
    pub down: Matrix,
}

/// A whole model.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// Its sizes.
    pub config: Config,
    /// Embeddings, `[vocabulary, hidden]`.
    pub embedding: Matrix,
    /// The blocks, first to last.
    pub blocks: Vec<Block>,
    /// Scale of the last norm, `[hidden]`.
    pub norm: Vec<f32>,
    /// Output of the model, [vocabulary, hidden]; none when the embeddings serve.
    pub head: Option<Matrix>,
}
