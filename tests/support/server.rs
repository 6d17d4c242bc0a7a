//! `riskpref serve` as a child process.

use std::io::{BufRead, BufReader};
use std::process::Child;

use super::Workspace;

/// A running server; it dies with this value.
pub(crate) struct Server {
    child: Child,
    /// For OPENAI_BASE_URL.
    pub(crate) url: String,
}

impl Server {
    /// Starts a server on a free port, with its data in the workspace's folder `engine`.
    pub(crate) fn start(workspace: &Workspace) -> Self {
        let mut child = workspace.command("serve --port 0 --data-dir engine").spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url:?}");
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
