//! Rows of revealed gamma as a table for a terminal and as CSV.

use std::io::Write;

use super::RevealedRow;
use crate::estimate::rationality::target::Criterion;
use crate::report::cell;
use crate::report::estimate::{interval, method};
use crate::report::grid::grid;
use crate::report::rationality;

/// Draws the rows: gamma and its interval beside the target.
#[must_use]
pub fn draw(rows: &[RevealedRow]) -> String {
    let header = [
        "Model",
        "Target",
        "On",
        "Revealed gamma",
        "95 % interval",
        "from",
        "kappa",
        "Decisions",
        "Items",
        "Undecided",
    ];
    let cells = |row: &RevealedRow| {
        let whole = row.is_whole();
        let estimate = row.estimate.as_ref();
        let only_whole = |text: String| if whole { text } else { String::new() };
        vec![
            only_whole(row.model_name.clone()),
            only_whole(row.target.map_or("-".to_owned(), |target| target.to_string())),
            reached(row),
            on(row),
            row.gamma().map_or("-".to_owned(), |gamma| format!("{:.2}", gamma + 0.0)),
            estimate.map_or("-".to_owned(), |estimate| interval(&estimate.interval)),
            estimate.map_or("-".to_owned(), |estimate| method(estimate.method).to_owned()),
            estimate.and_then(|estimate| estimate.kappa).map_or("-".to_owned(), |kappa| format!("{:.3}", kappa.value)),
            row.decisions.to_string(),
            row.items.to_string(),
            row.whole.as_ref().map_or(String::new(), |whole| whole.undecided.to_string()),
        ]
    };
    let measured: Vec<_> =
        rows.iter().filter_map(|row| Some((vec![row.model_name.clone()], &row.whole.as_ref()?.rationality))).collect();
    let beside = rationality::draw(&["Model".to_owned()], &measured);
    let drawn = grid(&header.map(str::to_owned), rows.iter().map(cells), 1);
    [Some(drawn), beside].into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

/// Whether the target is reached, or the criteria that are not met.
fn reached(row: &RevealedRow) -> String {
    let Some(targets) = row.whole.as_ref().and_then(|whole| whole.targets) else {
        return String::new();
    };
    let criteria = [
        ("interval", targets.interval),
        ("optimal", targets.optimal),
        ("dominance", targets.undominated),
        ("flips", targets.order_flips),
    ];
    let missed = criteria.iter().filter(|(_, criterion)| !criterion.is_met);
    let word = |(name, criterion): &(&str, Criterion)| match criterion.value {
        Some(_) => (*name).to_owned(),
        None => format!("{name} untested"),
    };
    let missed: Vec<String> = missed.map(word).collect();
    if missed.is_empty() { "yes".to_owned() } else { format!("no: {}", missed.join(", ")) }
}

fn on(row: &RevealedRow) -> String {
    match (&row.set, &row.domain) {
        (Some(set), _) => format!("set {set}"),
        (_, Some(domain)) => format!("domain {domain}"),
        _ => "everything".to_owned(),
    }
}

/// Writes the tidy table, with empty cells for what is missing or unbounded.
///
/// # Errors
/// When `output` cannot be written.
pub fn write_csv(rows: &[RevealedRow], output: impl Write) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(output);
    writer.write_record([
        "model_name",
        "target",
        "set",
        "domain",
        "gamma",
        "std_error",
        "ci_low",
        "ci_high",
        "interval_from",
        "kappa",
        "log_likelihood",
        "decisions",
        "items",
        "undecided",
        "error",
    ])?;
    for row in rows {
        let estimate = row.estimate.as_ref();
        let [low, high] = row.interval().map(cell);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        writer.write_record([
            row.model_name.clone(),
            cell(row.target),
            text(&row.set),
            text(&row.domain),
            cell(row.gamma()),
            cell(estimate.and_then(|estimate| estimate.std_error)),
            low,
            high,
            estimate.map_or("", |estimate| method(estimate.method)).to_owned(),
            cell(estimate.and_then(|estimate| estimate.kappa).map(|kappa| kappa.value)),
            cell(estimate.map(|estimate| estimate.log_likelihood)),
            row.decisions.to_string(),
            row.items.to_string(),
            row.whole.as_ref().map(|whole| whole.undecided.to_string()).unwrap_or_default(),
            text(&row.error),
        ])?;
    }
    writer.flush()?;
    Ok(())
}
