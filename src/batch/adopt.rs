//! Taking over tables whose rows are in no journal, such as the earlier project's.

use std::collections::HashSet;

use anyhow::Result;

use super::key;
use crate::store::{Call, Journal, Slot, line};

/// The key of a call that is known from a table only: its place, question and model, since a table does not say more. A
/// table of training answers does not even name its teacher; `model_id` is empty then.
#[must_use]
pub fn adopted_key(slot: &Slot, question: &str, model_id: &str) -> u64 {
    key(slot, format!("adopted {model_id} {}", question.trim()).as_bytes())
}

/// Writes those of a folder's table `rows` into its journal that have no call there yet, so that they are kept and, where
/// they answer a planned call, not asked for again. Doing it twice does nothing twice. Returns how many there were.
///
/// # Errors
/// When a row cannot be read or the journal cannot be written.
pub fn adopt(journal: &Journal, rows: impl Iterator<Item = Result<Call>>) -> Result<u64> {
    let mut known = Vec::with_capacity(usize::try_from(journal.len())?);
    journal.each_slot(|slot| known.push(key(&slot, b"")));
    known.sort_unstable();
    let mut new = HashSet::new();
    let mut adopted = 0;
    for row in rows {
        let call = row?;
        let place = key(&call.slot, b"");
        if known.binary_search(&place).is_err() && new.insert(place) {
            let bytes = line(&call)?;
            journal.append(&[(call.slot, call.key, bytes)])?;
            adopted += 1;
        }
    }
    if adopted > 0 {
        journal.sync()?;
    }
    Ok(adopted)
}
