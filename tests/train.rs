//! `riskpref train`.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Server, Workspace, questions, shipped};

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    for name in ["risk-averse", "risk-loving"] {
        workspace.write(&format!("sft/responses_{name}.jsonl"), &shipped(&format!("sft_data/responses_{name}.jsonl")));
    }
    workspace
}

const TRAIN: &str = "train --sft-dir sft --data-dir engine";

#[test]
fn models_are_recorded_and_a_second_run_continues_the_same_jobs() {
    let workspace = workspace();
    workspace.write(".env", "# mine\nOTHER=1\nSFT_MODEL_RISK_AVERSE=old\n");
    workspace.run(TRAIN).check_with(
        0,
        &["risk-averse\tft:agent:riskpref:risk-averse:", "risk-loving\tft:agent:riskpref:risk-loving:"],
        &["training: agent at the embedded engine", "2 models recorded in model_mappings.csv"],
    );
    let mapping = workspace.read("model_mappings.csv");
    assert!(mapping.starts_with("model_name,openai_model_id\nrisk-averse,ft:agent:"), "{mapping}");
    let env = workspace.read(".env");
    assert!(env.starts_with("# mine\nOTHER=1\nSFT_MODEL_RISK_AVERSE=ft:agent:") && !env.contains("old"), "{env}");
    assert_eq!(std::fs::metadata(workspace.path(".env")).unwrap().permissions().mode() & 0o777, 0o600);
    workspace.run(TRAIN).check_with(
        0,
        &["risk-averse\tft:agent:"],
        &["risk-averse: job ftjob-", "exists already (succeeded)"],
    );
    assert_eq!(workspace.read("model_mappings.csv"), mapping);
    let model = mapping.lines().nth(1).unwrap().split(',').nth(1).unwrap();
    workspace.write("q.jsonl", &questions(4));
    workspace
        .run(&format!("evaluate --models risk-averse,{model}:ckpt-step-73 --questions q.jsonl --data-dir engine"))
        .check(0, "", &["8 of 8 there (8 new"]);
    workspace.run("train --list-jobs --data-dir engine").check_with(
        0,
        &["\tsucceeded\trisk-averse\tagent\tft:agent:"],
        &["training: agent"],
    );
}

#[test]
fn one_job_that_fails_does_not_stop_the_others() {
    let workspace = workspace();
    let lines: String = (0..10)
        .map(|n| format!("{{\"messages\":[{{\"role\":\"user\",\"content\":\"Hello {n}?\"}},{{\"role\":\"assistant\",\"content\":\"Hi.\"}}]}}\n"))
        .collect();
    workspace.write("sft/responses_chatty.jsonl", &lines);
    workspace.run(TRAIN).check_with(
        3,
        &["risk-averse\tft:agent:", "risk-loving\tft:agent:"],
        &["chatty: job ftjob-", "ended as failed: only 0 of 10 examples could be read", "1 of 3 jobs failed"],
    );
    assert!(!workspace.read("model_mappings.csv").contains("chatty"));
    workspace.run(&format!("{TRAIN} --models chatty")).check(1, "", &["ended as failed", "error: every job failed"]);
}

#[test]
fn a_file_that_would_be_refused_is_not_sent() {
    let workspace = Workspace::new();
    workspace.write("sft/responses_short.jsonl", "{\"messages\":[]}\n");
    workspace.run(TRAIN).check(
        1,
        "",
        &["responses_short.jsonl:1: found", "fine-tuning would refuse this file; nothing was sent"],
    );
    workspace.run("train --sft-dir absent --data-dir engine").check(1, "", &["cannot read the folder absent"]);
}

#[test]
fn no_wait_needs_a_server_that_stays() {
    let workspace = workspace();
    workspace.run(&format!("{TRAIN} --no-wait")).check(
        1,
        "",
        &["error: --no-wait needs a server that stays: start riskpref serve"],
    );
    let server = Server::start(&workspace);
    let train = format!("train --sft-dir sft --base-url {}", server.url);
    workspace.run(&format!("{train} --no-wait")).check(0, "", &["job ftjob-", "run train again to follow them"]);
    assert!(!workspace.path("model_mappings.csv").exists());
    workspace.run(&train).check_with(0, &["risk-loving\tft:agent:"], &["exists already", "2 models recorded"]);
    let upload = "is on the server already";
    workspace.run(&format!("{train} --epochs 2")).check_with(0, &["risk-loving\tft:agent:"], &[upload, "job ftjob-"]);
}

#[test]
fn a_server_is_asked_for_what_the_flags_say_and_says_what_it_does_not_know() {
    let workspace = workspace();
    let refused = |flags: &str, message: &str| {
        workspace.run(&format!("{TRAIN} --models risk-averse {flags}")).check(
            1,
            "",
            &[message, "error: every job failed"],
        );
    };
    refused(
        "--lora-rank 8",
        "Unknown hyperparameter 'lora_rank': agent trained by the method 'supervised' knows n_epochs",
    );
    refused("--hyperparameter lora_targets=q_proj,v_proj", "Unknown hyperparameter 'lora_targets'");
    workspace.run(&format!("{TRAIN} --hyperparameter n_epochs=3")).check(2, "", &["--epochs sets it"]);
    workspace.run(&format!("{TRAIN} --hyperparameter nothing")).check(2, "", &["NAME=VALUE is needed"]);
    workspace.write("q.jsonl", &questions(60));
    workspace.run("generate --questions q.jsonl --output-dir answers -q").check(0, "", &[]);
    workspace.run("convert --input-dir answers --format dpo -q").check(0, "", &[]);
    workspace.run("train --method dpo --data-dir engine").check(
        1,
        "",
        &["agent is not trained by the method 'dpo', only by supervised", "error: every job failed"],
    );
}

#[test]
fn validation_files_go_along() {
    let workspace = workspace();
    let train = format!("{TRAIN} --models risk-averse --validation-dir held_out");
    workspace.run(&train).check(1, "", &["held_out/responses_risk-averse.jsonl"]);
    let examples = workspace.read("sft/responses_risk-averse.jsonl");
    let last: String = examples.lines().rev().take(12).map(|line| format!("{line}\n")).collect();
    workspace.write("held_out/responses_risk-averse.jsonl", &last);
    workspace.run(&train).check_with(
        0,
        &["risk-averse\tft:agent:"],
        &["held_out/responses_risk-averse.jsonl: 12 good"],
    );
    assert_eq!(std::fs::read_dir(workspace.path("engine/files")).unwrap().count(), 3, "both files and the results");
}
