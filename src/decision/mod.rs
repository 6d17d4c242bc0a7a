//! Decisions under risk: what is asked, which answer is best for a given CRRA coefficient, and both in plain English.
//!
//! Pure: no input or output, no clock, no unseeded randomness. Invariant: a problem put into words and a decision put
//! into words read back as exactly themselves, in every phrasing.

#[cfg(test)]
pub(crate) mod arbitrary;
mod earlier;
pub mod forced;
mod free_text;
mod number;
pub mod optimum;
pub mod oracle;
pub mod phrase;
pub mod problem;
pub mod read;
#[cfg(test)]
mod round_trip;
pub mod sample;
mod template;

pub use problem::{
    Choice, Coverage, Decision, Frame, Lognormal, Lottery, Outcome, Portfolio, Price, Problem, ProblemError, Return,
    Side, Stake, risk,
};
