//! The sets that risk preferences are measured with.
//!
//! Invariant: every question (training offers apart) is a held-out phrasing with numbers of the held-out grid (published menus and the even
//! chance of double-or-cut apart), no outcome of a choice leaves less than 5 % of wealth, no item occurs twice in a set
//! except on purpose, and a set has exactly as many items as were asked for: what cannot be found is an error.

mod choices;
mod controls;
mod formats;
mod invariance;
mod offers;
mod published;
mod sampler;
mod stakes;
mod taken;

use thiserror::Error;

use super::super::phrase::{Domain, Labels};
use super::super::problem::Problem;
use super::quality::TARGETS;
pub use choices::choices;
pub use controls::{controls, dominance, repeats};
pub use formats::{double_or_cut, insurance, menus, portfolios, prices};
pub use invariance::{domains, scale};
pub use offers::{offers, training_offers};
pub use published::published;
pub use stakes::stakes;
pub use taken::Taken;

/// One question of a measurement set.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The question, as it is asked.
    pub text: String,
    /// What it asks; questions of one [`Problem::item`] are asked of the same lotteries.
    pub problem: Problem,
    /// What it is about; none for published menus.
    pub domain: Option<Domain>,
    /// How its options are labelled, if it lists any.
    pub labels: Option<Labels>,
    /// The set's name.
    pub set: &'static str,
}

/// What a set is to be like. Each set uses the settings that concern it.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Of the random numbers.
    pub seed: u64,
    /// How many items; sets that ask an item several times (both orders, every domain or scale) have more questions.
    pub count: usize,
    /// Lowest and highest indifference coefficient of choices.
    pub thresholds: [f64; 2],
    /// Coefficients that no threshold comes near.
    pub targets: Vec<f64>,
    /// How far thresholds keep from every target.
    pub margin: f64,
    /// What questions may be about.
    pub domains: Vec<Domain>,
    /// Numbers and phrasings that may not be used.
    pub taken: Taken,
    /// Where the best stakes shall lie; none for the two usual kinds of bets.
    pub optimum: Option<Shares>,
}

/// A range of best stakes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// The coefficient for which stakes are best.
    pub gamma: f64,
    /// Lowest and highest best stake, as shares of wealth.
    pub range: [f64; 2],
}

impl Settings {
    /// Thresholds spread over [-3, 4] and 0.05 or more away from 2, 1, 0 and -1; own money, firms and clients.
    pub fn new(seed: u64, count: usize) -> Self {
        Self {
            seed,
            count,
            thresholds: [-3.0, 4.0],
            targets: TARGETS.to_vec(),
            margin: 0.05,
            domains: vec![Domain::OwnMoney, Domain::Firm, Domain::Client],
            taken: Taken::default(),
            optimum: None,
        }
    }
}

/// Why a set cannot be drawn.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SampleError {
    /// A range is not one, or nothing of it is left beside the targets.
    #[error("the range [{low}, {high}] of {what} must be finite, ascending and not covered by the targets")]
    Range {
        /// What it is a range of.
        what: &'static str,
        /// Its lower end.
        low: f64,
        /// Its upper end.
        high: f64,
    },
    /// Menus that tell targets apart need two targets or more.
    #[error("menus need two different targets or more, found {0}")]
    Targets(usize),
    /// All held-out phrasings for the domains are taken, or there never were any.
    #[error("the set {set} has no held-out phrasing left about {domains}")]
    Phrasings {
        /// The set's name.
        set: &'static str,
        /// The wanted domains.
        domains: String,
    },
    /// The numbers that are left allow too few different items.
    #[error(
        "the set {set} found {found} of {count} items: none of {tries} candidates fits {wanted}, and {taken} of them \
         had numbers that are taken"
    )]
    Exhausted {
        /// The set's name.
        set: &'static str,
        /// What the next item should have been.
        wanted: String,
        /// Items found.
        found: usize,
        /// Items asked for.
        count: usize,
        /// Candidates drawn for the next item.
        tries: usize,
        /// Candidates with numbers that are taken.
        taken: usize,
    },
    /// More repeats than there are questions to repeat.
    #[error("{wanted} questions cannot be repeated out of {available}")]
    Repeats {
        /// How many to repeat.
        wanted: usize,
        /// How many there are.
        available: usize,
    },
}

#[cfg(test)]
mod tests;
