//! What a batch did.

use std::collections::BTreeMap;

use crate::api::parameters::Changes;
use crate::api::wire::chat::Usage;
use crate::api::{Error, Spent};
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
    /// Whether Ctrl-C ended the batch.
    pub interrupted: bool,
    /// Tokens sent, as the servers counted them.
    pub prompt_tokens: u64,
    /// Tokens received.
    pub completion_tokens: u64,
    /// Answers that were paid for and are of no use: cut off on the way, or empty. Their tokens are not in the counts above.
    pub spent: Spent,
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

    /// Counts an answered call of a model.
    pub(super) fn count(&mut self, model_id: &str, (usage, spent): (&Usage, Spent), changes: &Changes) {
        self.prompt_tokens += usage.prompt_tokens;
        self.completion_tokens += usage.completion_tokens;
        self.spent += spent;
        if !changes.is_empty() && self.changes.get(model_id).is_none_or(|known| known.len() < changes.len()) {
            self.changes.insert(model_id.to_owned(), changes.sentences());
        }
    }

    /// Counts a call that is given up; false when it was not tried, or its failure is everybody's.
    pub(super) fn fail(&mut self, slot: Slot, error: &Error) -> bool {
        self.spent += error.spent();
        if matches!(error, Error::Interrupted | Error::Halted) {
            return false;
        }
        let reason = error.to_string();
        if error.stops_run() {
            self.stopped.get_or_insert(reason);
            return false;
        }
        let known = self.failures.len() < REASONS || self.failures.contains_key(&reason);
        let reason = if known { reason } else { "other reasons".to_owned() };
        self.failures.entry(reason).or_insert((0, slot)).0 += 1;
        true
    }
}
