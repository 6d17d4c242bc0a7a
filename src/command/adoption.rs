//! Taking over output folders that hold tables but no journal.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Session, inputs};
use crate::batch::{self, Planned};
use crate::record::Row;
use crate::store::{self, Call, Faults, Journal};

/// The tables of an output folder.
pub(super) struct Tables<'a> {
    pub(super) folder: &'a Path,
    pub(super) files: Vec<PathBuf>,
    pub(super) skip_invalid: bool,
}

impl Tables<'_> {
    /// Writes the tables' rows into an empty journal. `convert` gives none for a row that holds an error message.
    pub(super) fn adopt<T: Row>(
        self,
        journal: &Journal,
        planned: impl Iterator<Item = Result<Planned>>,
        (session, convert): (&Session, impl Fn(T) -> Option<Call>),
    ) -> Result<()> {
        if !journal.is_empty() || self.files.is_empty() {
            return Ok(());
        }
        let mut faults = Faults::new(self.skip_invalid);
        let mut errors = 0;
        let mut calls = Vec::new();
        for file in &self.files {
            for row in store::read_rows::<T>(file)? {
                match inputs::good(row, &mut faults)?.map(&convert) {
                    Some(Some(call)) => calls.push(Ok(call)),
                    Some(None) => errors += 1,
                    None => {}
                }
            }
        }
        inputs::report_skipped(session, &faults);
        let adopted = batch::adopt(journal, planned, calls.into_iter())?;
        let folder = self.folder.display();
        session.terminal.note(format!(
            "{folder}: {adopted} rows from before are kept, {errors} rows that start with ERROR: are not"
        ));
        Ok(())
    }
}
