//! Bootstrap of gamma: whole clusters are drawn with replacement, as answers within one are not independent.
//!
//! Invariant: same observations and seed, same result; a resample that bounds gamma on one side only counts as lying
//! beyond all others on that side, and is never left out.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::likelihood::Likelihood;
use super::optimise::{Gamma, Peak};
use super::result::{EstimateError, Model};
use super::steps::fewest_mistakes;
use super::{at_cap, highest};
use crate::estimate::observation::Observation;

/// Gammas this near to the end of the range that is searched lie beyond it.
const AT_END: f64 = 1e-3;

/// The distribution of gamma over resamples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// Standard deviation over resamples; none if some are unbounded.
    pub std_error: Option<f64>,
    /// 2.5 % and 97.5 % quantiles; none where they are unbounded.
    pub interval: [Option<f64>; 2],
    /// Resamples drawn.
    pub resamples: usize,
    /// Resamples that bound gamma on one side at most.
    pub unbounded: usize,
}

/// Estimates gamma again in `resamples` resamples (at least 1) of the clusters.
///
/// # Errors
/// As for [`estimate`](super::estimate()).
pub fn bootstrap(
    observations: &[Observation],
    model: Model,
    seed: u64,
    resamples: usize,
) -> Result<Bootstrap, EstimateError> {
    let evidence = Evidence::new(observations, model)?;
    if evidence.formats().is_empty() {
        return Err(EstimateError::NotIdentified { observations: observations.len() });
    }
    let likelihood = Likelihood::of(&evidence);
    let steps = if evidence.has_only_thresholds() { fewest_mistakes(&evidence) } else { None };
    let (peak, is_stepped) = highest(&likelihood, steps.as_ref());
    let start = (!is_stepped).then_some(&peak);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut gammas: Vec<f64> = (0..resamples.max(1))
        .map(|_| {
            let mut counts = vec![0.0; evidence.clusters];
            for _ in 0..evidence.clusters {
                counts[random.random_range(0..evidence.clusters)] += 1.0;
            }
            gamma(&likelihood, &evidence.reweighted(&counts), start)
        })
        .collect();
    gammas.sort_by(f64::total_cmp);
    Ok(summary(&gammas))
}

/// The estimate for one resample, infinite if it is unbounded; from `start` where the likelihood of all is smooth there.
fn gamma(all: &Likelihood, resample: &Evidence, start: Option<&Peak>) -> f64 {
    let likelihood = Likelihood { evidence: resample, layout: all.layout.clone() };
    let steps = if resample.has_only_thresholds() { fewest_mistakes(resample) } else { None };
    let peak = match (&steps, start) {
        (Some(steps), _) if steps.mistakes == 0.0 => at_cap(&likelihood, steps.widest),
        (_, Some(start)) => likelihood.climb(start.parameters.clone(), Gamma::Free),
        (steps, None) => highest(&likelihood, steps.as_ref()).0,
    };
    let [low, high] = likelihood.layout.bounds(0);
    match peak.parameters[0] {
        gamma if gamma <= low + AT_END => f64::NEG_INFINITY,
        gamma if gamma >= high - AT_END => f64::INFINITY,
        gamma => gamma,
    }
}

fn summary(gammas: &[f64]) -> Bootstrap {
    let count = gammas.len() as f64;
    let finite: Vec<f64> = gammas.iter().copied().filter(|gamma| gamma.is_finite()).collect();
    let mean = gammas.iter().sum::<f64>() / count;
    let variance = gammas.iter().map(|gamma| (gamma - mean).powi(2)).sum::<f64>() / (count - 1.0);
    // The next order statistic outwards, so that no infinite value is interpolated.
    let quantile = |position: f64| Some(gammas[position as usize]).filter(|gamma| gamma.is_finite());
    Bootstrap {
        std_error: Some(variance.sqrt()).filter(|error| error.is_finite()),
        interval: [quantile((0.025 * (count - 1.0)).floor()), quantile((0.975 * (count - 1.0)).ceil())],
        resamples: gammas.len(),
        unbounded: gammas.len() - finite.len(),
    }
}
