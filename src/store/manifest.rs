//! `manifest.json`: what made the files of a folder, so that they can be made again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::money::Item;

/// One command's record in the manifest of its output folder; a later run of the same command replaces it.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// riskpref's version.
    pub version: String,
    /// The command line, without its secrets.
    pub arguments: Vec<String>,
    /// The seed that every random act derives from.
    pub seed: u64,
    /// SHA-256 of each input file.
    pub inputs: BTreeMap<String, String>,
    /// Model ids that were used, by name.
    pub models: BTreeMap<String, String>,
    /// Parameters sent with every request.
    pub parameters: serde_json::Value,
    /// When the command started and ended, in UTC.
    pub started: String,
    /// As `started`.
    pub ended: String,
    /// Requests of this run: those answered and those that failed for good.
    pub answered: u64,
    /// As `answered`.
    pub failed: u64,
    /// By model id, how the requests that were sent differ from `parameters`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameter_changes: BTreeMap<String, Vec<String>>,
    /// What all runs together spent in this folder, by role and model.
    pub spending: Vec<Item>,
    /// The sum in USD; null when a price is not known.
    pub usd: Option<f64>,
}

impl Manifest {
    /// Writes the record of `command` into the manifest of `folder`, keeping those of other commands.
    ///
    /// # Errors
    /// When the manifest there cannot be read as one, or cannot be replaced.
    pub fn write(&self, folder: &Path, command: &str) -> Result<()> {
        let path = folder.join("manifest.json");
        let mut records = records(&path)?;
        records.insert(command.to_owned(), serde_json::to_value(self)?);
        super::replace(&path, serde_json::to_string_pretty(&records)? + "\n")
    }
}

fn records(path: &Path) -> Result<BTreeMap<String, serde_json::Value>> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("{} is not a manifest", path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// What the record of `command` in the manifest of `folder` says was spent; nothing where there is no such record.
///
/// # Errors
/// When the manifest cannot be read as one.
pub fn recorded_spending(folder: &Path, command: &str) -> Result<Vec<Item>> {
    #[derive(Deserialize)]
    struct Record {
        spending: Vec<Item>,
    }
    let path = folder.join("manifest.json");
    let not_one = || format!("{} is not a manifest", path.display());
    let mut records = records(&path)?;
    match records.remove(command) {
        Some(record) => Ok(serde_json::from_value::<Record>(record).with_context(not_one)?.spending),
        None => Ok(Vec::new()),
    }
}

/// SHA-256 of a file in hexadecimal, read in constant memory.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut Hashing(&mut hasher)).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

struct Hashing<'a>(&'a mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
