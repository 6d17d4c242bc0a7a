//! The subcommands: each reads files, does what is missing and writes files.

pub mod analyze;
pub mod audit;
pub mod convert;
pub mod doctor;
mod engines;
pub mod estimate;
pub mod evaluate;
pub mod generate;
pub mod judge;
pub mod questions;
pub mod run;
pub mod serve;
pub mod train;

mod adoption;
mod connect;
mod finish;
mod hyperparameters;
mod inputs;
mod judge_plan;
mod models;
mod money;
mod scored;
mod work;

use std::time::SystemTime;

pub use money::Account;

use crate::interrupt::Interrupt;
use crate::terminal::Terminal;

/// How a command ended, where it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything asked for is there.
    Complete,
    /// Finished, but records are missing; running again fills them in.
    Missing,
    /// Ctrl-C; everything answered is kept.
    Interrupted,
}

/// What every command gets beside its arguments.
#[derive(Debug, Clone)]
pub struct Session {
    /// Where words go.
    pub terminal: Terminal,
    /// Ctrl-C.
    pub interrupt: Interrupt,
    /// What is spent of what may be.
    pub account: Account,
    /// The command line, for the manifest and for the command that resumes.
    pub arguments: Vec<String>,
    /// When the command started.
    pub started: SystemTime,
}

impl Session {
    /// The command line as one would type it again.
    #[must_use]
    pub fn command_line(&self) -> String {
        let quoted =
            |argument: &String| match argument.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:,=".contains(c)) {
                true => argument.clone(),
                false => format!("'{}'", argument.replace('\'', r"'\''")),
            };
        self.arguments.iter().map(quoted).collect::<Vec<_>>().join(" ")
    }
}
