//! The structured problems and decisions.
//!
//! Invariant: a problem that passes [`Problem::validate`] has proper probabilities and never leaves final wealth below zero.

mod affine;
mod item;
mod measure;
mod validate;

use serde::{Deserialize, Serialize};

pub(super) use affine::{Affine, State};
pub use measure::risk;
pub use validate::{MAX_OPTIONS, MAX_OUTCOMES, ProblemError};

/// One outcome of a lottery.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// In (0, 1].
    pub probability: f64,
    /// Change in wealth, dollars.
    pub payoff: f64,
}

/// How far from a whole number of units an amount may be, as a share of it.
const UNIT_TOLERANCE: f64 = 1e-9;

/// A lottery over changes in wealth; a sure amount is a lottery with one outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lottery {
    /// The outcomes, whose probabilities sum to 1.
    pub outcomes: Vec<Outcome>,
}

/// How a choice is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// A menu of labelled options.
    Menu,
    /// Accept the lottery (`options[0]`) or decline it (`options[1]`, no change for certain).
    Offer,
    /// Buy insurance (`options[0]`, a sure loss of the premium) or not (`options[1]`, the loss or nothing).
    Insurance,
}

/// A choice of one of several lotteries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Wealth before the decision, dollars.
    pub wealth: f64,
    /// How the choice is put.
    pub frame: Frame,
    /// Two or more options.
    pub options: Vec<Lottery>,
}

/// One outcome of a bet or an asset, for each dollar put in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Return {
    /// In (0, 1].
    pub probability: f64,
    /// Net gain per dollar, -1 or more; at -1 the dollar is lost.
    pub multiple: f64,
}

/// The amount to stake on a bet, from nothing to `cap`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stake {
    /// Wealth before the decision, dollars.
    pub wealth: f64,
    /// The largest stake, dollars. Above the wealth it allows borrowing, and then every outcome has to leave wealth
    /// above zero.
    pub cap: f64,
    /// The outcomes of the bet.
    pub returns: Vec<Return>,
    /// Only whole multiples of this many dollars can be staked (tickets, shares); any amount if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<f64>,
}

/// The part of a possible loss to insure, from nothing to the whole loss. The decision is the amount covered, dollars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Wealth before the decision and before the loss, dollars.
    pub wealth: f64,
    /// The possible loss, dollars.
    pub loss: f64,
    /// Its probability, in (0, 1).
    pub probability: f64,
    /// Premium for each dollar covered, in (0, 1).
    pub rate: f64,
}

/// The amount to put into a risky asset, from nothing to `cap`; the rest of the wealth earns a safe return.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Portfolio {
    /// Wealth before the decision, dollars.
    pub wealth: f64,
    /// The largest amount in the risky asset, dollars; as with [`Stake::cap`].
    pub cap: f64,
    /// Safe return, for each dollar.
    pub safe: f64,
    /// Returns of the risky asset.
    pub returns: Vec<Return>,
}

/// The amount to keep in an asset whose price follows a geometric Brownian motion, rebalanced continuously for a year;
/// the rest earns a safe return (Merton 1969).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lognormal {
    /// Wealth before the decision, dollars.
    pub wealth: f64,
    /// The largest amount in the asset, dollars; above the wealth it is borrowed at the safe rate.
    pub cap: f64,
    /// Drift of the asset, continuously compounded, a year.
    pub drift: f64,
    /// Safe rate, continuously compounded, a year.
    pub safe: f64,
    /// Standard deviation of the asset's logarithmic return, a year.
    pub volatility: f64,
}

/// On which side of a sale a price is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The lowest price at which an owner gives the lottery away: its certainty equivalent.
    Sell,
    /// The highest price that someone without the lottery pays for it, out of the wealth.
    Buy,
}

/// The price of a lottery. The decision is the price, dollars, between the lottery's lowest and highest payoff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Wealth before the decision, without the lottery, dollars.
    pub wealth: f64,
    /// Seller or buyer.
    pub side: Side,
    /// What is priced.
    pub lottery: Lottery,
}

/// A decision problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Problem {
    /// Choose one lottery.
    Choice(Choice),
    /// Choose an amount to stake.
    Stake(Stake),
    /// Choose how much of a loss to insure.
    Coverage(Coverage),
    /// Choose how much to invest.
    Portfolio(Portfolio),
    /// Choose how much to invest, with lognormal returns.
    Lognormal(Lognormal),
    /// Name a price.
    Price(Price),
}

/// A decision on a problem.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The chosen option, counted from 0.
    Option(usize),
    /// The amount staked, covered, invested or named as a price, dollars.
    Amount(f64),
}

impl Lottery {
    /// A sure change in wealth, dollars.
    pub fn sure(payoff: f64) -> Self {
        Self { outcomes: vec![Outcome { probability: 1.0, payoff }] }
    }

    /// A lottery from pairs of probability and payoff.
    pub fn new(outcomes: &[(f64, f64)]) -> Self {
        Self { outcomes: outcomes.iter().map(|&(probability, payoff)| Outcome { probability, payoff }).collect() }
    }

    /// Standard deviation of the payoff, dollars.
    pub fn spread(&self) -> f64 {
        let mean: f64 = self.outcomes.iter().map(|o| o.probability * o.payoff).sum();
        self.outcomes.iter().map(|o| o.probability * (o.payoff - mean).powi(2)).sum::<f64>().sqrt()
    }
}

impl Decision {
    /// The amount, dollars; none for an option.
    pub fn amount(&self) -> Option<f64> {
        match self {
            Self::Amount(amount) => Some(*amount),
            Self::Option(_) => None,
        }
    }
}

impl Problem {
    /// Wealth before the decision, dollars.
    pub fn wealth(&self) -> f64 {
        match self {
            Self::Choice(choice) => choice.wealth,
            Self::Stake(stake) => stake.wealth,
            Self::Coverage(coverage) => coverage.wealth,
            Self::Portfolio(portfolio) => portfolio.wealth,
            Self::Lognormal(lognormal) => lognormal.wealth,
            Self::Price(price) => price.wealth,
        }
    }

    /// The money that makes this problem's amounts shares: its wealth, or the largest final wealth where it has none.
    pub fn scale(&self) -> f64 {
        match self {
            Self::Choice(choice) if choice.wealth == 0.0 => {
                choice.options.iter().flat_map(|option| &option.outcomes).map(|o| o.payoff).fold(0.0, f64::max)
            }
            Self::Price(price) if price.wealth == 0.0 => {
                price.lottery.outcomes.iter().map(|o| o.payoff).fold(0.0, f64::max)
            }
            _ => self.wealth(),
        }
    }

    /// The smallest and the largest amount that can be decided on, dollars; none for a choice.
    pub fn range(&self) -> Option<[f64; 2]> {
        match self {
            Self::Choice(_) => None,
            Self::Stake(Stake { cap, .. })
            | Self::Portfolio(Portfolio { cap, .. })
            | Self::Lognormal(Lognormal { cap, .. }) => Some([0.0, *cap]),
            Self::Coverage(coverage) => Some([0.0, coverage.loss]),
            Self::Price(price) => Some(price.range()),
        }
    }

    /// Probability and final wealth (dollars) of every outcome at an amount; none unless final wealth is affine in it (stakes,
    /// coverage, portfolios).
    pub(crate) fn outcomes(&self, amount: f64) -> Option<impl Iterator<Item = (f64, f64)>> {
        let affine = Affine::of(self)?;
        Some(affine.outcomes(amount).collect::<Vec<_>>().into_iter())
    }

    /// Whether a decision is one of this problem's: an option that exists, or an amount in range and, where there are
    /// units, in whole units.
    pub fn allows(&self, decision: &Decision) -> bool {
        match (self, decision, self.range()) {
            (Self::Choice(choice), Decision::Option(index), _) => *index < choice.options.len(),
            (_, Decision::Amount(amount), Some([low, high])) => {
                (low..=high).contains(amount) && self.is_in_units(*amount)
            }
            _ => false,
        }
    }

    fn is_in_units(&self, amount: f64) -> bool {
        let Self::Stake(Stake { unit: Some(unit), .. }) = self else {
            return true;
        };
        let units = amount / unit;
        (units - units.round()).abs() <= UNIT_TOLERANCE * units.max(1.0)
    }
}

impl Price {
    /// The lowest and the highest payoff, dollars; a buyer's price leaves no wealth below zero either.
    pub(super) fn range(&self) -> [f64; 2] {
        let payoffs = || self.lottery.outcomes.iter().map(|outcome| outcome.payoff);
        let (low, high) = (payoffs().fold(f64::INFINITY, f64::min), payoffs().fold(f64::NEG_INFINITY, f64::max));
        match self.side {
            Side::Sell => [low, high],
            Side::Buy => [low, high.min(self.wealth + low).max(low)],
        }
    }
}
