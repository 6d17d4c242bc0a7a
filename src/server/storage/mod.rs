//! The data folder: uploaded files, jobs and tuned models, kept so that a later process finds what an earlier one left.
//!
//! ```text
//! lock                               held by the one process that writes
//! files/<file id>/{meta.json, content}
//! jobs/<job id>.json                 the job, its events and its checkpoints
//! batches/<batch id>/{batch.json, output.jsonl, errors.jsonl}   the batch, and its results until they are files
//! models/<model id>/{model.json, ...}  the engine's files beside ours
//! scratch/<job id>/                  an engine's own state while the job has not ended
//! ```
//!
//! Invariants: what is there is complete (written under another name, synced, renamed); one process writes at a time, any
//! number read; no text of a request becomes part of a path before it was checked to be an id.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use tempfile::TempDir;

mod batches;
mod files;
mod jobs;
mod models;
mod scratch;

pub(super) use batches::BatchRecord;
pub(super) use files::Upload;
pub(super) use models::ModelName;

const BATCHES: &str = "batches";
const FILES: &str = "files";
const JOBS: &str = "jobs";
const MODELS: &str = "models";
const SCRATCH: &str = "scratch";
/// Folders that are not complete yet begin with this.
const UNFINISHED: &str = ".unfinished-";

/// The data folder.
#[derive(Debug)]
pub(super) struct Storage {
    root: PathBuf,
    lock: Mutex<Option<File>>,
}

/// What came of asking for the right to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// This process has it from now on.
    New,
    /// This process had it already.
    Held,
    /// Another process has it.
    Elsewhere,
}

impl Storage {
    /// The folder at `root`, which need not be there before something is written.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, lock: Mutex::new(None) }
    }

    /// Where it is.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Asks for the right to write, which lasts as long as the process.
    pub(super) fn claim(&self) -> Result<Claim> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if lock.is_some() {
            return Ok(Claim::Held);
        }
        for part in [BATCHES, FILES, JOBS, MODELS] {
            let folder = self.root.join(part);
            fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let path = self.root.join("lock");
        let context = || format!("cannot lock {}", path.display());
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).with_context(context)?;
        match file.try_lock() {
            Ok(()) => *lock = Some(file),
            Err(TryLockError::WouldBlock) => return Ok(Claim::Elsewhere),
            Err(TryLockError::Error(error)) => return Err(error).with_context(context),
        }
        self.remove_unfinished()?;
        Ok(Claim::New)
    }

    /// Clears away what processes that were killed had begun to write.
    fn remove_unfinished(&self) -> Result<()> {
        for part in [FILES, MODELS] {
            for name in self.names(part)? {
                if name.starts_with(UNFINISHED) {
                    fs::remove_dir_all(self.root.join(part).join(name))?;
                }
            }
        }
        Ok(())
    }

    /// Names in one of the folders, in no order; none when the folder is not there.
    fn names(&self, part: &str) -> Result<Vec<String>> {
        let folder = self.root.join(part);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| format!("cannot list {}", folder.display())),
        };
        let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        Ok(names.collect::<io::Result<_>>()?)
    }

    fn unfinished(&self, part: &str) -> Result<TempDir> {
        let folder = self.root.join(part);
        let made = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&folder);
        made.with_context(|| format!("cannot write to {}", folder.display()))
    }
}

/// Nanoseconds since 1970: the order in which objects were made, finer than the API's seconds.
pub(super) fn ordinal() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Unix time in seconds.
pub(super) fn now() -> i64 {
    (ordinal() / 1_000_000_000).cast_signed()
}

/// Whether a text is `prefix` and hexadecimal digits, and so safe as a name in a folder.
pub(super) fn is_id(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    (1..=64).contains(&digits.len()) && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// A file's bytes, or none where there is no file.
fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn sync_folder(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("cannot sync {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_writer_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (Storage::new(folder.path().into()), Storage::new(folder.path().into()));
        assert_eq!(first.claim().unwrap(), Claim::New);
        assert_eq!(first.claim().unwrap(), Claim::Held);
        assert_eq!(second.claim().unwrap(), Claim::Elsewhere);
        drop(first);
        assert_eq!(second.claim().unwrap(), Claim::New);
    }

    #[test]
    fn claiming_clears_what_was_never_finished() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("files/.unfinished-x");
        fs::create_dir_all(&left).unwrap();
        Storage::new(folder.path().into()).claim().unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn only_ids_are_ids() {
        assert!(is_id("file-0a9", "file-"));
        for text in ["file-", "file-G", "file-../x", "job-0a", "file-0/a", "", "file-0A"] {
            assert!(!is_id(text, "file-"), "{text}");
        }
    }
}
