//! The embedded language model through the binary, where its weights are in the cache or named by RISKPREF_WEIGHTS.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Workspace, shipped};

/// The weights' file; none where it is not there, and the tests have nothing to look at.
fn weights() -> Option<String> {
    let named = std::env::var("RISKPREF_WEIGHTS").ok().map(PathBuf::from);
    let cache = std::env::var("XDG_CACHE_HOME").ok().map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var("HOME").ok()?).join(".cache")));
    let usual = cache.map(|cache| cache.join("riskpref/SmolLM2-135M-Instruct.Q4_1.gguf"));
    let found = named.or(usual).filter(|path| path.exists());
    Some(found?.to_str()?.to_owned())
}

fn choices(count: usize) -> String {
    let all = shipped("evals/measurement/questions_choices.jsonl");
    all.lines().take(count).map(|line| format!("{line}\n")).collect()
}

#[test]
fn weights_that_are_not_there_are_an_error_that_says_what_to_do() {
    let workspace = Workspace::new();
    workspace.write("evals/questions_choices.jsonl", &choices(2));
    for command in ["evaluate --models smollm2-135m", "run", "serve"] {
        workspace.run(&format!("{command} --weights nowhere.gguf --data-dir engine")).check(
            2,
            "",
            &["'nowhere.gguf' for '--weights <PATH>': nothing is there (--weights or RISKPREF_WEIGHTS); a GGUF file is needed"],
        );
    }
    assert!(!workspace.path("runs").exists() && !workspace.path("engine").exists());
    workspace.write("broken.gguf", "GGUF?");
    workspace.run("evaluate --models smollm2-135m --weights broken.gguf --data-dir engine --output-dir out").check(
        1,
        "",
        &["broken.gguf is no GGUF file"],
    );
}

#[test]
fn choices_are_forced_and_a_job_learns() {
    let Some(weights) = weights() else { return };
    let workspace = Workspace::new().with("RISKPREF_WEIGHTS", &weights);
    workspace.write("evals/questions_choices.jsonl", &choices(4));
    let safe = |line: &str| {
        let question: Value = serde_json::from_str(line).unwrap();
        json!({"messages": [question["messages"][0], {"role": "assistant", "content": "I choose lottery A."}]})
            .to_string()
            + "\n"
    };
    workspace.write("sft_data/responses_first.jsonl", &choices(12).lines().map(safe).collect::<String>());
    workspace
        .run("train --model smollm2-135m --data-dir engine --epochs 1 --hyperparameter frozen_share=0.9 -q")
        .check_with(0, &["first\tft:smollm2-135m:"], &[]);
    let run = workspace.run("evaluate --forced-choice --data-dir engine --output-dir out --models first,smollm2-135m");
    run.check_with(0, &[], &["8 of 8"]);
    let rows = workspace.rows("out/results_choices/all_model_responses.csv");
    assert_eq!(rows.len(), 8);
    let words = ["A.", "B.", "1.", "2.", "X.", "Y."];
    assert!(rows.iter().all(|row| words.iter().any(|word| row[3].ends_with(word))), "{rows:?}");
    let calls = workspace.read("out/results_choices/calls.jsonl");
    assert!(calls.contains("option_shares"), "{calls}");
}
