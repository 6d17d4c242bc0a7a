//! Covariance of the estimates: the sandwich of White (1982), with scores summed within clusters.
//!
//! Invariant: parameters at a bound are taken as known; no covariance comes from information that is near singular.

use nalgebra::{DMatrix, DVector};

use super::likelihood::Likelihood;

/// Least eigenvalue of the information, scaled to a unit diagonal, that is not near singular.
const LEAST_EIGENVALUE: f64 = 1e-6;

/// Uncertainty of the parameters that lie inside their bounds.
pub(super) struct Covariance {
    /// Standard errors; none for parameters at a bound.
    pub(super) std_errors: Vec<Option<f64>>,
    /// Variance of gamma, clustered, over that of independent answers.
    pub(super) design_effect: f64,
    /// Influence of each cluster on gamma; the sum of squares, times C/(C-1), is its variance.
    pub(super) influence: DVector<f64>,
}

/// None if gamma lies at a bound, there are fewer than two clusters, or the information is near singular.
pub(super) fn clustered(likelihood: &Likelihood, parameters: &[f64]) -> Option<Covariance> {
    let inside = |parameter: &usize| !likelihood.layout.at_bound(*parameter, parameters[*parameter]);
    let free: Vec<usize> = (0..parameters.len()).filter(inside).collect();
    let clusters = likelihood.evidence.clusters as f64;
    if free.first() != Some(&0) || clusters < 2.0 {
        return None;
    }
    let view = likelihood.view(parameters[0]);
    let inverse = inverse(&-likelihood.hessian(parameters, &free, &view))?;
    let scores = likelihood.cluster_scores(parameters, &view).select_columns(&free);
    let influence = scores * &inverse;
    let mut std_errors = vec![None; parameters.len()];
    let factor = clusters / (clusters - 1.0);
    for (column, parameter) in free.iter().enumerate() {
        let variance = factor * influence.column(column).norm_squared();
        std_errors[*parameter] = Some(variance.sqrt()).filter(|error| error.is_finite());
    }
    let design_effect = std_errors[0]?.powi(2) / inverse[(0, 0)];
    Some(Covariance { std_errors, design_effect, influence: influence.column(0).into_owned() })
}

fn inverse(information: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let diagonal = information.diagonal();
    if diagonal.iter().any(|entry| !entry.is_finite() || *entry <= 0.0) {
        return None;
    }
    let scales = diagonal.map(f64::sqrt);
    let scaled = DMatrix::from_fn(scales.len(), scales.len(), |row, column| {
        information[(row, column)] / (scales[row] * scales[column])
    });
    if scaled.symmetric_eigenvalues().min() < LEAST_EIGENVALUE {
        return None;
    }
    information.clone().cholesky().map(|root| root.inverse())
}
