//! Choices of an option although another is better for everyone who prefers more to less.

use crate::decision::{Choice, Lottery};

/// Differences of probabilities below this come from rounding.
const SAME_PROBABILITY: f64 = 1e-9;

/// Whether another option first-order stochastically dominates each option (Hadar & Russell 1969): at every payoff it is
/// at least as likely to exceed it, and at some payoff likelier.
pub(super) fn dominated(choice: &Choice) -> Vec<bool> {
    let is_dominated = |option: &Lottery| choice.options.iter().any(|other| dominates(other, option));
    choice.options.iter().map(is_dominated).collect()
}

fn dominates(better: &Lottery, worse: &Lottery) -> bool {
    let at_most = |lottery: &Lottery, level: f64| -> f64 {
        lottery.outcomes.iter().filter(|o| o.payoff <= level).map(|o| o.probability).sum()
    };
    let levels = better.outcomes.iter().chain(&worse.outcomes).map(|o| o.payoff);
    let gaps: Vec<f64> = levels.map(|level| at_most(worse, level) - at_most(better, level)).collect();
    gaps.iter().all(|gap| *gap > -SAME_PROBABILITY) && gaps.iter().any(|gap| *gap > SAME_PROBABILITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Frame;

    fn found(options: &[&[(f64, f64)]]) -> Vec<bool> {
        let options = options.iter().map(|option| Lottery::new(option)).collect();
        dominated(&Choice { wealth: 10.0, frame: Frame::Menu, options })
    }

    #[test]
    fn dominance_needs_to_hold_at_every_level() {
        assert_eq!(found(&[&[(1.0, 2.0)], &[(1.0, 3.85)]]), [true, false]);
        assert_eq!(found(&[&[(0.5, 1.0), (0.5, 4.0)], &[(0.4, 1.0), (0.6, 4.0)]]), [true, false]);
        assert_eq!(found(&[&[(0.5, 1.0), (0.5, 9.0)], &[(1.0, 4.0)]]), [false, false]);
        assert_eq!(found(&[&[(0.1, 1.0), (0.2, 1.0), (0.7, 2.0)], &[(0.3, 1.0), (0.7, 2.0)]]), [false, false]);
        assert_eq!(found(&[&[(1.0, 1.0)], &[(0.5, 0.0), (0.5, 3.0)], &[(1.0, 2.0)]]), [true, false, false]);
    }
}
