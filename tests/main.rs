//! Behaviour through the binary: every test runs `riskpref` as a user would and checks status, stdout and stderr.

mod analyze;
mod convert;
mod evaluate;
mod faults;
mod generate;
mod help;
mod judge;
mod pipeline;
mod serve;
mod shipped;
mod support;
mod train;
