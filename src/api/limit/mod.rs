//! How fast one model of one server may be asked: what its headers say (`standing`), kept to with token buckets
//! (`bucket`, `allowance`), how many tokens a request counts for (`cost`), how many requests a server without such
//! headers bears (`window`), and who may start when ([`Limiter`]).

mod allowance;
mod bucket;
mod cost;
mod limiter;
mod standing;
mod state;
mod window;

pub use limiter::{Limiter, Ticket};
pub use standing::{Standing, Standings};
pub use state::{Caps, Load};
