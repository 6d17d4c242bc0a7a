//! `estimate`: the risk preference that decisions from any source reveal.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};

use super::{Outcome, Session, inputs};
use crate::cli::{ChoiceModel, EstimateArgs};
use crate::decision::Problem;
use crate::estimate::comparison::compare;
use crate::estimate::rationality::rationality;
use crate::estimate::{
    Equality, Estimate, Format, Model, Observation, bootstrap, equality, estimate, stake_regression, thresholds,
};
use crate::record::{Fault, Observed};
use crate::report::estimate::{self as table, Estimates, GroupEstimate};
use crate::report::{comparison as comparison_table, rationality as rationality_table};
use crate::store::{self, Faults, ReadError};

/// The field that names clusters where it is there.
const CLUSTER: &str = "cluster";

/// The decisions of one group, and what was left out of it.
#[derive(Debug, Default)]
struct Group {
    observations: Vec<Observation>,
    /// Rows without a decision.
    missing: u64,
    /// Rows whose question cannot be read.
    unread: u64,
}

/// Decisions by the values of the fields that split them.
type Groups = BTreeMap<Vec<String>, Group>;

/// Runs `riskpref estimate`.
///
/// # Errors
/// When the file is bad, has none of the fields named, or no group has an estimate.
pub async fn run(args: &EstimateArgs, session: &Session) -> Result<Outcome> {
    let mut faults = Faults::new(args.skip_invalid);
    let groups = read(args, &mut faults)?;
    inputs::report_skipped(session, &faults);
    if groups.values().all(|group| group.observations.is_empty()) {
        bail!("{}: found no decisions; expected at least one row with a problem and a decision", args.file.display());
    }
    let estimates = Estimates {
        equal_across_groups: across_groups(&groups, args),
        groups: groups.iter().map(|(key, group)| report(key, group, args)).collect(),
    };
    match args.json {
        true => session.terminal.data(serde_json::to_string_pretty(&estimates)?),
        false => print(&estimates, args, session),
    }
    conclude(&estimates.groups, args, session)
}

fn model(args: &EstimateArgs) -> Model {
    match args.model {
        ChoiceModel::RandomParameter => Model::RandomParameter,
        ChoiceModel::Contextual => Model::Contextual,
    }
}

/// What a group reveals.
fn report(key: &[String], group: &Group, args: &EstimateArgs) -> GroupEstimate {
    let (observations, seed) = (&group.observations, args.seed);
    let found = estimate(observations, model(args));
    let bootstrapped = |_: &Estimate| bootstrap(observations, model(args), seed, args.bootstrap as usize).ok();
    GroupEstimate {
        group: args.by.iter().cloned().zip(key.iter().cloned()).collect(),
        decisions: observations.len(),
        missing: group.missing,
        unread: group.unread,
        contextual: found.as_ref().ok().and_then(|_| estimate(observations, Model::Contextual).ok()),
        bootstrap: found.as_ref().ok().filter(|_| args.bootstrap > 0).and_then(bootstrapped),
        stake_regression: stake_regression(observations),
        equal_across_formats: across_formats(observations, model(args)),
        rationality: rationality(observations),
        comparison: args.compare.then(|| compare(observations, seed).ok()).flatten(),
        error: found.as_ref().err().map(ToString::to_string),
        estimate: found.ok(),
    }
}

fn across_groups(groups: &Groups, args: &EstimateArgs) -> Option<Equality> {
    let observations = groups.iter().filter(|(_, group)| !group.observations.is_empty());
    let labelled = observations.map(|(key, group)| (key.join(", "), group.observations.clone())).collect();
    equality(&labelled, model(args)).ok()
}

fn across_formats(observations: &[Observation], model: Model) -> Option<Equality> {
    let mut formats: BTreeMap<String, Vec<Observation>> = BTreeMap::new();
    for observation in observations {
        formats.entry(Format::of(&observation.problem).to_string()).or_default().push(observation.clone());
    }
    equality(&formats, model).ok()
}

fn print(estimates: &Estimates, args: &EstimateArgs, session: &Session) {
    let terminal = &session.terminal;
    terminal.data(table::draw(&estimates.groups));
    if let Some(equal) = &estimates.equal_across_groups {
        terminal.data(format!("\n{}", table::equality(&args.by.join(", "), equal)));
    }
    let values = |group: &GroupEstimate| group.group.values().cloned().collect::<Vec<_>>();
    for group in &estimates.groups {
        if let Some(equal) = &group.equal_across_formats {
            let place = values(group).join(", ");
            terminal.data(format!(
                "\n{place}{}{}",
                if place.is_empty() { "" } else { ": " },
                table::equality("formats", equal)
            ));
        }
    }
    let rows: Vec<_> = estimates.groups.iter().map(|group| (values(group), &group.rationality)).collect();
    let names: Vec<String> =
        estimates.groups.first().map(|group| group.group.keys().cloned().collect()).unwrap_or_default();
    if let Some(drawn) = rationality_table::draw(&names, &rows) {
        terminal.data(format!("\n{drawn}"));
    }
    for group in &estimates.groups {
        if let Some(comparison) = &group.comparison {
            let place = group.group.iter().map(|(name, value)| format!("{name} {value}\n")).collect::<String>();
            terminal.data(format!("\n{place}{}", comparison_table::draw(comparison)));
        }
    }
}

/// Says what a reader of the table has to know, and how the command ended.
fn conclude(reports: &[GroupEstimate], args: &EstimateArgs, session: &Session) -> Result<Outcome> {
    for report in reports {
        let place = report.group.iter().map(|(name, value)| format!("{name} {value}: ")).collect::<String>();
        if let Some(error) = &report.error {
            session.terminal.warn(format!("{place}no estimate: {error}"));
        }
        for note in report.estimate.iter().flat_map(|estimate| &estimate.notes) {
            session.terminal.warn(format!("{place}{note}"));
        }
        for (count, what) in [(report.missing, "no decision"), (report.unread, "a question that cannot be read")] {
            if count > 0 {
                session.terminal.note(format!("{place}{count} rows with {what} are left out"));
            }
        }
    }
    match reports.iter().filter(|report| report.estimate.is_none()).count() {
        0 => Ok(Outcome::Complete),
        failed if failed == reports.len() => bail!("{}: nothing could be estimated", args.file.display()),
        _ => Ok(Outcome::Missing),
    }
}

/// Reads the file into groups.
fn read(args: &EstimateArgs, faults: &mut Faults) -> Result<Groups> {
    let mut groups = Groups::new();
    let path = &args.file;
    if path.extension().is_some_and(|extension| extension == "jsonl") {
        for line in store::read_lines(path)? {
            let (number, line) = line?;
            add(
                Observed::from_json(&line).map_err(|fault| row_error(path, number, fault)),
                (args, number),
                faults,
                &mut groups,
            )?;
        }
        return Ok(groups);
    }
    // The first data row stands on line 2; fields with line breaks make later numbers the row's, not the line's.
    for (row, number) in store::read_spaced_rows::<Observed>(path)?.zip(2u64..) {
        add(row, (args, number), faults, &mut groups)?;
    }
    Ok(groups)
}

fn row_error(path: &Path, line: u64, fault: Fault) -> ReadError {
    ReadError::Row { path: path.to_owned(), line, fault }
}

fn add(
    row: Result<Observed, ReadError>,
    (args, number): (&EstimateArgs, u64),
    faults: &mut Faults,
    groups: &mut Groups,
) -> Result<()> {
    let Some(row) = inputs::good(row, faults)? else { return Ok(()) };
    let placed = place(row, args).map_err(|fault| row_error(&args.file, number, fault));
    let Some((key, observation)) = inputs::good(placed, faults)? else { return Ok(()) };
    let group = groups.entry(key).or_default();
    match observation {
        Placed::Decided(observation) if args.no_dominance && !has_threshold(&observation) => {}
        Placed::Decided(observation) => group.observations.push(*observation),
        Placed::Missing => group.missing += 1,
        Placed::Unread => group.unread += 1,
    }
    Ok(())
}

/// What a row is to its group.
enum Placed {
    Decided(Box<Observation>),
    Missing,
    Unread,
}

/// The group of a row, and its observation.
fn place(row: Observed, args: &EstimateArgs) -> Result<(Vec<String>, Placed), Fault> {
    let field = |name: &String| {
        row.fields.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = row.fields.keys().map(String::as_str).collect();
            Fault::new(known.join(", "), format!("the field {name}"))
        })
    };
    let key = args.by.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let threshold = match &args.threshold_column {
        Some(name) => threshold(&field(name)?, name)?,
        None => None,
    };
    let given = match &args.cluster {
        Some(name) => Some(field(name)?),
        None => row.fields.get(CLUSTER).cloned(),
    };
    let Some(problem) = row.problem else { return Ok((key, Placed::Unread)) };
    let Some(decision) = row.decision else { return Ok((key, Placed::Missing)) };
    let cluster = given.unwrap_or_else(|| problem.item());
    Ok((key, Placed::Decided(Box::new(Observation { problem, decision, cluster, threshold }))))
}

fn threshold(text: &str, name: &str) -> Result<Option<f64>, Fault> {
    match text.trim() {
        "" => Ok(None),
        number => match number.parse::<f64>() {
            Ok(threshold) if threshold.is_finite() => Ok(Some(threshold)),
            _ => Err(Fault::new(text, format!("a finite number or nothing in {name}"))),
        },
    }
}

fn has_threshold(observation: &Observation) -> bool {
    match &observation.problem {
        Problem::Choice(choice) if choice.options.len() == 2 => {
            observation.threshold.is_some() || !thresholds(choice).is_empty()
        }
        _ => true,
    }
}
