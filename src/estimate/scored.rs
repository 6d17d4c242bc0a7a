//! Problems whose decisions are compared by a score: menus by contextual utility, amounts by certainty equivalent, prices by
//! their distance from the reservation price.
//!
//! Invariant: scores have no unit, so that multiplying all money by a constant changes none.

mod equivalent;

use self::equivalent::Equivalents;
use super::contextual;
use crate::decision::optimum::{certainty_equivalent, optimum};
use crate::decision::{Choice, Decision, Problem, Stake};

/// Evenly spread amounts that are compared, from the smallest to the largest that is allowed.
pub const AMOUNT_POINTS: usize = 101;
/// Half the distance over which the slope of a score in gamma is taken.
const STEP: f64 = 1e-5;

/// A problem with its decisions in a fixed order.
#[derive(Debug, Clone)]
pub(super) enum Scored {
    /// Expected utilities over the range of utilities (Wilcox 2011).
    Menu(Choice),
    /// Certainty equivalents as shares of the problem's scale. For a price minus half the squared distance from the
    /// reservation price, as shares of the range: with the square of the precision as weight this is a normal
    /// distribution, discretised, whose standard deviation is 1 / precision of the range.
    Amounts { problem: Problem, points: Vec<f64>, equivalents: Option<Equivalents> },
}

/// Scores of all decisions at one gamma, and their slopes in gamma.
#[derive(Debug, Clone, Default)]
pub(super) struct Scores {
    pub(super) values: Vec<f64>,
    pub(super) slopes: Vec<f64>,
}

impl Scores {
    /// Scores whose slopes are not needed.
    pub(super) fn flat(values: Vec<f64>) -> Self {
        Self { slopes: vec![0.0; values.len()], values }
    }
}

impl Scored {
    /// A valid problem. Only choices have no range of amounts.
    pub(super) fn of(problem: &Problem) -> Self {
        match problem {
            Problem::Choice(choice) => Self::Menu(choice.clone()),
            _ => {
                let points = points(problem);
                Self::Amounts { problem: problem.clone(), equivalents: Equivalents::of(problem, &points), points }
            }
        }
    }

    /// Position of a decision that the problem allows; an amount counts as the nearest point.
    pub(super) fn position(&self, decision: &Decision) -> usize {
        match (self, decision) {
            (_, Decision::Option(option)) => *option,
            (Self::Amounts { points, .. }, Decision::Amount(amount)) => nearest(points, *amount),
            (Self::Menu(_), Decision::Amount(_)) => unreachable!("the problem allows the decision"),
        }
    }

    /// The power of the precision that weighs the scores.
    pub(super) fn power(&self) -> i32 {
        match self {
            Self::Menu(_) => 1,
            Self::Amounts { problem, .. } => power(problem),
        }
    }

    pub(super) fn at(&self, gamma: f64) -> Scores {
        if let Self::Amounts { equivalents: Some(equivalents), .. } = self {
            return Scores { values: equivalents.values(gamma), slopes: equivalents.slopes(gamma) };
        }
        let (below, above) = (self.values(gamma - STEP), self.values(gamma + STEP));
        let slope = |(below, above): (f64, f64)| {
            let slope = (above - below) / (2.0 * STEP);
            if slope.is_finite() { slope } else { 0.0 }
        };
        Scores { values: self.values(gamma), slopes: below.into_iter().zip(above).map(slope).collect() }
    }

    /// Scores at `gamma`; minus infinity where an option is out of the question.
    pub(super) fn values(&self, gamma: f64) -> Vec<f64> {
        match self {
            Self::Menu(choice) => contextual::scores(choice, gamma),
            Self::Amounts { equivalents: Some(equivalents), .. } => equivalents.values(gamma),
            Self::Amounts { problem, points, .. } => amount_scores(problem, points, gamma),
        }
    }
}

/// Position of the first of the points that are nearest to an amount.
pub(super) fn nearest(points: &[f64], amount: f64) -> usize {
    let distance = |point: usize| (points[point] - amount).abs();
    (0..points.len()).fold(0, |best, next| if distance(next) < distance(best) { next } else { best })
}

/// Scores of amounts (dollars) at `gamma`: for a price minus half the squared distance from the reservation price, as a
/// share of the range; else the certainty equivalent, as a share of the scale.
pub(super) fn amount_scores(problem: &Problem, points: &[f64], gamma: f64) -> Vec<f64> {
    if let (Problem::Price(_), Some([low, high]), Decision::Amount(best)) =
        (problem, problem.range(), optimum(problem, gamma).decision())
    {
        return points.iter().map(|point| -0.5 * ((point - best) / (high - low)).powi(2)).collect();
    }
    let equivalent = |point: &f64| certainty_equivalent(problem, &Decision::Amount(*point), gamma);
    points.iter().map(|point| equivalent(point) / problem.scale()).collect()
}

/// The power of the precision that weighs the scores of a problem's decisions.
pub(super) fn power(problem: &Problem) -> i32 {
    if matches!(problem, Problem::Price(_)) { 2 } else { 1 }
}

/// The amounts that are compared, ascending: [`AMOUNT_POINTS`] even steps over the range, in whole units where there are.
pub(super) fn points(problem: &Problem) -> Vec<f64> {
    let [low, high] = problem.range().unwrap_or_default();
    let last = (AMOUNT_POINTS - 1) as f64;
    let even = (0..AMOUNT_POINTS).map(|point| low + (high - low) * (point as f64 / last));
    let Problem::Stake(Stake { unit: Some(unit), cap, .. }) = problem else {
        return even.map(|point| point.min(high)).collect();
    };
    let most = (cap / unit * (1.0 + f64::EPSILON)).floor();
    let step = (most / last).max(1.0);
    let count = (most / step).round() as usize;
    (0..=count).map(|point| ((point as f64 * step).round().min(most) * unit).min(*cap)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Coverage, Lottery, Price, Return, Side};

    fn tickets(cap: f64, unit: Option<f64>) -> Problem {
        let returns = vec![Return { probability: 0.5, multiple: 1.5 }, Return { probability: 0.5, multiple: -1.0 }];
        Problem::Stake(Stake { wealth: 100.0, cap, returns, unit })
    }

    #[test]
    fn points_are_the_allowed_amounts() {
        assert_eq!(points(&tickets(70.0, Some(20.0))), [0.0, 20.0, 40.0, 60.0]);
        for problem in [tickets(90.0, Some(0.1)), tickets(33.3, None), tickets(100.0, Some(1.0))] {
            let points = points(&problem);
            assert_eq!(points.len(), AMOUNT_POINTS, "{problem:?}");
            assert!(points.iter().all(|point| problem.allows(&Decision::Amount(*point))), "{problem:?}");
            assert!(points.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn the_best_score_is_nearest_to_the_optimum() {
        let cover = Coverage { wealth: 100.0, loss: 80.0, probability: 0.1, rate: 0.12 };
        let lottery = Lottery::new(&[(0.5, 0.0), (0.5, 100.0)]);
        let price = Price { wealth: 100.0, side: Side::Buy, lottery };
        for problem in [tickets(50.0, None), Problem::Coverage(cover), Problem::Price(price)] {
            let scored = Scored::of(&problem);
            let values = scored.values(2.0);
            let best = (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap();
            let expected = scored.position(&optimum(&problem, 2.0).decision());
            assert!(best.abs_diff(expected) <= 1, "{problem:?}: {best} {expected}");
        }
    }
}
