//! `audit`: answers against the exact optimum, row by row and in sum.

mod source;

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use self::source::{Kind, files, kind};
use super::{Outcome, Session, inputs};
use crate::audit::{Case, Finding, Tally, Verdict, unexplained_numbers, utility_words};
use crate::cli::AuditArgs;
use crate::record::{Answer, Example, Preference, Response};
use crate::report::audit as table;
use crate::store::{self, Faults, ReadError, Replacement};

/// Questions that are kept solved, so that memory does not grow with the number of answers.
const MOST_CASES: usize = 20_000;

/// Runs `riskpref audit`.
///
/// # Errors
/// When an input is bad or of no known kind, a target is missing, or the outputs cannot be written.
pub async fn run(args: &AuditArgs, session: &Session) -> Result<Outcome> {
    let mut faults = Faults::new(args.skip_invalid);
    let files = files(&args.inputs)?;
    let mut audit = Audit::new(args, &mut faults)?;
    for file in &files {
        audit.file(file, &mut faults, session)?;
        if session.interrupt.requested() {
            return Ok(Outcome::Interrupted);
        }
    }
    audit.finish(session)?;
    inputs::report_skipped(session, &faults);
    Ok(Outcome::Complete)
}

/// One answer and what it is to be measured by.
struct Audited<'a> {
    name: &'a str,
    gamma: f64,
    question_id: u64,
    question: &'a str,
    answer: &'a str,
}

/// A row of the per-answer table.
#[derive(Serialize)]
struct Row<'a> {
    file: &'a str,
    question_id: u64,
    model_name: &'a str,
    utility_coefficient: f64,
    verdict: Verdict,
    reason: Option<String>,
    kind: Option<String>,
    wealth_stated: Option<bool>,
    problem: Option<String>,
    decision: Option<String>,
    optimum: Option<String>,
    loss: Option<f64>,
    worst: bool,
    utility_words: String,
    unexplained_numbers: String,
}

struct Audit<'a> {
    args: &'a AuditArgs,
    preferences: Vec<Preference>,
    /// Questions with their optima, by text and coefficient.
    cases: HashMap<(String, u64), Option<Case>>,
    tally: Tally,
    rows: csv::Writer<Replacement>,
    with_words: u64,
    with_numbers: u64,
    kept: u64,
}

impl<'a> Audit<'a> {
    fn new(args: &'a AuditArgs, faults: &mut Faults) -> Result<Self> {
        let preferences = match args.prompts.exists() {
            true => inputs::preferences(&args.prompts, &[], faults)?,
            false => Vec::new(),
        };
        let rows = csv::Writer::from_writer(Replacement::new(&args.output)?);
        let tally = Tally::default();
        Ok(Self { args, preferences, cases: HashMap::new(), tally, rows, with_words: 0, with_numbers: 0, kept: 0 })
    }

    fn file(&mut self, path: &Path, faults: &mut Faults, session: &Session) -> Result<()> {
        let kept = self.args.keep_matching.as_ref().map(|folder| folder.join(path.file_name().unwrap_or_default()));
        if kept.as_deref() == Some(path) {
            bail!("--keep-matching would replace {}; name another folder", path.display());
        }
        let mut kept = kept.map(|target| Replacement::new(&target)).transpose()?;
        let before = self.kept;
        let rows = match kind(path)? {
            Kind::Examples => self.examples(path, faults, kept.as_mut())?,
            Kind::Answers => self.answers(path, faults, kept.as_mut())?,
            Kind::Responses => self.responses(path, faults, kept.as_mut())?,
        };
        if rows == 0 {
            bail!("{}: found no answers; expected at least one row", path.display());
        }
        if let Some(kept) = kept {
            kept.commit()?;
            session.terminal.note(format!("{}: {} of {rows} rows kept", path.display(), self.kept - before));
        }
        Ok(())
    }

    fn examples(&mut self, path: &Path, faults: &mut Faults, mut kept: Option<&mut Replacement>) -> Result<u64> {
        let name = inputs::set_name(path);
        let name = name.strip_prefix("responses_").unwrap_or(&name).to_owned();
        let gamma = self.target(&name)?;
        let mut rows = 0;
        for line in store::read_lines(path)? {
            let (number, line) = line?;
            let example = Example::from_json(&line).map_err(|fault| ReadError::Row {
                path: path.to_owned(),
                line: number,
                fault,
            });
            let Some(example) = inputs::good(example, faults)? else { continue };
            let (question, answer) = (example.question(), example.answer());
            let matched = self.answer(path, &Audited { name: &name, gamma, question_id: number, question, answer })?;
            if let Some(kept) = kept.as_mut().filter(|_| matched) {
                writeln!(kept, "{}", line.trim_end())?;
            }
            rows += 1;
        }
        Ok(rows)
    }

    fn answers(&mut self, path: &Path, faults: &mut Faults, kept: Option<&mut Replacement>) -> Result<u64> {
        let mut kept = kept.map(csv::Writer::from_writer);
        let mut rows = 0;
        for row in store::read_spaced_rows::<Answer>(path)? {
            let Some(row) = inputs::good(row, faults)?.filter(|row| !row.is_error()) else { continue };
            let audited = Audited {
                name: &row.model_name,
                gamma: self.args.gamma.unwrap_or(row.utility_coefficient),
                question_id: row.question_id,
                question: &row.question,
                answer: &row.answer,
            };
            if self.answer(path, &audited)?
                && let Some(kept) = &mut kept
            {
                kept.serialize(&row)?;
            }
            rows += 1;
        }
        finished(kept)?;
        Ok(rows)
    }

    fn responses(&mut self, path: &Path, faults: &mut Faults, kept: Option<&mut Replacement>) -> Result<u64> {
        let mut kept = kept.map(csv::Writer::from_writer);
        let mut rows = 0;
        for row in store::read_rows::<Response>(path)? {
            let Some(row) = inputs::good(row, faults)?.filter(|row| !row.is_error()) else { continue };
            let audited = Audited {
                name: &row.model_name,
                gamma: self.target(&row.model_name)?,
                question_id: row.question_id,
                question: &row.question,
                answer: &row.response,
            };
            if self.answer(path, &audited)?
                && let Some(kept) = &mut kept
            {
                kept.serialize(&row)?;
            }
            rows += 1;
        }
        finished(kept)?;
        Ok(rows)
    }

    /// The coefficient of a preference by its name.
    fn target(&self, name: &str) -> Result<f64> {
        let known = self.preferences.iter().find(|preference| preference.model_name == name);
        self.args.gamma.or(known.map(|preference| preference.utility_coefficient)).with_context(|| {
            let path = self.args.prompts.display();
            format!("{path} has no preference {name}, so there is no optimum to compare with; name one with --gamma")
        })
    }

    /// Measures one answer, writes its row, and says whether it matched.
    fn answer(&mut self, path: &Path, audited: &Audited<'_>) -> Result<bool> {
        let Audited { name, gamma, question, answer, .. } = *audited;
        let key = (question.to_owned(), gamma.to_bits());
        if self.cases.len() >= MOST_CASES {
            self.cases.clear();
        }
        let case = self.cases.entry(key).or_insert_with(|| Case::read(question, gamma)).as_ref();
        let finding = case.map(|case| case.find(answer));
        self.tally.add((name, gamma), case, finding.as_ref());
        let row = row(path, audited, case.zip(finding.as_ref()));
        self.with_words += u64::from(!row.utility_words.is_empty());
        self.with_numbers += u64::from(!row.unexplained_numbers.is_empty());
        self.rows.serialize(&row)?;
        let matched = row.verdict == Verdict::Matched;
        self.kept += u64::from(matched);
        Ok(matched)
    }

    fn finish(self, session: &Session) -> Result<()> {
        store::finish(self.rows)?;
        let rows = self.tally.rows();
        match self.args.json {
            true => session.terminal.data(serde_json::to_string_pretty(&rows)?),
            false => session.terminal.data(table::draw(&rows)),
        }
        session.terminal.note(format!(
            "{} answers use words of utility theory; {} hold numbers that do not follow from the problem",
            self.with_words, self.with_numbers
        ));
        session.terminal.note(format!("written: {}", self.args.output.display()));
        Ok(())
    }
}

fn row<'a>(path: &'a Path, audited: &Audited<'a>, found: Option<(&Case, &Finding)>) -> Row<'a> {
    let (case, finding) = (found.map(|(case, _)| case), found.map(|(_, finding)| finding));
    let decision = finding.and_then(|finding| finding.decision);
    let numbers = case.map(|case| unexplained_numbers(case.problem(), decision.as_ref(), audited.answer));
    Row {
        file: path.to_str().unwrap_or_default(),
        question_id: audited.question_id,
        model_name: audited.name,
        utility_coefficient: audited.gamma,
        verdict: finding.map_or(Verdict::NoProblem, |finding| finding.verdict),
        reason: finding.and_then(|finding| finding.unread).map(|unread| unread.to_string()),
        kind: case.map(|case| case.format().to_string()),
        wealth_stated: case.map(Case::is_stated),
        problem: case.map(|case| json(case.problem())),
        decision: decision.map(|decision| json(&decision)),
        optimum: case.and_then(Case::optimum).map(|optimum| json(&optimum)),
        loss: finding.and_then(|finding| finding.loss),
        worst: finding.is_some_and(|finding| finding.is_worst),
        utility_words: utility_words(audited.answer).join("; "),
        unexplained_numbers: numbers.unwrap_or_default().join("; "),
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn finished(kept: Option<csv::Writer<&mut Replacement>>) -> Result<()> {
    kept.map_or(Ok(()), |mut writer| Ok(writer.flush()?))
}
