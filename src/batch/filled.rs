//! What a batch did.

use std::collections::BTreeMap;

use crate::api::parameters::Changes;
use crate::store::Slot;

/// What a batch did.
#[derive(Debug, Default)]
pub struct Filled {
    /// Calls that were in the journal already.
    pub present: u64,
    /// Calls made now.
    pub answered: u64,
    /// Calls that failed for good: reason, how many, and the first of them.
    pub failures: BTreeMap<String, (u64, Slot)>,
    /// Whether asking again would fail again, so that running again is no advice.
    pub hopeless: bool,
    /// Why the batch ended before its time, if a failure that concerns every call did that.
    pub stopped: Option<String>,
    /// Why nothing more was sent, if that would have passed the budget.
    pub over_budget: Option<String>,
    /// Whether Ctrl-C ended the batch.
    pub interrupted: bool,
    /// How the requests to each model differ from those asked for, one sentence a parameter.
    pub changes: BTreeMap<String, Vec<String>>,
}

/// Different reasons that are kept apart; beyond them failures are counted under one heading.
const REASONS: usize = 50;

impl Filled {
    /// Calls that failed for good.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failures.values().map(|(count, _)| count).sum()
    }

    /// Keeps what an answered request to a model was changed by.
    pub(super) fn changed(&mut self, model_id: &str, changes: &Changes) {
        if !changes.is_empty() && self.changes.get(model_id).is_none_or(|known| known.len() < changes.len()) {
            self.changes.insert(model_id.to_owned(), changes.sentences());
        }
    }

    /// Counts a call that failed for good.
    pub fn fail(&mut self, reason: String, slot: Slot) {
        let known = self.failures.len() < REASONS || self.failures.contains_key(&reason);
        let reason = if known { reason } else { "other reasons".to_owned() };
        self.failures.entry(reason).or_insert((0, slot)).0 += 1;
    }
}
