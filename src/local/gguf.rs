//! Weights and metadata of a GGUF file.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, bail};
use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, Value};

use super::config::Config;
use super::weights::{Block, Matrix, Weights};

/// An open file.
pub struct Gguf {
    content: Content,
    reader: BufReader<File>,
}

impl Gguf {
    /// Reads the header.
    ///
    /// # Errors
    /// When the file cannot be read or is no GGUF file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let content = Content::read(&mut reader).with_context(|| format!("{} is no GGUF file", path.display()))?;
        Ok(Self { content, reader })
    }

    /// The metadata, by key.
    pub fn metadata(&self) -> &HashMap<String, Value> {
        &self.content.metadata
    }

    /// Sizes and constants.
    ///
    /// # Errors
    /// When the model is of another family or a key is missing.
    pub fn config(&self) -> Result<Config> {
        let family = self.value("general.architecture")?.to_string()?.clone();
        if family != "llama" {
            bail!("the model is of the family {family}; only llama can be run");
        }
        let size = |name: &str| -> Result<usize> { Ok(self.value(&format!("llama.{name}"))?.to_u32()? as usize) };
        let number = |name: &str| -> Result<f32> { Ok(self.value(&format!("llama.{name}"))?.to_f32()?) };
        let (hidden, heads) = (size("embedding_length")?, size("attention.head_count")?);
        if heads == 0 || !hidden.is_multiple_of(heads) {
            bail!("{heads} heads do not divide {hidden} values");
        }
        Ok(Config {
            hidden,
            intermediate: size("feed_forward_length")?,
            layers: size("block_count")?,
            heads,
            kv_heads: size("attention.head_count_kv")?,
            head_dim: hidden / heads,
            vocabulary: self
                .content
                .tensor_infos
                .get("token_embd.weight")
                .context("no token_embd.weight")?
                .shape
                .dims()[0],
            context: size("context_length")?,
            norm_epsilon: number("attention.layer_norm_rms_epsilon")?,
            rope_theta: number("rope.freq_base").unwrap_or(10_000.0),
        })
    }

    fn value(&self, key: &str) -> Result<&Value> {
        self.content.metadata.get(key).with_context(|| format!("the file has no {key}"))
    }

    /// Every weight as f32.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape than the metadata say.
    pub fn weights(&mut self) -> Result<Weights> {
        let config = self.config()?;
        let (hidden, wide) = (config.hidden, config.intermediate);
        let (query, kv) = (config.query_width(), config.kv_width());
        let mut blocks = Vec::with_capacity(config.layers);
        for index in 0..config.layers {
            let mut matrix = |name: &str, shape| self.matrix(&format!("blk.{index}.{name}.weight"), shape);
            let mut block = Block {
                attention_norm: matrix("attn_norm", [1, hidden])?.values,
                query: matrix("attn_q", [query, hidden])?,
                key: matrix("attn_k", [kv, hidden])?,
                value: matrix("attn_v", [kv, hidden])?,
                output: matrix("attn_output", [hidden, query])?,
                feed_norm: matrix("ffn_norm", [1, hidden])?.values,
                gate: matrix("ffn_gate", [wide, hidden])?,
                up: matrix("ffn_up", [wide, hidden])?,
                down: matrix("ffn_down", [hidden, wide])?,
            };
            unpermute(&mut block.query, config.head_dim);
            unpermute(&mut block.key, config.head_dim);
            blocks.push(block);
        }
        let embedding = self.matrix("token_embd.weight", [config.vocabulary, hidden])?;
        let norm = self.matrix("output_norm.weight", [1, hidden])?.values;
        let has_head = self.content.tensor_infos.contains_key("output.weight");
        let head = has_head.then(|| self.matrix("output.weight", [config.vocabulary, hidden])).transpose()?;
        Ok(Weights { config, embedding, blocks, norm, head })
    }

    fn matrix(&mut self, name: &str, [rows, cols]: [usize; 2]) -> Result<Matrix> {
        let tensor =
            self.content.tensor(&mut self.reader, name, &Device::Cpu).with_context(|| format!("no tensor {name}"))?;
        if tensor.shape().elem_count() != rows * cols {
            bail!("{name} has the shape {:?}; expected {rows} x {cols}", tensor.shape());
        }
        let values = tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
        Ok(Matrix { rows, cols, values })
    }
}

/// From llama.cpp's order of the rows within a head (pairs that are turned together are neighbours) to that of
/// `transformers` (they are half a head apart).
fn unpermute(matrix: &mut Matrix, head_dim: usize) {
    let (cols, half) = (matrix.cols, head_dim / 2);
    let source = matrix.values.clone();
    for (head, into) in matrix.values.chunks_exact_mut(head_dim * cols).enumerate() {
        for (row, into) in into.chunks_exact_mut(cols).enumerate() {
            let from = head * head_dim + 2 * (row % half) + row / half;
            into.copy_from_slice(&source[from * cols..(from + 1) * cols]);
        }
    }
}
