//! The engines of the embedded server.

use std::path::PathBuf;
use std::sync::Arc;

use super::Session;
use crate::server::AgentEngine;
use crate::server::engine::Engine;

/// All of them; the language model reads its weights, or fetches them, when it is first needed.
#[cfg(feature = "local")]
pub(super) fn all(weights: Option<PathBuf>, session: &Session) -> Vec<Arc<dyn Engine>> {
    let model = crate::local::engine::LanguageModel::found(weights, shown(session));
    vec![Arc::new(AgentEngine), Arc::new(model)]
}

/// This build has the agent alone.
#[cfg(not(feature = "local"))]
pub(super) fn all(_: Option<PathBuf>, _: &Session) -> Vec<Arc<dyn Engine>> {
    vec![Arc::new(AgentEngine)]
}

/// Says what is fetched, and shows how far it is.
#[cfg(feature = "local")]
fn shown(session: &Session) -> impl Fn(crate::local::fetch::Fetching<'_>) + Send + Sync + 'static {
    use crate::local::fetch::Fetching;
    let terminal = session.terminal.clone();
    let bar = std::sync::Mutex::new(None::<crate::terminal::Bar>);
    move |fetching| {
        let mut bar = bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match fetching {
            Fetching::Begins { source, bytes } => {
                let size = bytes as f64 / 1e6;
                terminal.note(format!("fetching SmolLM2-135M-Instruct ({size:.0} MB, Apache-2.0) from {source}"));
                *bar = Some(terminal.download("fetching", bytes));
            }
            Fetching::Has(bytes) => bar.iter().for_each(|bar| bar.reach(bytes)),
            Fetching::Ends => bar.take().iter().for_each(crate::terminal::Bar::finish),
        }
    }
}
