//! How the revealed preference moves with the scale of money: relative risk aversion is constant, rises or falls.
//!
//! Invariant: a slope is estimated only from items that were asked at several scales.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::asked::scale;
use crate::decision::{Decision, Problem};
use crate::estimate::Observation;
use crate::estimate::comparison::sandwich::{Estimated, standard_errors};
use crate::estimate::comparison::simplex::{Peak, climb};
use crate::estimate::threshold::preference;
use crate::stats::Interval;

/// 97.5 % point of the standard normal distribution.
const NORMAL_975: f64 = 1.959_963_984_540_054;
/// Bounds of gamma, its slope, ln lambda and kappa.
const BOUNDS: [[f64; 2]; 4] = [[-8.0, 12.0], [-3.0, 3.0], [-3.0, 9.2], [0.001, 0.499]];
/// First simplex, as a share of each range.
const EDGE: f64 = 0.05;
/// Starting slopes.
const SLOPES: [f64; 5] = [-0.3, -0.1, 0.0, 0.1, 0.3];
/// Starting ln lambda: about that of people in Holt & Laury's (2002) menu.
const LOG_PRECISION: f64 = 1.0;
/// Starting kappa.
const TREMBLE: f64 = 0.02;
/// Starting points that are followed.
const FOLLOWED: usize = 3;

/// Change of the revealed coefficient of relative risk aversion with the scale of money.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScaleEffect {
    /// Change of gamma when all money is multiplied by e: 0 under CRRA, positive when relative risk aversion rises with
    /// the stakes (as Holt & Laury 2002 find).
    pub slope: f64,
    /// Standard error of the slope, clustered, times C/(C-1). None with fewer than two clusters, or where answers follow
    /// the model without noise and so fix the slope only up to the distances between thresholds.
    pub standard_error: Option<f64>,
    /// 95 % interval of the slope, under the same condition.
    pub interval: Option<Interval>,
    /// Coefficient at the geometric mean of the scales.
    pub gamma: f64,
    /// Lowest and highest scale, dollars.
    pub scales: [f64; 2],
    /// Items asked at several scales that have one indifference gamma.
    pub items: usize,
    /// Answers to them.
    pub answers: usize,
}

/// One answer.
struct Answer<'a> {
    threshold: f64,
    /// ln of the scale over the geometric mean of the scales.
    log_scale: f64,
    is_averse: bool,
    cluster: &'a str,
}

/// The slope in the random-parameter logit (Apesteguia & Ballester 2018) with a tremble,
/// P(safer) = kappa + (1 - 2 kappa) logistic(lambda (gamma + slope ln(scale / geometric mean) - threshold)).
/// None if no two-option item with one threshold was asked at several scales, if the same side is chosen throughout, or
/// if the likelihood still rises at an end of the range searched (gamma -8 to 12, slope -3 to 3).
pub(super) fn scale_effect(observations: &[&Observation]) -> Option<ScaleEffect> {
    let usable: Vec<(&Observation, String)> = at_several_scales(observations);
    let answers: Vec<Answer> = usable.iter().map(|(observation, _)| Answer::of(observation)).collect::<Option<_>>()?;
    let averse = answers.iter().filter(|answer| answer.is_averse).count();
    if averse == 0 || averse == answers.len() {
        return None;
    }
    let mean = answers.iter().map(|answer| answer.log_scale).sum::<f64>() / answers.len() as f64;
    let answers: Vec<Answer> =
        answers.into_iter().map(|answer| Answer { log_scale: answer.log_scale - mean, ..answer }).collect();
    let peak = likeliest(&answers);
    let is_at_bound = |index: usize| {
        let [low, high] = BOUNDS[index];
        (peak.at[index] - low).min(high - peak.at[index]) <= 1e-6 * (high - low)
    };
    if is_at_bound(0) || is_at_bound(1) {
        return None;
    }
    let free: Vec<usize> = (0..4).filter(|index| !is_at_bound(*index)).collect();
    let standard_error = if is_at_bound(2) { None } else { slope_error(&answers, &peak, &free) };
    let slope = peak.at[1];
    let within = |error: f64| Interval { low: slope - NORMAL_975 * error, high: slope + NORMAL_975 * error };
    let scales = usable.iter().map(|(observation, _)| observation.problem.scale());
    Some(ScaleEffect {
        slope,
        standard_error,
        interval: standard_error.map(within),
        gamma: peak.at[0],
        scales: scales.fold([f64::INFINITY, 0.0], |[low, high], scale| [scale.min(low), scale.max(high)]),
        items: usable.iter().map(|(_, item)| item).collect::<BTreeSet<_>>().len(),
        answers: answers.len(),
    })
}

/// Observations of two-option choices with one threshold whose item was asked at several scales, with the item.
fn at_several_scales<'a>(observations: &[&'a Observation]) -> Vec<(&'a Observation, String)> {
    let usable = observations.iter().filter(|observation| Answer::of(observation).is_some());
    let named: Vec<(&Observation, String)> =
        usable.map(|observation| (*observation, observation.problem.item())).collect();
    let mut scales: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (observation, item) in &named {
        scales.entry(item.clone()).or_default().insert(scale(&observation.problem));
    }
    named.into_iter().filter(|(_, item)| scales[item].len() > 1).collect()
}

impl<'a> Answer<'a> {
    fn of(observation: &'a Observation) -> Option<Self> {
        let (Problem::Choice(choice), Decision::Option(chosen)) = (&observation.problem, observation.decision) else {
            return None;
        };
        let found = preference(choice);
        let ([threshold], Some(averse)) = (&found.thresholds[..], found.averse) else {
            return None;
        };
        Some(Self {
            threshold: observation.threshold.unwrap_or(*threshold),
            log_scale: observation.problem.scale().ln(),
            is_averse: chosen == averse,
            cluster: &observation.cluster,
        })
    }

    fn log_likelihood(&self, point: &[f64]) -> f64 {
        let &[gamma, slope, log_precision, tremble] = point else { return f64::NAN };
        let z = log_precision.exp() * (gamma + slope * self.log_scale - self.threshold);
        let toward = if self.is_averse { z } else { -z };
        (tremble + (1.0 - 2.0 * tremble) / (1.0 + (-toward).exp())).ln()
    }
}

fn likeliest(answers: &[Answer]) -> Peak {
    let value = |point: &[f64]| answers.iter().map(|answer| answer.log_likelihood(point)).sum::<f64>();
    let grid = (-4..=8).flat_map(|half| SLOPES.map(|slope| vec![0.5 * f64::from(half), slope, LOG_PRECISION, TREMBLE]));
    let mut starts: Vec<Peak> = grid.map(|at| Peak { value: value(&at), at }).collect();
    starts.sort_by(|a, b| b.value.total_cmp(&a.value));
    let followed = starts.iter().take(FOLLOWED).map(|start| climb(&start.at, &BOUNDS, EDGE, value));
    followed.reduce(|best, next| if next.value > best.value { next } else { best }).expect("there are starts")
}

fn slope_error(answers: &[Answer], peak: &Peak, free: &[usize]) -> Option<f64> {
    let names: BTreeSet<&str> = answers.iter().map(|answer| answer.cluster).collect();
    let positions: BTreeMap<&str, usize> = names.into_iter().enumerate().map(|(index, name)| (name, index)).collect();
    let clusters: Vec<usize> = answers.iter().map(|answer| positions[answer.cluster]).collect();
    let estimated = Estimated { at: &peak.at, free, clusters: &clusters };
    let each = |point: &[f64]| answers.iter().map(|answer| answer.log_likelihood(point)).collect();
    let errors = standard_errors(&estimated, each)?;
    free.iter().position(|index| *index == 1).map(|position| errors[position])
}
