//! The one client of OpenAI-shaped servers: what is sent ([`wire`]) and changed for a model that does not take it
//! ([`parameters`]), when ([`Gate`], [`limit`]), what follows a failure ([`retry`]), and the handful of endpoints that riskpref
//! uses ([`Client`]).

mod batches;
mod client;
mod endpoints;
mod error;
mod exchange;
mod gate;
mod hints;
pub mod limit;
pub mod parameters;
mod persist;
pub mod retry;
mod route;
mod server;
pub mod wire;

pub use client::{Client, Reply, Undone};
pub use error::Error;
pub use gate::{Gate, Limits};
pub use hints::Hints;
pub use route::{Adapted, Chat, Route};
pub use server::{Server, base_url, shown};
