//! Taking over a folder that has tables but no journal, such as the earlier project's.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;

use super::Task;
use crate::store::{Call, Journal, Slot, line};

/// What is known of a call before it is made.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Where it belongs.
    pub slot: Slot,
    /// Its key.
    pub key: u64,
    /// Its question.
    pub question: Arc<str>,
    /// Its model.
    pub model_id: Arc<str>,
}

impl From<Task> for Planned {
    fn from(task: Task) -> Self {
        Self { slot: task.slot, key: task.key, question: task.question, model_id: task.model_id }
    }
}

impl Planned {
    /// Whether a row of a table answers this call. A table of training answers does not name its teacher.
    fn is_answered_by(&self, row: &Call) -> bool {
        let same_model = row.model_id.is_empty() || *row.model_id == *self.model_id;
        same_model && self.question.trim() == row.question.trim()
    }
}

/// Writes the `rows` of a folder's tables into its journal, if that is empty: a row that answers a planned call (same
/// place, same question, same model) gets that call's key, so it is not asked again; the others are kept as they are. Returns how many
/// rows were taken over.
///
/// # Errors
/// When the plan or a row cannot be read, or the journal cannot be written.
pub fn adopt(
    journal: &Journal,
    plan: impl Iterator<Item = Result<Planned>>,
    rows: impl Iterator<Item = Result<Call>>,
) -> Result<u64> {
    let mut rows = rows.peekable();
    if !journal.is_empty() || rows.peek().is_none() {
        return Ok(0);
    }
    let planned = plan.map(|call| call.map(|call| (call.slot.clone(), call)));
    let planned = planned.collect::<Result<HashMap<Slot, Planned>>>()?;
    for row in rows {
        let mut call = row?;
        if let Some(planned) = planned.get(&call.slot).filter(|planned| planned.is_answered_by(&call)) {
            call.key = planned.key;
        }
        let bytes = line(&call)?;
        journal.append(&[(call.slot, call.key, bytes)])?;
    }
    journal.sync()?;
    Ok(journal.len())
}
