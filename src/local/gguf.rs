//! Weights and metadata of a GGUF file.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, bail};
use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, Value};

use super::config::{Config, LONGEST};
use super::weights::{Matrix, Names, Weights};

/// llama.cpp's names.
const NAMES: Names = Names {
    embedding: "token_embd",
    norm: "output_norm",
    head: "output",
    blocks: "blk",
    attention_norm: "attn_norm",
    query: "attn_q",
    key: "attn_k",
    value: "attn_v",
    output: "attn_output",
    feed_norm: "ffn_norm",
    gate: "ffn_gate",
    up: "ffn_up",
    down: "ffn_down",
};

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

    fn family(&self) -> Result<&str> {
        let family = self.value("general.architecture")?.to_string()?;
        if !["llama", "qwen2"].contains(&family.as_str()) {
            bail!("the model is of the family {family}; only llama and qwen2 can be run");
        }
        Ok(family)
    }

    /// Sizes and constants.
    ///
    /// # Errors
    /// When the model is of another family or a key is missing.
    pub fn config(&self) -> Result<Config> {
        let family = self.family()?;
        let optional = |name: &str| self.content.metadata.get(&format!("{family}.{name}"));
        let size = |name: &str| -> Result<usize> { Ok(self.value(&format!("{family}.{name}"))?.to_u32()? as usize) };
        let (hidden, heads) = (size("embedding_length")?, size("attention.head_count")?);
        if optional("attention.key_length").is_none() && (heads == 0 || !hidden.is_multiple_of(heads)) {
            bail!("{heads} heads do not divide {hidden} values");
        }
        let head_dim = size("attention.key_length").unwrap_or_else(|_| hidden / heads);
        for name in ["attention.value_length", "rope.dimension_count"] {
            if optional(name).is_some() && size(name)? != head_dim {
                bail!("the file's {family}.{name} is {}; only {head_dim}, a head's width, can be run", size(name)?);
            }
        }
        if let Some(kind) =
            optional("rope.scaling.type").filter(|kind| kind.to_string().is_ok_and(|kind| kind != "none"))
        {
            bail!("rotations scaled by the way {} are not supported", kind.to_string()?);
        }
        let embedding = self.content.tensor_infos.get("token_embd.weight").context("there is no token_embd.weight")?;
        let theta = optional("rope.freq_base").map_or(Ok(10_000.0), Value::to_f32)?;
        Ok(Config {
            hidden,
            intermediate: size("feed_forward_length")?,
            layers: size("block_count")?,
            heads,
            kv_heads: if optional("attention.head_count_kv").is_some() {
                size("attention.head_count_kv")?
            } else {
                heads
            },
            head_dim,
            vocabulary: embedding.shape.dims().first().copied().unwrap_or(0),
            context: size("context_length")?.min(LONGEST),
            norm_epsilon: self.value(&format!("{family}.attention.layer_norm_rms_epsilon"))?.to_f32()?,
            rope_theta: theta,
        })
    }

    fn value(&self, key: &str) -> Result<&Value> {
        self.content.metadata.get(key).with_context(|| format!("the file has no {key}"))
    }

    /// Every weight as f32.
    ///
    /// # Errors
    /// When a tensor is missing, has another shape than the metadata say, or is none of this family's.
    pub fn weights(&mut self) -> Result<Weights> {
        let config = self.config()?;
        let turns_neighbours = self.family()? == "llama";
        let head_dim = config.head_dim;
        let mut left: BTreeSet<String> = self.content.tensor_infos.keys().cloned().collect();
        let weights = Weights::assemble(config, &NAMES, &mut |name, shape| {
            if !left.remove(name) {
                return Ok(None);
            }
            let mut matrix = self.matrix(name, shape)?;
            if turns_neighbours && [NAMES.query, NAMES.key].iter().any(|part| name.contains(&format!(".{part}."))) {
                unpermute(&mut matrix, head_dim);
            }
            Ok(Some(matrix))
        })?;
        match left.first() {
            Some(name) => bail!("the file has a tensor {name}, which models that can be run do not have"),
            None => Ok(weights),
        }
    }

    fn matrix(&mut self, name: &str, [rows, cols]: [usize; 2]) -> Result<Matrix> {
        let read = self.content.tensor(&mut self.reader, name, &Device::Cpu);
        let tensor = read.with_context(|| format!("cannot read the tensor {name}"))?;
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
