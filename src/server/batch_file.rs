//! The files of a batch: requests, checked as a whole before any is answered, and results, written as they come.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::api::wire::batch::{
    BatchError, BatchUsage, Counts, ENDPOINT, InputLine, MAXIMUM_BYTES, MAXIMUM_LINES, OutputLine,
};
use crate::api::wire::chat::{ChatRequest, Usage};
use crate::api::wire::file::Purpose;

use super::storage::Storage;

/// Faults that are told of.
const TOLD: usize = 20;

/// A request of a batch.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) custom_id: String,
    pub(super) request: ChatRequest,
}

/// The requests of a file, or what is wrong with it.
pub(super) fn read(path: &Path) -> Result<Result<Vec<Line>, Vec<BatchError>>> {
    let whole = |code: &str, message: String| {
        Ok(Err(vec![BatchError { code: code.to_owned(), message, param: None, line: None }]))
    };
    let file = File::open(path).context("the input file is gone")?;
    if file.metadata()?.len() > MAXIMUM_BYTES {
        return whole("file_too_large", format!("The file has more than {MAXIMUM_BYTES} bytes."));
    }
    let (mut lines, mut faults, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (number, text) in (1..).zip(BufReader::new(file).split(b'\n')) {
        let text = text?;
        if text.trim_ascii().is_empty() {
            continue;
        }
        let model = lines.first().map(|line: &Line| line.request.model.as_str());
        match line(&text, model, &mut seen) {
            Ok(line) => lines.push(line),
            Err((code, param, message)) if faults.len() < TOLD => {
                let param = (!param.is_empty()).then(|| param.to_owned());
                faults.push(BatchError { code: code.to_owned(), message, param, line: Some(number) });
            }
            Err(_) => {}
        }
        if lines.len() > MAXIMUM_LINES {
            return whole("too_many_requests", format!("The file has more than {MAXIMUM_LINES} requests."));
        }
    }
    if lines.is_empty() && faults.is_empty() {
        return whole("empty_file", "The file has no requests.".to_owned());
    }
    Ok(if faults.is_empty() { Ok(lines) } else { Err(faults) })
}

/// Code, field and message of a fault.
type Fault = (&'static str, &'static str, String);

fn line(text: &[u8], model: Option<&str>, seen: &mut HashSet<String>) -> Result<Line, Fault> {
    let not_json = |error: serde_json::Error| ("invalid_json_line", "", format!("This line is not a request: {error}"));
    let read: InputLine = serde_json::from_slice(text).map_err(not_json)?;
    if read.custom_id.is_empty() {
        return Err(("missing_required_parameter", "custom_id", "The line has no custom_id.".to_owned()));
    }
    if !seen.insert(read.custom_id.clone()) {
        let message = format!("The custom_id '{}' stands in the file twice.", read.custom_id);
        return Err(("duplicate_custom_id", "custom_id", message));
    }
    if read.method != "POST" {
        return Err(("invalid_method", "method", format!("Expected the method POST, got '{}'.", read.method)));
    }
    if read.url != ENDPOINT {
        let message = format!("Expected the batch's endpoint {ENDPOINT}, got '{}'.", read.url);
        return Err(("invalid_url", "url", message));
    }
    let body = read.body.ok_or(("missing_required_parameter", "body", "The line has no body.".to_owned()))?;
    let invalid = |error: serde_json::Error| ("invalid_request", "body", format!("The body is no request: {error}"));
    let request: ChatRequest = serde_json::from_str(body.get()).map_err(invalid)?;
    if model.is_some_and(|model| model != request.model) {
        let message = "All requests of a batch have to be for the same model.".to_owned();
        return Err(("mismatched_model", "body.model", message));
    }
    Ok(Line { custom_id: read.custom_id, request })
}

/// The results so far.
pub(super) struct Results {
    folder: PathBuf,
    output: File,
    errors: File,
    done: HashSet<String>,
    counts: Counts,
    usage: BatchUsage,
}

const OUTPUT: &str = "output.jsonl";
const ERRORS: &str = "errors.jsonl";

impl Results {
    /// Those in the folder of a batch of so many lines; a line that a dying process tore is cut off.
    pub(super) fn open(folder: PathBuf, total: u64) -> Result<Self> {
        let (output, answered) = whole_lines(&folder.join(OUTPUT))?;
        let (errors, failed) = whole_lines(&folder.join(ERRORS))?;
        let counts = Counts { total, ..Counts::default() };
        let mut results = Self { folder, output, errors, done: HashSet::new(), counts, usage: BatchUsage::default() };
        for line in answered {
            #[derive(serde::Deserialize)]
            struct Body {
                usage: Option<Usage>,
            }
            let body = line.response.as_ref().map(|response| serde_json::from_str::<Body>(response.body.get()));
            let usage = body.transpose()?.and_then(|body| body.usage);
            results.count(&line.custom_id, usage.as_ref(), true);
        }
        for line in failed {
            results.count(&line.custom_id, None, false);
        }
        Ok(results)
    }

    /// Whether a line has its result.
    pub(super) fn has(&self, custom_id: &str) -> bool {
        self.done.contains(custom_id)
    }

    /// How many lines have which.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Tokens of the answers.
    pub(super) fn usage(&self) -> BatchUsage {
        self.usage.clone()
    }

    /// Adds a result.
    pub(super) fn write(&mut self, line: &OutputLine, usage: Option<&Usage>) -> Result<()> {
        let answered = line.response.as_ref().is_some_and(|response| response.status_code == 200);
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let file = if answered { &mut self.output } else { &mut self.errors };
        file.write_all(&text).context("cannot write a batch's results")?;
        self.count(&line.custom_id, usage, answered);
        Ok(())
    }

    fn count(&mut self, custom_id: &str, usage: Option<&Usage>, answered: bool) {
        self.done.insert(custom_id.to_owned());
        *if answered { &mut self.counts.completed } else { &mut self.counts.failed } += 1;
        if let Some(usage) = usage {
            self.usage.input_tokens += usage.prompt_tokens;
            self.usage.output_tokens += usage.completion_tokens;
            self.usage.total_tokens += usage.total_tokens;
        }
    }

    /// Makes files of the results that there are; returns their ids.
    pub(super) fn files(&self, storage: &Storage, batch: &str) -> Result<(Option<String>, Option<String>)> {
        let file = |name: &str| -> Result<Option<String>> {
            let mut content = File::open(self.folder.join(name))?;
            if content.metadata()?.len() == 0 {
                return Ok(None);
            }
            let mut upload = storage.upload()?;
            std::io::copy(&mut content, &mut upload)?;
            let file = upload.finish(storage, format!("{batch}_{name}"), Purpose::BatchOutput)?;
            Ok(Some(file.id))
        };
        Ok((file(OUTPUT)?, file(ERRORS)?))
    }

    /// Removes what is a file by now.
    pub(super) fn clear(&self) {
        for name in [OUTPUT, ERRORS] {
            // What stays is only room on the disk.
            let _ = fs::remove_file(self.folder.join(name));
        }
    }
}

/// Opens a file of results for appending, without a torn end, and reads what is there.
fn whole_lines(path: &Path) -> Result<(File, Vec<OutputLine>)> {
    let context = || format!("cannot open {}", path.display());
    let file = OpenOptions::new().read(true).append(true).create(true).open(path).with_context(context)?;
    let (mut lines, mut end, mut text) = (Vec::new(), 0, Vec::new());
    let mut reader = BufReader::new(&file);
    while reader.read_until(b'\n', &mut text)? > 0 && text.last() == Some(&b'\n') {
        lines.push(serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?);
        end += text.len() as u64;
        text.clear();
    }
    file.set_len(end).with_context(context)?;
    Ok((file, lines))
}
