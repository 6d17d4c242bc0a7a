//! A check on stakes that needs no noise model: the first-order condition of an interior stake is linear in 1/gamma.
//!
//! For a bet at net odds b with chances p and q, and a share f of wealth staked: ln((1 + b f)/(1 - f)) = ln(p b/q)/gamma.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::decision::{Decision, Problem, Stake};
use crate::estimate::observation::Observation;

/// Gamma from the regression of ln((1 + b f)/(1 - f)) on ln(p b/q) through the origin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StakeRegression {
    /// 1 / slope.
    pub gamma: f64,
    /// Clustered standard error, times C/(C-1), by the delta method; none with one cluster.
    pub std_error: Option<f64>,
    /// Stakes used: interior, on favourable bets with two outcomes of which one loses the stake.
    pub stakes: usize,
}

/// The regression over all stakes of `observations` that it applies to; none if there is no such stake. Since corners are
/// left out it holds for gamma > 0 and small noise only.
pub fn stake_regression(observations: &[Observation]) -> Option<StakeRegression> {
    let points: Vec<(f64, f64, &str)> = observations
        .iter()
        .filter_map(|observation| point(observation).map(|[x, y]| (x, y, observation.cluster.as_str())))
        .collect();
    let squares: f64 = points.iter().map(|(x, ..)| x * x).sum();
    let slope = points.iter().map(|(x, y, _)| x * y).sum::<f64>() / squares;
    let mut scores: HashMap<&str, f64> = HashMap::new();
    for (x, y, cluster) in &points {
        *scores.entry(cluster).or_default() += x * (y - slope * x);
    }
    let clusters = scores.len() as f64;
    let mut each: Vec<f64> = scores.into_values().map(|score| score * score).collect();
    // In a fixed order, so that the sum is the same in every run.
    each.sort_by(f64::total_cmp);
    let error = (each.iter().sum::<f64>() * clusters / (clusters - 1.0)).sqrt() / squares;
    (slope > 0.0 && slope.is_finite()).then(|| StakeRegression {
        gamma: 1.0 / slope,
        std_error: Some(error / (slope * slope)).filter(|error| error.is_finite()),
        stakes: points.len(),
    })
}

fn point(observation: &Observation) -> Option<[f64; 2]> {
    let (Problem::Stake(Stake { wealth, cap, returns, .. }), Decision::Amount(amount)) =
        (&observation.problem, observation.decision)
    else {
        return None;
    };
    let [first, second] = returns[..] else { return None };
    let (win, lose) = if first.multiple > second.multiple { (first, second) } else { (second, first) };
    let x = (win.probability * win.multiple / lose.probability).ln();
    let share = amount / wealth;
    let is_interior = amount > 0.0 && amount < *cap && share < 1.0;
    (lose.multiple == -1.0 && x > 0.0 && is_interior).then(|| [x, ((1.0 + win.multiple * share) / (1.0 - share)).ln()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Return;
    use crate::decision::optimum::optimum;

    #[test]
    fn exact_stakes_lie_on_the_line() {
        let stake = |p: f64, multiple: f64| {
            let returns = vec![Return { probability: p, multiple }, Return { probability: 1.0 - p, multiple: -1.0 }];
            let problem = Problem::Stake(Stake { wealth: 200.0, cap: 200.0, returns, unit: None });
            let decision = optimum(&problem, 2.0).decision();
            Observation { cluster: problem.item(), problem, decision, threshold: None }
        };
        let found = stake_regression(&[stake(0.6, 1.0), stake(0.3, 3.5), stake(0.3, 1.0)]).unwrap();
        assert!((found.gamma - 2.0).abs() < 1e-9 && found.std_error.unwrap() < 1e-9, "{found:?}");
        assert_eq!(found.stakes, 2, "the unfavourable bet is a corner");
        assert_eq!(stake_regression(&[stake(0.3, 1.0)]), None);
    }
}
