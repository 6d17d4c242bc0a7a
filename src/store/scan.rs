//! Reading where the calls of a journal stand in its file.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::index::Index;

/// What the index needs of a line; everything else is skipped without being kept.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    question_id: u64,
    run_id: u32,
    #[serde(borrow, default)]
    metric: Cow<'a, str>,
    #[serde(borrow)]
    key: Cow<'a, str>,
}

/// Indexes the journal and returns where its last whole line ends.
pub(super) fn scan(path: &Path, mut file: &File, index: &mut Index) -> Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let (mut line, mut offset, mut number) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        number += 1;
        let length =
            reader.by_ref().read_until(b'\n', &mut line).with_context(|| format!("cannot read {}", path.display()))?;
        if length == 0 || line.last() != Some(&b'\n') {
            return Ok(offset);
        }
        let known = serde_json::from_slice::<Head>(&line).map_err(anyhow::Error::from);
        let known = known.and_then(|head| Ok((u64::from_str_radix(&head.key, 16)?, head)));
        let (key, head) = match known {
            Ok(known) => known,
            // A line torn by a loss of power can end in anything, also in a line break.
            Err(_) if reader.fill_buf()?.is_empty() => return Ok(offset),
            Err(error) => bail!(
                "{}:{number}: found a damaged line ({error}); expected a call. Remove the line to have the call made again",
                path.display()
            ),
        };
        index.load((&head.name, &head.metric, head.question_id, head.run_id), key, offset)?;
        offset += length as u64;
    }
}
