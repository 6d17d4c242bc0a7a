//! `convert`: training answers -> fine-tuning files, one row in, one line out.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{Outcome, Session, inputs};
use crate::cli::ConvertArgs;
use crate::record::{Answer, Example, Validator};
use crate::store::{self, Faults, Replacement};

const COMBINED: &str = "combined_training_data.jsonl";

/// Runs `riskpref convert`.
///
/// # Errors
/// When an input is bad, the output folder cannot be written, or validation finds what fine-tuning would refuse.
pub async fn run(args: &ConvertArgs, session: &Session) -> Result<Outcome> {
    let written = match args.validate_only {
        true => inputs::files(&args.output_dir, |name| name.ends_with(".jsonl"))?,
        false => convert(args, session)?,
    };
    if written.is_empty() {
        bail!("{} has no .jsonl files to check", args.output_dir.display());
    }
    if args.show_samples {
        for path in &written {
            show_samples(path, args.samples, session)?;
        }
    }
    let mut fatal = 0;
    if args.validate || args.validate_only {
        for path in &written {
            fatal += validate(path, session)?;
        }
    }
    match fatal {
        0 => Ok(Outcome::Complete),
        _ => bail!("{fatal} problems that fine-tuning would refuse"),
    }
}

fn convert(args: &ConvertArgs, session: &Session) -> Result<Vec<PathBuf>> {
    let tables = inputs::files(&args.input_dir, |name| name.starts_with("responses_") && name.ends_with(".csv"))?;
    if tables.is_empty() {
        bail!("{} has no responses_*.csv; make some with riskpref generate", args.input_dir.display());
    }
    let mut faults = Faults::new(args.skip_invalid);
    let mut combined = match args.combine_all {
        true => Some(Replacement::new(&args.output_dir.join(COMBINED))?),
        false => None,
    };
    let mut written = Vec::new();
    for table in &tables {
        let target = args.output_dir.join(table.with_extension("jsonl").file_name().context("a table without a name")?);
        let (examples, errors) = convert_table((table, &target), &mut faults, combined.as_mut())?;
        let left_out =
            if errors > 0 { format!(", {errors} rows that start with ERROR: left out") } else { String::new() };
        session.terminal.note(format!("{}: {examples} examples{left_out}", target.display()));
        written.push(target);
    }
    if let Some(combined) = combined {
        combined.commit()?;
        written.push(args.output_dir.join(COMBINED));
        session.terminal.note(format!("{}: all of them", args.output_dir.join(COMBINED).display()));
    }
    inputs::report_skipped(session, &faults);
    Ok(written)
}

/// Converts one table; returns how many examples it gave and how many rows held an error message.
fn convert_table(
    (table, target): (&Path, &Path),
    faults: &mut Faults,
    mut combined: Option<&mut Replacement>,
) -> Result<(u64, u64)> {
    let mut file = Replacement::new(target)?;
    let (mut examples, mut errors) = (0, 0);
    let mut line = Vec::new();
    for row in store::read_rows::<Answer>(table)? {
        let Some(answer) = inputs::good(row, faults)? else { continue };
        if answer.is_error() {
            errors += 1;
            continue;
        }
        line.clear();
        serde_json::to_writer(&mut line, &Example::from_answer(answer))?;
        line.push(b'\n');
        file.write_all(&line)?;
        if let Some(combined) = &mut combined {
            combined.write_all(&line)?;
        }
        examples += 1;
    }
    if examples == 0 {
        bail!("{}: found no answers; expected at least one row", table.display());
    }
    file.commit()?;
    Ok((examples, errors))
}

/// Lists every problem of a fine-tuning file by line; returns how many would be refused.
pub(super) fn validate(path: &Path, session: &Session) -> Result<u64> {
    let mut validator = Validator::default();
    let (mut fatal, mut others) = (0, 0);
    let mut report = |issue: crate::record::Issue| {
        let place =
            if issue.line == 0 { path.display().to_string() } else { format!("{}:{}", path.display(), issue.line) };
        let weight = if issue.fatal { "" } else { " (allowed, but is it meant?)" };
        session
            .terminal
            .warn(format!("{place}: found {}; expected {}{weight}", issue.fault.found, issue.fault.expected));
        *if issue.fatal { &mut fatal } else { &mut others } += 1;
    };
    for line in store::read_lines(path)? {
        let (number, line) = line?;
        if let Err(issue) = validator.line(number, &line) {
            report(issue);
        }
    }
    if let Some(issue) = validator.finish() {
        report(issue);
    }
    let examples = validator.examples();
    session
        .terminal
        .note(format!("{}: {examples} good examples, {fatal} refused, {others} duplicates", path.display()));
    Ok(fatal)
}

fn show_samples(path: &Path, count: usize, session: &Session) -> Result<()> {
    session.terminal.data(format!("{}:", path.display()));
    for line in store::read_lines(path)?.take(count) {
        let (number, line) = line?;
        match Example::from_json(&line) {
            Ok(example) => session.terminal.data(format!(
                "{number}  user: {}\n   assistant: {}",
                example.question(),
                example.answer()
            )),
            Err(fault) => session.terminal.warn(format!(
                "{}:{number}: found {}; expected {}",
                path.display(),
                fault.found,
                fault.expected
            )),
        }
    }
    Ok(())
}
