//! Reports: the numbers first ([`Summary`]), then what draws them ([`table`], [`chart`], [`render`]).
//!
//! Renderers take every number from the summary and compute none.

mod accumulator;
pub mod audit;
pub mod chart;
pub mod comparison;
mod decisions;
pub mod estimate;
pub mod forecast;
mod grid;
mod layout;
mod names;
mod places;
pub mod rationality;
pub mod render;
pub mod revealed;
pub mod revealed_chart;
mod summary;
pub mod table;

pub use accumulator::{Accumulator, Score};
pub use decisions::{Decisions, OPTIMAL};
pub use revealed::RevealedRow;
use summary::cell;
pub use summary::{Summary, SummaryRow};

/// A metric's name as a title: `risk_seeking` is "Risk seeking".
fn title(metric: &str) -> String {
    let words = metric.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
