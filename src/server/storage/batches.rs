//! Batches in the data folder, a folder each.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::api::wire::batch::Batch;
use crate::store::replace;

use super::{BATCHES, Storage, is_id, read_if_there};

const PREFIX: &str = "batch_";

/// A batch, and when it was made in nanoseconds since 1970: the order of the queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in super::super) struct BatchRecord {
    pub(in super::super) ordinal: u64,
    pub(in super::super) batch: Batch,
}

impl Storage {
    /// The batch with this id.
    pub(in super::super) fn batch(&self, id: &str) -> Result<Option<BatchRecord>> {
        if !is_id(id, PREFIX) {
            return Ok(None);
        }
        let path = self.batch_folder(id).join("batch.json");
        let bytes = read_if_there(&path)?;
        let read = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        read.with_context(|| format!("{} is damaged", path.display()))
    }

    /// All batches, newest first.
    pub(in super::super) fn batches(&self) -> Result<Vec<BatchRecord>> {
        let mut found = Vec::new();
        for id in self.names(BATCHES)? {
            found.extend(self.batch(&id)?);
        }
        found.sort_by(|a, b| (b.ordinal, &b.batch.id).cmp(&(a.ordinal, &a.batch.id)));
        Ok(found)
    }

    /// Writes a batch, which is on disk when this returns.
    pub(in super::super) fn write_batch(&self, record: &BatchRecord) -> Result<()> {
        let folder = self.batch_folder(&record.batch.id);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        replace(&folder.join("batch.json"), serde_json::to_vec(record)?)
    }

    /// Where a batch's results are until they are files.
    pub(in super::super) fn batch_folder(&self, id: &str) -> PathBuf {
        self.root.join(BATCHES).join(id)
    }
}
