//! The one client of OpenAI-shaped servers: what is sent ([`wire`]), when ([`Gate`]), what follows a failure ([`retry`]),
//! and the handful of endpoints that riskpref uses ([`Client`]).

mod batches;
mod client;
mod endpoints;
mod error;
mod gate;
mod hints;
pub mod retry;
pub mod wire;

pub use client::{Client, Reply, Server};
pub use error::Error;
pub use gate::{Gate, Limits};
pub use hints::Hints;
