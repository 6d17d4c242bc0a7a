//! The end of a batch: what is missing and why, the manifest, and the command that resumes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::{Outcome, Session};
use crate::api::Error;
use crate::batch::Filled;
use crate::money::{self, Item};
use crate::store::{Journal, Manifest, sha256_file};

/// What a command's manifest records beside the batch's own figures.
pub(super) struct Provenance<'a> {
    pub(super) command: &'a str,
    pub(super) seed: u64,
    pub(super) inputs: &'a [&'a Path],
    pub(super) models: BTreeMap<String, String>,
    pub(super) parameters: serde_json::Value,
}

/// Writes the manifest of `folder`, and says what all its runs together cost.
pub(super) fn write_manifest(
    session: &Session,
    folder: &Path,
    provenance: &Provenance,
    (filled, spent): (&Filled, &[Item]),
) -> Result<()> {
    let mut inputs = BTreeMap::new();
    for path in provenance.inputs {
        inputs.insert(path.display().to_string(), sha256_file(path)?);
    }
    let time =
        |time: std::time::SystemTime| jiff::Timestamp::try_from(time).map(|time| time.strftime("%FT%TZ").to_string());
    Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        arguments: session.arguments.clone(),
        seed: provenance.seed,
        inputs,
        models: provenance.models.clone(),
        parameters: provenance.parameters.clone(),
        started: time(session.started)?,
        ended: time(std::time::SystemTime::now())?,
        answered: filled.answered,
        failed: filled.failed(),
        parameter_changes: filled.changes.clone(),
        usd: spent.iter().map(|item| item.usd).sum(),
        spending: spent.to_vec(),
    }
    .write(folder, provenance.command)?;
    if !spent.is_empty() {
        session.terminal.note(money::in_words(spent));
    }
    Ok(())
}

/// Says what a batch of `total` calls did, and turns it into the command's outcome.
///
/// # Errors
/// [`Error::Stop`], when the batch was stopped by a failure that concerns every call.
pub(super) fn conclude(session: &Session, what: &str, filled: &Filled, total: u64) -> Result<Outcome> {
    let terminal = &session.terminal;
    for (reason, (count, first)) in &filled.failures {
        let metric = if first.metric.is_empty() { String::new() } else { format!(", {}", first.metric) };
        let place = format!("{}, question {}, run {}{metric}", first.name, first.question_id, first.run_id);
        terminal.warn(format!("{count} failed: {reason} (first: {place})"));
    }
    let there = filled.present + filled.answered;
    let missing = total.saturating_sub(there);
    terminal
        .note(format!("{what}: {there} of {total} there ({} new, {} from before)", filled.answered, filled.present));
    let resume = || format!("run it again to go on: {}", session.command_line());
    if let Some(reason) = &filled.stopped {
        let reason = format!("{reason}; {there} of {total} are kept; {}", resume());
        return Err(Error::Stop { reason }.into());
    }
    if missing == 0 {
        return Ok(Outcome::Complete);
    }
    if let Some(reason) = &filled.over_budget {
        terminal.warn(format!("{reason}; to go on, run it again with a larger --budget-usd"));
    }
    let useless = filled.hopeless || filled.over_budget.is_some();
    let advice = if useless && !filled.interrupted { String::new() } else { format!("; {}", resume()) };
    terminal.warn(format!("{missing} of {total} are missing{advice}"));
    Ok(if filled.interrupted { Outcome::Interrupted } else { Outcome::Missing })
}

/// Says when a table that was written holds rows that the present questions and runs do not ask for.
pub(super) fn warn_of_strangers(session: &Session, journal: &Journal, filled: &Filled, total: u64) -> Result<()> {
    let complete = filled.present + filled.answered == total;
    let strangers = if complete { journal.strangers()? } else { 0 };
    if strangers > 0 {
        session.terminal.warn(format!(
            "{strangers} rows of the tables answer other questions or runs than the present ones; they are kept, and \
             another --output-dir keeps them apart"
        ));
    }
    Ok(())
}
