//! Folders in which engines keep what they need to go on with a job.

use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{SCRATCH, Storage, is_id};

impl Storage {
    /// The folder of a job, made where there is none.
    pub(in super::super) fn scratch(&self, job: &str) -> Result<PathBuf> {
        let folder = self.scratch_folder(job)?;
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    /// Removes the folder of a job, if there is one.
    pub(in super::super) fn remove_scratch(&self, job: &str) -> Result<()> {
        let folder = self.scratch_folder(job)?;
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", folder.display()))
            }
            _ => Ok(()),
        }
    }

    /// Removes the folders of all jobs but these.
    pub(in super::super) fn keep_scratch(&self, jobs: &[String]) -> Result<()> {
        for name in self.names(SCRATCH)? {
            if is_id(&name, "ftjob-") && !jobs.contains(&name) {
                self.remove_scratch(&name)?;
            }
        }
        Ok(())
    }

    fn scratch_folder(&self, job: &str) -> Result<PathBuf> {
        if !is_id(job, "ftjob-") {
            bail!("'{job}' is not the id of a job");
        }
        Ok(self.root.join(SCRATCH).join(job))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_go_with_their_jobs() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::new(folder.path().into());
        let (first, second) = (storage.scratch("ftjob-01").unwrap(), storage.scratch("ftjob-02").unwrap());
        crate::store::replace(&first.join("state"), "x").unwrap();
        assert_eq!(storage.scratch("ftjob-01").unwrap(), first, "what is there stays");
        storage.keep_scratch(&["ftjob-01".to_owned()]).unwrap();
        assert!(first.join("state").exists() && !second.exists());
        storage.remove_scratch("ftjob-01").unwrap();
        storage.remove_scratch("ftjob-01").unwrap();
        assert!(!first.exists() && storage.scratch("../x").is_err());
    }
}
