//! The files that ship: made again from their seed they are the same, and they are what the README says.

use crate::support::{Workspace, repository, shipped};

#[test]
fn the_shipped_sets_and_training_files_are_made_again_byte_by_byte() {
    let workspace = Workspace::new();
    workspace.run("questions --shipped . -q").check(0, "", &[]);
    for folder in ["question", "evals", "evals/measurement", "sft_data"] {
        let entries = std::fs::read_dir(workspace.path(folder)).unwrap().map(Result::unwrap);
        for entry in entries.filter(|entry| entry.path().is_file()) {
            let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            assert!(workspace.read(&name) == shipped(&name), "{name} differs; run riskpref questions --shipped .");
        }
    }
}

#[test]
fn training_files_pass_validation_and_hold_no_utility_words() {
    let workspace = Workspace::new();
    for entry in std::fs::read_dir(repository().join("sft_data")).unwrap() {
        let name = format!("sft_data/{}", entry.unwrap().file_name().to_str().unwrap());
        workspace.write(&name, &shipped(&name));
        let text = shipped(&name).to_lowercase();
        assert_eq!(text.lines().count(), 500, "{name}");
        for word in ["utility", "expected value", "crra", "kelly", "risk aversion", "\"system\""] {
            assert!(!text.contains(word), "{name} holds {word}");
        }
    }
    workspace.run("convert --validate-only").check(0, "", &["500 good examples, 0 refused, 0 duplicates"]);
}
