//! Jobs in the data folder, one file each.

use anyhow::{Context, Result};

use crate::store::replace;

use super::super::record::Record;
use super::{JOBS, Storage, is_id, read_if_there};

impl Storage {
    /// The job with this id.
    pub(in super::super) fn job(&self, id: &str) -> Result<Option<Record>> {
        if !is_id(id, "ftjob-") {
            return Ok(None);
        }
        let path = self.root.join(JOBS).join(format!("{id}.json"));
        let bytes = read_if_there(&path)?;
        let read = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        read.with_context(|| format!("{} is damaged", path.display()))
    }

    /// All jobs, newest first.
    pub(in super::super) fn jobs(&self) -> Result<Vec<Record>> {
        let mut found = Vec::new();
        for name in self.names(JOBS)? {
            if let Some(id) = name.strip_suffix(".json") {
                found.extend(self.job(id)?);
            }
        }
        found.sort_by(Record::newest_first);
        Ok(found)
    }

    /// Writes a job, which is on disk when this returns.
    pub(in super::super) fn write_job(&self, record: &Record) -> Result<()> {
        let path = self.root.join(JOBS).join(format!("{}.json", record.job.id));
        replace(&path, serde_json::to_vec(record)?)
    }
}
