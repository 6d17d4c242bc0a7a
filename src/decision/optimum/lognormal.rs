//! The share of wealth in assets with lognormal returns under continuous rebalancing (Merton 1969): the objective is expected
//! utility of terminal wealth.

use nalgebra::{DMatrix, DVector};

use super::super::problem::Lognormal;
use super::{Optimum, TIE};

/// Certainty equivalent of holding `amount` for a year, as final wealth in dollars:
/// W exp(r + f (mu - r) - gamma f^2 sigma^2 / 2) for the share f.
pub(super) fn equivalent(problem: &Lognormal, amount: f64, gamma: f64) -> f64 {
    problem.wealth * (problem.safe + growth(problem, amount, gamma)).exp()
}

fn growth(&Lognormal { wealth, drift, safe, volatility, .. }: &Lognormal, amount: f64, gamma: f64) -> f64 {
    let share = amount / wealth;
    share * (drift - safe) - 0.5 * gamma * (share * volatility).powi(2)
}

/// The best amounts in one asset: W (mu - r) / (gamma sigma^2) within the limits, a corner for gamma <= 0.
pub(super) fn best(problem: &Lognormal, gamma: f64) -> Optimum {
    let excess = problem.drift - problem.safe;
    if gamma > 0.0 {
        let share = excess / (gamma * problem.volatility.powi(2));
        return Optimum::Amount((share * problem.wealth).clamp(0.0, problem.cap));
    }
    let gain = growth(problem, problem.cap, gamma);
    match gain {
        _ if gain.abs() > TIE => Optimum::Amount(if gain > 0.0 { problem.cap } else { 0.0 }),
        _ if gamma == 0.0 => Optimum::AnyAmount(problem.cap),
        _ => Optimum::Corners(problem.cap),
    }
}

/// The best shares of wealth in several assets for gamma > 0, Sigma^-1 (mu - r) / gamma; where they sum to more than
/// `cap`, the multiplier nu of that limit is taken off every excess return: Sigma^-1 (mu - r - nu) / gamma. Shares may be
/// negative (short sales).
///
/// `excess` holds mu - r for each of n assets, `covariance` their n x n covariance a year, `cap` the largest sum of shares
/// (1 without borrowing). None unless gamma > 0, sizes agree and the covariance is positive definite.
pub fn shares(excess: &[f64], covariance: &[Vec<f64>], cap: f64, gamma: f64) -> Option<Vec<f64>> {
    let count = excess.len();
    if gamma.is_nan() || gamma <= 0.0 || covariance.len() != count || covariance.iter().any(|row| row.len() != count) {
        return None;
    }
    let decomposed = DMatrix::from_fn(count, count, |row, column| covariance[row][column]).cholesky()?;
    let free = decomposed.solve(&DVector::from_column_slice(excess)) / gamma;
    let excess_share = free.sum() - cap;
    if excess_share <= 0.0 {
        return Some(free.as_slice().to_vec());
    }
    let each = decomposed.solve(&DVector::from_element(count, 1.0));
    Some((&free - &each * (excess_share / each.sum())).as_slice().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    fn asset(cap: f64) -> Lognormal {
        Lognormal { wealth: 1000.0, cap, drift: 0.08, safe: 0.02, volatility: 0.2 }
    }

    #[test]
    fn the_share_of_merton_1969() {
        for (gamma, share) in [(1.0, 1.5), (2.0, 0.75), (3.0, 0.5)] {
            assert_relative_eq!(shares(&[0.06], &[vec![0.04]], 2.0, gamma).unwrap()[0], share, max_relative = 1e-12);
            let Optimum::Amount(amount) = best(&asset(2000.0), gamma) else { panic!("{gamma}") };
            assert_relative_eq!(amount, 1000.0 * share, max_relative = 1e-12);
        }
        assert_eq!(best(&asset(1000.0), 1.0), Optimum::Amount(1000.0));
        assert_eq!(best(&asset(1000.0), 0.0), Optimum::Amount(1000.0));
        assert_eq!(best(&asset(1000.0), -1.0), Optimum::Amount(1000.0));
        let bad = Lognormal { drift: 0.0, ..asset(1000.0) };
        assert_eq!(best(&bad, -1.0), Optimum::Corners(1000.0), "f (mu - r) - gamma f^2 sigma^2 / 2 = -.02 + .02");
    }

    #[test]
    fn several_assets_share_the_cap() {
        let covariance = [vec![0.04, 0.01], vec![0.01, 0.09]];
        let free = shares(&[0.06, 0.05], &covariance, 9.0, 2.0).unwrap();
        for row in 0..2 {
            let marginal: f64 = (0..2).map(|column| 2.0 * covariance[row][column] * free[column]).sum();
            assert_relative_eq!(marginal, [0.06, 0.05][row], max_relative = 1e-9);
        }
        let capped = shares(&[0.06, 0.05], &covariance, 0.5, 2.0).unwrap();
        assert_relative_eq!(capped.iter().sum::<f64>(), 0.5, max_relative = 1e-9);
        let multiplier = |row: usize| {
            [0.06, 0.05][row] - (0..2).map(|column| 2.0 * covariance[row][column] * capped[column]).sum::<f64>()
        };
        assert_relative_eq!(multiplier(0), multiplier(1), max_relative = 1e-9);
        assert!(shares(&[0.06], &covariance, 1.0, 2.0).is_none() && shares(&[0.06], &[vec![-1.0]], 1.0, 2.0).is_none());
    }
}
