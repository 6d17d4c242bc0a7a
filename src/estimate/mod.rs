//! The risk preference that decisions reveal: a noisy CRRA agent, and its maximum-likelihood estimate.
//!
//! [`probabilities`] simulates the `agent`, and [`fit`](fit()) tunes it with a fixed share of lapses, which takes exact
//! answers. [`estimate`] measures the gamma of anyone's answers in all formats, with a tremble, clustered errors and
//! intervals. Both follow one choice model: thresholds, contextual utility and scores of amounts are the same code.
//!
//! Pure. Invariant: multiplying all money by a constant changes nothing.

pub mod comparison;
mod contextual;
mod contrast;
pub mod fit;
mod likelihood;
pub mod model;
pub mod observation;
pub mod rationality;
#[cfg(test)]
mod recovery;
mod response;
pub mod revealed;
mod scored;
mod search;
pub mod threshold;

pub use fit::{Fit, FitError, Step, fit};
pub use model::{CHOICE_PRECISION_CAP, Parameters, STAKE_PRECISION_CAP, probabilities};
pub use observation::{Format, Observation};
pub use revealed::{
    Bootstrap, Equality, EqualityError, Estimate, EstimateError, Method, Model, Note, Precision, Share,
    StakeRegression, Test, bootstrap, equality, estimate, stake_regression,
};
pub use scored::AMOUNT_POINTS;
pub use threshold::thresholds;
