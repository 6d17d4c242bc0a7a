//! `calls.jsonl`: every completed call, one line each, written before the call counts as done.
//!
//! Guarantee: a call that counts is in the system's hands, so it survives the death of the process at any instant. The
//! disk is told within half a second, so a loss of power costs what was answered in that time and while the disk wrote. A
//! line torn by either is cut off when the journal is next opened, and its call is made again.
//! The index in memory is 24 bytes a call, whatever the calls' texts are.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, bail};

use super::index::Index;
use super::scan::scan;
use super::{Call, Slot};

/// The journal of one output folder, locked for this process.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// The file again, so that the disk is waited for beside further writing.
    disk: File,
    file: Mutex<(File, u64)>,
    index: Mutex<Index>,
}

impl Journal {
    /// Opens the journal of `folder`, making both where there are none, and cuts off a torn last line.
    ///
    /// # Errors
    /// When the folder cannot be written to, another process writes to it, or a line before the last is damaged.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let path = folder.join("calls.jsonl");
        let file = OpenOptions::new().read(true).append(true).create(true).open(&path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another riskpref is writing to {}; wait for it or choose another --output-dir", folder.display())
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        let mut index = Index::default();
        let end = scan(&path, &file, &mut index)?;
        file.set_len(end).with_context(|| format!("cannot write {}", path.display()))?;
        index.settle();
        let disk = file.try_clone().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { path, disk, file: Mutex::new((file, end)), index: Mutex::new(index) })
    }

    /// The journal of a folder for looking only: nothing there is made, locked or changed, and what is appended is gone with
    /// this value.
    ///
    /// # Errors
    /// When the journal there cannot be read, or a line before the last is damaged.
    pub fn look(folder: &Path) -> Result<Self> {
        let path = folder.join("calls.jsonl");
        let mut index = Index::default();
        if let Ok(file) = File::open(&path) {
            scan(&path, &file, &mut index)?;
        }
        index.settle();
        let scratch = tempfile::tempfile().context("cannot make a temporary file")?;
        let disk = scratch.try_clone().context("cannot make a temporary file")?;
        Ok(Self { path, disk, file: Mutex::new((scratch, 0)), index: Mutex::new(index) })
    }

    /// The folder of the journal.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Keeps what a call was charged that brought no answer. See [`each_charge`](super::each_charge).
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn charge(&self, slot: &Slot, model_id: &str, details: &serde_json::Value) -> Result<()> {
        // The lock keeps lines whole.
        let _one_at_a_time = lock(&self.file);
        super::charges::append(self.folder(), slot, (model_id, details))
    }

    /// Whether the call with this key is done. Asking makes it a call of the present plan.
    pub fn claim(&self, key: u64) -> bool {
        lock(&self.index).claim(key)
    }

    /// Whether the call with this key is done, whoever's plan it is of.
    pub fn has(&self, key: u64) -> bool {
        lock(&self.index).offset(key).is_some()
    }

    /// How many calls are done.
    pub fn len(&self) -> u64 {
        lock(&self.index).len() as u64
    }

    /// Shows the place of every call.
    pub fn each_slot(&self, see: impl FnMut(Slot)) {
        lock(&self.index).each_slot(see);
    }

    /// How many of the calls that the tables show have a name of the present plan and are not of it.
    ///
    /// # Errors
    /// When there are more than 4 thousand million calls.
    pub fn strangers(&self) -> Result<u64> {
        lock(&self.index).strangers()
    }

    /// Whether no call is done.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The call with this key, if it is done.
    ///
    /// # Errors
    /// When the journal cannot be read again.
    pub fn call(&self, key: u64) -> Result<Option<Call>> {
        let Some(offset) = lock(&self.index).offset(key) else { return Ok(None) };
        let mut reader = BufReader::new(File::open(&self.path)?);
        reader.seek(SeekFrom::Start(offset))?;
        Ok(serde_json::Deserializer::from_reader(reader).into_iter().next().transpose()?)
    }

    /// Appends calls of the present plan, already written as JSON lines, in one write; they count as done when this returns.
    ///
    /// # Errors
    /// When the disk is full or gone.
    pub fn append(&self, calls: &[(Slot, u64, Vec<u8>)]) -> Result<()> {
        self.append_found(calls, |_| true)
    }

    /// As [`Journal::append`], for calls of which only those are of the present plan whose keys are `planned`; the others
    /// give way to it in the tables until they are claimed.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn append_found(&self, calls: &[(Slot, u64, Vec<u8>)], planned: impl Fn(u64) -> bool) -> Result<()> {
        let mut bytes = Vec::with_capacity(calls.iter().map(|call| call.2.len()).sum());
        calls.iter().for_each(|call| bytes.extend_from_slice(&call.2));
        let mut guard = lock(&self.file);
        let (file, end) = &mut *guard;
        file.write_all(&bytes).with_context(|| format!("cannot write {}", self.path.display()))?;
        let mut index = lock(&self.index);
        for (slot, key, line) in calls {
            index.insert(slot, *key, (*end, planned(*key)))?;
            *end += line.len() as u64;
        }
        Ok(())
    }

    /// Waits until everything appended is on the disk itself.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&self) -> Result<()> {
        self.disk.sync_data().with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// The calls, one a slot, sorted by name, question, run and metric; read one at a time.
    ///
    /// # Errors
    /// When the journal cannot be read again.
    pub fn calls(&self) -> Result<impl Iterator<Item = Result<Call>>> {
        let mut reader = BufReader::with_capacity(1 << 16, File::open(&self.path)?);
        let order = lock(&self.index).order()?;
        let changed = || format!("{} changed while it was read", self.path.display());
        let mut line = Vec::new();
        Ok((0..order.len()).map(move |place| {
            let offset = lock(&self.index).offset_in(&order, place).with_context(changed)?;
            let here = reader.stream_position()?;
            reader.seek_relative(i64::try_from(offset)? - i64::try_from(here)?)?;
            line.clear();
            reader.read_until(b'\n', &mut line)?;
            serde_json::from_slice(&line).with_context(changed)
        }))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it holds the journal")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::store::line;

    fn call(question_id: u64, key: u64, reply: &str) -> Call {
        let slot = Slot { name: "log-utility".into(), question_id, run_id: 1, metric: String::new() };
        let (question, model_id) = ("Bet?".into(), "m".into());
        Call {
            slot,
            key,
            question,
            reply: reply.into(),
            model_id,
            seed: Some(7),
            finish_reason: None,
            details: Value::Null,
        }
    }

    fn append(journal: &Journal, call: &Call) {
        journal.append(&[(call.slot.clone(), call.key, line(call).unwrap())]).unwrap();
    }

    fn replies(journal: &Journal) -> Vec<String> {
        journal.calls().unwrap().map(|call| call.unwrap().reply).collect()
    }

    #[test]
    fn calls_come_back_sorted_and_the_planned_one_of_a_slot_wins() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        for call in [call(10, 1, "ten"), call(2, 2, "two, first plan"), call(2, 3, "two, second plan")] {
            append(&journal, &call);
        }
        drop(journal);
        let journal = Journal::open(folder.path()).unwrap();
        assert_eq!(replies(&journal), ["two, second plan", "ten"], "the latest, where no plan says otherwise");
        assert!(journal.has(3) && journal.claim(2) && !journal.claim(4) && !journal.has(4));
        assert_eq!(replies(&journal), ["two, first plan", "ten"], "looking a call up does not claim it");
        let found = call(2, 5, "two, of a plan that is not this one");
        journal.append_found(&[(found.slot.clone(), 5, line(&found).unwrap())], |key| key != 5).unwrap();
        assert_eq!(replies(&journal), ["two, first plan", "ten"]);
        assert!(journal.claim(5));
        assert_eq!(replies(&journal)[0], "two, of a plan that is not this one", "the latest of those that are claimed");
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_a_damaged_one_before_it_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.jsonl");
        append(&Journal::open(folder.path()).unwrap(), &call(1, 1, "one"));
        let whole = std::fs::read(&path).unwrap();
        for torn in [&b"{\"name\":\"a"[..], b"\0\0\0\n"] {
            OpenOptions::new().append(true).open(&path).unwrap().write_all(torn).unwrap();
            let journal = Journal::open(folder.path()).unwrap();
            append(&journal, &call(2, 2, "two"));
            assert_eq!(replies(&journal), ["one", "two"]);
            OpenOptions::new().write(true).open(&path).unwrap().set_len(whole.len() as u64).unwrap();
        }
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{}\n").unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(&whole).unwrap();
        let error = Journal::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("calls.jsonl:2: found a damaged line"), "{error}");
    }

    #[test]
    fn a_folder_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let _journal = Journal::open(folder.path()).unwrap();
        let error = Journal::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("another riskpref is writing"), "{error}");
    }
}
