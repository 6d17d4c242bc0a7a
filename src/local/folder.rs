//! A model in a folder as `transformers` saves it: `config.json` beside safetensors files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use super::config::{Config, LONGEST};
use super::shards::Shards;
use super::weights::{Names, Weights};

/// The names of `transformers`.
const NAMES: Names = Names {
    embedding: "model.embed_tokens",
    norm: "model.norm",
    head: "lm_head",
    blocks: "model.layers",
    attention_norm: "input_layernorm",
    query: "self_attn.q_proj",
    key: "self_attn.k_proj",
    value: "self_attn.v_proj",
    output: "self_attn.o_proj",
    feed_norm: "post_attention_layernorm",
    gate: "mlp.gate_proj",
    up: "mlp.up_proj",
    down: "mlp.down_proj",
};

/// The part of `config.json` that counts; what is left out is what `transformers` takes it for.
#[derive(Debug, Deserialize)]
struct Described {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "small")]
    rms_norm_eps: f32,
    rope_theta: Option<f32>,
    /// Before version 5 of `transformers`.
    rope_scaling: Option<Rotations>,
    /// Since then.
    rope_parameters: Option<Rotations>,
    hidden_act: Option<String>,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(default)]
    use_sliding_window: bool,
    quantization_config: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Rotations {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f32>,
}

fn small() -> f32 {
    1e-6
}

/// A folder with a model.
pub struct Folder {
    path: PathBuf,
    described: Described,
}

impl Folder {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// When it cannot be read, or is of a model that cannot be run.
    pub fn open(path: &Path) -> Result<Self> {
        let file = path.join("config.json");
        let text = std::fs::read_to_string(&file).with_context(|| {
            format!("cannot read {}, which a folder with a model has beside its safetensors files", file.display())
        })?;
        let kind: Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
        let kind = kind["model_type"].as_str().unwrap_or("none");
        if !["llama", "qwen2"].contains(&kind) {
            bail!("{}: the model_type is {kind}; only llama and qwen2 can be run", file.display());
        }
        let described: Described =
            serde_json::from_str(&text).with_context(|| format!("{} is not as expected", file.display()))?;
        if let Some(why) = described.refusal() {
            bail!("{}: {why}", file.display());
        }
        Ok(Self { path: path.to_owned(), described })
    }

    /// Sizes and constants.
    pub fn config(&self) -> Config {
        let described = &self.described;
        let rotations = described.rope_parameters.as_ref().and_then(|rotations| rotations.rope_theta);
        Config {
            hidden: described.hidden_size,
            intermediate: described.intermediate_size,
            layers: described.num_hidden_layers,
            heads: described.num_attention_heads,
            kv_heads: described.num_key_value_heads.unwrap_or(described.num_attention_heads),
            head_dim: described.head_dim.unwrap_or(described.hidden_size / described.num_attention_heads.max(1)),
            vocabulary: described.vocab_size,
            context: described.max_position_embeddings.min(LONGEST),
            norm_epsilon: described.rms_norm_eps,
            rope_theta: rotations.or(described.rope_theta).unwrap_or(10_000.0),
        }
    }

    /// Every weight as f32.
    ///
    /// # Errors
    /// When a file or a tensor is missing, has another shape than `config.json` says, or is none of this family's.
    pub fn weights(&self) -> Result<Weights> {
        let mut shards = Shards::open(&self.path)?;
        let mut left: BTreeSet<String> = shards.names().cloned().collect();
        // Frequencies that old versions saved, and a copy of the embeddings.
        left.retain(|name| !name.ends_with(".rotary_emb.inv_freq"));
        let tied = self.described.tie_word_embeddings;
        let is_head = |name: &str| name.strip_suffix(".weight") == Some(NAMES.head);
        let weights = Weights::assemble(self.config(), &NAMES, &mut |name, shape| {
            left.remove(name);
            let found = if tied && is_head(name) { None } else { shards.read(name, shape)? };
            if found.is_none() && !tied && is_head(name) {
                bail!("there is no tensor {name}, and tie_word_embeddings is not true");
            }
            Ok(found)
        });
        let weights = weights.with_context(|| self.path.display().to_string())?;
        match left.first() {
            Some(name) => {
                bail!("{} has a tensor {name}, which models that can be run do not have", self.path.display())
            }
            None => Ok(weights),
        }
    }
}

impl Described {
    /// Why this model cannot be run, if it cannot.
    fn refusal(&self) -> Option<String> {
        let rotations = [&self.rope_parameters, &self.rope_scaling].into_iter().flatten();
        let scaled = rotations.filter_map(|rotations| rotations.rope_type.as_deref()).find(|kind| *kind != "default");
        let activation = self.hidden_act.as_deref().filter(|name| *name != "silu");
        if let Some(kind) = scaled {
            Some(format!("rotations scaled by the way {kind} are not supported"))
        } else if let Some(name) = activation {
            Some(format!("the activation is {name}; only silu can be run"))
        } else if self.use_sliding_window {
            Some("attention to a sliding window is not supported".to_owned())
        } else if self.quantization_config.is_some() {
            Some(
                "the weights are quantised; only f32, f16 and bf16 can be read from safetensors, others from GGUF"
                    .to_owned(),
            )
        } else {
            None
        }
    }
}
