//! The structured problems and decisions.
//!
//! Invariant: a problem that passes [`Problem::validate`] has proper probabilities and never leaves final wealth below zero.

mod measure;
mod validate;

use serde::{Deserialize, Serialize};

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

/// One outcome of a bet, for each dollar staked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Return {
    /// In (0, 1].
    pub probability: f64,
    /// Net gain per dollar staked, -1 or more; at -1 the stake is lost.
    pub multiple: f64,
}

/// The amount to stake on a bet, from nothing to `cap`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stake {
    /// Wealth before the decision, dollars.
    pub wealth: f64,
    /// The largest stake, dollars; at most the wealth, since nothing can be borrowed.
    pub cap: f64,
    /// The outcomes of the bet.
    pub returns: Vec<Return>,
}

/// A decision problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Problem {
    /// Choose one lottery.
    Choice(Choice),
    /// Choose an amount.
    Stake(Stake),
}

/// A decision on a problem of the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The chosen option, counted from 0.
    Option(usize),
    /// The amount staked, dollars.
    Stake(f64),
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

impl Problem {
    /// Wealth before the decision, dollars.
    pub fn wealth(&self) -> f64 {
        match self {
            Self::Choice(choice) => choice.wealth,
            Self::Stake(stake) => stake.wealth,
        }
    }
}
