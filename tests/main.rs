//! Behaviour through the binary: every test runs `riskpref` as a user would and checks status, stdout and stderr.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod analyze;
mod audit;
mod batch;
mod convert;
mod elsewhere;
mod estimate;
mod evaluate;
mod faults;
#[cfg(feature = "local")]
mod fetch;
mod generate;
mod help;
mod judge;
mod limits;
#[cfg(feature = "local")]
mod local;
mod money;
mod parameters;
mod pipeline;
mod questions;
mod robust;
mod serve;
mod shipped;
mod support;
#[cfg(feature = "local")]
mod tiny_model;
mod train;
