//! Why a request failed for good, and what was paid for in vain.

use serde::{Deserialize, Serialize};

use super::retry::Progress;

/// Answers that were paid for and are of no use: cut off on the way, so that the server may have made and billed them
/// whole (tokens are estimates then), or whole and empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Answers.
    pub answers: u32,
    /// Tokens in.
    pub prompt_tokens: u64,
    /// Tokens out.
    pub completion_tokens: u64,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.answers += other.answers;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
    }
}

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
        /// What was paid for in vain.
        spent: Spent,
    },
    /// No request to this server can succeed now: out of credit, refused key, unknown model, or not reachable.
    #[error("{reason}")]
    Stop {
        /// What the server or the connection said, and what to do.
        reason: String,
        /// What was paid for in vain.
        spent: Spent,
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
        Self::Failed { reason: reason.to_string(), attempts: 1, spent: Spent::default() }
    }

    /// The failure of a request that came this far.
    pub(super) fn failed(reason: String, progress: Progress) -> Self {
        Self::Failed { reason, attempts: progress.attempt, spent: progress.spent }
    }

    /// Whether the run has to end, since every other request would fail too.
    #[must_use]
    pub fn stops_run(&self) -> bool {
        matches!(self, Self::Stop { .. })
    }

    /// What was paid for in vain.
    #[must_use]
    pub fn spent(&self) -> Spent {
        match self {
            Self::Failed { spent, .. } | Self::Stop { spent, .. } => *spent,
            Self::Interrupted | Self::Halted => Spent::default(),
        }
    }
}

fn after(attempts: u32) -> String {
    if attempts > 1 { format!(" (after {attempts} attempts)") } else { String::new() }
}
