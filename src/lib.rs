//! riskpref gives language models a chosen risk preference and proves that they have it.
//!
//! A preference is a CRRA coefficient gamma: u(w) = (w^(1-gamma) - 1)/(1-gamma), ln w at gamma = 1. Data goes one way:
//!
//! ```text
//! question/ + prompt/ -> generate -> responses_*.csv -> convert -> sft_data/*.jsonl -> train -> model_mappings.csv
//! evals/ + model_mappings.csv -> evaluate -> *_responses.csv -> judge -> detailed_evaluation_results.csv -> analyze
//! answers of any source -> audit; decisions of any source -> estimate
//! ```
//!
//! Imports go one way too, from the bottom of this list to its top:
//!
//! - pure, without input, output, clock or randomness of their own: [`utility`] (CRRA), [`decision`] (problems, exact
//!   optima, English), [`stats`], [`estimate`] (the gamma that choices reveal), [`audit`] (answers against the optimum),
//!   [`agent`] (a decider made of these), [`record`] (the nouns on disk), [`judge`] (rubrics and scores), [`money`] (prices,
//!   budgets, forecasts), [`api::wire`] (the API's types);
//! - [`interrupt`] (Ctrl-C), [`store`] (files), [`api`] (the one client), [`report`] (numbers, then tables and charts),
//!   [`terminal`] (all printing);
//! - [`cli`] (flags), [`batch`] (fills in missing calls), [`server`] (embedded engines behind the same API), and with the
//!   feature `local` the language model among them;
//! - [`command`] (one file a subcommand), and [`run`].
//!
//! Two rules hold everywhere: a failure is never stored as a value, and every command may be run again and does only what
//! is missing.

pub mod agent;
pub mod api;
pub mod audit;
pub mod batch;
pub mod cli;
pub mod command;
pub mod decision;
pub mod estimate;
pub mod interrupt;
pub mod judge;
#[cfg(feature = "local")]
pub mod local;
pub mod money;
pub mod record;
pub mod report;
pub mod server;
pub mod stats;
pub mod store;
pub mod terminal;
pub mod utility;

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Result, bail};

use cli::{Cli, Command};
use command::{Account, Outcome, Session};
use interrupt::Interrupt;
use terminal::Terminal;

/// Runs a parsed command line.
///
/// # Errors
/// Whatever makes the command fail, with what to do about it.
pub async fn run(cli: Cli) -> Result<Outcome> {
    let terminal = Terminal::new(cli.quiet);
    terminal.start_log(cli.verbose);
    let notice = terminal.clone();
    let interrupt = Interrupt::listen(move || {
        notice.warn("finishing what is in flight; press Ctrl-C again to leave at once");
    });
    let session = Session {
        terminal,
        interrupt,
        arguments: cli::without_secrets(std::env::args_os().map(|argument| argument.to_string_lossy().into_owned())),
        account: Account::default(),
        started: SystemTime::now(),
    };
    let outcome = match &cli.command {
        Command::Questions(args) => command::questions::run(args, &session).await,
        Command::Generate(args) => command::generate::run(args, &session).await,
        Command::Audit(args) => command::audit::run(args, &session).await,
        Command::Convert(args) => command::convert::run(args, &session).await,
        Command::Train(args) => command::train::run(args, &session).await,
        Command::Evaluate(args) => command::evaluate::run(args, &session).await,
        Command::Judge(args) => command::judge::run(args, &session).await,
        Command::Analyze(args) => command::analyze::run(args, &session).await,
        Command::Estimate(args) => command::estimate::run(args, &session).await,
        Command::Run(args) => command::run::run(args, &session).await,
        Command::Serve(args) => command::serve::run(args, &session).await,
        Command::Doctor(args) => command::doctor::run(args, &session).await,
    }?;
    match session.terminal.lost() {
        Some(why) => bail!("cannot write to stdout: {why}"),
        None => Ok(outcome),
    }
}

/// Prints why a command failed and gives the exit status for it.
#[must_use]
pub fn fail(error: &anyhow::Error) -> ExitCode {
    Terminal::new(false).warn(format!("error: {error:#}"));
    ExitCode::FAILURE
}
