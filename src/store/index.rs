//! Where each call stands in the journal: all that is kept in memory of calls that are done, 24 bytes each.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};

use super::Slot;

/// One call. `place` holds three things: bit 63 says whether the present plan asks for it, the next 16 bits are the number
/// of its name and metric, the others are its offset.
#[derive(Debug, Clone, Copy)]
struct Row {
    key: u64,
    place: u64,
    question: u32,
    run: u32,
}

const CURRENT: u64 = 1 << 63;
const OFFSET_BITS: u32 = 47;

impl Row {
    fn offset(&self) -> u64 {
        self.place & ((1 << OFFSET_BITS) - 1)
    }

    fn words(&self) -> usize {
        ((self.place & !CURRENT) >> OFFSET_BITS) as usize
    }

    fn is_current(&self) -> bool {
        self.place & CURRENT != 0
    }
}

/// Calls that are looked up by hashing until they are sorted in with the others.
const RECENT: usize = 1 << 14;

/// The calls of a journal by their keys: sorted, which needs no room beside them, and the latest ones apart.
#[derive(Debug, Default)]
pub(super) struct Index {
    sorted: Vec<Row>,
    recent: Vec<Row>,
    by_key: HashMap<u64, u32>,
    words: Vec<(String, String)>,
    ids: HashMap<String, HashMap<String, u16>>,
    generation: u64,
}

/// The calls to show, in the order of their slots.
#[derive(Debug)]
pub(super) struct Order {
    rows: Vec<u32>,
    generation: u64,
}

impl Order {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

impl Index {
    fn id(&mut self, name: &str, metric: &str) -> Result<u16> {
        if let Some(id) = self.ids.get(name).and_then(|metrics| metrics.get(metric)) {
            return Ok(*id);
        }
        let id =
            u16::try_from(self.words.len()).context("more than 65,536 different names and metrics in one folder")?;
        self.words.push((name.to_owned(), metric.to_owned()));
        self.ids.entry(name.to_owned()).or_default().insert(metric.to_owned(), id);
        Ok(id)
    }

    fn row(&mut self, (name, metric): (&str, &str), (question_id, run): (u64, u32), key: u64) -> Result<Row> {
        let question = u32::try_from(question_id).context("a question_id above 4,294,967,295")?;
        Ok(Row { key, place: u64::from(self.id(name, metric)?) << OFFSET_BITS, question, run })
    }

    /// Adds a call that an earlier run left at an offset; [`Index::settle`] is called after the last of them.
    pub(super) fn load(&mut self, slot: (&str, &str, u64, u32), key: u64, offset: u64) -> Result<()> {
        let (name, metric, question_id, run) = slot;
        let row = self.row((name, metric), (question_id, run), key)?;
        ensure!(offset >> OFFSET_BITS == 0, "a journal of more than 128 TiB");
        self.sorted.push(Row { place: row.place | offset, ..row });
        Ok(())
    }

    /// Adds a call that stands at an offset, and says whether it is one of the present plan.
    pub(super) fn insert(&mut self, slot: &Slot, key: u64, (offset, planned): (u64, bool)) -> Result<()> {
        let row = self.row((&slot.name, &slot.metric), (slot.question_id, slot.run_id), key)?;
        ensure!(offset >> OFFSET_BITS == 0, "a journal of more than 128 TiB");
        self.by_key.insert(key, u32::try_from(self.recent.len())?);
        self.recent.push(Row { place: row.place | offset | if planned { CURRENT } else { 0 }, ..row });
        if self.recent.len() >= RECENT.max(self.sorted.len() / 8) {
            self.settle();
        }
        Ok(())
    }

    /// Sorts the latest calls in; of several with one key the latest stays.
    pub(super) fn settle(&mut self) {
        self.sorted.reserve_exact(self.recent.len());
        self.sorted.append(&mut self.recent);
        self.by_key.clear();
        self.sorted.sort_unstable_by_key(|row| (row.key, u64::MAX - row.offset()));
        self.sorted.dedup_by_key(|row| row.key);
        self.generation += 1;
    }

    fn find(&mut self, key: u64) -> Option<&mut Row> {
        if let Some(place) = self.by_key.get(&key) {
            return self.recent.get_mut(*place as usize);
        }
        let place = self.sorted.binary_search_by_key(&key, |row| row.key).ok()?;
        self.sorted.get_mut(place)
    }

    /// Makes the call with this key one of the present plan; false when there is none.
    pub(super) fn claim(&mut self, key: u64) -> bool {
        self.find(key).map(|row| row.place |= CURRENT).is_some()
    }

    /// Where the call with this key stands.
    pub(super) fn offset(&mut self, key: u64) -> Option<u64> {
        self.find(key).map(|row| row.offset())
    }

    /// How many calls there are.
    pub(super) fn len(&self) -> usize {
        self.sorted.len() + self.recent.len()
    }

    /// The calls to show, in the order of their slots: of several calls for one slot the one that the present
    /// plan asks for, else the latest.
    pub(super) fn order(&mut self) -> Result<Order> {
        self.settle();
        // What was for hashing is needed no more.
        (self.recent, self.by_key) = (Vec::new(), HashMap::new());
        let (names, metrics) =
            (rank(self.words.iter().map(|pair| &pair.0)), rank(self.words.iter().map(|pair| &pair.1)));
        let slot = |row: &Row| (names[row.words()], row.question, row.run, metrics[row.words()]);
        let row = |place: &u32| &self.sorted[*place as usize];
        let mut rows: Vec<u32> = (0..u32::try_from(self.sorted.len())?).collect();
        rows.sort_unstable_by_key(|place| (slot(row(place)), !row(place).is_current(), u64::MAX - row(place).offset()));
        rows.dedup_by_key(|place| slot(row(place)));
        Ok(Order { rows, generation: self.generation })
    }

    /// Where the call stands that is at this place of the order; none when calls were added since the order was made.
    pub(super) fn offset_in(&self, order: &Order, place: usize) -> Option<u64> {
        let current = order.generation == self.generation;
        current.then(|| self.sorted.get(*order.rows.get(place)? as usize).map(Row::offset)).flatten()
    }

    /// How many calls to show are of the present plan's names and not of the plan.
    pub(super) fn strangers(&mut self) -> Result<u64> {
        let order = self.order()?;
        let rows = || order.rows.iter().map(|place| &self.sorted[*place as usize]);
        let name = |row: &Row| self.words[row.words()].0.as_str();
        let mut planned = vec![false; self.words.len()];
        rows().filter(|row| row.is_current()).for_each(|row| planned[row.words()] = true);
        let planned: std::collections::HashSet<&str> =
            planned.iter().zip(&self.words).filter(|(planned, _)| **planned).map(|(_, pair)| pair.0.as_str()).collect();
        Ok(rows().filter(|row| !row.is_current() && planned.contains(name(row))).count() as u64)
    }

    /// Shows the place of every call.
    pub(super) fn each_slot(&self, see: impl FnMut(Slot)) {
        let slot = |row: &Row| {
            let (name, metric) = self.words[row.words()].clone();
            Slot { name, question_id: u64::from(row.question), run_id: row.run, metric }
        };
        self.sorted.iter().chain(&self.recent).map(slot).for_each(see);
    }
}

/// The place of each word in their order; equal words have equal places.
fn rank<'a>(words: impl Iterator<Item = &'a String>) -> Vec<usize> {
    let words: Vec<&String> = words.collect();
    let mut order = words.clone();
    order.sort_unstable();
    order.dedup();
    words.iter().map(|word| order.binary_search(word).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_24_bytes() {
        assert_eq!(size_of::<Row>(), 24);
    }

    #[test]
    fn keys_are_found_before_and_after_they_are_sorted_in() {
        let mut index = Index::default();
        let slot = |number: u64| Slot {
            name: format!("model {}", number % 3),
            question_id: number,
            run_id: 1,
            metric: String::new(),
        };
        let key = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for number in 0..40_000 {
            index.insert(&slot(number), key(number), (number * 10, true)).unwrap();
        }
        assert_eq!(index.len(), 40_000);
        assert!((0..40_000).all(|number| index.offset(key(number)) == Some(number * 10)));
        assert!(!index.claim(key(40_000)));
        let order = index.order().unwrap();
        assert_eq!((order.len(), index.offset_in(&order, 1)), (40_000, Some(30)), "model 0, question 3");
        index.insert(&slot(1), key(1), (400_000, true)).unwrap();
        assert_eq!(index.offset(key(1)), Some(400_000), "the latest of one key");
        let later = index.order().unwrap();
        assert_eq!((later.len(), index.offset_in(&order, 1)), (40_000, None), "an order from before");
    }
}
