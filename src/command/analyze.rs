//! `analyze`: what the responses and scores say, as tables, CSV files and charts.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde::Serialize;

use super::money::DryRun;
use super::scored::{self, ScoredRows};
use super::{Outcome, Session, inputs, judge};
use crate::cli::{AnalyzeArgs, ScoringArgs};
use crate::record::Preference;
use crate::report::{
    Accumulator, Decisions, RevealedRow, Score, Summary, chart, render, revealed, revealed_chart, table,
};
use crate::store::{Faults, Replacement, replace};

/// What a report says, as JSON.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    summary: Summary,
    revealed: Vec<RevealedRow>,
}

/// Runs `riskpref analyze`.
///
/// # Errors
/// When an input is bad, there is nothing to report on, or the output folder cannot be written.
pub async fn run(args: &AnalyzeArgs, session: &Session) -> Result<Outcome> {
    let folders = scored::folders(&args.scoring.results_dir)?;
    if folders.len() > 1 && args.scoring.output_dir.is_some() {
        bail!("--output-dir is for one results folder; {} has {}", args.scoring.results_dir.display(), folders.len());
    }
    if args.scoring.api.money.dry_run {
        return dry_run(args, &folders, session).await;
    }
    let mut analysis = Analysis::new(args, folders.len(), session)?;
    if analysis.scores() {
        let outputs: Vec<PathBuf> = folders.iter().map(|folder| analysis.output(folder)).collect();
        judge::count_earlier(&args.scoring, outputs.iter().map(PathBuf::as_path), session)?;
    }
    let mut outcome = Outcome::Complete;
    for folder in &folders {
        outcome = outcome.max(analysis.folder(folder).await?);
        if session.interrupt.requested() {
            return Ok(Outcome::Interrupted);
        }
    }
    analysis.finish()?;
    Ok(outcome)
}

/// Says what scoring would take, if anything is to be scored.
async fn dry_run(args: &AnalyzeArgs, folders: &[PathBuf], session: &Session) -> Result<Outcome> {
    let mut dry_run = DryRun::new(&args.scoring.api);
    if !args.skip_evaluation && args.scoring.judge.judge_model.is_some() {
        for folder in folders {
            let scoring = ScoringArgs { results_dir: folder.clone(), ..args.scoring.clone() };
            let output = scored::output_folder(folder, scoring.output_dir.as_deref());
            judge::forecast((&scoring, &output), &mut dry_run, session).await?;
        }
    }
    Ok(dry_run.conclude(&args.scoring.api, session))
}

struct Analysis<'a> {
    args: &'a AnalyzeArgs,
    session: &'a Session,
    faults: Faults,
    decisions: Decisions,
    /// How many results folders there are.
    folders: usize,
    reports: Vec<(String, Report)>,
}

impl<'a> Analysis<'a> {
    fn new(args: &'a AnalyzeArgs, folders: usize, session: &'a Session) -> Result<Self> {
        let mut faults = Faults::new(args.scoring.skip_invalid);
        let decisions = Decisions::new(targets(args, &mut faults, session)?);
        Ok(Self { args, session, faults, decisions, folders, reports: Vec::new() })
    }

    /// Whether a judge is asked.
    fn scores(&self) -> bool {
        !self.args.skip_evaluation && self.args.scoring.judge.judge_model.is_some()
    }

    fn output(&self, folder: &Path) -> PathBuf {
        scored::output_folder(folder, self.args.scoring.output_dir.as_deref())
    }

    /// Scores what has no score yet, if a judge is named, and reports on one results folder.
    async fn folder(&mut self, folder: &Path) -> Result<Outcome> {
        let scoring = ScoringArgs { results_dir: folder.to_owned(), ..self.args.scoring.clone() };
        let output = self.output(folder);
        let mut outcome = Outcome::Complete;
        if self.scores() {
            outcome = judge::score(&scoring, &output, self.session).await?;
        }
        let set = inputs::set_name(folder);
        let summary = self.summarize(folder, &output)?;
        let revealed = match self.folders {
            1 => revealed::reveal(&self.decisions),
            _ => revealed::reveal_set(&self.decisions, &set),
        };
        self.write(&summary, &output)?;
        self.write_revealed(&revealed, &output, &set)?;
        self.reports.push((set, Report { summary, revealed }));
        Ok(outcome)
    }

    /// Reads every row once and reduces it to the summary.
    fn summarize(&mut self, folder: &Path, output: &Path) -> Result<Summary> {
        let rows = ScoredRows::open(folder, output, &mut self.faults)?;
        self.decisions.carry(inputs::carried(folder, &mut self.faults)?);
        self.decisions.begin(&inputs::set_name(folder));
        let mut scores = Accumulator::new();
        let (mut errors, mut scored) = (0u64, false);
        for row in rows.iter()? {
            let Some(row) = inputs::good(row, &mut self.faults)? else { continue };
            let response = &row.response;
            if response.is_error() {
                errors += 1;
                continue;
            }
            for (metric, score) in &row.scores {
                let (model_name, question_id) = (response.model_name.as_str(), response.question_id);
                scores.add(Score { model_name, metric, question_id, value: Some(*score) })?;
                scored = true;
            }
            self.decisions.add(&mut scores, response)?;
        }
        if errors > 0 {
            self.session.terminal.warn(format!("{errors} rows that start with ERROR: are left out"));
        }
        if !scored && !self.decisions.any_read() {
            bail!(
                "{}: no scores, and no decision that can be read; score the responses with riskpref judge --judge-model MODEL",
                rows.input().display()
            );
        }
        let mut summary = scores.finish(self.args.scoring.api.seed.into());
        if !scored {
            summary
                .notes
                .push("No judge has scored these responses: the report is on their decisions alone.".to_owned());
        }
        summary.notes.extend(self.decisions.notes());
        Ok(summary)
    }

    fn write(&self, summary: &Summary, folder: &Path) -> Result<()> {
        let mut file = Replacement::new(&folder.join("evaluation_summary.csv"))?;
        summary.write_csv(&mut file)?;
        file.commit()?;
        let picture = chart::svg(summary, &format!("Model evaluation: {}", inputs::set_name(folder)))?;
        draw(&picture, &folder.join("model_evaluation_results"))?;
        for note in &summary.notes {
            self.session.terminal.note(note);
        }
        self.session.terminal.note(format!(
            "written: evaluation_summary.csv and model_evaluation_results.png and .pdf in {}",
            folder.display()
        ));
        Ok(())
    }

    /// The table of revealed gammas, and their chart where any model has a target.
    fn write_revealed(&self, rows: &[RevealedRow], folder: &Path, name: &str) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut file = Replacement::new(&folder.join("revealed_gamma.csv"))?;
        revealed::write_csv(rows, &mut file)?;
        file.commit()?;
        let whole: Vec<&RevealedRow> = rows.iter().filter(|row| row.is_whole()).collect();
        let chart = revealed_chart::svg(&whole, &format!("Revealed and target preference: {name}"))?;
        if let Some(picture) = &chart {
            draw(picture, &folder.join("revealed_gamma"))?;
        }
        let pictures = if chart.is_some() { " and revealed_gamma.png and .pdf" } else { "" };
        self.session.terminal.note(format!("written: revealed_gamma.csv{pictures} in {}", folder.display()));
        Ok(())
    }

    /// Prints the reports; where there are several sets, also what all of them together reveal.
    fn finish(self) -> Result<()> {
        inputs::report_skipped(self.session, &self.faults);
        let terminal = &self.session.terminal;
        let together = match self.folders {
            1 => None,
            _ => Some(revealed::reveal(&self.decisions)),
        };
        if let Some(rows) = &together {
            self.write_revealed(rows, &self.args.scoring.results_dir, "all sets")?;
        }
        if self.args.json {
            let text = match (&together, &self.reports[..]) {
                (None, [(_, report)]) => serde_json::to_string_pretty(report)?,
                _ => {
                    let sets: serde_json::Map<String, serde_json::Value> = self
                        .reports
                        .iter()
                        .map(|(set, report)| Ok((set.clone(), serde_json::to_value(report)?)))
                        .collect::<Result<_>>()?;
                    serde_json::to_string_pretty(&serde_json::json!({ "sets": sets, "revealed": together }))?
                }
            };
            terminal.data(text);
            return Ok(());
        }
        for (set, report) in &self.reports {
            if self.reports.len() > 1 {
                terminal.data(format!("\n{set}"));
            }
            terminal.data(table::draw(&report.summary, terminal.width()));
            if together.is_none() && !report.revealed.is_empty() {
                terminal.data(format!("\n{}", revealed::draw(&report.revealed)));
            }
        }
        if let Some(rows) = together.filter(|rows| !rows.is_empty()) {
            terminal.data(format!("\nall sets\n{}", revealed::draw(&rows)));
        }
        Ok(())
    }
}

fn draw(picture: &str, stem: &Path) -> Result<()> {
    replace(&stem.with_extension("png"), render::png(picture)?)?;
    replace(&stem.with_extension("pdf"), render::pdf(picture)?)
}

fn targets(args: &AnalyzeArgs, faults: &mut Faults, session: &Session) -> Result<Vec<Preference>> {
    let usual = Path::new("prompt/improved_prompts.csv");
    if args.prompts.is_some() || usual.exists() {
        return inputs::preferences(args.prompts.as_deref().unwrap_or(usual), &[], faults);
    }
    let path = usual.display();
    session
        .terminal
        .warn(format!("{path} is not there, so no decision can be called right or wrong; name it with --prompts"));
    Ok(Vec::new())
}
