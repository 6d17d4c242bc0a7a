//! Disks that give out, folders that cannot be written to, and files that were torn.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::support::{Run, Workspace, questions};

const EVALUATE: &str = "evaluate --questions q.jsonl --models agent --num-runs 3 --output-dir out --data-dir engine";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", &questions(40));
    workspace
}

/// Rows of whole lines in the journal.
fn journaled(workspace: &Workspace) -> usize {
    let text = workspace.read("out/results_q/calls.jsonl");
    text.split_inclusive('\n').filter(|line| line.ends_with('\n')).count()
}

#[test]
fn a_disk_that_gives_out_is_a_clear_error_and_nothing_is_lost() {
    let workspace = workspace();
    // A file may grow to 16 blocks of 512 bytes, as on a disk with no more room; the signal that says so is not listened to.
    let program = env!("CARGO_BIN_EXE_riskpref");
    let script = format!("trap '' XFSZ; ulimit -f 16; exec {program} {EVALUATE} --batch-size 2");
    let command = workspace.command("");
    let environment: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
    let folder = command.get_current_dir().unwrap().to_owned();
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(folder).env_clear();
    shell.envs(environment.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.output().unwrap();
    let run = Run::of(&script, &output);
    run.check(1, "", &["error: cannot write out/results_q/calls.jsonl", "File too large"]);
    let kept = journaled(&workspace);
    assert!((1..120).contains(&kept), "{kept} calls are kept");
    workspace.run(EVALUATE).check(0, "", &[&format!("120 of 120 there ({} new, {kept} from before)", 120 - kept)]);
    assert_eq!(workspace.rows("out/results_q/all_model_responses.csv").len(), 120);
}

#[test]
fn a_full_disk_is_a_clear_error_and_nothing_is_lost() {
    let workspace = workspace();
    let disk = workspace.path("out");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=32k", "none"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a small disk can be mounted by root only");
        return;
    }
    let _unmounted = Unmount(disk.clone());
    workspace.run(EVALUATE).check(1, "", &["error: cannot write", "No space left on device"]);
    let kept = journaled(&workspace);
    assert!((1..120).contains(&kept), "{kept} calls are kept");
    assert!(Command::new("mount").args(["-o", "remount,size=10m"]).arg(&disk).status().unwrap().success());
    workspace.run(EVALUATE).check(0, "", &[&format!("120 of 120 there ({} new, {kept} from before)", 120 - kept)]);
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named_before_anything_is_asked() {
    let workspace = workspace();
    std::fs::create_dir(workspace.path("out")).unwrap();
    let open = |name: &str, mode: u32| {
        std::fs::set_permissions(workspace.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open("", 0o755);
    open("out", 0o555);
    let mut command = workspace.command(EVALUATE);
    if is_root() {
        // Root may write anywhere, so nobody tries.
        command.uid(65_534).gid(65_534);
        if command.output().is_err() {
            eprintln!("skipped: root cannot become another user here");
            return;
        }
    }
    Run::of(EVALUATE, &command.output().unwrap()).check(
        1,
        "",
        &["error: cannot make the folder out/results_q", "ermission denied"],
    );
    open("out", 0o755);
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

#[test]
fn a_torn_last_line_is_asked_for_again_and_a_damaged_one_is_named() {
    let workspace = workspace();
    workspace.run(EVALUATE).check(0, "", &["120 of 120 there (120 new"]);
    let table = workspace.read("out/results_q/all_model_responses.csv");
    let journal = workspace.read("out/results_q/calls.jsonl");
    workspace.write("out/results_q/calls.jsonl", &journal[..journal.len() - 30]);
    // A table would hand its row back to the journal.
    for name in ["all_model_responses.csv", "agent_responses.csv"] {
        std::fs::remove_file(workspace.path(&format!("out/results_q/{name}"))).unwrap();
    }
    workspace.run(EVALUATE).check(0, "", &["120 of 120 there (1 new, 119 from before)"]);
    assert_eq!(workspace.read("out/results_q/all_model_responses.csv"), table);
    let damaged = journal.replacen("\"question\"", "\"quest", 1);
    workspace.write("out/results_q/calls.jsonl", &damaged);
    workspace.run(EVALUATE).check(1, "", &["calls.jsonl:1: found a damaged line", "Remove the line"]);
}
