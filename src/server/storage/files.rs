//! Uploaded files in the data folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::api::wire::file::{File as FileObject, Purpose};
use crate::store::replace;

use super::super::hash;
use super::{FILES, Storage, is_id, now, ordinal, read_if_there, sync_folder};

const META: &str = "meta.json";
const CONTENT: &str = "content";

#[derive(Serialize, Deserialize)]
struct Meta {
    ordinal: u64,
    file: FileObject,
}

/// A file on its way in. Dropped before [`Upload::finish`], it leaves no trace.
pub(in super::super) struct Upload {
    folder: TempDir,
    content: File,
    hasher: Sha256,
    bytes: u64,
}

impl Upload {
    /// Adds bytes and returns how many there are by now.
    pub(in super::super) fn write(&mut self, bytes: &[u8]) -> Result<u64> {
        self.content.write_all(bytes)?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(self.bytes)
    }

    /// Puts the file in its place, under an id that its content gives.
    pub(in super::super) fn finish(self, storage: &Storage, filename: String, purpose: Purpose) -> Result<FileObject> {
        self.content.sync_all()?;
        let digest = self.hasher.finalize();
        let mut meta = Meta {
            ordinal: ordinal(),
            file: FileObject {
                id: String::new(),
                object: "file".to_owned(),
                bytes: self.bytes,
                created_at: now(),
                filename,
                purpose,
                status: "processed".to_owned(),
            },
        };
        let folder = self.folder.keep();
        for copy in 0_u64.. {
            meta.file.id = hash::id("file-", &[&digest[..], &copy.to_le_bytes()]);
            replace(&folder.join(META), serde_json::to_vec(&meta)?)?;
            match fs::rename(&folder, storage.file_folder(&meta.file.id)) {
                Ok(()) => break,
                Err(error) if is_taken(&error) => {}
                Err(error) => return Err(error).context("cannot put the file in its place"),
            }
        }
        sync_folder(&storage.root.join(FILES))?;
        Ok(meta.file)
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Upload::write(self, bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.content.flush()
    }
}

/// Whether a folder could not be renamed because another one has the name (it is never empty).
fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists)
}

impl Storage {
    /// Begins an upload.
    pub(in super::super) fn upload(&self) -> Result<Upload> {
        let folder = self.unfinished(FILES)?;
        let content = File::create(folder.path().join(CONTENT))?;
        Ok(Upload { folder, content, hasher: Sha256::new(), bytes: 0 })
    }

    /// The file with this id.
    pub(in super::super) fn file(&self, id: &str) -> Result<Option<FileObject>> {
        Ok(self.meta(id)?.map(|meta| meta.file))
    }

    /// All files, newest first.
    pub(in super::super) fn files(&self) -> Result<Vec<FileObject>> {
        let mut found = Vec::new();
        for id in self.names(FILES)? {
            found.extend(self.meta(&id)?);
        }
        found.sort_by(|a, b| (b.ordinal, &b.file.id).cmp(&(a.ordinal, &a.file.id)));
        Ok(found.into_iter().map(|meta| meta.file).collect())
    }

    /// Where the content of the file with this id is; none when the text is not an id.
    pub(in super::super) fn content_path(&self, id: &str) -> Option<PathBuf> {
        is_id(id, "file-").then(|| self.file_folder(id).join(CONTENT))
    }

    /// Deletes a file and returns whether it was there.
    pub(in super::super) fn delete_file(&self, id: &str) -> Result<bool> {
        if self.meta(id)?.is_none() {
            return Ok(false);
        }
        // Without its meta.json the folder is no file any more, so a deletion that is cut short is a deletion.
        fs::remove_file(self.file_folder(id).join(META))?;
        fs::remove_dir_all(self.file_folder(id))?;
        Ok(true)
    }

    fn meta(&self, id: &str) -> Result<Option<Meta>> {
        if !is_id(id, "file-") {
            return Ok(None);
        }
        let path = self.file_folder(id).join(META);
        let bytes = read_if_there(&path)?;
        let read = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        read.with_context(|| format!("{} is damaged", path.display()))
    }

    fn file_folder(&self, id: &str) -> PathBuf {
        Path::new(&self.root).join(FILES).join(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(storage: &Storage, content: &[u8], name: &str) -> FileObject {
        let mut upload = storage.upload().unwrap();
        upload.write(content).unwrap();
        upload.finish(storage, name.to_owned(), Purpose::FineTune).unwrap()
    }

    #[test]
    fn files_come_back_newest_first_until_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::new(folder.path().into());
        storage.claim().unwrap();
        let (a, b) = (put(&storage, b"same", "../../a"), put(&storage, b"same", "b"));
        assert_ne!(a.id, b.id, "the same content twice is two files");
        assert_eq!(storage.files().unwrap(), [b.clone(), a.clone()]);
        assert_eq!(fs::read(storage.content_path(&a.id).unwrap()).unwrap(), b"same");
        assert!(storage.delete_file(&a.id).unwrap());
        assert!(!storage.delete_file(&a.id).unwrap());
        assert_eq!(storage.files().unwrap(), [b]);
        assert_eq!(storage.file("file-../jobs").unwrap(), None);
    }

    #[test]
    fn an_upload_that_is_dropped_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::new(folder.path().into());
        storage.claim().unwrap();
        storage.upload().unwrap().write(b"half").unwrap();
        assert_eq!(storage.names(FILES).unwrap(), Vec::<String>::new());
    }
}
