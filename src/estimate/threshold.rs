//! Indifference coefficients of choices between two lotteries.
//!
//! Invariant: thresholds ascend, and the preferred option changes at each of them and nowhere else in the range searched.

use super::contrast::Contrast;
use crate::decision::Choice;

/// Range of gamma that is searched.
pub const RANGE: [f64; 2] = [-10.0, 15.0];
/// Spacing of the search; two thresholds nearer to each other than this may be missed.
const STEP: f64 = 0.05;
/// Width of the interval to which a threshold is narrowed.
const TOLERANCE: f64 = 1e-11;

/// Where each option of a two-option choice is preferred.
#[derive(Debug, Clone, PartialEq)]
pub struct Preference {
    /// Indifference gammas, ascending; the preferred option alternates between them.
    pub thresholds: Vec<f64>,
    /// The option (0 or 1) preferred by the most risk-averse, above the last threshold. Without a threshold it is the
    /// option that everyone prefers; none if everyone is indifferent.
    pub averse: Option<usize>,
}

/// The indifference gammas of a two-option choice in [-10, 15], ascending: none (one option is better for everyone in
/// that range), one or two; none for a choice of more than two options.
pub fn thresholds(choice: &Choice) -> Vec<f64> {
    preference(choice).thresholds
}

/// Thresholds and the side on which each option is preferred, by bisecting the sign of the difference in expected
/// utility wherever it changes.
pub fn preference(choice: &Choice) -> Preference {
    let Some(contrast) = Contrast::of(choice) else {
        return Preference { thresholds: Vec::new(), averse: None };
    };
    let steps = ((RANGE[1] - RANGE[0]) / STEP).round() as usize;
    let mut found = Vec::new();
    let mut last: Option<(f64, f64)> = None;
    for step in 0..=steps {
        let gamma = RANGE[0] + STEP * step as f64;
        let advantage = contrast.advantage(gamma);
        if advantage == 0.0 || advantage.is_nan() {
            continue;
        }
        if let Some((before, sign)) = last.filter(|(_, sign)| *sign != advantage.signum()) {
            found.push(bisect([before, gamma], |middle| contrast.advantage(middle).signum() == sign));
        }
        last = Some((gamma, advantage.signum()));
    }
    Preference { thresholds: found, averse: last.map(|(_, sign)| usize::from(sign < 0.0)) }
}

fn bisect([mut low, mut high]: [f64; 2], is_before: impl Fn(f64) -> bool) -> f64 {
    while high - low > TOLERANCE {
        let middle = 0.5 * (low + high);
        if is_before(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Frame, Lottery, Problem, optimum};
    use proptest::prelude::*;

    /// Wealth that valid problems need, taken out of the payoffs again, so that final wealth is as published (W = 0).
    const WEALTH: f64 = 0.05;

    fn final_wealth(first: &[(f64, f64)], second: &[(f64, f64)]) -> Choice {
        let lottery = |outcomes: &[(f64, f64)]| {
            Lottery::new(&outcomes.iter().map(|&(p, after)| (p, after - WEALTH)).collect::<Vec<_>>())
        };
        Choice { wealth: WEALTH, frame: Frame::Menu, options: vec![lottery(first), lottery(second)] }
    }

    fn even(low: f64, high: f64) -> [(f64, f64); 2] {
        [(0.5, low), (0.5, high)]
    }

    fn assert_threshold(choice: &Choice, expected: f64) {
        let found = preference(choice);
        assert_eq!(found.averse, Some(0));
        assert_eq!(found.thresholds.len(), 1, "{found:?}");
        assert!((found.thresholds[0] - expected).abs() < 1e-6, "{} is not {expected}", found.thresholds[0]);
    }

    /// Holt & Laury (2002), table 1, exact thresholds of rows 1-9; row 10 is a dominance check.
    #[test]
    fn holt_laury_rows() {
        let published =
            [-1.712_820, -0.946_837, -0.486_575, -0.142_632, 0.146_363, 0.411_456, 0.676_180, 0.970_581, 1.368_391];
        for (row, expected) in (1..).zip(published) {
            let p = f64::from(row) / 10.0;
            assert_threshold(&final_wealth(&[(p, 2.0), (1.0 - p, 1.6)], &[(p, 3.85), (1.0 - p, 0.1)]), expected);
        }
        let dominated = preference(&final_wealth(&[(1.0, 2.0)], &[(1.0, 3.85)]));
        assert_eq!(dominated, Preference { thresholds: vec![], averse: Some(1) });
    }

    /// Eckel & Grossman (2008, then 2002): neighbouring lotteries of one menu.
    #[test]
    fn eckel_grossman_neighbours() {
        let menu = [(28.0, 28.0), (24.0, 36.0), (20.0, 44.0), (16.0, 52.0), (12.0, 60.0), (2.0, 70.0)];
        for (pair, expected) in menu.windows(2).zip([3.459_706, 1.160_648, 0.705_582, 0.498_612, 0.0]) {
            assert_threshold(&final_wealth(&even(pair[0].0, pair[0].1), &even(pair[1].0, pair[1].1)), expected);
        }
        let menu = [(16.0, 16.0), (12.0, 24.0), (8.0, 32.0), (4.0, 40.0), (0.0, 48.0)];
        for (pair, expected) in menu.windows(2).zip([2.0, 0.669_575, 0.381_778, 0.197_463]) {
            assert_threshold(&final_wealth(&even(pair[0].0, pair[0].1), &even(pair[1].0, pair[1].1)), expected);
        }
    }

    /// Binswanger (1980): neighbouring lotteries of the menu, of which the last can leave nothing.
    #[test]
    fn binswanger_neighbours() {
        let menu = [(50.0, 50.0), (45.0, 95.0), (40.0, 120.0), (30.0, 150.0), (10.0, 190.0), (0.0, 200.0)];
        for (pair, expected) in menu.windows(2).zip([7.505_615, 1.743_044, 0.812_345, 0.315_444, 0.0]) {
            assert_threshold(&final_wealth(&even(pair[0].0, pair[0].1), &even(pair[1].0, pair[1].1)), expected);
        }
    }

    /// Barsky, Juster, Kimball & Shapiro (1997): income for sure, or an even chance to double it or cut it by a share.
    #[test]
    fn double_or_cut() {
        let cuts =
            [(0.1, 7.527_221), (0.2, 3.763_530), (1.0 / 3.0, 2.0), (0.5, 1.0), (0.75, 0.305_758), (0.92, 0.070_693)];
        for (cut, expected) in cuts {
            assert_threshold(&final_wealth(&[(1.0, 1.0)], &even(1.0 - cut, 2.0)), expected);
        }
    }

    #[test]
    fn two_thresholds_where_neither_lottery_is_plainly_riskier() {
        // The first has the larger maximum and the better minimum; the second has the larger mean.
        let found = preference(&final_wealth(&[(0.5, 6.0), (0.5, 22.0)], &[(0.05, 4.0), (0.95, 16.0)]));
        assert_eq!((found.thresholds.len(), found.averse), (2, Some(0)), "{found:?}");
        let difference = |gamma: f64| {
            let mean = |outcomes: [(f64, f64); 2]| outcomes.iter().map(|(p, w)| p * w.powf(1.0 - gamma)).sum::<f64>();
            mean([(0.5, 6.0), (0.5, 22.0)]) / mean([(0.05, 4.0), (0.95, 16.0)]) - 1.0
        };
        assert!(found.thresholds.iter().all(|gamma| difference(*gamma).abs() < 1e-8), "{found:?}");
    }

    #[test]
    fn both_ruin_is_a_tie_from_gamma_one() {
        let found = preference(&final_wealth(&[(0.2, 0.0), (0.8, 10.0)], &[(0.5, 0.0), (0.5, 20.0)]));
        assert!(found.thresholds.iter().all(|gamma| *gamma < 1.0), "{found:?}");
        assert_eq!((found.thresholds.len(), found.averse), (1, Some(0)));
    }

    proptest! {
        #[test]
        fn thresholds_separate_the_optima_and_ignore_the_unit(
            sure in 20.0..80f64, low in 1.0..20f64, high in 80.0..300f64, p in 0.1..0.9f64, unit in prop::sample::select(vec![0.01, 1e3, 1e6])
        ) {
            let at = |unit: f64| Choice {
                wealth: 50.0 * unit,
                frame: Frame::Menu,
                options: vec![Lottery::sure(sure * unit), Lottery::new(&[(p, low * unit), (1.0 - p, high * unit)])],
            };
            let (found, rescaled) = (preference(&at(1.0)), preference(&at(unit)));
            prop_assert_eq!(found.thresholds.len(), rescaled.thresholds.len());
            for (a, b) in found.thresholds.iter().zip(&rescaled.thresholds) {
                prop_assert!((a - b).abs() < 1e-8);
            }
            let problem = Problem::Choice(at(1.0));
            if let [threshold] = found.thresholds[..] {
                let best = |gamma| optimum::optimum(&problem, gamma).decision();
                prop_assert_eq!(best(threshold + 1e-3), crate::decision::Decision::Option(0));
                prop_assert_eq!(best(threshold - 1e-3), crate::decision::Decision::Option(1));
            }
        }
    }
}
