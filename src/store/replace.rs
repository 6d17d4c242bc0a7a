//! Writing a whole file so that a reader finds the old one or the new one and never a part.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

/// A file being written beside the one that it will replace. Dropped without [`Replacement::commit`], it leaves no trace.
#[derive(Debug)]
pub struct Replacement {
    writer: BufWriter<Behind>,
    target: PathBuf,
}

/// Bytes that may be written before the disk is told to begin with them.
const UNSYNCED: usize = 32 << 20;

/// A file that reaches the disk while more is written to it, so that its end does not wait for all of it.
#[derive(Debug)]
struct Behind {
    file: NamedTempFile,
    unsynced: usize,
    syncing: Option<JoinHandle<io::Result<()>>>,
}

impl Behind {
    /// The file, once what a thread still writes to the disk is there.
    fn into_file(mut self) -> io::Result<NamedTempFile> {
        self.join()?;
        Ok(self.file)
    }

    fn join(&mut self) -> io::Result<()> {
        let ended = self.syncing.take().map(JoinHandle::join);
        ended.map_or(Ok(()), |ended| ended.unwrap_or_else(|_| Err(io::Error::other("the thread that syncs panicked"))))
    }
}

impl Write for Behind {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.unsynced += written;
        if self.unsynced >= UNSYNCED && self.syncing.as_ref().is_none_or(JoinHandle::is_finished) {
            self.join()?;
            let same = self.file.as_file().try_clone()?;
            self.syncing = Some(std::thread::spawn(move || same.sync_data()));
            self.unsynced = 0;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Replacement {
    /// Starts a replacement of `target`, making its folder where there is none.
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub fn new(target: &Path) -> Result<Self> {
        Self::with_mode(target, 0o666)
    }

    /// As [`Replacement::new`], with the file's permission bits (before the umask).
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub fn with_mode(target: &Path, mode: u32) -> Result<Self> {
        // A link stays a link: what it points to is replaced.
        let target = &fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let folder = folder_of(target);
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let file = tempfile::Builder::new()
            .prefix(".riskpref-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)
            .with_context(|| format!("cannot write to the folder {}", folder.display()))?;
        let behind = Behind { file, unsynced: 0, syncing: None };
        Ok(Self { writer: BufWriter::with_capacity(1 << 18, behind), target: target.to_owned() })
    }

    /// Puts the written file in the target's place, on disk before this returns.
    ///
    /// # Errors
    /// When the disk is full or the target cannot be replaced; the old file is untouched then.
    pub fn commit(self) -> Result<()> {
        let context = || format!("cannot write {}", self.target.display());
        let file = self.writer.into_inner().map_err(io::IntoInnerError::into_error).with_context(context)?;
        let file = file.into_file().with_context(context)?;
        file.as_file().sync_all().with_context(context)?;
        file.persist(&self.target).with_context(context)?;
        File::open(folder_of(&self.target)).and_then(|folder| folder.sync_all()).with_context(context)
    }
}

impl Write for Replacement {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Replaces `target` by `contents`.
///
/// # Errors
/// As [`Replacement::new`] and [`Replacement::commit`].
pub fn replace(target: &Path, contents: impl AsRef<[u8]>) -> Result<()> {
    let mut file = Replacement::new(target)?;
    file.write_all(contents.as_ref()).with_context(|| format!("cannot write {}", target.display()))?;
    file.commit()
}

/// Puts a CSV file that was written to its end in its target's place.
///
/// # Errors
/// As [`Replacement::commit`].
pub fn finish(table: csv::Writer<Replacement>) -> Result<()> {
    table.into_inner().map_err(|error| anyhow::anyhow!("cannot write a table: {}", error.error()))?.commit()
}

fn folder_of(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("deep/answers.csv");
        replace(&target, "old").unwrap();
        let mut abandoned = Replacement::new(&target).unwrap();
        abandoned.write_all(b"half").unwrap();
        drop(abandoned);
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        replace(&target, "new").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
    }
}
