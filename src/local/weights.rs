//! The weights of a model, put together from the tensors of a file.

use anyhow::{Context, Result, bail};

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

/// What is added to queries, keys and values before they are turned (Qwen2).
#[derive(Debug, Clone, PartialEq)]
pub struct Bias {
    /// To the query, `[query width]`.
    pub query: Vec<f32>,
    /// To the key and, behind it, to the value, `[2 * kv width]`.
    pub key_value: Vec<f32>,
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
    /// What is added to these three; none in Llama.
    pub bias: Option<Bias>,
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

/// What a kind of file calls the parts; `.weight` or `.bias` comes behind.
pub(super) struct Names {
    pub(super) embedding: &'static str,
    pub(super) norm: &'static str,
    pub(super) head: &'static str,
    /// Before a block's number.
    pub(super) blocks: &'static str,
    pub(super) attention_norm: &'static str,
    pub(super) query: &'static str,
    pub(super) key: &'static str,
    pub(super) value: &'static str,
    pub(super) output: &'static str,
    pub(super) feed_norm: &'static str,
    pub(super) gate: &'static str,
    pub(super) up: &'static str,
    pub(super) down: &'static str,
}

/// Gives a tensor as a matrix of this shape; none if there is no tensor of this name.
pub(super) type Read<'a> = dyn FnMut(&str, [usize; 2]) -> Result<Option<Matrix>> + 'a;

impl Weights {
    /// Every weight, in the layout of `transformers`.
    pub(super) fn assemble(config: Config, names: &Names, read: &mut Read<'_>) -> Result<Self> {
        config.check()?;
        let blocks = (0..config.layers).map(|index| block(&config, (names, index), read)).collect::<Result<_>>()?;
        let whole = [config.vocabulary, config.hidden];
        Ok(Self {
            embedding: needed(read, &format!("{}.weight", names.embedding), whole)?,
            blocks,
            norm: needed(read, &format!("{}.weight", names.norm), [1, config.hidden])?.values,
            head: read(&format!("{}.weight", names.head), whole)?,
            config,
        })
    }
}

fn block(config: &Config, (names, index): (&Names, usize), read: &mut Read<'_>) -> Result<Block> {
    let (hidden, wide) = (config.hidden, config.intermediate);
    let (query, kv) = (config.query_width(), config.kv_width());
    let mut weight = |part: &str, shape| needed(read, &format!("{}.{index}.{part}.weight", names.blocks), shape);
    Ok(Block {
        attention_norm: weight(names.attention_norm, [1, hidden])?.values,
        query: weight(names.query, [query, hidden])?,
        key: weight(names.key, [kv, hidden])?,
        value: weight(names.value, [kv, hidden])?,
        output: weight(names.output, [hidden, query])?,
        feed_norm: weight(names.feed_norm, [1, hidden])?.values,
        gate: weight(names.gate, [wide, hidden])?,
        up: weight(names.up, [wide, hidden])?,
        down: weight(names.down, [hidden, wide])?,
        bias: bias(config, (names, index), read)?,
    })
}

fn bias(config: &Config, (names, index): (&Names, usize), read: &mut Read<'_>) -> Result<Option<Bias>> {
    let mut part = |part: &str, width| read(&format!("{}.{index}.{part}.bias", names.blocks), [width, 1]);
    let query = part(names.query, config.query_width())?;
    let key = part(names.key, config.kv_width())?;
    let value = part(names.value, config.kv_width())?;
    match (query, key, value) {
        (None, None, None) => Ok(None),
        (Some(query), Some(key), Some(value)) => {
            Ok(Some(Bias { query: query.values, key_value: [key.values, value.values].concat() }))
        }
        _ => bail!("block {index} has a bias for some of query, key and value only"),
    }
}

fn needed(read: &mut Read<'_>, name: &str, shape: [usize; 2]) -> Result<Matrix> {
    read(name, shape)?.with_context(|| format!("there is no tensor {name}"))
}
