//! The result file of a job: a table of its steps' measures.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use crate::api::wire::file::{File, Purpose};
use crate::api::wire::fine_tuning::{Event, EventKind};

use super::storage::Storage;

/// The columns, by OpenAI's names; in the events training accuracy has a longer one.
const COLUMNS: [(&str, &str); 5] = [
    ("step", "step"),
    ("train_loss", "train_loss"),
    ("train_accuracy", "train_mean_token_accuracy"),
    ("valid_loss", "valid_loss"),
    ("valid_mean_token_accuracy", "valid_mean_token_accuracy"),
];

/// A CSV table with a row for each step that was measured; what was not measured is empty.
pub(super) fn table(events: &[Event]) -> String {
    let header = COLUMNS.map(|(column, _)| column).join(",");
    let mut rows = BTreeMap::new();
    for data in events.iter().filter(|event| event.kind == EventKind::Metrics).filter_map(|event| event.data.as_ref()) {
        let cell = |(_, name): (&str, &str)| data.get(name).filter(|value| value.is_number()).map(Value::to_string);
        let row = COLUMNS.map(|column| cell(column).unwrap_or_default()).join(",");
        // A step that was done again after the server ended counts as it was done last.
        rows.insert(data.get("step").and_then(Value::as_u64), row);
    }
    std::iter::once(header).chain(rows.into_values()).map(|line| line + "\n").collect()
}

/// Keeps a table as a file.
pub(super) fn put(storage: &Storage, table: &str) -> Result<File> {
    let mut upload = storage.upload()?;
    upload.write(table.as_bytes())?;
    upload.finish(storage, "step_metrics.csv".to_owned(), Purpose::FineTuneResults)
}
