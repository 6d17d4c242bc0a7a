//! Judging: what a judge is asked ([`Rubric`]) and how its reply is read ([`read_score`]). Pure.
//!
//! A reply that is not a score stays a missing score: nothing here has a default.

mod rubric;
mod score;

pub use rubric::{METRICS, Rubric, RubricError};
pub use score::read_score;
