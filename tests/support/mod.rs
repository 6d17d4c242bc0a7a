//! A workspace to run the binary in, a server to talk to, and a layer of faults before it.

pub(crate) mod batches;
pub(crate) mod faults;
pub(crate) mod http;
pub(crate) mod limited;
mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) use server::Server;

/// A temporary folder with the shipped prompts, in which `riskpref` runs without the caller's environment.
pub(crate) struct Workspace {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() };
        workspace.write("prompt/improved_prompts.csv", &shipped("prompt/improved_prompts.csv"));
        workspace
    }

    /// Sets an environment variable of the runs to come.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[track_caller]
    pub(crate) fn write(&self, name: &str, contents: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = std::fs::File::create(path).unwrap();
        std::io::Write::write_all(&mut file, contents.as_bytes()).unwrap();
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Lines of a file.
    #[track_caller]
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        self.read(name).lines().map(str::to_owned).collect()
    }

    /// The rows of a CSV file, without the header.
    #[track_caller]
    pub(crate) fn rows(&self, name: &str) -> Vec<csv::StringRecord> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        reader.records().map(|row| row.unwrap()).collect()
    }

    /// A JSON file.
    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = self.command_of(env!("CARGO_BIN_EXE_riskpref"));
        command.args(arguments.split_whitespace());
        command
    }

    /// Another program, where `riskpref` would run.
    pub(crate) fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path()).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `riskpref` with arguments that hold no spaces.
    pub(crate) fn run(&self, arguments: &str) -> Run {
        Run::of(arguments, &self.command(arguments).output().unwrap())
    }
}

/// A text of the repository.
pub(crate) fn shipped(name: &str) -> String {
    std::fs::read_to_string(repository().join(name)).unwrap()
}

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `count` questions that the agent can read, as JSONL.
pub(crate) fn questions(count: usize) -> String {
    shipped("question/questions_training_500.jsonl").lines().take(count).map(|line| format!("{line}\n")).collect()
}

/// A finished run. Each of its three parts has to be looked at, or the test fails.
#[must_use]
pub(crate) struct Run {
    arguments: String,
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    pub(crate) fn of(arguments: &str, output: &Output) -> Self {
        Self {
            arguments: arguments.to_owned(),
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// Checks the status, that stdout is exactly `stdout`, and that stderr has each of `stderr` and, when there are none,
    /// nothing.
    #[track_caller]
    pub(crate) fn check(self, status: i32, stdout: &str, stderr: &[&str]) {
        assert_eq!(self.stdout, stdout, "stdout of {}\nstderr: {}", self.arguments, self.stderr);
        self.check_with(status, &[], stderr);
    }

    /// As [`Run::check`], with parts of stdout.
    #[track_caller]
    pub(crate) fn check_with(self, status: i32, stdout: &[&str], stderr: &[&str]) {
        let Self { arguments, stdout: out, stderr: err, .. } = &self;
        assert_eq!(self.status, Some(status), "status of {arguments}\nstdout: {out}\nstderr: {err}");
        for part in stdout {
            assert!(out.contains(part), "stdout of {arguments} lacks {part:?}:\n{out}");
        }
        for part in stderr {
            assert!(err.contains(part), "stderr of {arguments} lacks {part:?}:\n{err}");
        }
        assert!(!stderr.is_empty() || err.is_empty(), "stderr of {arguments}: {err}");
    }

    pub(crate) fn stdout(&self) -> &str {
        &self.stdout
    }

    pub(crate) fn stderr(&self) -> &str {
        &self.stderr
    }
}
