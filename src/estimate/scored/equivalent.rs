//! Certainty equivalents of many amounts at once, and their slopes in gamma: what fitting amounts spends its time on.
//!
//! Invariant: equal to [`crate::decision::optimum::certainty_equivalent`] as a share of wealth, to rounding.

use crate::decision::Problem;

/// So near to gamma = 1 the slope is a difference quotient, since its closed form cancels.
const NEAR_ONE: f64 = 0.01;
/// Half the distance of that quotient.
const STEP: f64 = 1e-5;

/// Final wealths of every amount, as logarithms of shares of the wealth before.
#[derive(Debug, Clone)]
pub(in crate::estimate) struct Equivalents {
    probabilities: Vec<f64>,
    /// A row of logarithms for each amount; minus infinity where nothing is left.
    logs: Vec<f64>,
}

impl Equivalents {
    /// For a problem whose final wealth is affine in the amount; none for others.
    pub(super) fn of(problem: &Problem, points: &[f64]) -> Option<Self> {
        let probabilities: Vec<f64> = problem.outcomes(*points.first()?)?.map(|(p, _)| p).collect();
        let wealth = problem.wealth();
        let row = |point: &f64| problem.outcomes(*point).into_iter().flatten().map(|(_, after)| (after / wealth).ln());
        Some(Self { probabilities, logs: points.iter().flat_map(row).collect() })
    }

    /// Certainty equivalents, as changes in shares of wealth.
    pub(super) fn values(&self, gamma: f64) -> Vec<f64> {
        self.rows().map(|logs| self.log_equivalent(logs, 1.0 - gamma).exp_m1()).collect()
    }

    /// Their derivatives in gamma; 0 where ruin makes them jump.
    pub(super) fn slopes(&self, gamma: f64) -> Vec<f64> {
        let power = 1.0 - gamma;
        if power.abs() < NEAR_ONE {
            let (below, above) = (self.values(gamma - STEP), self.values(gamma + STEP));
            return below.iter().zip(above).map(|(below, above)| finite((above - below) / (2.0 * STEP))).collect();
        }
        self.rows().map(|logs| finite(self.slope(logs, power))).collect()
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.logs.chunks_exact(self.probabilities.len())
    }

    fn terms<'a>(&'a self, logs: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
        self.probabilities.iter().copied().zip(logs.iter().copied())
    }

    /// ln of the certainty equivalent: ln(sum p exp(power l)) / power.
    fn log_equivalent(&self, logs: &[f64], power: f64) -> f64 {
        if power <= 0.0 && logs.contains(&f64::NEG_INFINITY) {
            return f64::NEG_INFINITY;
        }
        if power == 0.0 {
            return self.terms(logs).map(|(p, log)| p * log).sum();
        }
        let excess: f64 = self.terms(logs).map(|(p, log)| p * (power * log).exp_m1()).sum();
        // Far from 0 the excess is a difference of nearly equal numbers, and the sum itself is not.
        let log = match excess.abs() < 0.5 {
            true => excess.ln_1p(),
            false => self.terms(logs).map(|(p, log)| p * (power * log).exp()).sum::<f64>().ln(),
        };
        log / power
    }

    fn slope(&self, logs: &[f64], power: f64) -> f64 {
        let log = self.log_equivalent(logs, power);
        if log == f64::NEG_INFINITY {
            return 0.0;
        }
        let (mut weights, mut weighted) = (0.0, 0.0);
        for (p, log) in self.terms(logs).filter(|(_, log)| log.is_finite()) {
            let weight = p * (power * log).exp();
            weights += weight;
            weighted += weight * log;
        }
        log.exp() * (log - weighted / weights) / power
    }
}

fn finite(slope: f64) -> f64 {
    if slope.is_finite() { slope } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Decision;
    use crate::decision::arbitrary::any_kind;
    use crate::decision::optimum::certainty_equivalent;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_oracle_and_with_finite_differences(problem in any_kind(), gamma in -4.0..6.0f64, share in 0.0..1.0f64) {
            let Some([low, high]) = problem.range() else { return Ok(()) };
            let points = [low, low + 0.9 * share * (high - low)];
            let Some(equivalents) = Equivalents::of(&problem, &points) else { return Ok(()) };
            let values = equivalents.values(gamma);
            if problem.allows(&Decision::Amount(points[1])) {
                let expected = certainty_equivalent(&problem, &Decision::Amount(points[1]), gamma) / problem.wealth();
                prop_assert!((values[1] - expected).abs() <= 1e-9 * (1.0 + expected.abs()), "{values:?} {expected}");
            }
            let [below, above] = [gamma - 1e-4, gamma + 1e-4].map(|gamma| equivalents.values(gamma)[1]);
            let slope = equivalents.slopes(gamma)[1];
            let is_smooth = (gamma - 1.0).abs() > 1e-3;
            prop_assert!(!is_smooth || (slope - (above - below) / 2e-4).abs() <= 1e-3 * (1.0 + slope.abs()), "{slope} {below} {above}");
        }
    }
}
