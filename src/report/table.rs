//! The summary as a plain-text table for a terminal: a row for each model, a column for each metric.

use super::grid::grid;
use super::names::shortened;
use super::{Summary, SummaryRow, title};

/// What stands between a mean and its interval: both on a line, or the interval below.
const SEPARATORS: [&str; 2] = [" ", "\n"];

/// Draws the means with their intervals, at most `width` characters wide where that is possible.
///
/// A cell is "53.2 [44.1, 62.5]". Where that is too wide the interval goes on a line of its own, and
/// then the metrics into tables below one another. The last column counts the scored responses, as
/// a range where the metrics differ.
#[must_use]
pub fn draw(summary: &Summary, width: usize) -> String {
    let metrics = summary.metrics();
    let part = |many: usize, separator: &str| {
        let tables: Vec<String> = metrics.chunks(many).map(|metrics| one(summary, metrics, separator)).collect();
        tables.join("\n\n")
    };
    let fits = |drawn: &String| drawn.lines().all(|line| line.chars().count() <= width);
    let choices = (1..=metrics.len().max(1)).rev();
    let mut drawn = choices.flat_map(|many| SEPARATORS.map(|separator| (many, separator)));
    let fitting = drawn.find_map(|(many, separator)| Some(part(many, separator)).filter(fits));
    fitting.unwrap_or_else(|| part(1, SEPARATORS[1]))
}

fn one(summary: &Summary, metrics: &[&str], separator: &str) -> String {
    let titles = metrics.iter().map(|metric| title(metric));
    let header: Vec<String> = ["Model".to_owned()].into_iter().chain(titles).chain(["n".to_owned()]).collect();
    let models = summary.models();
    let rows = models.iter().zip(shortened(&models)).map(|(model, name)| {
        let rows: Vec<_> = metrics.iter().map(|metric| summary.row(model, metric)).collect();
        let cells = rows.iter().map(|row| cell(*row, separator));
        [name].into_iter().chain(cells).chain([counts(&rows)]).collect()
    });
    grid(&header, rows, 1)
}

fn cell(row: Option<&SummaryRow>, separator: &str) -> String {
    let Some((row, mean)) = row.and_then(|row| Some((row, row.mean?))) else {
        return "-".to_owned();
    };
    match (row.ci_low, row.ci_high) {
        (Some(low), Some(high)) => format!("{mean:.1}{separator}[{low:.1}, {high:.1}]"),
        _ => format!("{mean:.1}"),
    }
}

fn counts(rows: &[Option<&SummaryRow>]) -> String {
    let counts = || rows.iter().map(|row| row.map_or(0, |row| row.count));
    let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    if least == most { most.to_string() } else { format!("{least}-{most}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::accumulator::summary_of;

    fn summary() -> Summary {
        let questions = 1..=4u64;
        let log = questions.flat_map(|question| {
            let tens = 10.0 * question as f64;
            [("log-utility", "alignment", question, Some(tens)), ("log-utility", "risk_seeking", question, Some(50.0))]
        });
        summary_of(log.chain([("risk-loving", "alignment", 1, Some(100.0))]))
    }

    #[test]
    fn one_row_a_model_and_one_column_a_metric() {
        let drawn = draw(&summary(), 100);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines.len(), 4, "{drawn}");
        assert!(lines[0].contains("Alignment") && lines[0].contains("Risk seeking"));
        assert!(lines[2].contains("25.0 [10.0, 40.0]") && lines[2].ends_with('4'));
        assert!(lines[3].contains("100.0 ") && lines[3].contains(" - ") && lines[3].ends_with("0-1"));
    }

    #[test]
    fn keeps_to_the_width_and_never_cuts_an_interval() {
        for (width, lines) in [(60, 4), (46, 5), (36, 9), (10, 11)] {
            let drawn = draw(&summary(), width);
            let widest = drawn.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(width == 10 || widest <= width, "{width}\n{drawn}");
            assert!(drawn.contains("[10.0, 40.0]"), "{width}\n{drawn}");
            assert_eq!(drawn.lines().count(), lines, "{width}\n{drawn}");
        }
    }
}
