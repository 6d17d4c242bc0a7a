//! The rules of a valid problem.

use thiserror::Error;

use super::{Choice, Coverage, Frame, Lognormal, Lottery, Outcome, Portfolio, Price, Problem, Return, Side, Stake};

/// Most options of a choice.
pub const MAX_OPTIONS: usize = 10;
/// Most outcomes of a lottery and most returns of a stake.
pub const MAX_OUTCOMES: usize = 20;
/// How far the probabilities of one lottery may sum away from 1.
const PROBABILITY_TOLERANCE: f64 = 1e-9;

/// Why a problem is not valid.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ProblemError {
    /// Wealth is infinite or below zero; or zero where an amount of it is to be decided on.
    #[error("wealth must be finite and positive (zero is allowed for lotteries over final wealth), found {0}")]
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
    /// The largest amount is not positive and finite.
    #[error("the largest amount must be positive and finite, found {0}")]
    Cap(f64),
    /// The largest amount needs borrowing, and an outcome then leaves nothing.
    #[error("an amount above the wealth must leave every outcome above zero, found a final wealth of {0}")]
    Borrowing(f64),
    /// The unit is not in (0, cap].
    #[error("the unit must be positive and at most the largest amount, found {0}")]
    Unit(f64),
    /// The loss is not in (0, wealth].
    #[error("the loss must be positive and at most the wealth, found {0}")]
    Loss(f64),
    /// A premium rate outside (0, 1).
    #[error("the premium rate must lie in (0, 1), found {0}")]
    Rate(f64),
    /// A volatility that is not positive and finite.
    #[error("the volatility must be positive and finite, found {0}")]
    Volatility(f64),
    /// All outcomes of a lottery to be priced are the same.
    #[error("a lottery with a price needs two different payoffs")]
    NoSpread,
    /// The options do not have the form that the frame needs.
    #[error("the options do not fit the frame {0:?}")]
    Frame(Frame),
}

impl Problem {
    /// Checks that probabilities lie in (0, 1] and sum to 1 within 1e-9, that amounts are finite, that no outcome leaves
    /// wealth below zero (with borrowing: at zero), and that counts and the frame are as they must be.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), ProblemError> {
        let wealth = self.wealth();
        let is_final = matches!(self, Self::Choice(_) | Self::Price(Price { side: Side::Sell, .. }));
        if !(wealth.is_finite() && (wealth > 0.0 || (is_final && wealth == 0.0 && self.scale() > 0.0))) {
            return Err(ProblemError::Wealth(wealth));
        }
        match self {
            Self::Choice(choice) => choice.validate(),
            Self::Stake(stake) => stake.validate(),
            Self::Coverage(coverage) => coverage.validate(),
            Self::Portfolio(portfolio) => portfolio.validate(),
            Self::Lognormal(lognormal) => lognormal.validate(),
            Self::Price(price) => price.validate(),
        }
    }
}

impl Choice {
    fn validate(&self) -> Result<(), ProblemError> {
        check_count("options", self.options.len(), 2, MAX_OPTIONS)?;
        for option in &self.options {
            check_lottery(self.wealth, option)?;
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
        check_returns(self.wealth, self.cap, 0.0, &self.returns)?;
        match self.unit {
            Some(unit) if !(unit > 0.0 && unit <= self.cap) => Err(ProblemError::Unit(unit)),
            _ => Ok(()),
        }
    }
}

impl Coverage {
    fn validate(&self) -> Result<(), ProblemError> {
        if !(self.loss > 0.0 && self.loss <= self.wealth) {
            return Err(ProblemError::Loss(self.loss));
        }
        if !(self.probability > 0.0 && self.probability < 1.0) {
            return Err(ProblemError::Probability(self.probability));
        }
        if !(self.rate > 0.0 && self.rate < 1.0) {
            return Err(ProblemError::Rate(self.rate));
        }
        Ok(())
    }
}

impl Portfolio {
    fn validate(&self) -> Result<(), ProblemError> {
        check_payoff(1.0, self.safe)?;
        check_returns(self.wealth, self.cap, self.safe, &self.returns)
    }
}

impl Lognormal {
    fn validate(&self) -> Result<(), ProblemError> {
        check_cap(self.cap)?;
        if !(self.volatility > 0.0 && self.volatility.is_finite()) {
            return Err(ProblemError::Volatility(self.volatility));
        }
        match [self.drift, self.safe].into_iter().find(|rate| !rate.is_finite()) {
            Some(rate) => Err(ProblemError::Payoff(rate)),
            None => Ok(()),
        }
    }
}

impl Price {
    fn validate(&self) -> Result<(), ProblemError> {
        check_lottery(self.wealth, &self.lottery)?;
        let [low, high] = self.range();
        if low < high { Ok(()) } else { Err(ProblemError::NoSpread) }
    }
}

fn check_lottery(wealth: f64, lottery: &Lottery) -> Result<(), ProblemError> {
    check_count("outcomes", lottery.outcomes.len(), 1, MAX_OUTCOMES)?;
    check_probabilities(lottery.outcomes.iter().map(|o| o.probability))?;
    lottery.outcomes.iter().try_for_each(|outcome| check_payoff(wealth, outcome.payoff))
}

fn check_cap(cap: f64) -> Result<(), ProblemError> {
    if cap > 0.0 && cap.is_finite() { Ok(()) } else { Err(ProblemError::Cap(cap)) }
}

/// Checks an amount up to `cap` in an asset with these returns, beside wealth that earns `safe`.
fn check_returns(wealth: f64, cap: f64, safe: f64, returns: &[Return]) -> Result<(), ProblemError> {
    check_count("returns", returns.len(), 2, MAX_OUTCOMES)?;
    check_probabilities(returns.iter().map(|r| r.probability))?;
    check_cap(cap)?;
    for each in returns {
        check_payoff(1.0, each.multiple)?;
        let after = wealth * (1.0 + safe) + cap * (each.multiple - safe);
        if cap > wealth && after <= 0.0 {
            return Err(ProblemError::Borrowing(after));
        }
        check_payoff(wealth, after - wealth)?;
    }
    Ok(())
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
        let stake = |cap| Problem::Stake(Stake { wealth: 100.0, cap, returns: returns.clone(), unit: None });
        assert_eq!(stake(100.0).validate(), Ok(()));
        assert_eq!(stake(101.0).validate(), Err(ProblemError::Borrowing(-1.0)));
        assert_eq!(menu(vec![fair(), Lottery::sure(-100.0)]).validate(), Ok(()));
    }
}
