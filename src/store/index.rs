//! Where each call stands in the journal: all that is kept in memory of calls that are done.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};

use super::Slot;

/// One call. `name` and `metric` are numbers of the index's words.
#[derive(Debug, Clone, Copy)]
struct Entry {
    offset: u64,
    question: u32,
    run: u32,
    name: u16,
    metric: u16,
    current: bool,
}

/// The calls of a journal by their keys.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: HashMap<u64, Entry>,
    words: Vec<String>,
    ids: HashMap<String, u16>,
}

impl Index {
    fn word(&mut self, word: &str) -> Result<u16> {
        if let Some(id) = self.ids.get(word) {
            return Ok(*id);
        }
        let id = u16::try_from(self.words.len()).context("more than 65,535 different names in one folder")?;
        self.words.push(word.to_owned());
        self.ids.insert(word.to_owned(), id);
        Ok(id)
    }

    /// Adds a call that stands at an offset; whether the present plan asks for it is the other half of `place`.
    pub(super) fn insert(&mut self, slot: &Slot, key: u64, place: (u64, bool)) -> Result<()> {
        let question = u32::try_from(slot.question_id).context("a question_id above 4,294,967,295")?;
        let (name, metric) = (self.word(&slot.name)?, self.word(&slot.metric)?);
        let (offset, current) = place;
        self.entries.insert(key, Entry { offset, question, run: slot.run_id, name, metric, current });
        Ok(())
    }

    /// Where the calls to show stand.
    pub(super) fn offsets(&self) -> Vec<u64> {
        self.shown().into_iter().map(|entry| entry.offset).collect()
    }

    /// How many calls to show are of the present plan's names and not of the plan.
    pub(super) fn strangers(&self) -> u64 {
        let shown = self.shown();
        let planned: HashSet<u16> = shown.iter().filter(|entry| entry.current).map(|entry| entry.name).collect();
        shown.into_iter().filter(|entry| !entry.current && planned.contains(&entry.name)).count() as u64
    }

    /// Shows the place of every call.
    pub(super) fn each_slot(&self, see: impl FnMut(Slot)) {
        let word = |id: u16| self.words[usize::from(id)].clone();
        let slot = |entry: &Entry| Slot {
            name: word(entry.name),
            question_id: u64::from(entry.question),
            run_id: entry.run,
            metric: word(entry.metric),
        };
        self.entries.values().map(slot).for_each(see);
    }

    /// The calls to show, in the order of their slots: of several calls for one slot the one that the present
    /// plan asks for, else the latest.
    fn shown(&self) -> Vec<&Entry> {
        let mut order: Vec<usize> = (0..self.words.len()).collect();
        order.sort_by_key(|id| &self.words[*id]);
        let mut rank = vec![0; order.len()];
        for (place, id) in order.into_iter().enumerate() {
            rank[id] = place;
        }
        let slot =
            |entry: &Entry| (rank[usize::from(entry.name)], entry.question, entry.run, rank[usize::from(entry.metric)]);
        let mut entries: Vec<&Entry> = self.entries.values().collect();
        entries.sort_unstable_by_key(|entry| (slot(entry), !entry.current, u64::MAX - entry.offset));
        entries.dedup_by_key(|entry| slot(entry));
        entries
    }

    /// How many calls there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Where the call with this key stands.
    pub(super) fn offset(&self, key: u64) -> Option<u64> {
        self.entries.get(&key).map(|entry| entry.offset)
    }

    /// Makes the call with this key one of the present plan; false when there is none.
    pub(super) fn claim(&mut self, key: u64) -> bool {
        self.entries.get_mut(&key).map(|entry| entry.current = true).is_some()
    }
}
