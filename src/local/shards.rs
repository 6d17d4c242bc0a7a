//! Tensors of safetensors files, read one by one, so that a model's file and its numbers are never in memory together.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use half::{bf16, f16};
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde::Deserialize;

use super::weights::Matrix;

/// The file of a model in one file.
pub(super) const SINGLE: &str = "model.safetensors";
/// The list of the files of a model in several.
pub(super) const INDEX: &str = "model.safetensors.index.json";
/// Bytes of a header; `safetensors` takes no more either.
const LARGEST_HEADER: u64 = 100_000_000;

/// The tensors of a model, wherever among its files they are.
pub(super) struct Shards {
    files: Vec<File>,
    /// By name: the file, where its numbers begin, and what is known of it.
    tensors: BTreeMap<String, (usize, u64, TensorInfo)>,
}

/// The part of an index that counts: which file has which tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, PathBuf>,
}

impl Shards {
    /// The files of a folder: the single one, or those of the index.
    ///
    /// # Errors
    /// When there is neither, or a file cannot be read or is damaged.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let mut shards = Self { files: Vec::new(), tensors: BTreeMap::new() };
        if folder.join(SINGLE).is_file() {
            shards.add(&folder.join(SINGLE))?;
            return Ok(shards);
        }
        let path = folder.join(INDEX);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} has neither {SINGLE} nor {INDEX}", folder.display()))?;
        let index: Index = serde_json::from_str(&text).with_context(|| format!("{} is no index", path.display()))?;
        let mut names: Vec<&PathBuf> = index.weight_map.values().collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            if name.file_name() != Some(name.as_os_str()) {
                bail!("{} names the file {}, which is outside of its folder", path.display(), name.display());
            }
            shards.add(&folder.join(name))?;
        }
        match index.weight_map.keys().find(|tensor| !shards.tensors.contains_key(*tensor)) {
            Some(tensor) => bail!("{} names the tensor {tensor}, which none of its files has", path.display()),
            None => Ok(shards),
        }
    }

    /// Adds the tensors of one file.
    fn add(&mut self, path: &Path) -> Result<()> {
        let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let (start, header) =
            header(&mut file).with_context(|| format!("{} is no safetensors file", path.display()))?;
        let place = self.files.len();
        self.files.push(file);
        let tensors = header.tensors();
        self.tensors.extend(tensors.into_iter().map(|(name, info)| (name, (place, start, info.clone()))));
        Ok(())
    }

    /// Names of the tensors.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.tensors.keys()
    }

    /// A tensor as f32; none if there is no tensor of this name.
    ///
    /// # Errors
    /// When it has another shape or is no plain float.
    pub(super) fn read(&mut self, name: &str, [rows, cols]: [usize; 2]) -> Result<Option<Matrix>> {
        let Some((place, start, info)) = self.tensors.get(name) else { return Ok(None) };
        let (from, to) = info.data_offsets;
        let count = rows * cols;
        let fits = match info.shape[..] {
            [all] => all == count && (rows == 1 || cols == 1),
            [..] => info.shape == [rows, cols],
        };
        if !fits || (to - from) * 8 != count * info.dtype.bitsize() {
            bail!("{name} has the shape {:?}; expected {rows} x {cols}", info.shape);
        }
        let mut bytes = vec![0; to - from];
        let file = &mut self.files[*place];
        file.seek(SeekFrom::Start(start + from as u64))?;
        file.read_exact(&mut bytes).with_context(|| format!("the numbers of {name} end too early"))?;
        let values = floats(info.dtype, &bytes).with_context(|| {
            format!("{name} has numbers of the type {:?}; only F32, F16 and BF16 can be read", info.dtype)
        })?;
        Ok(Some(Matrix { rows, cols, values }))
    }
}

/// Where the numbers begin, and what is said of them.
fn header(file: &mut File) -> Result<(u64, Metadata)> {
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LARGEST_HEADER || length > file.metadata()?.len() {
        bail!("a header of {length} bytes is too long");
    }
    let mut header = vec![0; usize::try_from(length)?];
    file.read_exact(&mut header)?;
    let header: Metadata = serde_json::from_slice(&header)?;
    Ok((length + 8, header))
}

fn floats(kind: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let (fours, _) = bytes.as_chunks::<4>();
    match kind {
        Dtype::F32 => Some(fours.iter().map(|four| f32::from_le_bytes(*four)).collect()),
        Dtype::F16 => Some(pairs.iter().map(|pair| f16::from_le_bytes(*pair).to_f32()).collect()),
        Dtype::BF16 => Some(pairs.iter().map(|pair| bf16::from_le_bytes(*pair).to_f32()).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_as_what_they_stand_for() {
        let value = 0.156_25_f32;
        assert_eq!(floats(Dtype::F32, &value.to_le_bytes()), Some(vec![value]));
        assert_eq!(floats(Dtype::F16, &f16::from_f32(value).to_le_bytes()), Some(vec![value]));
        assert_eq!(floats(Dtype::BF16, &bf16::from_f32(value).to_le_bytes()), Some(vec![value]));
        assert_eq!(floats(Dtype::I64, &[0; 8]), None);
    }

    #[test]
    fn what_is_no_model_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let fail = || format!("{:#}", Shards::open(folder.path()).err().unwrap());
        assert!(fail().contains("has neither model.safetensors nor model.safetensors.index.json"), "{}", fail());
        let write = |name: &str, bytes: &[u8]| crate::store::replace(&folder.path().join(name), bytes).unwrap();
        write(INDEX, br#"{"weight_map": {"a": "../a.safetensors"}}"#);
        assert!(fail().contains("outside of its folder"), "{}", fail());
        write(SINGLE, &[255; 16]);
        assert!(fail().contains("is no safetensors file: a header of"), "{}", fail());
    }
}
