//! Parses the command line, runs the command and turns its outcome into the exit status.

use std::process::ExitCode;

use clap::Parser;
use riskpref::cli::Cli;
use riskpref::command::Outcome;

/// Keeps the memory of one step for the next, which a training asks for by the hundred megabytes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Read before flags, so that a flag's environment variable may stand in .env. A missing file is fine.
    let env_file = dotenvy::dotenv();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return riskpref::fail(&error.into()),
    };
    if let Err(error) = env_file
        && !error.not_found()
    {
        // The error itself quotes the line, which may hold a key.
        let why =
            if matches!(error, dotenvy::Error::Io(_)) { "it cannot be opened" } else { "a line is not NAME=value" };
        return riskpref::fail(&anyhow::anyhow!("cannot read .env: {why}"));
    }
    let code = match runtime.block_on(riskpref::run(cli)) {
        Ok(Outcome::Complete) => ExitCode::SUCCESS,
        Ok(Outcome::Missing) => ExitCode::from(3),
        Ok(Outcome::Interrupted) => ExitCode::from(130),
        Err(error) => riskpref::fail(&error),
    };
    runtime.shutdown_background();
    code
}
