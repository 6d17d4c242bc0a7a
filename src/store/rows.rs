//! Reading rows with the file and line of every fault; what to do with a bad row is the caller's choice, made once.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use crate::record::{Fault, Row};

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is absent or unreadable.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A row is not what the format asks for.
    #[error("{}:{line}: found {}; expected {}", path.display(), fault.found, fault.expected)]
    Row {
        /// The file.
        path: PathBuf,
        /// 1-based line on which the row starts.
        line: u64,
        /// What was found and what was expected.
        fault: Fault,
    },
}

/// What happens to bad rows: reading stops at the first one, or they are left out and counted (`--skip-invalid`).
#[derive(Debug, Default)]
pub struct Faults {
    skip: bool,
    skipped: Vec<ReadError>,
    count: usize,
}

/// Faults that are kept to be shown; the others are only counted.
const SHOWN: usize = 20;

impl Faults {
    /// Leaves bad rows out when `skip` is set.
    #[must_use]
    pub fn new(skip: bool) -> Self {
        Self { skip, ..Self::default() }
    }

    /// The first faults that were left out.
    #[must_use]
    pub fn skipped(&self) -> &[ReadError] {
        &self.skipped
    }

    /// How many rows were left out.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Lets a row's fault pass, or hands it back as the error that ends the reading.
    ///
    /// # Errors
    /// `error` itself, when bad rows are not to be left out or the file could not be read at all.
    pub fn take(&mut self, error: ReadError) -> Result<(), ReadError> {
        if !self.skip || matches!(error, ReadError::File { .. }) {
            return Err(error);
        }
        self.count += 1;
        if self.skipped.len() < SHOWN {
            self.skipped.push(error);
        }
        Ok(())
    }
}

/// Reads the rows of a CSV file one by one, in constant memory.
///
/// # Errors
/// When the file cannot be opened or lacks one of the type's columns.
pub fn read_rows<T: Row>(path: &Path) -> Result<impl Iterator<Item = Result<T, ReadError>> + use<T>, ReadError> {
    rows(path, open(path)?)
}

/// As [`read_rows`], for files in which a space may follow the comma, also before a quoted field.
///
/// # Errors
/// As [`read_rows`].
pub fn read_spaced_rows<T: Row>(path: &Path) -> Result<impl Iterator<Item = Result<T, ReadError>> + use<T>, ReadError> {
    rows(path, SkipInitialSpace { inner: open(path)?, state: Place::FieldStart })
}

/// Reads the lines of a file that are not blank, with their 1-based numbers.
///
/// # Errors
/// When the file cannot be opened.
pub fn read_lines(path: &Path) -> Result<impl Iterator<Item = Result<(u64, String), ReadError>> + use<>, ReadError> {
    let owned = path.to_owned();
    let lines = open(path)?.lines().zip(1u64..).map(move |(line, number)| match line {
        Ok(line) => Ok((number, line.trim_start_matches('\u{feff}').to_owned())),
        Err(source) if source.kind() == io::ErrorKind::InvalidData => {
            let fault = Fault::new("bytes that are not UTF-8", "UTF-8 text");
            Err(ReadError::Row { path: owned.clone(), line: number, fault })
        }
        Err(source) => Err(ReadError::File { path: owned.clone(), source }),
    });
    Ok(lines.filter(|line| !matches!(line, Ok((_, text)) if text.trim().is_empty())))
}

fn open(path: &Path) -> Result<BufReader<File>, ReadError> {
    let file = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
        true => Err(io::Error::other("it is a folder, not a file")),
        false => Ok(file),
    });
    match file {
        Ok(file) => Ok(BufReader::with_capacity(1 << 16, file)),
        Err(source) => Err(ReadError::File { path: path.to_owned(), source }),
    }
}

fn rows<T: Row, R: Read>(
    path: &Path,
    source: R,
) -> Result<impl Iterator<Item = Result<T, ReadError>> + use<T, R>, ReadError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).buffer_capacity(1 << 16).from_reader(source);
    let headers = reader.headers().map_err(|error| read_error(path, &error))?.clone();
    let headers: csv::StringRecord = headers.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
    if let Some(missing) = T::COLUMNS.iter().find(|column| !headers.iter().any(|name| name == **column)) {
        let found = headers.iter().collect::<Vec<_>>().join(", ");
        let expected = format!("a column {missing} (and {})", T::COLUMNS.join(", "));
        return Err(ReadError::Row { path: path.to_owned(), line: 1, fault: Fault::new(found, expected) });
    }
    let record = csv::StringRecord::new();
    Ok(Rows { path: path.to_owned(), reader, record, headers, row: PhantomData })
}

struct Rows<T, R> {
    path: PathBuf,
    reader: csv::Reader<R>,
    /// Used for every row: making one costs more than reading it.
    record: csv::StringRecord,
    headers: csv::StringRecord,
    row: PhantomData<T>,
}

impl<T: Row, R: Read> Iterator for Rows<T, R> {
    type Item = Result<T, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.read_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(Err(read_error(&self.path, &error))),
        }
        let record = &self.record;
        let line = record.position().map_or(0, csv::Position::line);
        let row = match record.len() == self.headers.len() {
            true => T::from_record(record, &self.headers),
            false => {
                let expected = format!("{} as in the header (is a quote missing?)", self.headers.len());
                Err(Fault::new(format!("{} fields", record.len()), expected))
            }
        };
        let checked = row.and_then(|row| row.check().map(|()| row));
        Some(checked.map_err(|fault| ReadError::Row { path: self.path.clone(), line, fault }))
    }
}

fn read_error(path: &Path, error: &csv::Error) -> ReadError {
    let path = path.to_owned();
    match error.kind() {
        csv::ErrorKind::Io(source) => {
            ReadError::File { path, source: io::Error::new(source.kind(), source.to_string()) }
        }
        kind => {
            let line = error.position().map_or(0, csv::Position::line);
            let found = match kind {
                csv::ErrorKind::Utf8 { .. } => "bytes that are not UTF-8".to_owned(),
                _ => error.to_string(),
            };
            ReadError::Row { path, line, fault: Fault::new(found, "a CSV row in UTF-8") }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quote inside a quoted field: its end, or the first of a doubled quote.
    Closing,
}

/// Drops the spaces at the start of fields, so that a quote behind them is a quote.
struct SkipInitialSpace<R> {
    inner: R,
    state: Place,
}

impl<R: Read> Read for SkipInitialSpace<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.inner.read(buffer)?;
            let mut kept = 0;
            for index in 0..read {
                let byte = buffer[index];
                if self.state == Place::FieldStart && byte == b' ' {
                    continue;
                }
                self.state = match (self.state, byte) {
                    (Place::FieldStart | Place::Closing, b'"') => Place::Quoted,
                    (Place::Quoted, b'"') => Place::Closing,
                    (Place::Quoted, _) => Place::Quoted,
                    (_, b',' | b'\n') => Place::FieldStart,
                    _ => Place::Plain,
                };
                buffer[kept] = byte;
                kept += 1;
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Mapping, Preference};
    use crate::store::replace;

    fn file(contents: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        replace(&path, contents).unwrap();
        (folder, path)
    }

    #[test]
    fn a_quote_after_a_space_is_a_quote() {
        let text = "utility_coefficient,model_name,system_prompt\n2, risk-averse, \"I say \"\"no\"\",\n twice.\"\n";
        let (_folder, path) = file(text);
        let rows: Vec<Preference> = read_spaced_rows(&path).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].model_name, "risk-averse");
        assert_eq!(rows[0].system_prompt, "I say \"no\",\n twice.");
    }

    #[test]
    fn a_fault_names_file_line_value_and_what_is_expected() {
        let (_folder, path) =
            file("utility_coefficient,model_name,system_prompt\n2,a,x\nmuch,b,\"y\nz\"\n1,c/d,x\n3,e\n");
        let errors: Vec<String> =
            read_rows::<Preference>(&path).unwrap().filter_map(Result::err).map(|error| error.to_string()).collect();
        assert!(errors[0].contains("rows.csv:3: found \"much\"; expected utility_coefficient"), "{}", errors[0]);
        assert!(errors[1].contains("rows.csv:5: found \"c/d\"; expected a model_name"), "{}", errors[1]);
        assert!(errors[2].contains("rows.csv:6: found \"2 fields\"; expected 3 as in the header"), "{}", errors[2]);
    }

    #[test]
    fn a_missing_column_and_a_missing_file_are_errors() {
        let (folder, path) = file("name,id\na,b\n");
        let error = read_rows::<Mapping>(&path).err().unwrap().to_string();
        assert!(error.contains("rows.csv:1: found \"name, id\"; expected a column model_name"), "{error}");
        assert!(read_rows::<Mapping>(&folder.path().join("absent.csv")).is_err());
        assert!(matches!(read_rows::<Mapping>(folder.path()), Err(ReadError::File { .. })), "a folder is no file");
    }
}
