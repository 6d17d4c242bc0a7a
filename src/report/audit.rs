//! An audit's counts as a table for a terminal.

use super::grid::grid;
use crate::audit::TallyRow;

const HEADER: [&str; 11] = [
    "Preference",
    "gamma",
    "Questions",
    "Decided",
    "Optimal %",
    "Always\nsafest %",
    "Always\nriskiest %",
    "Worst",
    "Loss %",
    "No\ndecision",
    "Not\nsolved",
];

/// Draws a row for each preference and for each of its kinds of question: decisions, the share of optimal ones with its
/// interval, what the trivial rules would score on the same questions, decisions that could not be worse, the mean loss in
/// percent of wealth, answers without a decision and questions without an optimum.
#[must_use]
pub fn draw(rows: &[TallyRow]) -> String {
    let header: Vec<String> = HEADER.map(str::to_owned).to_vec();
    grid(&header, rows.iter().map(cells), 1)
}

fn cells(row: &TallyRow) -> Vec<String> {
    let decided = row.decided();
    let percent = |count: u64| match decided {
        0 => "-".to_owned(),
        _ => format!("{:.1}", 100.0 * count as f64 / decided as f64),
    };
    let optimal = row.share().map_or("-".to_owned(), |(share, [low, high])| {
        format!("{:.1} [{:.1}, {:.1}]", 100.0 * share, 100.0 * low, 100.0 * high)
    });
    let name = if row.format.is_none() { row.model_name.clone() } else { String::new() };
    let gamma = if row.format.is_none() { row.utility_coefficient.to_string() } else { String::new() };
    let loss = row.mean_loss().map_or("-".to_owned(), |loss| format!("{:.2}", 100.0 * loss));
    vec![
        name,
        gamma,
        kind(row),
        decided.to_string(),
        optimal,
        percent(row.always_safest),
        percent(row.always_riskiest),
        row.worst.to_string(),
        loss,
        (row.no_decision + row.undetermined).to_string(),
        row.no_problem.to_string(),
    ]
}

fn kind(row: &TallyRow) -> String {
    match (row.format, row.interior) {
        (None, _) => "all".to_owned(),
        (Some(format), false) => format.to_string(),
        (Some(format), true) => format!("{format}, interior"),
    }
}
