//! Adapters as files of PEFT: `adapter_model.safetensors` and `adapter_config.json`, which `peft` loads as they are.
//!
//! Invariant: what is written reads back bit for bit.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context, Result, bail};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};

use super::adapter::{Adapter, BlockAdapter, LowRank, Target};
use super::weights::{Matrix, Weights};
use crate::store::replace;

const TENSORS: &str = "adapter_model.safetensors";
const CONFIG: &str = "adapter_config.json";

/// The part of PEFT's configuration that counts.
#[derive(Debug, Serialize, Deserialize)]
struct Config {
    peft_type: String,
    task_type: String,
    base_model_name_or_path: Option<String>,
    r: usize,
    lora_alpha: f32,
    #[serde(default)]
    lora_dropout: f32,
    #[serde(default = "none")]
    bias: String,
    target_modules: BTreeSet<String>,
    #[serde(default)]
    layers_to_transform: Option<Vec<usize>>,
    #[serde(default)]
    inference_mode: bool,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
}

fn none() -> String {
    "none".to_owned()
}

/// A module's name within a block.
fn module(target: Target) -> &'static str {
    match target {
        Target::Query => "self_attn.q_proj",
        Target::Key => "self_attn.k_proj",
        Target::Value => "self_attn.v_proj",
        Target::Output => "self_attn.o_proj",
        Target::Gate => "mlp.gate_proj",
        Target::Up => "mlp.up_proj",
        Target::Down => "mlp.down_proj",
    }
}

fn tensor_name(block: usize, target: Target, side: &str) -> String {
    format!("base_model.model.model.layers.{block}.{}.lora_{side}.weight", module(target))
}

/// Values as little-endian bytes.
fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Named values with their shapes, as the bytes of a safetensors file.
pub(super) fn pack(tensors: &[(String, Vec<usize>, &[f32])], notes: HashMap<String, String>) -> Result<Vec<u8>> {
    let data: Vec<Vec<u8>> = tensors.iter().map(|(_, _, values)| bytes(values)).collect();
    let views = tensors
        .iter()
        .zip(&data)
        .map(|((name, shape, _), data)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), data)?)));
    Ok(serialize(views.collect::<Result<Vec<_>>>()?, Some(notes))?)
}

/// Every value of a tensor.
pub(super) fn floats(view: &TensorView<'_>) -> Result<Vec<f32>> {
    if view.dtype() != Dtype::F32 {
        bail!("a tensor has the type {:?}; expected F32", view.dtype());
    }
    Ok(view.data().chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect())
}

/// The tensors of an adapter.
pub(super) fn tensors(adapter: &Adapter) -> Vec<(String, Vec<usize>, &[f32])> {
    let mut tensors = Vec::new();
    for (index, block) in adapter.blocks.iter().enumerate() {
        for (target, low) in Target::ALL.into_iter().zip(block.slots()) {
            let Some(low) = low else { continue };
            for (side, matrix) in [("A", &low.down), ("B", &low.up)] {
                tensors.push((tensor_name(index, target, side), vec![matrix.rows, matrix.cols], &matrix.values[..]));
            }
        }
    }
    tensors
}

/// The adapter in a file's tensors, for a model of `blocks` blocks.
pub(super) fn adapter(file: &SafeTensors<'_>, scale: f32, blocks: usize) -> Result<Adapter> {
    let mut adapter = Adapter { scale, blocks: vec![BlockAdapter::default(); blocks] };
    for (index, block) in adapter.blocks.iter_mut().enumerate() {
        for (target, slot) in Target::ALL.into_iter().zip(block.slots_mut()) {
            let part = |side: &str| -> Result<Option<Matrix>> {
                let Ok(view) = file.tensor(&tensor_name(index, target, side)) else { return Ok(None) };
                let [rows, cols] = view.shape() else { bail!("an addition has {} dimensions", view.shape().len()) };
                if rows * cols == 0 {
                    bail!("an addition has no value");
                }
                Ok(Some(Matrix { rows: *rows, cols: *cols, values: floats(&view)? }))
            };
            *slot = match (part("A")?, part("B")?) {
                (Some(down), Some(up)) => Some(LowRank { down, up }),
                (None, None) => None,
                _ => bail!("the addition to {} of block {index} has one half only", module(target)),
            };
        }
    }
    Ok(adapter)
}

/// Writes both files into a folder; `base` names the model that the adapter is for.
///
/// # Errors
/// When the folder cannot be written to, or the adapter adds nothing.
pub fn save(adapter: &Adapter, base: &str, folder: &Path) -> Result<()> {
    let slots = |block: &BlockAdapter| {
        Target::ALL
            .into_iter()
            .zip(block.slots().map(|low| low.is_some()))
            .filter(|(_, there)| *there)
            .map(|(target, _)| target)
            .collect::<Vec<_>>()
    };
    let rank = adapter.matrices().next().context("the adapter adds nothing")?.rows;
    let targets = adapter.blocks.iter().flat_map(slots).map(|target| {
        let name = module(target);
        name.split_once('.').map_or(name, |(_, name)| name).to_owned()
    });
    let blocks = adapter.blocks.iter().enumerate().filter(|(_, block)| !block.is_empty()).map(|(index, _)| index);
    let config = Config {
        peft_type: "LORA".to_owned(),
        task_type: "CAUSAL_LM".to_owned(),
        base_model_name_or_path: Some(base.to_owned()),
        r: rank,
        lora_alpha: adapter.scale * rank as f32,
        lora_dropout: 0.0,
        bias: none(),
        target_modules: targets.collect(),
        layers_to_transform: Some(blocks.collect()),
        inference_mode: true,
        use_rslora: false,
        use_dora: false,
    };
    replace(&folder.join(TENSORS), pack(&tensors(adapter), HashMap::from([("format".to_owned(), "pt".to_owned())]))?)?;
    replace(&folder.join(CONFIG), serde_json::to_vec_pretty(&config)?)?;
    Ok(())
}

/// Reads an adapter for a model.
///
/// # Errors
/// When a file is missing, damaged, of another model, or asks for what is not supported.
pub fn load(folder: &Path, weights: &Weights) -> Result<Adapter> {
    let path = folder.join(CONFIG);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let config: Config =
        serde_json::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))?;
    if config.peft_type != "LORA" || config.use_dora || config.use_rslora || config.bias != "none" || config.r == 0 {
        bail!("{} is not plain LoRA", path.display());
    }
    let path = folder.join(TENSORS);
    let data = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = SafeTensors::deserialize(&data).with_context(|| format!("{} is damaged", path.display()))?;
    let adapter = adapter(&file, config.lora_alpha / config.r as f32, weights.blocks.len())?;
    let base = config.base_model_name_or_path.as_deref().unwrap_or("another model");
    if adapter.matrices().count() != file.len() || !adapter.fits(weights) {
        bail!("{} is for {base}, and the weights are of another size; name its own with --weights", path.display());
    }
    Ok(adapter)
}
