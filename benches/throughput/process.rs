//! Servers and clients in processes of their own, so that time, processor and memory are theirs alone.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::behaviour::Behaviour;

/// What a client did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) seconds: f64,
    /// Seconds of processor time of the client's process.
    pub(crate) processor: f64,
    /// Largest resident memory of the client's process, in bytes.
    pub(crate) memory: u64,
    pub(crate) answered: u64,
    pub(crate) failed: u64,
    pub(crate) lost: u64,
}

impl Report {
    /// With the processor time and memory of this process so far.
    pub(crate) fn measured(self) -> Self {
        let read = |file| std::fs::read_to_string(file).unwrap_or_default();
        let stat = read("/proc/self/stat");
        // Fields 14 and 15 in hundredths of a second, counted behind the name in brackets.
        let fields: Vec<f64> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .map(|field| field.parse().unwrap_or(0.0))
            .collect();
        let processor = fields.get(11..13).map_or(0.0, |times| (times[0] + times[1]) / 100.0);
        let status = read("/proc/self/status");
        let kilobytes =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok());
        Self { processor, memory: kilobytes.unwrap_or(0u64) * 1024, ..self }
    }
}

/// A server with a behaviour, in a process of its own; it ends with this value.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
}

impl Served {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let behaviour = serde_json::to_string(&behaviour).expect("JSON");
        let (child, url) = start(&["serve", &behaviour]);
        Self { child, url }
    }

    /// What the server counted.
    pub(crate) fn stats(&self) -> serde_json::Value {
        let address = self.url.replace("/v1", "/stats");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let http = reqwest::Client::builder().no_proxy().build().expect("a client");
            let reply = http.get(address).send().await.expect("an answer");
            reply.json().await.expect("JSON")
        })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a client on a server: `bare`, `filled` or `resumed`.
pub(crate) fn client(kind: &str, url: &str, requests: u64, concurrency: usize) -> Running {
    Running(start_with(&[kind, url, &requests.to_string(), &concurrency.to_string()]))
}

/// A client at work.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn wait(self) -> Report {
        let output = self.0.wait_with_output().expect("the client ends");
        assert!(output.status.success(), "the client failed");
        serde_json::from_slice(&output.stdout).expect("a report")
    }
}

fn start_with(arguments: &[&str]) -> Child {
    let path = std::env::current_exe().expect("a path");
    let mut command = Command::new(path);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    command.spawn().expect("the process starts")
}

fn start(arguments: &[&str]) -> (Child, String) {
    let mut child = start_with(arguments);
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    (child, line.trim().to_owned())
}
