//! A training's state as a file, so that one that was killed goes on.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use safetensors::tensor::SafeTensors;
use sha2::{Digest, Sha256};

use super::corpus::Corpus;
use super::{Recipe, State};
use crate::local::adapter::Adapter;
use crate::local::peft::{adapter, floats, pack, tensors};
use crate::store::replace;

const FIRST: &str = "first_moments";
const SECOND: &str = "second_moments";

impl State {
    /// Writes the state; the file appears whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let notes = HashMap::from([
            ("step".to_owned(), self.step.to_string()),
            ("scale".to_owned(), self.adapter.scale.to_bits().to_string()),
            ("blocks".to_owned(), self.adapter.blocks.len().to_string()),
            ("fingerprint".to_owned(), self.fingerprint.clone()),
        ]);
        let mut all = tensors(&self.adapter);
        all.push((FIRST.to_owned(), vec![self.first_moments.len()], &self.first_moments));
        all.push((SECOND.to_owned(), vec![self.second_moments.len()], &self.second_moments));
        replace(path, pack(&all, notes)?)?;
        Ok(())
    }

    /// Reads a state; none if there is no such file.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn load(path: &Path) -> Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let read = || -> Result<Self> {
            let data = std::fs::read(path)?;
            let (_, header) = SafeTensors::read_metadata(&data)?;
            let notes = header.metadata().clone().unwrap_or_default();
            let note = |name: &str| notes.get(name).with_context(|| format!("no {name}"));
            let file = SafeTensors::deserialize(&data)?;
            Ok(Self {
                step: note("step")?.parse()?,
                adapter: adapter(&file, f32::from_bits(note("scale")?.parse()?), note("blocks")?.parse()?)?,
                first_moments: floats(&file.tensor(FIRST)?)?,
                second_moments: floats(&file.tensor(SECOND)?)?,
                fingerprint: note("fingerprint")?.clone(),
            })
        };
        read().map(Some).with_context(|| format!("{} is damaged", path.display()))
    }
}

/// What a training is known by: SHA-256 of its recipe, its data and the adapter that it begins with.
pub(super) fn fingerprint(recipe: &Recipe, training: &Corpus, start: &Adapter) -> String {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(recipe).expect("a recipe is plain values"));
    training.digest(&mut hash);
    for matrix in start.matrices() {
        matrix.values.iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
