//! The round numbers that questions are made of.
//!
//! Invariant: the numbers of training and of held-out questions have none in common: wealth, percentages, amounts and
//! odds are drawn from disjoint grids.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::phrase::Group;
use super::Topic;

/// Leading digits of wealth.
const TRAINING_WEALTH: [f64; 10] = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];
const HELD_OUT_WEALTH: [f64; 10] = [1.1, 1.3, 1.4, 1.8, 2.2, 2.7, 3.5, 4.5, 7.0, 9.0];

/// Draws and rounds numbers of one group: training has percentages in steps of 5 and amounts with two significant
/// digits; held-out questions have the other whole percentages and amounts with three, the last of which is not 0.
pub(super) struct Grid<'a> {
    pub(super) group: Group,
    pub(super) topic: Topic,
    pub(super) rng: &'a mut ChaCha8Rng,
}

impl Grid<'_> {
    /// Wealth from $100 (business: $10,000) to $10,000,000 (held out: $9,000,000).
    pub(super) fn wealth(&mut self) -> f64 {
        let (digits, most) = match self.group {
            Group::Training => (TRAINING_WEALTH, 1e7),
            Group::HeldOut => (HELD_OUT_WEALTH, 9e6),
        };
        let least = if self.topic == Topic::Plain { 2 } else { 4 };
        let index = self.rng.random_range(10 * least..=70);
        let (power, digit) = (index / 10, index % 10);
        if power == 7 { most } else { (digits[digit] * 10f64.powi(power as i32)).round() }
    }

    /// A probability of a whole number of percents.
    pub(super) fn probability(&mut self, percents: std::ops::RangeInclusive<u32>) -> f64 {
        loop {
            let percent = self.rng.random_range(percents.clone());
            if self.fits(percent) {
                return f64::from(percent) / 100.0;
            }
        }
    }

    /// `count` probabilities of whole percents, 5 % or more each, that sum to 1.
    pub(super) fn probabilities(&mut self, count: usize) -> Vec<f64> {
        loop {
            let mut percents: Vec<u32> = (1..count).map(|_| self.rng.random_range(5..=70)).collect();
            let sum: u32 = percents.iter().sum();
            if sum > 95 {
                continue;
            }
            percents.push(100 - sum);
            if percents.iter().all(|&percent| self.fits(percent)) {
                return percents.iter().map(|&percent| f64::from(percent) / 100.0).collect();
            }
        }
    }

    fn fits(&self, percent: u32) -> bool {
        percent.is_multiple_of(5) == (self.group == Group::Training)
    }

    /// The nearest dollar amount of the grid.
    pub(super) fn round(&self, number: f64) -> f64 {
        match self.group {
            Group::Training => significant(number, 2),
            Group::HeldOut => {
                let text = format!("{number:.2e}");
                let text = text.replacen("0e", "1e", 1);
                text.parse().expect("a formatted number is a number")
            }
        }
    }

    /// The nearest net gain per dollar of the grid: below 1 in steps of 0.05 for training and of 0.01 else.
    pub(super) fn round_multiple(&self, number: f64) -> f64 {
        if number.abs() >= 0.995 {
            return self.round(number);
        }
        let cents = (number * 100.0).round();
        let fives = (number * 20.0).round() * 5.0;
        match self.group {
            Group::Training => fives / 100.0,
            Group::HeldOut if cents % 5.0 == 0.0 => (cents + 1.0) / 100.0,
            Group::HeldOut => cents / 100.0,
        }
    }

    /// A number between `low` and `high`, on no grid.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        self.rng.random_range(low..high)
    }
}

/// A number rounded to `digits` significant digits.
fn significant(number: f64, digits: usize) -> f64 {
    format!("{number:.*e}", digits - 1).parse().expect("a formatted number is a number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn leading(number: f64) -> String {
        format!("{number:e}").split('e').next().unwrap().to_owned()
    }

    #[test]
    fn the_grids_of_training_and_evaluation_share_no_number() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut other = ChaCha8Rng::seed_from_u64(2);
        let mut training = Grid { group: Group::Training, topic: Topic::Plain, rng: &mut rng };
        let mut held_out = Grid { group: Group::HeldOut, topic: Topic::Finance, rng: &mut other };
        for i in 0..500 {
            let number = f64::from(i) * 0.173 + 0.051;
            assert_eq!(training.round(number), significant(number, 2));
            assert_ne!(held_out.round(number), significant(held_out.round(number), 2), "{number}");
            assert!((held_out.round(number) / number - 1.0).abs() < 0.011, "{number}");
            assert_ne!(training.round_multiple(number), held_out.round_multiple(number), "{number}");
            assert!((held_out.round_multiple(number) - number).abs() <= 0.011 * number.max(1.4), "{number}");
            let chances = held_out.probabilities(3);
            assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(chances.iter().all(|p| (p * 100.0).round() % 5.0 != 0.0));
            let (business, own) = (held_out.wealth(), training.wealth());
            assert!((1e4..=9e6).contains(&business) && (1e2..=1e7).contains(&own));
            assert_ne!(leading(business), leading(own));
        }
    }
}
