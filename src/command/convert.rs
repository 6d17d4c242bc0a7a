//! `convert`: training answers -> fine-tuning files, one row in, one line out; in a file of pairs, none for a row to which
//! every other preference would answer the same.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{Outcome, Session, inputs};
use crate::cli::{ConvertArgs, FileFormat};
use crate::decision::oracle::{self, Contrary};
use crate::record::{Answer, Format, Lesson, Validator};
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
            show_samples(path, args, session)?;
        }
    }
    let mut fatal = 0;
    if args.validate || args.validate_only {
        for path in &written {
            fatal += validate(path, args.format.into(), session)?;
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
    let lessons = Lessons::new(args, &mut faults)?;
    let mut written = Vec::new();
    for table in &tables {
        let target = args.output_dir.join(table.with_extension("jsonl").file_name().context("a table without a name")?);
        let counts = lessons.table((table, &target), &mut faults, combined.as_mut())?;
        session.terminal.note(format!("{}: {counts}", target.display()));
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

/// How answers become lines.
struct Lessons {
    format: Format,
    /// Coefficients of the preferences; none where no worse answers are wanted.
    gammas: Vec<f64>,
}

/// What became of the rows of a table.
#[derive(Default)]
struct Counts {
    lessons: u64,
    errors: u64,
    agreed: u64,
    wrong: u64,
    unread: u64,
}

impl Lessons {
    fn new(args: &ConvertArgs, faults: &mut Faults) -> Result<Self> {
        let format = Format::from(args.format);
        let preferences = match format.has_pairs() {
            true => inputs::preferences(&args.prompts, &[], faults)?,
            false => Vec::new(),
        };
        Ok(Self { format, gammas: preferences.iter().map(|preference| preference.utility_coefficient).collect() })
    }

    /// Converts one table.
    fn table(
        &self,
        (table, target): (&Path, &Path),
        faults: &mut Faults,
        mut combined: Option<&mut Replacement>,
    ) -> Result<Counts> {
        let mut file = Replacement::new(target)?;
        let mut counts = Counts::default();
        for row in store::read_rows::<Answer>(table)? {
            let Some(answer) = inputs::good(row, faults)? else { continue };
            let Some(lesson) = self.lesson(answer, &mut counts) else { continue };
            for file in std::iter::once(&mut file).chain(combined.as_deref_mut()) {
                let written = lesson.write_json(self.format, file).and_then(|()| file.write_all(b"\n"));
                written.with_context(|| format!("cannot write {}", target.display()))?;
            }
            counts.lessons += 1;
        }
        if counts.lessons == 0 {
            bail!("{}: found no answers to learn from ({counts}); expected at least one row", table.display());
        }
        file.commit()?;
        Ok(counts)
    }

    /// The lesson of a row, or none and why not in the counts.
    fn lesson(&self, row: Answer, counts: &mut Counts) -> Option<Lesson> {
        if row.is_error() {
            counts.errors += 1;
            return None;
        }
        let mut rejected = None;
        if self.format.has_pairs() {
            match oracle::contrary(&row.question, &row.answer, row.utility_coefficient, &self.gammas) {
                Contrary::Answer(worse) if worse != row.answer => rejected = Some(worse),
                Contrary::Answer(_) | Contrary::Agreed => counts.agreed += 1,
                Contrary::Wrong => counts.wrong += 1,
                Contrary::Unread => counts.unread += 1,
            }
            rejected.as_ref()?;
        }
        Some(Lesson { question: row.question, answer: row.answer, rejected })
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} examples", self.lessons)?;
        for (count, what) in [
            (self.errors, "that start with ERROR:"),
            (self.agreed, "to which every preference answers the same"),
            (self.wrong, "that are not right for their preference"),
            (self.unread, "that cannot be read as decisions"),
        ] {
            if count > 0 {
                write!(formatter, ", {count} rows {what} left out")?;
            }
        }
        Ok(())
    }
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Openai => Self::OpenAi,
            FileFormat::Dpo => Self::Dpo,
            FileFormat::Trl => Self::Trl,
            FileFormat::TrlDpo => Self::TrlDpo,
        }
    }
}

/// Lists every problem of a fine-tuning file by line; returns how many would be refused.
pub(super) fn validate(path: &Path, format: Format, session: &Session) -> Result<u64> {
    let mut validator = Validator::new(format);
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

fn show_samples(path: &Path, args: &ConvertArgs, session: &Session) -> Result<()> {
    session.terminal.data(format!("{}:", path.display()));
    for line in store::read_lines(path)?.take(args.samples) {
        let (number, line) = line?;
        match Lesson::from_json(&line, args.format.into()) {
            Ok(lesson) => {
                let rejected = lesson.rejected.map_or_else(String::new, |worse| format!("\n   not: {worse}"));
                let (question, answer) = (lesson.question, lesson.answer);
                session.terminal.data(format!("{number}  user: {question}\n   assistant: {answer}{rejected}"));
            }
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
