//! What calls cost: prices, what was spent, what may be spent, and what a plan would take.
//!
//! Invariants: pure; an unknown price is unknown and never nothing; whatever may have been charged is counted, at the most
//! that it can have cost where the server did not say.

mod budget;
mod forecast;
mod price;
mod spending;
mod tokens;

pub use budget::{Budget, Verdict};
pub use forecast::{Expected, Forecast, Line, Pace, Range};
pub use price::{Price, PriceList, Pricing, Rates};
pub use spending::{Charge, Item, LONGEST_ANSWER, Spending, Spent, TRAINING, in_words, usd};
pub use tokens::Counter;
