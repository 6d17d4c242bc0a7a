//! Why a request failed for good.

/// The end of a request that was not answered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// This request failed; others may succeed.
    #[error("{reason}{}", after(*attempts))]
    Failed {
        /// What the server or the connection said.
        reason: String,
        /// How many times it was sent.
        attempts: u32,
    },
    /// The server does not have what was asked for.
    #[error("{reason}")]
    Missing {
        /// What the server said.
        reason: String,
    },
    /// No request to this server can succeed now: out of credit, refused key, unknown model, or not reachable.
    #[error("{reason}")]
    Stop {
        /// What the server or the connection said, and what to do.
        reason: String,
    },
    /// Ctrl-C came before it could be sent, or sent again.
    #[error("interrupted")]
    Interrupted,
    /// [`Error::Stop`] of another request came before it could be sent, or sent again.
    #[error("not sent, since no request can succeed now")]
    Halted,
}

impl Error {
    /// A failure of something else than a request.
    pub(super) fn other(reason: impl std::fmt::Display) -> Self {
        Self::Failed { reason: reason.to_string(), attempts: 1 }
    }

    /// Whether the run has to end, since every other request would fail too.
    #[must_use]
    pub fn stops_run(&self) -> bool {
        matches!(self, Self::Stop { .. })
    }
}

fn after(attempts: u32) -> String {
    if attempts > 1 { format!(" (after {attempts} attempts)") } else { String::new() }
}
