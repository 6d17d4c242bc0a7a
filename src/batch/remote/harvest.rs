//! The results of a batch that ended: answers into the journal, failures counted, and the lines that are still open.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::super::call::answered;
use super::note::{Note, read_id};
use super::parcel::request;
use super::post::Sent;
use crate::api::retry::{Decision, Outcome, Policy, Progress, decide};
use crate::api::wire::batch::{Batch, LineResponse, OutputLine};
use crate::api::wire::chat::ChatResponse;
use crate::api::wire::error::ErrorBody;
use crate::api::{Adapted, Client, Error, Hints};
use crate::store::{self, Journal, Slot};

/// The most bytes of a result, far above what any answer has.
const LONGEST: u64 = 64 << 20;
/// Calls written to the journal at once.
const GROUP: usize = 1024;

pub(super) struct Harvest<'a> {
    pub(super) journal: &'a Arc<Journal>,
    pub(super) client: &'a Client,
    pub(super) batch: &'a Batch,
}

/// What came of a batch.
#[derive(Default)]
pub(super) struct Reaped {
    /// Calls of the plan that were answered.
    pub(super) answered: u64,
    /// Calls that failed for good, and why.
    pub(super) failures: Vec<(String, Slot)>,
    /// Calls without a result that may be asked for again.
    pub(super) open: HashSet<u64>,
    /// Whether some of these were refused for a parameter that is sent otherwise from now on.
    pub(super) adapted: bool,
    /// Why no call can succeed now, if so.
    pub(super) stopped: Option<String>,
}

pub(super) enum Unreaped {
    Server(Error),
    Broken(anyhow::Error),
}

impl From<anyhow::Error> for Unreaped {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

/// What became of a line.
enum Fate {
    Answered(Vec<u8>),
    Failed(String),
    Open,
    Adapted,
    Stop(String),
}

impl Harvest<'_> {
    /// Puts the answers of a parcel's batch into the journal, where they are on the disk when this returns.
    pub(super) async fn reap(&self, sent: &mut Sent, planned: &HashSet<u64>) -> Result<Reaped, Unreaped> {
        let mut results = Vec::new();
        for id in [&self.batch.output_file_id, &self.batch.error_file_id].into_iter().flatten() {
            let restart = || tempfile::tempfile_in(sent.parcel.folder());
            results.push(self.client.download(id, restart).await.map_err(Unreaped::Server)?);
        }
        Ok(self.sort(sent, (results, planned))?)
    }

    fn sort(&self, sent: &mut Sent, (results, planned): (Vec<File>, &HashSet<u64>)) -> Result<Reaped> {
        let (places, mut readers) = places(results)?;
        let mut reaped = Reaped::default();
        let mut lines = Vec::new();
        let of_plan = |key| planned.contains(&key);
        for entry in sent.parcel.entries()? {
            let (line, note) = entry?;
            let key = note.key()?;
            // What another plan asked for is kept, and must not take the place of this one's answers in the tables.
            let is_planned = planned.contains(&key);
            let is_there = if is_planned { self.journal.claim(key) } else { self.journal.has(key) };
            if is_there {
                reaped.answered += u64::from(is_planned);
                continue;
            }
            let fate = match places.get(&key) {
                Some((file, offset)) => self.fate((&line, &note), read_at(&mut readers[*file], *offset)?, sent)?,
                None => Fate::Open,
            };
            match fate {
                Fate::Answered(bytes) => {
                    reaped.answered += u64::from(is_planned);
                    lines.push((note.slot, key, bytes));
                }
                Fate::Failed(reason) => reaped.failures.push((reason, note.slot)),
                Fate::Open => drop(reaped.open.insert(key)),
                Fate::Adapted => {
                    reaped.adapted = true;
                    reaped.open.insert(key);
                }
                Fate::Stop(reason) => reaped.stopped = Some(reason),
            }
            if lines.len() >= GROUP {
                self.journal.append_found(&std::mem::take(&mut lines), of_plan)?;
            }
        }
        self.journal.append_found(&lines, of_plan)?;
        self.journal.sync()?;
        Ok(reaped)
    }

    fn fate(&self, (line, note): (&[u8], &Note), result: OutputLine, sent: &mut Sent) -> Result<Fate> {
        // Without a response the line was never sent: its time ran out, or the batch was cancelled.
        let Some(response) = result.response else { return Ok(Fate::Open) };
        if response.status_code != 200 {
            return self.refused((line, note), &response);
        }
        let ticket = sent.tickets.remove(&note.key()?);
        // A body that is not what the endpoint returns is lost, and asked for again, as one of a single request is.
        let Ok(body) = serde_json::from_str::<ChatResponse>(response.body.get()) else {
            if let Some(ticket) = ticket {
                ticket.lose();
            }
            self.journal.charge(&note.slot, &note.model_id, &self.lost_charge(note))?;
            return Ok(Fate::Open);
        };
        if let Some(ticket) = ticket {
            ticket.settle(body.usage.as_ref());
        }
        let details = self.details(note, &body, response.request_id);
        let (slot, model) = (note.slot.clone(), sent.parcel.model.clone());
        match answered(note.asked()?, body, details) {
            Ok(call) => Ok(Fate::Answered(store::line(&call)?)),
            Err((reason, charged)) => {
                self.journal.charge(&slot, &model, &charged)?;
                Ok(Fate::Failed(reason))
            }
        }
    }

    fn lost_charge(&self, note: &Note) -> Value {
        let (parameters, id) = (&note.details["parameters"], &self.batch.id);
        json!({ "parameters": parameters, "attempts": 1, "lost": 1, "request_bytes": note.bytes, "batch": id })
    }

    fn details(&self, note: &Note, body: &ChatResponse, request_id: Option<String>) -> Value {
        let mut details = note.details.clone();
        details["usage"] = serde_json::to_value(&body.usage).unwrap_or_default();
        if body.usage.is_none() {
            details["request_bytes"] = note.bytes.into();
        }
        details["request_id"] = request_id.into();
        details["attempts"] = 1.into();
        details["batch"] = self.batch.id.clone().into();
        details
    }

    /// What follows an answer that is an error, as for a single request.
    fn refused(&self, (line, note): (&[u8], &Note), response: &LineResponse) -> Result<Fate> {
        let error = ErrorBody::read(response.body.get().as_bytes()).map(|body| body.error);
        let message = error.as_ref().map_or_else(|| "no reason given".to_owned(), |error| error.message.clone());
        let reason = format!("{} in a batch: {message}", response.status_code);
        if let (400 | 422, Some(error)) = (response.status_code, &error) {
            let route = self.client.route(&note.model_id);
            match route.adapt_later(request(line)?, note.needs_logprobs(), error) {
                Adapted::Again => return Ok(Fate::Adapted),
                Adapted::Strict(advice) => return Ok(Fate::Stop(reason + &advice)),
                Adapted::No => {}
            }
        }
        let outcome = Outcome::Status { status: response.status_code, hints: Hints::default(), error };
        Ok(match decide(&Policy::default(), Progress::START, &outcome, 0.0) {
            Decision::Retry(_) | Decision::Wait(..) => Fate::Open,
            Decision::Fail => Fate::Failed(reason),
            Decision::Stop => Fate::Stop(reason),
        })
    }
}

/// Where the result of each line stands: the file and the offset.
type Places = HashMap<u64, (usize, u64)>;

fn places(files: Vec<File>) -> Result<(Places, Vec<BufReader<File>>)> {
    #[derive(serde::Deserialize)]
    struct Head {
        custom_id: String,
    }
    let (mut places, mut readers) = (Places::new(), Vec::new());
    for (place, mut file) in files.into_iter().enumerate() {
        file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let (mut text, mut offset) = (Vec::new(), 0);
        loop {
            let length = read_line(&mut reader, &mut text, LONGEST)?;
            if length == 0 {
                break;
            }
            if !text.trim_ascii().is_empty() {
                let head: Head = serde_json::from_slice(&text).context("a batch's results are not JSON lines")?;
                // Lines of other making are nobody's here.
                if let Some(key) = read_id(&head.custom_id) {
                    places.insert(key, (place, offset));
                }
            }
            offset += length as u64;
            text.clear();
        }
        readers.push(reader);
    }
    Ok((places, readers))
}

/// Appends a line of at most so many bytes; returns how many there were, none at the end.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>, most: u64) -> Result<usize> {
    let length = reader.take(most).read_until(b'\n', line)?;
    ensure!((length as u64) < most || line.ends_with(b"\n"), "a line of a batch's results is {most} bytes or longer");
    Ok(length)
}

fn read_at(reader: &mut BufReader<File>, offset: u64) -> Result<OutputLine> {
    reader.seek(SeekFrom::Start(offset))?;
    let mut text = Vec::new();
    read_line(reader, &mut text, LONGEST)?;
    serde_json::from_slice(&text).context("a line of a batch's results is not one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_up_to_a_length() {
        let read = |text: &str| {
            let mut line = Vec::new();
            read_line(&mut text.as_bytes(), &mut line, 4).map(|length| (length, String::from_utf8(line).unwrap()))
        };
        assert_eq!(read("abc\ndef").unwrap(), (4, "abc\n".to_owned()));
        assert_eq!(read("abc").unwrap(), (3, "abc".to_owned()));
        assert_eq!(read("").unwrap().0, 0);
        assert!(read("abcd\n").unwrap_err().to_string().contains("4 bytes or longer"));
    }
}
