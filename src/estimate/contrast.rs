//! Which of two lotteries is better, as a sign that rounding cannot turn.
//!
//! Invariant: what two lotteries have in common never enters a sum.

use super::contextual::{can_ruin, prospects, rescaled_utility};
use crate::decision::Choice;

/// Probabilities closer than this are the same.
const SAME_PROBABILITY: f64 = 1e-12;

/// The outcomes in which two lotteries differ. Common parts are dropped before any utility is computed, so that the sign
/// of the difference stays exact where all the rest is negligible.
pub(super) struct Contrast {
    /// Probability under option 0 minus probability under option 1, and final wealth.
    terms: Vec<(f64, f64)>,
    range: [f64; 2],
    ruins: [bool; 2],
}

impl Contrast {
    /// None for a choice of more than two options, and if the two do not differ.
    pub(super) fn of(choice: &Choice) -> Option<Self> {
        let [first, second] = &choice.options[..] else {
            return None;
        };
        let gains = prospects(choice.wealth, first);
        let losses = prospects(choice.wealth, second).map(|(p, after)| (-p, after));
        let mut all: Vec<(f64, f64)> = gains.chain(losses).collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut terms: Vec<(f64, f64)> = Vec::new();
        for (p, after) in all {
            match terms.last_mut() {
                Some(last) if last.1 == after => last.0 += p,
                _ => terms.push((p, after)),
            }
        }
        terms.retain(|(p, _)| p.abs() > SAME_PROBABILITY);
        let range = [terms.first()?.1, terms.last()?.1];
        let ruins = [first, second].map(|option| can_ruin(choice.wealth, option));
        (range[0] < range[1]).then_some(Self { terms, range, ruins })
    }

    /// Expected utility of option 0 minus that of option 1, in units of the range; only its sign if one of them ruins.
    pub(super) fn advantage(&self, gamma: f64) -> f64 {
        match self.ruins {
            [true, true] if gamma >= 1.0 => 0.0,
            [true, false] if gamma >= 1.0 => -1.0,
            [false, true] if gamma >= 1.0 => 1.0,
            _ => self.terms.iter().map(|&(p, after)| p * rescaled_utility(after, self.range, gamma)).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Frame, Lottery};

    fn contrast(first: &[(f64, f64)], second: &[(f64, f64)]) -> Option<Contrast> {
        let options = vec![Lottery::new(first), Lottery::new(second)];
        Contrast::of(&Choice { wealth: 10.0, frame: Frame::Menu, options })
    }

    #[test]
    fn a_common_worst_outcome_does_not_hide_the_difference() {
        // At gamma 15 the lowest wealth carries all but 1e-14 of expected utility, and is the same in both.
        let better = contrast(&[(0.5, -9.0), (0.5, 21.0)], &[(0.5, -9.0), (0.5, 20.0)]).unwrap();
        assert!([-10.0, 0.0, 1.0, 15.0].iter().all(|gamma| better.advantage(*gamma) > 0.0));
    }

    #[test]
    fn lotteries_that_do_not_differ_have_no_contrast() {
        assert!(contrast(&[(0.1, 1.0), (0.9, 5.0)], &[(0.9, 5.0), (0.1, 1.0)]).is_none());
    }

    #[test]
    fn ruin_is_worse_than_anything_from_gamma_one() {
        let risky = contrast(&[(0.001, -10.0), (0.999, 1e6)], &[(1.0, -9.0)]).unwrap();
        assert!(risky.advantage(0.9) > 0.0 && risky.advantage(1.0) < 0.0);
        let both = contrast(&[(0.001, -10.0), (0.999, 1e6)], &[(0.9, -10.0), (0.1, 0.0)]).unwrap();
        assert!(both.advantage(0.9) > 0.0 && both.advantage(1.0) == 0.0);
    }
}
