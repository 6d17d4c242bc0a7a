//! An interval for a share of independent yes-or-no outcomes. Shares of repeated runs of the same
//! questions are not independent: use [`super::mean_interval`] for those.

use super::Interval;

/// The 97.5 % point of the standard normal distribution.
const NORMAL_975: f64 = 1.959_963_984_540_054;

/// The 95 % score interval of a share (Wilson 1927, "Probable inference, the law of succession, and
/// statistical inference", JASA 22:209-212), from 0 to 1; none without trials or with more successes than trials.
#[must_use]
pub fn wilson(successes: u64, trials: u64) -> Option<Interval> {
    if trials == 0 || successes > trials {
        return None;
    }
    score_interval(successes as f64 / trials as f64, trials as f64)
}

/// The same interval of a share whose certainty is that of `trials` independent outcomes, which need not be whole (the
/// effective sample size of outcomes in clusters); none if there are none or the share is not in [0, 1].
#[must_use]
pub fn score_interval(share: f64, trials: f64) -> Option<Interval> {
    if !(trials > 0.0 && trials.is_finite() && (0.0..=1.0).contains(&share)) {
        return None;
    }
    let n = trials;
    let squared = NORMAL_975 * NORMAL_975;
    let centre = (share + squared / (2.0 * n)) / (1.0 + squared / n);
    let spread = share * (1.0 - share) / n + squared / (4.0 * n * n);
    let half = NORMAL_975 * spread.sqrt() / (1.0 + squared / n);
    // Rounding may step past the ends that the formula reaches exactly at shares of 0 and 1.
    let low = if share == 0.0 { 0.0 } else { centre - half };
    let high = if share == 1.0 { 1.0 } else { centre + half };
    Some(Interval { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use proptest::prelude::*;

    /// Newcombe 1998, "Two-sided confidence intervals for the single proportion: comparison of seven
    /// methods", Statistics in Medicine 17:857-872, table I, method 3.
    #[test]
    fn matches_the_published_examples() {
        let published =
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)];
        for (successes, trials, low, high) in published {
            let interval = wilson(successes, trials).unwrap();
            assert_abs_diff_eq!(interval.low, low, epsilon = 5e-5);
            assert_abs_diff_eq!(interval.high, high, epsilon = 5e-5);
        }
    }

    #[test]
    fn nothing_tried_has_no_interval() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(3, 2), None);
    }

    proptest! {
        #[test]
        fn holds_the_share_and_mirrors(trials in 1..5_000u64, part in 0.0..=1.0f64) {
            let successes = (part * trials as f64) as u64;
            let interval = wilson(successes, trials).unwrap();
            let share = successes as f64 / trials as f64;
            prop_assert!(0.0 <= interval.low && interval.low <= share + 1e-12);
            prop_assert!(share <= interval.high + 1e-12 && interval.high <= 1.0);
            let mirror = wilson(trials - successes, trials).unwrap();
            prop_assert!((mirror.low + interval.high - 1.0).abs() < 1e-12);
        }
    }
}
