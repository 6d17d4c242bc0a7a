//! Statistics of scores: samples, intervals for means and for shares. Pure; every random act takes a seed.

mod bootstrap;
mod quantile;
mod sample;
mod share;

pub use bootstrap::{LEVEL, RESAMPLES, mean_interval};
pub use sample::{NotFinite, Sample};
pub use share::{score_interval, wilson};

use serde::{Deserialize, Serialize};

/// An interval with both ends included, in the unit of the values that it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end, at least `low`.
    pub high: f64,
}
