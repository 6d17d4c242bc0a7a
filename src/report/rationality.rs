//! Measures of rationality as a table for a terminal, a row for each model or group.

use super::grid::grid;
use crate::estimate::rationality::{Rate, Rationality};

const HEADER: [&str; 6] =
    ["First-listed\nbias", "Dominated %", "Order\nflips %", "Repeats\ndiffer %", "Cycles %", "Slope in\nln scale"];

/// Draws the measures under the names of what each row is about; none if no row has any measure.
#[must_use]
pub fn draw(names: &[String], rows: &[(Vec<String>, &Rationality)]) -> Option<String> {
    let is_empty = |found: &Rationality| cells(found).iter().all(|cell| cell == "-");
    if rows.iter().all(|(_, found)| is_empty(found)) {
        return None;
    }
    let header: Vec<String> = names.iter().cloned().chain(HEADER.map(str::to_owned)).collect();
    let rows = rows.iter().map(|(name, found)| name.iter().cloned().chain(cells(found)).collect());
    Some(grid(&header, rows, names.len()))
}

fn cells(found: &Rationality) -> [String; 6] {
    let interval = |low: f64, high: f64, digits: usize| format!("[{low:.digits$}, {high:.digits$}]");
    let position = found.position.map(|position| {
        let ends = position.interval.map_or(String::new(), |ends| interval(ends.low, ends.high, 3));
        format!("{:.3} {ends}", position.effect + 0.0)
    });
    let scale = found.scale.map(|scale| {
        let ends = scale.interval.map_or(String::new(), |ends| interval(ends.low, ends.high, 3));
        format!("{:.3} {ends}", scale.slope + 0.0)
    });
    let rate = |rate: Option<Rate>| {
        rate.map(|rate| {
            let ends = interval(100.0 * rate.interval.low, 100.0 * rate.interval.high, 1);
            format!("{:.1} {ends}", 100.0 * rate.share)
        })
    };
    [position, rate(found.dominated), rate(found.order_flips), rate(found.repeats), rate(found.cycles), scale]
        .map(|cell| cell.unwrap_or_else(|| "-".to_owned()).trim_end().to_owned())
}
