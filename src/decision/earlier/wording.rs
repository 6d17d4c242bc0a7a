//! The wordings of the earlier project's questions, as data, and what their slots mean.
//!
//! Invariant: a wording says who wins, who pays and how much; a mood that it passes over holds no amount. A wording that
//! may state no wealth has no slot for it, and the wealth is filled in from outside.

mod assets;
mod bets;
mod conventions;
mod insurance;
mod jobs;
mod offers;
mod units;

use super::super::problem::Problem;
use super::super::template::Values;

/// A wording, and the problem that its slots describe.
pub(super) type Row = (&'static str, fn(&Values) -> Option<Problem>);

/// Wordings that state everything, but the wealth in some.
pub(super) const PLAIN: [&[Row]; 6] =
    [bets::ROWS, assets::ROWS, offers::ROWS, insurance::ROWS, jobs::ROWS, units::ROWS];

/// Wordings that need a convention on more than the wealth.
pub(super) const CONVENTIONAL: &[Row] = conventions::ROWS;
