//! Decisions as data: what was asked, what was decided, and which answers belong together.

use serde::{Deserialize, Serialize};

use crate::decision::{Choice, Decision, Frame, Problem};

/// One decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// What was asked.
    pub problem: Problem,
    /// What was decided; one that the problem allows.
    pub decision: Decision,
    /// Answers of one cluster are not independent: by default all orders, paraphrases and repeats of one
    /// [item](Problem::item); people, where people answer.
    pub cluster: String,
    /// Indifference gamma of a two-option choice that is to be used instead of the computed one.
    pub threshold: Option<f64>,
}

/// In what form an answer is given. Each has a precision of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One of two lotteries.
    Choice,
    /// Accept or decline.
    Offer,
    /// Buy insurance or not.
    Insurance,
    /// One of three or more lotteries.
    Menu,
    /// An amount to stake.
    Stake,
    /// An amount of coverage.
    Coverage,
    /// An amount to invest.
    Portfolio,
    /// A price.
    Price,
}

impl std::fmt::Display for Format {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Choice => "choice",
            Self::Offer => "offer",
            Self::Insurance => "insurance",
            Self::Menu => "menu",
            Self::Stake => "stake",
            Self::Coverage => "coverage",
            Self::Portfolio => "portfolio",
            Self::Price => "price",
        })
    }
}

impl Format {
    /// The format in which a problem is answered.
    #[must_use]
    pub fn of(problem: &Problem) -> Self {
        match problem {
            Problem::Choice(Choice { options, .. }) if options.len() > 2 => Self::Menu,
            Problem::Choice(Choice { frame: Frame::Menu, .. }) => Self::Choice,
            Problem::Choice(Choice { frame: Frame::Offer, .. }) => Self::Offer,
            Problem::Choice(Choice { frame: Frame::Insurance, .. }) => Self::Insurance,
            Problem::Stake(_) => Self::Stake,
            Problem::Coverage(_) => Self::Coverage,
            Problem::Portfolio(_) | Problem::Lognormal(_) => Self::Portfolio,
            Problem::Price(_) => Self::Price,
        }
    }
}
