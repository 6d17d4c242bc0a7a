//! `--help`, `--version` and wrong usage.

use crate::support::Workspace;

#[test]
fn every_command_explains_itself_with_examples() {
    let workspace = Workspace::new();
    for command in [
        "questions",
        "generate",
        "audit",
        "convert",
        "train",
        "evaluate",
        "judge",
        "analyze",
        "estimate",
        "run",
        "serve",
        "doctor",
    ] {
        workspace.run(&format!("{command} --help")).check_with(0, &["Usage: riskpref", "Examples:"], &[]);
    }
    workspace.run("--help").check_with(0, &["Exit status: 0 complete", "riskpref run"], &[]);
    workspace.run("--version").check(0, concat!("riskpref ", env!("CARGO_PKG_VERSION"), "\n"), &[]);
}

#[test]
fn wrong_usage_is_status_2() {
    let workspace = Workspace::new();
    workspace.run("evaluate --num-runs none").check(2, "", &["invalid value 'none' for '--num-runs"]);
    workspace.run("evaluate --batch-size 0").check(2, "", &["'--batch-size"]);
    workspace.run("conquer").check(2, "", &["unrecognized subcommand 'conquer'"]);
    workspace.run("eval --list-models").check(1, "", &["names no models"]);
}
