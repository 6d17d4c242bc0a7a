//! `serve`: the embedded server in the foreground.

use anyhow::{Context, Result};

use super::connect::data_dir;
use super::{Outcome, Session};
use crate::cli::ServeArgs;
use crate::server;

/// Runs `riskpref serve` until Ctrl-C.
///
/// # Errors
/// When the address is taken or the data folder cannot be used.
pub async fn run(args: &ServeArgs, session: &Session) -> Result<Outcome> {
    let folder = data_dir(args.data_dir.clone())?;
    let state = server::Server::open(&folder, super::engines::all(args.weights.clone(), session))?;
    let listener = tokio::net::TcpListener::bind((args.host, args.port)).await;
    let listener = listener
        .with_context(|| format!("cannot listen on {}:{}; is another server running there?", args.host, args.port))?;
    if !args.host.is_loopback() {
        session.terminal.warn(format!(
            "{} is reachable from other machines, and anybody who reaches it can train and chat",
            args.host
        ));
    }
    session.terminal.note(format!("files, jobs and models are kept in {}", folder.display()));
    // The one line on stdout, so that a script that took port 0 can read where to connect.
    session.terminal.data(format!("http://{}/v1", listener.local_addr()?));
    let interrupt = session.interrupt.clone();
    server::serve(listener, state, async move { interrupt.first().await }).await?;
    Ok(Outcome::Complete)
}
