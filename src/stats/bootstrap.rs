//! The bootstrap interval of a mean over rows that come in clusters: runs of one question are alike,
//! so whole questions are drawn, never single runs (Davison and Hinkley 1997, section 3.8).
//!
//! Same clusters and seed, same interval. An interval never leaves the range of the cluster means.

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::quantile::{normal_lower_tail, student_two_sided};
use super::{Interval, Sample};

/// Resamples behind an interval.
pub const RESAMPLES: usize = 10_000;

/// Confidence level of the intervals.
pub const LEVEL: f64 = 0.95;

/// The 95 % interval of the mean over all rows of `clusters`; none with fewer than two of them.
///
/// An expanded percentile interval (Hesterberg 2015, "What teachers should know about the bootstrap",
/// The American Statistician 69:371-386): the plain one is too narrow with few clusters, by the
/// factor sqrt((C - 1) / C) and by a normal in place of a Student quantile, so tails of
/// Phi(-sqrt(C / (C - 1)) t) are cut off instead of 2.5 %. With many clusters both agree.
///
/// Time: O([`RESAMPLES`] x clusters), whatever the number of rows.
#[must_use]
pub fn mean_interval(clusters: &[Sample], seed: u64) -> Option<Interval> {
    if clusters.len() < 2 {
        return None;
    }
    let tail = tail(clusters.len() as u64);
    let mut means = resampled_means(clusters, seed);
    means.sort_unstable_by(f64::total_cmp);
    Some(Interval { low: quantile(&means, tail), high: quantile(&means, 1.0 - tail) })
}

/// The share of resamples to cut off at each end for `clusters` of them.
fn tail(clusters: u64) -> f64 {
    let t = student_two_sided(LEVEL, clusters - 1);
    normal_lower_tail(t * (clusters as f64 / (clusters - 1) as f64).sqrt())
}

fn resampled_means(clusters: &[Sample], seed: u64) -> Vec<f64> {
    let centre = clusters[0].mean();
    // Sums around a value of the data: with equal rows every resample then has exactly that mean.
    let weights: Vec<(f64, f64)> = clusters
        .iter()
        .map(|cluster| (cluster.count() as f64, (cluster.mean() - centre) * cluster.count() as f64))
        .collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut resample = || {
        let (mut count, mut sum) = (0.0, 0.0);
        for _ in 0..weights.len() {
            let (rows, total) = weights[random.random_range(0..weights.len())];
            count += rows;
            sum += total;
        }
        centre + sum / count
    };
    (0..RESAMPLES).map(|_| resample()).collect()
}

/// Quantile by linear interpolation of sorted values (Hyndman and Fan 1996, definition 7).
fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn cluster(values: &[f64]) -> Sample {
        let mut sample = Sample::new(values[0]).unwrap();
        values[1..].iter().for_each(|value| sample.add(*value).unwrap());
        sample
    }

    /// Sum of twelve uniforms, less six: near enough to a standard normal value.
    fn normal(random: &mut ChaCha8Rng) -> f64 {
        (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
    }

    #[test]
    fn has_the_width_of_normal_theory_with_many_clusters() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let clusters: Vec<Sample> = (0..400).map(|_| cluster(&[normal(&mut random)])).collect();
        let whole = clusters.iter().copied().reduce(Sample::merged).unwrap();
        let half = 1.959_964 * whole.standard_deviation().unwrap() / 20.0;
        let interval = mean_interval(&clusters, 42).unwrap();
        assert_relative_eq!(interval.high - interval.low, 2.0 * half, max_relative = 0.03);
        assert_relative_eq!(interval.low + half, whole.mean(), epsilon = 0.1 * half);
    }

    #[test]
    fn repeating_the_runs_of_a_question_adds_no_certainty() {
        let once: Vec<Sample> = (0..12).map(|i| cluster(&[f64::from(i * i % 7)])).collect();
        let often: Vec<Sample> = (0..12).map(|i| cluster(&[f64::from(i * i % 7); 10])).collect();
        let (once, often) = (mean_interval(&once, 42).unwrap(), mean_interval(&often, 42).unwrap());
        assert_relative_eq!(once.low, often.low, epsilon = 1e-12);
        assert_relative_eq!(once.high, often.high, epsilon = 1e-12);
    }

    /// The plain percentile interval covers 88.8 % of these 1,000 draws, whose standard error is 0.7 %.
    #[test]
    fn covers_the_true_mean_with_ten_clusters() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let covered = (0..1_000).filter(|round| {
            let clusters: Vec<Sample> = (0..10).map(|_| cluster(&[normal(&mut random)])).collect();
            let interval = mean_interval(&clusters, *round).unwrap();
            interval.low <= 0.0 && 0.0 <= interval.high
        });
        let covered = covered.count();
        assert!((925..=970).contains(&covered), "{covered} of 1,000");
    }

    #[test]
    fn one_cluster_tells_nothing_about_other_questions() {
        assert_eq!(mean_interval(&[cluster(&[1.0, 2.0, 3.0])], 42), None);
        assert_eq!(mean_interval(&[], 42), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn stays_within_the_cluster_means_and_repeats(
            rows in prop::collection::vec(prop::collection::vec(0.0..100.0f64, 1..5), 2..12), seed: u64
        ) {
            let clusters: Vec<Sample> = rows.iter().map(|values| cluster(values)).collect();
            let interval = mean_interval(&clusters, seed).unwrap();
            let means = || clusters.iter().map(Sample::mean);
            prop_assert!(interval.low >= means().fold(f64::INFINITY, f64::min) - 1e-9);
            prop_assert!(interval.high <= means().fold(f64::NEG_INFINITY, f64::max) + 1e-9);
            prop_assert!(interval.low <= interval.high);
            prop_assert_eq!(mean_interval(&clusters, seed), Some(interval));
        }
    }
}
