//! Whether an agent has a target preference: the estimate, its choices, dominance and order.

use serde::{Deserialize, Serialize};

use super::Rationality;
use crate::decision::Problem;
use crate::decision::optimum::optimum;
use crate::estimate::Observation;
use crate::estimate::threshold::thresholds;
use crate::stats::Interval;

/// How far from the target the ends of the interval may lie, and how near to it thresholds are left out.
pub const TOLERANCE: f64 = 0.25;
/// Least share of optimal choices on items whose threshold is not near the target.
pub const LEAST_OPTIMAL: f64 = 0.9;
/// Least share of dominance items on which a dominated option is not chosen.
pub const LEAST_UNDOMINATED: f64 = 0.98;
/// Most pairs of answers that differ between orders, as a share.
pub const MOST_FLIPS: f64 = 0.05;

/// A criterion.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// What was measured; none if there are no data for it.
    pub value: Option<f64>,
    /// Answers, or pairs of answers, that it was measured on; 0 for the interval.
    pub cases: u64,
    /// What the value is compared to: the most or the least allowed.
    pub limit: f64,
    /// Whether it is met; not met without data.
    pub is_met: bool,
}

/// Whether a target preference is reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Targets {
    /// The target gamma.
    pub gamma: f64,
    /// Distance from the target of the farther end of the 95 % interval of gamma, at most 0.25.
    pub interval: Criterion,
    /// Share of answers that are optimal for the target, at least 90 %, on two-option choices all of whose thresholds lie
    /// more than 0.25 from the target.
    pub optimal: Criterion,
    /// Share of answers that avoid a dominated option, at least 98 %.
    pub undominated: Criterion,
    /// Share of pairs of answers that flip with the order, at most 5 %.
    pub order_flips: Criterion,
    /// Whether all four are met.
    pub is_reached: bool,
}

/// Compares an estimate and held-out `observations` with the target `gamma`; `rationality` is that of the same agent.
#[must_use]
pub fn targets(
    gamma: f64,
    interval: Option<Interval>,
    observations: &[Observation],
    rationality: &Rationality,
) -> Targets {
    let farther = interval.map(|ends| (ends.low - gamma).abs().max((ends.high - gamma).abs()));
    let far: Vec<&Observation> = observations.iter().filter(|observation| is_far(observation, gamma)).collect();
    let optimal = far.iter().filter(|each| optimum(&each.problem, gamma).accepts(&each.decision)).count();
    let share = (!far.is_empty()).then(|| optimal as f64 / far.len() as f64);
    let [dominated, flips] = [rationality.dominated, rationality.order_flips];
    let cases = |rate: Option<super::Rate>| rate.map_or(0, |rate| rate.of);
    let interval = most(farther, TOLERANCE, 0);
    let optimal = least(share, LEAST_OPTIMAL, far.len() as u64);
    let undominated = least(dominated.map(|rate| 1.0 - rate.share), LEAST_UNDOMINATED, cases(dominated));
    let order_flips = most(flips.map(|rate| rate.share), MOST_FLIPS, cases(flips));
    let is_reached = [interval, optimal, undominated, order_flips].iter().all(|criterion| criterion.is_met);
    Targets { gamma, interval, optimal, undominated, order_flips, is_reached }
}

fn is_far(observation: &Observation, gamma: f64) -> bool {
    let Problem::Choice(choice) = &observation.problem else { return false };
    let found = thresholds(choice);
    let is_valid = observation.problem.validate().is_ok() && observation.problem.allows(&observation.decision);
    is_valid && !found.is_empty() && found.iter().all(|threshold| (threshold - gamma).abs() > TOLERANCE)
}

fn most(value: Option<f64>, limit: f64, cases: u64) -> Criterion {
    Criterion { value, cases, limit, is_met: value.is_some_and(|value| value <= limit) }
}

fn least(value: Option<f64>, limit: f64, cases: u64) -> Criterion {
    Criterion { value, cases, limit, is_met: value.is_some_and(|value| value >= limit) }
}
