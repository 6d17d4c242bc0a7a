//! The rules of a valid problem.

use thiserror::Error;

use super::{Choice, Frame, Lottery, Outcome, Problem, Stake};

/// Most options of a choice.
pub const MAX_OPTIONS: usize = 10;
/// Most outcomes of a lottery and most returns of a stake.
pub const MAX_OUTCOMES: usize = 20;
/// How far the probabilities of one lottery may sum away from 1.
const PROBABILITY_TOLERANCE: f64 = 1e-9;

/// Why a problem is not valid.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ProblemError {
    /// Wealth is not a positive, finite amount.
    #[error("wealth must be positive and finite, found {0}")]
    Wealth(f64),
    /// A probability lies outside (0, 1].
    #[error("a probability must lie in (0, 1], found {0}")]
    Probability(f64),
    /// Probabilities of one lottery or bet do not sum to 1.
    #[error("probabilities must sum to 1, found {0}")]
    ProbabilitySum(f64),
    /// A payoff or multiple is infinite or not a number.
    #[error("payoffs must be finite, found {0}")]
    Payoff(f64),
    /// An outcome leaves less than nothing.
    #[error("an outcome leaves final wealth of {0}, below zero")]
    Ruin(f64),
    /// Too few or too many options, outcomes or returns.
    #[error("{found} {what}, expected {least} to {most}")]
    Count {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// Fewest allowed.
        least: usize,
        /// Most allowed.
        most: usize,
    },
    /// The cap of a stake is not in (0, wealth].
    #[error("the largest stake must be positive and at most the wealth, found {0}")]
    Cap(f64),
    /// The options do not have the form that the frame needs.
    #[error("the options do not fit the frame {0:?}")]
    Frame(Frame),
}

impl Problem {
    /// Checks that probabilities lie in (0, 1] and sum to 1 within 1e-9, that amounts are finite,
    /// that no outcome leaves wealth below zero, and that counts and the frame are as they must be.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), ProblemError> {
        let wealth = self.wealth();
        if !(wealth > 0.0 && wealth.is_finite()) {
            return Err(ProblemError::Wealth(wealth));
        }
        match self {
            Self::Choice(choice) => choice.validate(),
            Self::Stake(stake) => stake.validate(),
        }
    }
}

impl Choice {
    fn validate(&self) -> Result<(), ProblemError> {
        check_count("options", self.options.len(), 2, MAX_OPTIONS)?;
        for option in &self.options {
            check_count("outcomes", option.outcomes.len(), 1, MAX_OUTCOMES)?;
            check_probabilities(option.outcomes.iter().map(|o| o.probability))?;
            for outcome in &option.outcomes {
                check_payoff(self.wealth, outcome.payoff)?;
            }
        }
        if self.fits_frame() { Ok(()) } else { Err(ProblemError::Frame(self.frame)) }
    }

    fn fits_frame(&self) -> bool {
        let sure = |option: &Lottery| match option.outcomes[..] {
            [Outcome { probability: 1.0, payoff }] => Some(payoff),
            _ => None,
        };
        match (self.frame, &self.options[..]) {
            (Frame::Menu, _) => true,
            (Frame::Offer, [_, decline]) => sure(decline) == Some(0.0),
            (Frame::Insurance, [buy, risk]) => {
                let loss_or_nothing =
                    risk.outcomes.len() == 2 && risk.outcomes[0].payoff < 0.0 && risk.outcomes[1].payoff == 0.0;
                loss_or_nothing && sure(buy).is_some_and(|payoff| payoff < 0.0)
            }
            _ => false,
        }
    }
}

impl Stake {
    fn validate(&self) -> Result<(), ProblemError> {
        check_count("returns", self.returns.len(), 2, MAX_OUTCOMES)?;
        check_probabilities(self.returns.iter().map(|r| r.probability))?;
        if !(self.cap > 0.0 && self.cap <= self.wealth) {
            return Err(ProblemError::Cap(self.cap));
        }
        for each in &self.returns {
            check_payoff(1.0, each.multiple)?;
            check_payoff(self.wealth, self.cap * each.multiple)?;
        }
        Ok(())
    }
}

fn check_count(what: &'static str, found: usize, least: usize, most: usize) -> Result<(), ProblemError> {
    if (least..=most).contains(&found) { Ok(()) } else { Err(ProblemError::Count { what, found, least, most }) }
}

fn check_probabilities(probabilities: impl Iterator<Item = f64>) -> Result<(), ProblemError> {
    let mut sum = 0.0;
    for probability in probabilities {
        if !(probability > 0.0 && probability <= 1.0) {
            return Err(ProblemError::Probability(probability));
        }
        sum += probability;
    }
    if (sum - 1.0).abs() <= PROBABILITY_TOLERANCE { Ok(()) } else { Err(ProblemError::ProbabilitySum(sum)) }
}

fn check_payoff(wealth: f64, payoff: f64) -> Result<(), ProblemError> {
    let after = wealth + payoff;
    if !after.is_finite() {
        return Err(ProblemError::Payoff(payoff));
    }
    if after < 0.0 { Err(ProblemError::Ruin(after)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::Return;
    use super::*;

    fn menu(options: Vec<Lottery>) -> Problem {
        Problem::Choice(Choice { wealth: 100.0, frame: Frame::Menu, options })
    }

    #[test]
    fn broken_problems_say_what_is_wrong() {
        let fair = || Lottery::new(&[(0.5, 10.0), (0.5, -10.0)]);
        let error = |options| menu(options).validate().unwrap_err();
        assert!(matches!(error(vec![fair()]), ProblemError::Count { what: "options", found: 1, .. }));
        assert_eq!(error(vec![fair(), Lottery::sure(-100.5)]), ProblemError::Ruin(-0.5));
        assert_eq!(error(vec![fair(), Lottery::new(&[(0.5, 1.0), (0.4, 1.0)])]), ProblemError::ProbabilitySum(0.9));
        assert_eq!(error(vec![fair(), Lottery::new(&[(1.5, 1.0), (-0.5, 1.0)])]), ProblemError::Probability(1.5));
        assert!(matches!(error(vec![fair(), Lottery::sure(f64::NAN)]), ProblemError::Payoff(_)));
        let offer = Problem::Choice(Choice { wealth: 100.0, frame: Frame::Offer, options: vec![fair(), fair()] });
        assert_eq!(offer.validate(), Err(ProblemError::Frame(Frame::Offer)));
        let returns = vec![Return { probability: 0.5, multiple: 1.0 }, Return { probability: 0.5, multiple: -1.0 }];
        let stake = |cap| Problem::Stake(Stake { wealth: 100.0, cap, returns: returns.clone() });
        assert_eq!(stake(100.0).validate(), Ok(()));
        assert_eq!(stake(101.0).validate(), Err(ProblemError::Cap(101.0)));
        assert_eq!(menu(vec![fair(), Lottery::sure(-100.0)]).validate(), Ok(()));
    }
}
