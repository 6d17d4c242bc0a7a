//! Joint tests: whether groups of answers (formats, domains, sets) reveal one gamma.
//!
//! Each group has precisions, a tremble and a lapse of its own, so that nothing but gamma is compared.

use std::collections::{BTreeMap, HashMap};

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};
use thiserror::Error;

use super::covariance::{Covariance, clustered};
use super::evidence::Evidence;
use super::likelihood::Likelihood;
use super::optimise::Peak;
use super::result::{EstimateError, Model};
use super::solve;
use crate::estimate::observation::Observation;
use crate::estimate::search::maximise;

/// A test of equal gammas.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Chi-squared under equality.
    pub statistic: f64,
    /// Degrees of freedom: groups less one.
    pub freedom: usize,
    /// Probability of a statistic as large if all gammas are equal.
    pub p_value: f64,
}

/// Tests of equal gammas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Equality {
    /// Gamma of each group; none if its answers bound it on one side at most.
    pub gammas: BTreeMap<String, Option<f64>>,
    /// The likeliest common gamma.
    pub common: f64,
    /// Likelihood-ratio test. It takes answers as independent, so repeats make it reject too often.
    pub likelihood_ratio: Test,
    /// Wald test with a covariance clustered within and across groups; none if a group has no standard error.
    pub wald: Option<Test>,
}

/// Why equality cannot be tested.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EqualityError {
    /// Fewer than two groups.
    #[error("equality needs two groups, found {found}")]
    Groups {
        /// Groups given.
        found: usize,
    },
    /// A group has no estimate.
    #[error("group {group}: {source}")]
    Estimate {
        /// Its label.
        group: String,
        /// Why.
        source: EstimateError,
    },
}

/// Tests whether all `groups` of observations reveal the same gamma. Clusters with one label are one cluster, in whatever
/// groups they stand.
///
/// # Errors
/// If there are fewer than two groups, or one of them has no estimate.
pub fn equality(groups: &BTreeMap<String, Vec<Observation>>, model: Model) -> Result<Equality, EqualityError> {
    if groups.len() < 2 {
        return Err(EqualityError::Groups { found: groups.len() });
    }
    let mut evidence = Vec::new();
    for (group, observations) in groups {
        let fail = |source| EqualityError::Estimate { group: group.clone(), source };
        let next = Evidence::new(observations, model).map_err(fail)?;
        if next.formats().is_empty() {
            return Err(fail(EstimateError::NotIdentified { observations: observations.len() }));
        }
        evidence.push(next);
    }
    let likelihoods: Vec<Likelihood> = evidence.iter().map(Likelihood::of).collect();
    let solutions: Vec<_> = likelihoods.iter().map(solve).collect();
    let peaks: Vec<&Peak> = solutions.iter().map(|solution| &solution.peak).collect();
    let (common, restricted) = common(&likelihoods, &peaks);
    let free: f64 = peaks.iter().map(|peak| peak.log_likelihood).sum();
    let gammas = solutions.iter().map(|solution| solution.gamma);
    let estimates: Option<Vec<f64>> = gammas.clone().collect();
    Ok(Equality {
        gammas: groups.keys().cloned().zip(gammas).collect(),
        common,
        likelihood_ratio: test((2.0 * (free - restricted)).max(0.0), groups.len() - 1),
        wald: estimates.and_then(|gammas| wald(&likelihoods, &peaks, &gammas)),
    })
}

/// The likeliest common gamma, between the least and the largest, and the log-likelihood there.
fn common(likelihoods: &[Likelihood], peaks: &[&Peak]) -> (f64, f64) {
    let gammas = || peaks.iter().map(|peak| peak.parameters[0]);
    let range = [gammas().fold(f64::INFINITY, f64::min), gammas().fold(f64::NEG_INFINITY, f64::max)];
    let total = |gamma: f64| {
        let each = likelihoods.iter().zip(peaks);
        each.map(|(likelihood, peak)| likelihood.maximum_at(gamma, &peak.parameters).log_likelihood).sum::<f64>()
    };
    let best = maximise(range, total);
    (best.at, best.value)
}

fn wald(likelihoods: &[Likelihood], peaks: &[&Peak], gammas: &[f64]) -> Option<Test> {
    let covariances: Option<Vec<Covariance>> =
        likelihoods.iter().zip(peaks).map(|(likelihood, peak)| clustered(likelihood, &peak.parameters)).collect();
    let covariances = covariances?;
    let mut rows: HashMap<&str, usize> = HashMap::new();
    for label in likelihoods.iter().flat_map(|likelihood| &likelihood.evidence.labels) {
        let next = rows.len();
        rows.entry(label).or_insert(next);
    }
    let mut influence = DMatrix::zeros(rows.len(), gammas.len());
    for (group, (likelihood, covariance)) in likelihoods.iter().zip(&covariances).enumerate() {
        for (label, each) in likelihood.evidence.labels.iter().zip(covariance.influence.iter()) {
            influence[(rows[label.as_str()], group)] = *each;
        }
    }
    let clusters = rows.len() as f64;
    let covariance = influence.tr_mul(&influence) * (clusters / (clusters - 1.0));
    let last = gammas.len() - 1;
    let differences = DVector::from_fn(last, |group, _| gammas[group] - gammas[last]);
    let contrast = DMatrix::from_fn(last, last + 1, |row, column| match column {
        _ if column == row => 1.0,
        _ if column == last => -1.0,
        _ => 0.0,
    });
    let spread = &contrast * covariance * contrast.transpose();
    let statistic = differences.dot(&spread.cholesky()?.solve(&differences));
    Some(test(statistic, last))
}

fn test(statistic: f64, freedom: usize) -> Test {
    let distribution = ChiSquared::new(freedom as f64).expect("there are two groups or more");
    Test { statistic, freedom, p_value: distribution.sf(statistic) }
}
