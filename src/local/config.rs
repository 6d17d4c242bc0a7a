//! Sizes and constants of a model, as its file states them.

use anyhow::{Result, bail};

/// The longest conversation that is taken, whatever a model was made for: its rotations are worked out beforehand.
pub(super) const LONGEST: usize = 32_768;
/// More of anything is a damaged file.
const MOST: usize = 1 << 24;

/// What the computation of a Llama-family model needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width inside the feed-forward part.
    pub intermediate: usize,
    /// Number of blocks.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// Number of tokens.
    pub vocabulary: usize,
    /// Most tokens of a conversation.
    pub context: usize,
    /// Added to the mean square in every norm.
    pub norm_epsilon: f32,
    /// Base of the rotary frequencies.
    pub rope_theta: f32,
}

impl Config {
    /// Width of all query heads.
    pub fn query_width(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Width of all key heads, or of all value heads.
    pub fn kv_width(&self) -> usize {
        self.kv_heads * self.head_dim
    }

    /// Whether a model can have these sizes.
    ///
    /// # Errors
    /// With the first size that none can have.
    pub(super) fn check(&self) -> Result<()> {
        let sizes = [
            ("hidden values", self.hidden),
            ("feed-forward values", self.intermediate),
            ("blocks", self.layers),
            ("heads", self.heads),
            ("key heads", self.kv_heads),
            ("values of a head", self.head_dim),
            ("tokens", self.vocabulary),
            ("positions", self.context),
        ];
        if let Some((name, size)) = sizes.into_iter().find(|(_, size)| !(1..=MOST).contains(size)) {
            bail!("the model says that it has {size} {name}");
        }
        if !self.heads.is_multiple_of(self.kv_heads) {
            bail!("{} key heads do not divide {} heads", self.kv_heads, self.heads);
        }
        if !self.head_dim.is_multiple_of(2) {
            bail!("heads of {} values cannot be turned by halves", self.head_dim);
        }
        Ok(())
    }
}
