//! Taking over rows of tables that are in no journal, such as the earlier project's.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Session, inputs};
use crate::batch;
use crate::record::Row;
use crate::store::{self, Call, Faults, Journal};

/// The tables of an output folder.
pub(super) struct Tables<'a> {
    pub(super) folder: &'a Path,
    pub(super) files: Vec<PathBuf>,
    pub(super) skip_invalid: bool,
}

impl Tables<'_> {
    /// Writes the rows that the journal does not have into it, one at a time. `convert` gives none for a row that holds an
    /// error message.
    pub(super) fn adopt<T: Row>(
        self,
        journal: &Journal,
        session: &Session,
        convert: impl Fn(T) -> Option<Call>,
    ) -> Result<()> {
        let mut faults = Faults::new(self.skip_invalid);
        let (mut errors, mut adopted) = (0u64, 0);
        for file in &self.files {
            let rows = store::read_rows::<T>(file)?.filter_map(|row| match inputs::good(row, &mut faults) {
                Ok(row) => row.and_then(|row| {
                    let call = convert(row);
                    errors += u64::from(call.is_none());
                    call.map(Ok)
                }),
                Err(error) => Some(Err(error.into())),
            });
            adopted += batch::adopt(journal, rows)?;
        }
        inputs::report_skipped(session, &faults);
        if adopted + errors > 0 {
            let folder = self.folder.display();
            session.terminal.note(format!(
                "{folder}: {adopted} rows from before are kept, {errors} rows that start with ERROR: are not"
            ));
        }
        Ok(())
    }
}
