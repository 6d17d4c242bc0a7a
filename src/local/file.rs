//! A model on disk, whichever kind of file it is in.

use std::path::Path;

use anyhow::{Result, bail};

use super::folder::Folder;
use super::gguf::Gguf;
use super::shards::{INDEX, SINGLE};
use super::tokens::Tokens;
use super::weights::Weights;

/// A model as it was on disk.
pub struct Model {
    /// Its weights.
    pub weights: Weights,
    /// Its tokenizer and chat template.
    pub tokens: Tokens,
}

/// What `--weights` takes, in words.
pub(super) const TAKEN: &str =
    "a GGUF file, or a folder with config.json, tokenizer.json and model.safetensors, of the Llama or Qwen2 family";

/// Reads a model: a GGUF file, or a folder as `transformers` saves it, named by itself or by its `model.safetensors` or the
/// index of its parts.
///
/// # Errors
/// When there is no such file, something in it is missing, or the model is none that can be run.
pub fn read(path: &Path) -> Result<Model> {
    let folder = match path.file_name().and_then(|name| name.to_str()) {
        _ if path.is_dir() => Some(path),
        Some(SINGLE | INDEX) => path.parent(),
        Some(name) if name.ends_with(".safetensors") => {
            bail!("{} is named otherwise than {SINGLE}; name the folder that it is in", path.display())
        }
        _ => None,
    };
    let model = match folder {
        Some(folder) => {
            let (tokens, opened) = (Tokens::from_folder(folder)?, Folder::open(folder)?);
            Model { weights: opened.weights()?, tokens }
        }
        None => {
            let mut file = Gguf::open(path)?;
            Model { tokens: Tokens::from_gguf(file.metadata())?, weights: file.weights()? }
        }
    };
    let (known, rows) = (model.tokens.count(), model.weights.config.vocabulary);
    if known > rows {
        bail!("{}: the tokenizer has {known} tokens and the model {rows}", path.display());
    }
    Ok(model)
}
