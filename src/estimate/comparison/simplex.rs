//! Maximisation over a few bounded parameters by the simplex method (Nelder & Mead 1965).
//!
//! Invariant: deterministic; never leaves the bounds; never returns a point that is worse than its start.

/// Most evaluations of one descent.
const EVALUATIONS: usize = 400;
/// Values closer than this are equal.
const SAME: f64 = 1e-8;

/// A point and the value there.
#[derive(Debug, Clone)]
pub(in crate::estimate) struct Peak {
    pub(in crate::estimate) at: Vec<f64>,
    pub(in crate::estimate) value: f64,
}

/// The highest point near `start`, from a simplex whose edges are `edge` of each parameter's range; a second descent
/// starts where the first ends, since a simplex can collapse beside the peak.
pub(in crate::estimate) fn climb(start: &[f64], bounds: &[[f64; 2]], edge: f64, value: impl Fn(&[f64]) -> f64) -> Peak {
    let first = descend(start, bounds, edge, &value);
    descend(&first.at, bounds, 0.3 * edge, &value)
}

fn descend(start: &[f64], bounds: &[[f64; 2]], edge: f64, value: &impl Fn(&[f64]) -> f64) -> Peak {
    let peak = |at: Vec<f64>| Peak { value: value(&at), at };
    let mut corners: Vec<Peak> = vec![peak(start.to_vec())];
    for (axis, [low, high]) in bounds.iter().enumerate() {
        let mut at = start.to_vec();
        let step = edge * (high - low);
        at[axis] += if at[axis] + step <= *high { step } else { -step };
        corners.push(peak(at));
    }
    let mut evaluations = corners.len();
    while evaluations < EVALUATIONS && !bounds.is_empty() {
        corners.sort_by(|a, b| b.value.total_cmp(&a.value));
        if corners[0].value - corners[bounds.len()].value <= SAME {
            break;
        }
        evaluations += improve(&mut corners, bounds, &peak);
    }
    corners.into_iter().reduce(|best, next| if next.value > best.value { next } else { best }).expect("has the start")
}

/// Replaces the worst corner, or draws all towards the best; returns how many points were evaluated.
fn improve(corners: &mut Vec<Peak>, bounds: &[[f64; 2]], peak: &impl Fn(Vec<f64>) -> Peak) -> usize {
    let worst = corners.pop().expect("has the start");
    let others = corners.len() as f64;
    let centre = |axis: usize| corners.iter().map(|corner| corner.at[axis]).sum::<f64>() / others;
    let centre: Vec<f64> = (0..bounds.len()).map(centre).collect();
    let beyond = |factor: f64| {
        let moved = |axis: usize| {
            let place = centre[axis] + factor * (centre[axis] - worst.at[axis]);
            place.clamp(bounds[axis][0], bounds[axis][1])
        };
        peak((0..bounds.len()).map(moved).collect())
    };
    let reflected = beyond(1.0);
    if reflected.value > corners[0].value {
        let expanded = beyond(2.0);
        corners.push(if expanded.value > reflected.value { expanded } else { reflected });
        return 2;
    }
    if reflected.value > corners[corners.len() - 1].value {
        corners.push(reflected);
        return 1;
    }
    let contracted = beyond(if reflected.value > worst.value { 0.5 } else { -0.5 });
    if contracted.value > worst.value.max(reflected.value) {
        corners.push(contracted);
        return 2;
    }
    corners.push(worst);
    let best = corners[0].at.clone();
    for corner in &mut corners[1..] {
        *corner = peak(corner.at.iter().zip(&best).map(|(own, best)| 0.5 * (own + best)).collect());
    }
    2 + bounds.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock (1960), whose minimum at (1, 1) lies in a curved valley.
    #[test]
    fn finds_the_bottom_of_rosenbrocks_valley() {
        let valley = |at: &[f64]| -(100.0 * (at[1] - at[0] * at[0]).powi(2) + (1.0 - at[0]).powi(2));
        let found = climb(&[-1.2, 1.0], &[[-3.0, 3.0], [-3.0, 3.0]], 0.1, valley);
        assert!(found.at.iter().all(|place| (place - 1.0).abs() < 1e-3), "{found:?}");
    }

    #[test]
    fn ends_at_a_bound_where_the_function_rises_towards_it() {
        let found = climb(&[0.5, 0.5], &[[0.0, 1.0], [0.0, 1.0]], 0.2, |at| at[0] - (at[1] - 0.3).powi(2));
        assert!((found.at[0] - 1.0).abs() < 1e-6 && (found.at[1] - 0.3).abs() < 1e-3, "{found:?}");
        assert_eq!(climb(&[], &[], 0.2, |_| 3.0).value, 3.0);
    }
}
