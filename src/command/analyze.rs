//! `analyze`: what the responses and scores say, as a table, a CSV file and a chart.

use std::path::Path;

use anyhow::{Result, bail};

use super::scored::{self, ScoredRows};
use super::{Outcome, Session, inputs, judge};
use crate::cli::AnalyzeArgs;
use crate::record::Preference;
use crate::report::{Accumulator, Decisions, Score, Summary, chart, render, table};
use crate::store::{Faults, Replacement, replace};

/// Runs `riskpref analyze`.
///
/// # Errors
/// When an input is bad, there is nothing to report on, or the output folder cannot be written.
pub async fn run(args: &AnalyzeArgs, session: &Session) -> Result<Outcome> {
    let scoring = &args.scoring;
    let output = scored::output_folder(&scoring.results_dir, scoring.output_dir.as_deref());
    let mut outcome = Outcome::Complete;
    if !args.skip_evaluation && scoring.judge.judge_model.is_some() {
        outcome = judge::score(scoring, &output, session).await?;
    }
    let summary = summarize(args, &output, session)?;
    write(&summary, &output, session)?;
    match args.json {
        true => session.terminal.data(serde_json::to_string_pretty(&summary)?),
        false => session.terminal.data(table::draw(&summary, session.terminal.width())),
    }
    Ok(outcome)
}

/// Reads every row once and reduces it to the summary.
fn summarize(args: &AnalyzeArgs, output: &Path, session: &Session) -> Result<Summary> {
    let mut faults = Faults::new(args.scoring.skip_invalid);
    let rows = ScoredRows::open(&args.scoring.results_dir, output, &mut faults)?;
    let mut scores = Accumulator::new();
    let mut decisions = Decisions::new(targets(args, &mut faults, session)?);
    let (mut errors, mut scored) = (0u64, false);
    for row in rows.iter()? {
        let Some(row) = inputs::good(row, &mut faults)? else { continue };
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
        decisions.add(&mut scores, response)?;
    }
    inputs::report_skipped(session, &faults);
    if errors > 0 {
        session.terminal.warn(format!("{errors} rows that start with ERROR: are left out"));
    }
    if !scored && !decisions.any_read() {
        bail!(
            "{}: no scores, and no decision that can be read; score the responses with riskpref judge --judge-model MODEL",
            rows.input().display()
        );
    }
    let mut summary = scores.finish(args.scoring.api.seed.into());
    if !scored {
        summary.notes.push("No judge has scored these responses: the report is on their decisions alone.".to_owned());
    }
    summary.notes.extend(decisions.notes());
    Ok(summary)
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

fn write(summary: &Summary, folder: &Path, session: &Session) -> Result<()> {
    let mut file = Replacement::new(&folder.join("evaluation_summary.csv"))?;
    summary.write_csv(&mut file)?;
    file.commit()?;
    let picture = chart::svg(summary, &format!("Model evaluation: {}", inputs::set_name(folder)))?;
    replace(&folder.join("model_evaluation_results.png"), render::png(&picture)?)?;
    replace(&folder.join("model_evaluation_results.pdf"), render::pdf(&picture)?)?;
    for note in &summary.notes {
        session.terminal.note(note);
    }
    session.terminal.note(format!(
        "written: evaluation_summary.csv and model_evaluation_results.png and .pdf in {}",
        folder.display()
    ));
    Ok(())
}
