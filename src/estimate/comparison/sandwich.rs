//! Standard errors of maximum-likelihood estimates, robust to answers of one cluster that are alike.
//!
//! Invariant: an error is finite and positive, or absent.

use nalgebra::{DMatrix, DVector};

/// Distance over which the log-likelihood is differenced.
const STEP: f64 = 1e-4;
/// Least eigenvalue of the information, scaled to a unit diagonal, that is not near singular.
const LEAST_EIGENVALUE: f64 = 1e-7;

/// Where errors are wanted.
pub(in crate::estimate) struct Estimated<'a> {
    /// The parameters.
    pub(in crate::estimate) at: &'a [f64],
    /// Positions of those that may vary; the others are taken as known.
    pub(in crate::estimate) free: &'a [usize],
    /// Cluster of each answer, counted from 0 without gaps.
    pub(in crate::estimate) clusters: &'a [usize],
}

/// Standard errors of the free parameters, in their order: the sandwich of White (1982) with scores summed within
/// clusters, times C/(C-1). `each` gives every answer's log-likelihood. None with fewer than two clusters or where the
/// information is near singular.
pub(in crate::estimate) fn standard_errors(
    estimated: &Estimated,
    each: impl Fn(&[f64]) -> Vec<f64>,
) -> Option<Vec<f64>> {
    let Estimated { at, free, clusters } = estimated;
    let count = clusters.iter().max().map_or(0, |last| last + 1);
    if count < 2 || free.is_empty() {
        return None;
    }
    let moved = |steps: &[(usize, f64)]| {
        let mut place = at.to_vec();
        steps.iter().for_each(|(parameter, distance)| place[*parameter] += distance);
        each(&place)
    };
    let mut scores = DMatrix::<f64>::zeros(count, free.len());
    for (column, parameter) in free.iter().enumerate() {
        let (above, below) = (moved(&[(*parameter, STEP)]), moved(&[(*parameter, -STEP)]));
        for ((cluster, above), below) in clusters.iter().zip(above).zip(below) {
            scores[(*cluster, column)] += (above - below) / (2.0 * STEP);
        }
    }
    let total = |steps: &[(usize, f64)]| moved(steps).iter().sum::<f64>();
    let information = DMatrix::from_fn(free.len(), free.len(), |row, column| {
        let corner = |a: f64, b: f64| total(&[(free[row], a * STEP), (free[column], b * STEP)]);
        -(corner(1.0, 1.0) - corner(1.0, -1.0) - corner(-1.0, 1.0) + corner(-1.0, -1.0)) / (4.0 * STEP * STEP)
    });
    let influence = scores * inverse(&information)?;
    let factor = count as f64 / (count - 1) as f64;
    let errors: Vec<f64> = influence.column_iter().map(|column| (factor * column.norm_squared()).sqrt()).collect();
    errors.iter().all(|error| error.is_finite() && *error > 0.0).then_some(errors)
}

fn inverse(information: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let scales: DVector<f64> = information.diagonal().map(f64::sqrt);
    if !scales.iter().all(|scale| scale.is_finite() && *scale > 0.0) {
        return None;
    }
    let scaled = DMatrix::from_fn(scales.len(), scales.len(), |row, column| {
        information[(row, column)] / (scales[row] * scales[column])
    });
    if scaled.symmetric_eigenvalues().min() < LEAST_EIGENVALUE {
        return None;
    }
    information.clone().cholesky().map(|root| root.inverse())
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// A normal mean: clustered by pairs of equal values, the error is that of the pairs' means.
    #[test]
    fn clusters_count_once() {
        let values = [1.0, 1.0, 4.0, 4.0, 7.0, 7.0];
        let each = |at: &[f64]| values.iter().map(|value| -0.5 * (value - at[0]).powi(2)).collect();
        let error = |clusters: &[usize]| {
            standard_errors(&Estimated { at: &[4.0], free: &[0], clusters }, each).map(|errors| errors[0])
        };
        assert_relative_eq!(error(&[0, 0, 1, 1, 2, 2]).unwrap(), (9.0_f64 / 3.0).sqrt(), max_relative = 1e-5);
        assert_relative_eq!(error(&[0, 1, 2, 3, 4, 5]).unwrap(), (7.2_f64 / 6.0).sqrt(), max_relative = 1e-5);
        assert_eq!(error(&[0; 6]), None);
    }
}
