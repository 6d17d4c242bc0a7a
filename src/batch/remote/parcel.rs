//! What a folder knows of a batch: `batches/NNNN.json`, its requests, and what their answers are read by.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::super::task::Task;
use super::super::{Size, key};
use super::note::{Note, id};
use crate::api::parameters::Changes;
use crate::api::wire::batch::{ENDPOINT, InputLine};
use crate::store::{Replacement, Slot, replace};

/// Lines that are sent together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Parcel {
    /// By which the server's batch is found again, whatever became of the request that made it.
    pub(super) tag: String,
    pub(super) model: String,
    /// The server, in words.
    pub(super) place: String,
    pub(super) lines: u64,
    /// How many batches these lines were part of, with this one.
    pub(super) round: u32,
    /// The server's id, once it is known.
    pub(super) batch: Option<String>,
    #[serde(skip)]
    stem: PathBuf,
}

/// A parcel in the making.
pub(super) struct Draft {
    parcel: Parcel,
    requests: Replacement,
    notes: Replacement,
    pub(super) bytes: u64,
}

const REQUESTS: &str = "requests.jsonl";
const NOTES: &str = "tasks.jsonl";

impl Draft {
    /// Begins a parcel in a folder, of the place and the model.
    pub(super) fn new(folder: &Path, (model, place): (&str, &str), round: u32) -> Result<Self> {
        let folder = folder.join("batches");
        let number = (1..).find(|number| !taken(&folder, *number)).expect("there are enough numbers");
        let stem = folder.join(format!("{number:04}"));
        let parcel = Parcel {
            tag: String::new(),
            model: model.to_owned(),
            place: place.to_owned(),
            lines: 0,
            round,
            batch: None,
            stem,
        };
        // The number is taken from now on, by a file that is empty until the parcel is whole.
        replace(&parcel.record(), "")?;
        let (requests, notes) = (Replacement::new(&parcel.file(REQUESTS))?, Replacement::new(&parcel.file(NOTES))?);
        Ok(Self { parcel, requests, notes, bytes: 0 })
    }

    /// Adds a call, its request as its model takes it by what is known now.
    pub(super) fn add(&mut self, task: &Task) -> Result<()> {
        let mut note = Note::of(task);
        let body = changed((&task.request.body, &mut note), &task.request.route.changes())?;
        self.request(&body, &note)
    }

    fn request(&mut self, body: &RawValue, note: &Note) -> Result<()> {
        let (method, url) = ("POST".to_owned(), ENDPOINT.to_owned());
        let line = InputLine { custom_id: note.id.clone(), method, url, body: Some(body) };
        let lines = [(&mut self.requests, serde_json::to_vec(&line)?), (&mut self.notes, serde_json::to_vec(note)?)];
        self.bytes += lines[0].1.len() as u64 + 1;
        for (file, line) in lines {
            let written = file.write_all(&line).and_then(|()| file.write_all(b"\n"));
            written.context("cannot write a batch's file")?;
        }
        self.parcel.lines += 1;
        Ok(())
    }

    pub(super) fn lines(&self) -> u64 {
        self.parcel.lines
    }

    /// The parcel, which is on disk from now on.
    pub(super) fn finish(mut self) -> Result<Parcel> {
        self.requests.commit()?;
        self.notes.commit()?;
        let slot = Slot { name: String::new(), question_id: 0, run_id: 0, metric: String::new() };
        let stamp = format!("{:?} {} {}", std::time::SystemTime::now(), std::process::id(), self.parcel.stem.display());
        self.parcel.tag = id(key(&slot, stamp.as_bytes()));
        self.parcel.save()?;
        Ok(self.parcel)
    }
}

/// A request with the changes that its model needs, of which its note is told.
fn changed((body, note): (&[u8], &mut Note), changes: &Changes) -> Result<Box<RawValue>> {
    if changes.is_empty() {
        return Ok(serde_json::from_slice(body)?);
    }
    let mut fields = serde_json::from_slice(body)?;
    changes.apply(&mut fields);
    note.sent_as(&fields);
    Ok(to_raw_value(&fields)?)
}

fn remove(stem: &Path) -> Result<()> {
    for name in ["json", REQUESTS, NOTES] {
        let path = stem.with_extension(name);
        if path.exists() {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    // The folder goes with its last parcel.
    let _ = stem.parent().map(fs::remove_dir);
    Ok(())
}

fn taken(folder: &Path, number: u32) -> bool {
    folder.join(format!("{number:04}.json")).exists()
}

impl Parcel {
    /// The parcels of a folder, oldest first. What was never finished is cleared away.
    pub(super) fn all(folder: &Path) -> Result<Vec<Self>> {
        let mut parcels = Vec::new();
        for (stem, parcel) in Self::known(folder)? {
            match parcel {
                Some(parcel) => parcels.push(parcel),
                None => remove(&stem)?,
            }
        }
        Ok(parcels)
    }

    /// As [`Parcel::all`], by the stem of their files, with none for what is not finished.
    pub(super) fn known(folder: &Path) -> Result<Vec<(PathBuf, Option<Self>)>> {
        let folder = folder.join("batches");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut stems: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                stems.push(path.with_extension(""));
            }
        }
        stems.sort();
        let mut parcels = Vec::new();
        for stem in stems {
            let path = stem.with_extension("json");
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let read: Option<Self> = match bytes.is_empty() {
                true => None,
                false => {
                    Some(serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?)
                }
            };
            let parcel = read.map(|read| Self { stem: stem.clone(), ..read });
            parcels.push((stem, parcel));
        }
        Ok(parcels)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.stem.with_extension(name)
    }

    /// The file of its requests.
    pub(super) fn requests(&self) -> PathBuf {
        self.file(REQUESTS)
    }

    /// The file of what is known of it, without which it is no parcel.
    pub(super) fn record(&self) -> PathBuf {
        self.file("json")
    }

    /// A file beside it.
    pub(super) fn folder(&self) -> &Path {
        self.stem.parent().unwrap_or(Path::new("."))
    }

    /// Writes what is known of it.
    pub(super) fn save(&self) -> Result<()> {
        replace(&self.record(), serde_json::to_vec(self)?)
    }

    /// Forgets it.
    pub(super) fn remove(&self) -> Result<()> {
        remove(&self.stem)
    }

    /// What its answers are read by.
    pub(super) fn notes(&self) -> Result<impl Iterator<Item = Result<Note>> + use<>> {
        let (lines, path) = (lines(&self.file(NOTES))?, self.file(NOTES));
        Ok(lines
            .map(move |line| serde_json::from_slice(&line?).with_context(|| format!("{} is damaged", path.display()))))
    }

    /// Its lines as they were sent, and what their answers are read by.
    pub(super) fn entries(&self) -> Result<impl Iterator<Item = Result<(Vec<u8>, Note)>> + use<>> {
        let both = lines(&self.requests())?.zip(self.notes()?);
        Ok(both.map(|(line, note)| Ok((line?, note?))))
    }

    /// Places of some of its calls.
    pub(super) fn slots(&self, keys: &HashSet<u64>) -> Result<Vec<Slot>> {
        let mut slots = Vec::new();
        for note in self.notes()? {
            let note = note?;
            if keys.contains(&note.key()?) {
                slots.push(note.slot);
            }
        }
        Ok(slots)
    }

    /// A parcel of those of its lines that `pick` picks by their key and what they cost at the most, for the next round, with
    /// the changes that the model needs; none when it picks none.
    pub(super) fn again(
        &self,
        folder: &Path,
        (round, changes): (u32, &Changes),
        mut pick: impl FnMut(u64, Size) -> bool,
    ) -> Result<Option<Self>> {
        let mut draft = None;
        for entry in self.entries()? {
            let (line, mut note) = entry?;
            let body = changed((request(&line)?, &mut note), changes)?;
            if !pick(note.key()?, note.size()) {
                continue;
            }
            let draft = match &mut draft {
                Some(draft) => draft,
                None => draft.insert(Draft::new(folder, (&self.model, &self.place), round)?),
            };
            draft.request(&body, &note)?;
        }
        draft.map(Draft::finish).transpose()
    }
}

fn lines(path: &Path) -> Result<impl Iterator<Item = std::io::Result<Vec<u8>>> + use<>> {
    let file = fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(BufReader::with_capacity(1 << 16, file).split(b'\n'))
}

/// The request in a line of a batch's file.
pub(super) fn request(line: &[u8]) -> Result<&[u8]> {
    let line: InputLine<'_> = serde_json::from_slice(line).context("a line of a batch's file is not one")?;
    Ok(line.body.context("a line of a batch's file has no request")?.get().as_bytes())
}
