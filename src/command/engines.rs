//! The engines of the embedded server.

use std::path::PathBuf;
use std::sync::Arc;

use super::Session;
use crate::server::AgentEngine;
use crate::server::engine::Engine;

/// All of them; the language model reads its weights, or fetches them, when it is first needed.
#[cfg(feature = "local")]
pub(super) fn all(weights: Option<PathBuf>, session: &Session) -> Vec<Arc<dyn Engine>> {
    let terminal = session.terminal.clone();
    let model = crate::local::engine::LanguageModel::found(weights, move |words| terminal.note(words));
    vec![Arc::new(AgentEngine), Arc::new(model)]
}

/// This build has the agent alone.
#[cfg(not(feature = "local"))]
pub(super) fn all(_: Option<PathBuf>, _: &Session) -> Vec<Arc<dyn Engine>> {
    vec![Arc::new(AgentEngine)]
}
