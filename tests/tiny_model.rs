//! The language model engine through the binary, with the random models of `tests/fixtures/tiny`.

use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Workspace, questions, repository, shipped};

fn workspace(model: &str) -> Workspace {
    let path = repository().join("tests/fixtures/tiny").join(model);
    Workspace::new().with("RISKPREF_WEIGHTS", path.to_str().unwrap())
}

/// Choices as the shipped set has them.
fn choices(count: usize) -> String {
    let all = shipped("evals/measurement/questions_choices.jsonl");
    all.lines().take(count).map(|line| format!("{line}\n")).collect()
}

/// Twelve examples that choose the same.
fn lessons() -> String {
    let lesson = |line: &str| {
        let question: Value = serde_json::from_str(line).unwrap();
        json!({"messages": [question["messages"][0], {"role": "assistant", "content": "I choose lottery A."}]})
            .to_string()
            + "\n"
    };
    choices(12).lines().map(lesson).collect()
}

/// The files in a folder of the engine's folders whose name ends so, in the order of their paths.
fn found(workspace: &Workspace, folder: &str, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(workspace.path(folder)) else { return Vec::new() };
    let entries = entries.map(|entry| entry.unwrap().path());
    let inner = entries.flat_map(|path| std::fs::read_dir(&path).into_iter().flatten().flatten().collect::<Vec<_>>());
    let mut paths: Vec<PathBuf> = inner.map(|entry| entry.path()).filter(|path| path.ends_with(end)).collect();
    paths.sort();
    paths
}

/// The job's table of metrics: a step in a row.
fn losses(workspace: &Workspace) -> Vec<f64> {
    let tables = found(workspace, "engine/files", "content").into_iter();
    let mut tables = tables.map(|path| std::fs::read_to_string(path).unwrap());
    let table = tables.find(|text| text.starts_with("step,")).unwrap();
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let place = rows.headers().unwrap().iter().position(|name| name == "train_loss").unwrap();
    rows.records().map(|row| row.unwrap()[place].parse().unwrap()).collect()
}

#[test]
fn folders_and_files_of_both_families_learn_and_choose() {
    for model in ["llama", "llama.gguf", "qwen2", "qwen2.gguf"] {
        let workspace = workspace(model);
        workspace.write("evals/questions_choices.jsonl", &choices(4));
        workspace.write("sft_data/responses_first.jsonl", &lessons());
        workspace.run("train --model smollm2-135m --data-dir engine --epochs 6 --learning-rate 0.02").check_with(
            0,
            &["first\tft:smollm2-135m:"],
            &["1 models recorded"],
        );
        let losses = losses(&workspace);
        assert!(losses.len() == 12 && losses[11] < 0.9 * losses[0], "{model}: {losses:?}");
        // A random model has no option among its likeliest tokens, and every choice is made all the same.
        workspace
            .run("evaluate --forced-choice --data-dir engine --output-dir out --models first,smollm2-135m")
            .check_with(0, &[], &["8 of 8"]);
        let calls = workspace.lines("out/results_choices/calls.jsonl");
        for call in calls.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let shares = call["details"]["option_shares"].as_array().unwrap_or_else(|| panic!("{call}"));
            let total: f64 = shares.iter().map(|share| share.as_f64().unwrap()).sum();
            assert!(shares.len() >= 2 && (total - 1.0).abs() < 1e-9, "{call}");
        }
    }
}

#[test]
fn preferences_are_learned_from_pairs() {
    let workspace = workspace("llama");
    workspace.write("q.jsonl", &questions(40));
    workspace.run("generate --questions q.jsonl --output-dir answers").check(0, "", &["160 of 160"]);
    workspace.run("convert --format dpo --input-dir answers --output-dir dpo_data").check(
        0,
        "",
        &["responses_risk-averse.jsonl: 30 examples, 10 rows to which every preference answers the same"],
    );
    workspace
        .run("train --method dpo --model smollm2-135m --data-dir engine --epochs 4 --models risk-averse --learning-rate 0.01")
        .check_with(0, &["risk-averse\tft:smollm2-135m:"], &["30 good examples"]);
    let losses = losses(&workspace);
    assert!(
        (losses[0] - std::f64::consts::LN_2).abs() < 1e-6,
        "at first both answers are as likely as before: {losses:?}"
    );
    assert!(losses.len() == 16 && losses[12..].iter().all(|loss| *loss < 0.6), "{losses:?}");
    workspace.write("ask.jsonl", &questions(1));
    workspace
        .run("evaluate --models risk-averse --questions ask.jsonl --data-dir engine --output-dir out --max-tokens 12")
        .check(0, "", &["1 of 1 there"]);
    assert!(!workspace.rows("out/results_ask/all_model_responses.csv")[0][3].is_empty());
}

const LONG: &str = "train --model smollm2-135m --data-dir engine --epochs 20 --training-batch-size 2";

/// Starts a long training and waits until its state is there.
fn started(workspace: &Workspace) -> Child {
    let child = workspace.command(LONG).spawn().unwrap();
    let begin = Instant::now();
    while found(workspace, "engine/scratch", "state.safetensors").is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(60), "no state came");
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

#[test]
fn a_killed_training_ends_with_the_bytes_of_an_undisturbed_one() {
    let [whole, killed] = [0, 1].map(|_| {
        let workspace = workspace("llama");
        workspace.write("sft_data/responses_first.jsonl", &lessons());
        workspace
    });
    whole.run(LONG).check_with(0, &["first\tft:smollm2-135m:"], &["job ftjob-"]);
    let mut child = started(&killed);
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "it was killed before its end");
    killed.run(LONG).check_with(0, &["first\tft:smollm2-135m:"], &["exists already ("]);
    let jobs = std::fs::read_dir(killed.path("engine/jobs")).unwrap().map(|entry| entry.unwrap().path());
    let jobs: String = jobs.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert!(jobs.contains("Resumed at step "));
    let job = std::fs::read_dir(whole.path("engine/jobs")).unwrap().next().unwrap().unwrap().path();
    let job: Value = serde_json::from_str(std::fs::read_to_string(job).unwrap().lines().next().unwrap()).unwrap();
    let tokens = format!("\"trained_tokens\":{}", job["job"]["trained_tokens"]);
    assert!(jobs.contains(&tokens), "{tokens}");
    let [one, other] =
        [&whole, &killed].map(|workspace| found(workspace, "engine/models", "adapter_model.safetensors"));
    assert_eq!((one.len(), other.len()), (20, 20), "19 checkpoints and the end");
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(std::fs::read(one).unwrap(), std::fs::read(other).unwrap(), "{} {}", one.display(), other.display());
    }
    assert!(found(&killed, "engine/scratch", "state.safetensors").is_empty());
}

#[test]
fn a_model_of_another_size_is_not_given_the_adapters_of_this_one() {
    let workspace = workspace("llama");
    workspace.write("evals/questions_choices.jsonl", &choices(1));
    workspace.write("sft_data/responses_first.jsonl", &lessons());
    workspace.run("train --model smollm2-135m --data-dir engine --epochs 1 -q").check_with(
        0,
        &["first\tft:smollm2-135m:"],
        &[],
    );
    let other = repository().join("tests/fixtures/tiny/qwen2.gguf");
    workspace.run(&format!("evaluate --weights {} --models first --data-dir engine", other.display())).check(
        1,
        "",
        &["tests/fixtures/tiny/llama, and the weights are of another size; name its own with --weights"],
    );
}

#[test]
fn what_cannot_be_run_says_what_it_is() {
    let fixture = |name: &str| shipped(&format!("tests/fixtures/tiny/llama/{name}"));
    let refused = |file: &str, contents: Option<String>, words: &str| {
        let workspace = Workspace::new();
        workspace.write("evals/questions_choices.jsonl", &choices(1));
        for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"] {
            workspace.write(&format!("model/{name}"), &fixture(name));
        }
        match contents {
            Some(contents) => workspace.write(&format!("model/{file}"), &contents),
            None => std::fs::remove_file(workspace.path("model").join(file)).unwrap(),
        }
        workspace.run("evaluate --weights model --models smollm2-135m --data-dir engine").check(1, "", &[words]);
    };
    let config = |from: &str, to: &str| Some(fixture("config.json").replace(from, to));
    refused(
        "config.json",
        config("\"llama\"", "\"gemma3\""),
        "the model_type is gemma3; only llama and qwen2 can be run",
    );
    refused("config.json", config("\"default\"", "\"yarn\""), "rotations scaled by the way yarn are not supported");
    refused("config.json", config("\"silu\"", "\"gelu\""), "the activation is gelu; only silu can be run");
    refused("config.json", None, "config.json, which a folder with a model has beside its safetensors files");
    refused("tokenizer.json", None, "model has no tokenizer.json; save it there with transformers");
    refused("chat_template.jinja", None, "model has no chat template");
    refused("model.safetensors", Some("{}".into()), "model.safetensors is no safetensors file");
    refused("other", Some(String::new()), "model has neither model.safetensors nor model.safetensors.index.json");
}
