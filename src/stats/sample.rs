//! A sample kept as its moments: constant memory however many values it has seen.
//!
//! Invariant: at least one value, and every value finite, so the mean always exists and is never NaN.

/// The value that was offered is NaN or infinite.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} is not a finite number")]
pub struct NotFinite(pub f64);

/// Count, mean and spread of one or more finite values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    count: u64,
    mean: f64,
    /// Sum of squared deviations from the mean.
    squares: f64,
}

impl Sample {
    /// The sample of a single value.
    ///
    /// # Errors
    /// When `value` is not finite.
    pub fn new(value: f64) -> Result<Self, NotFinite> {
        finite(value)?;
        Ok(Self { count: 1, mean: value, squares: 0.0 })
    }

    /// Takes in one more value (Welford 1962, "Note on a method for calculating corrected sums of
    /// squares and products", Technometrics 4:419-420).
    ///
    /// # Errors
    /// When `value` is not finite; the sample is then as before.
    pub fn add(&mut self, value: f64) -> Result<(), NotFinite> {
        finite(value)?;
        let before = value - self.mean;
        self.count += 1;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
        Ok(())
    }

    /// Both samples as one (Chan, Golub and LeVeque 1983, "Algorithms for computing the sample
    /// variance", The American Statistician 37:242-247).
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let count = self.count + other.count;
        let (own, others) = (self.count as f64, other.count as f64);
        let difference = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + difference * others / count as f64,
            squares: self.squares + other.squares + difference * difference * own * others / count as f64,
        }
    }

    /// How many values: 1 or more.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Arithmetic mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Sample standard deviation (divisor n - 1); none for a single value.
    #[must_use]
    pub fn standard_deviation(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.squares / (self.count - 1) as f64).sqrt())
    }
}

fn finite(value: f64) -> Result<(), NotFinite> {
    if value.is_finite() { Ok(()) } else { Err(NotFinite(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn sample(values: &[f64]) -> Sample {
        let mut sample = Sample::new(values[0]).unwrap();
        values[1..].iter().for_each(|value| sample.add(*value).unwrap());
        sample
    }

    /// NIST Statistical Reference Datasets, NumAcc4: 1,001 values around 10,000,000.2, certified mean
    /// 10000000.2 and standard deviation 0.1 (https://www.itl.nist.gov/div898/strd/univ/numacc4.html).
    #[test]
    fn keeps_the_digits_of_nist_numacc4() {
        let mut values = vec![10_000_000.2];
        for _ in 0..500 {
            values.extend([10_000_000.1, 10_000_000.3]);
        }
        let sample = sample(&values);
        assert_relative_eq!(sample.mean(), 10_000_000.2, max_relative = 1e-14);
        assert_relative_eq!(sample.standard_deviation().unwrap(), 0.1, max_relative = 1e-6);
    }

    #[test]
    fn one_value_has_a_mean_and_no_standard_deviation() {
        let sample = Sample::new(7.0).unwrap();
        assert_eq!((sample.mean(), sample.standard_deviation(), sample.count()), (7.0, None, 1));
    }

    #[test]
    fn what_is_not_finite_is_refused_and_changes_nothing() {
        assert!(Sample::new(f64::NAN).is_err());
        let mut sample = sample(&[1.0, 3.0]);
        assert_eq!(sample.add(f64::INFINITY), Err(NotFinite(f64::INFINITY)));
        assert_eq!((sample.mean(), sample.count()), (2.0, 2));
    }

    proptest! {
        #[test]
        fn merging_is_the_same_as_adding(values in prop::collection::vec(-1e6..1e6f64, 2..60), cut in 1..59usize) {
            let cut = cut.min(values.len() - 1);
            let merged = sample(&values[..cut]).merged(sample(&values[cut..]));
            let whole = sample(&values);
            prop_assert_eq!(merged.count(), whole.count());
            prop_assert!((merged.mean() - whole.mean()).abs() < 1e-6);
            let (left, right) = (merged.standard_deviation().unwrap(), whole.standard_deviation().unwrap());
            prop_assert!((left - right).abs() < 1e-6 * (1.0 + right));
        }
    }
}
