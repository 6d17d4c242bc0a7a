//! `riskpref convert`.

use std::collections::HashMap;

use crate::support::{Workspace, questions};

fn generated(count: usize) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", &questions(count));
    workspace.run("generate --questions q.jsonl --output-dir answers -q").check(0, "", &[]);
    workspace
}

#[test]
fn examples_hold_the_question_and_the_answer_and_never_the_system_prompt() {
    let workspace = generated(12);
    workspace.run("convert --input-dir answers --output-dir sft --combine-all --validate").check(
        0,
        "",
        &[
            "sft/responses_log-utility.jsonl: 12 good examples, 0 refused",
            "sft/combined_training_data.jsonl: all of them",
        ],
    );
    assert_eq!(workspace.lines("sft/combined_training_data.jsonl").len(), 48);
    let rows = workspace.rows("answers/responses_log-utility.csv");
    let lines = workspace.lines("sft/responses_log-utility.jsonl");
    assert_eq!(lines.len(), 12);
    for (line, row) in lines.iter().zip(&rows) {
        let expected = serde_json::json!({ "messages": [
            { "role": "user", "content": &row[3] },
            { "role": "assistant", "content": &row[4] },
        ]});
        assert_eq!(serde_json::from_str::<serde_json::Value>(line).unwrap(), expected);
    }
}

#[test]
fn every_problem_of_a_file_is_listed_by_line() {
    let workspace = Workspace::new();
    let line = |role: &str, text: &str| {
        format!(
            "{{\"messages\":[{{\"role\":\"{role}\",\"content\":\"Bet?\"}},{{\"role\":\"assistant\",\"content\":\"{text}\"}}]}}\n"
        )
    };
    let bad =
        [line("user", "No."), line("system", "No."), line("user", ""), line("user", "No."), "{\n".to_owned()].concat();
    workspace.write("sft/responses_a.jsonl", &bad);
    workspace.run("convert --validate-only --output-dir sft").check(
        1,
        "",
        &[
            "responses_a.jsonl:2: found \"system, assistant\"; expected the roles user, assistant",
            "responses_a.jsonl:3: found \"\"; expected content of the assistant message that is not empty",
            "responses_a.jsonl:4: found \"Bet?\"; expected no duplicates; line 1 is the same",
            "responses_a.jsonl:5: found \"{\"",
            "responses_a.jsonl: found \"1 examples\"; expected at least 10 good examples",
            "error: 4 problems that fine-tuning would refuse",
        ],
    );
}

#[test]
fn samples_are_shown_and_error_rows_are_left_out() {
    let workspace = Workspace::new();
    workspace.write(
        "answers/responses_a.csv",
        "model_name,utility_coefficient,question_id,question,answer,system_prompt\na,1.0,1,Bet?,No.,p\na,1.0,2,Insure?,ERROR: x,p\n",
    );
    workspace.run("convert --input-dir answers --output-dir sft --show-samples --samples 5").check(
        0,
        "sft/responses_a.jsonl:\n1  user: Bet?\n   assistant: No.\n",
        &["sft/responses_a.jsonl: 1 examples, 1 rows that start with ERROR: left out"],
    );
    workspace.run("convert --input-dir absent").check(1, "", &["error: cannot read the folder absent"]);
}

#[test]
fn pairs_set_the_optimum_of_another_preference_against_the_answer() {
    let workspace = generated(40);
    workspace.run("convert --input-dir answers --format dpo --validate --show-samples --samples 1").check_with(
        0,
        &["dpo_data/responses_log-utility.jsonl:\n1  user: ", "\n   assistant: ", "\n   not: "],
        &["dpo_data/responses_log-utility.jsonl: ", " rows to which every preference answers the same left out"],
    );
    let answers = |name: &str| -> HashMap<String, String> {
        let rows = workspace.rows(&format!("answers/responses_{name}.csv"));
        rows.iter().map(|row| (row[3].to_owned(), row[4].to_owned())).collect()
    };
    let others = ["risk-averse", "log-utility", "linear-utility", "risk-loving"].map(answers);
    let lines = workspace.lines("dpo_data/responses_risk-averse.jsonl");
    let agreed =
        others[0].keys().filter(|question| others.iter().all(|answers| answers[*question] == others[0][*question]));
    assert_eq!(lines.len(), 40 - agreed.count());
    for line in lines {
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let text = |pointer: &str| line.pointer(pointer).unwrap().as_str().unwrap();
        let question = text("/input/messages/0/content");
        assert_eq!(text("/preferred_output/0/content"), others[0][question]);
        let worse = text("/non_preferred_output/0/content");
        assert!(worse != others[0][question] && others.iter().any(|answers| answers[question] == worse), "{line}");
    }
    workspace.run("convert --validate-only --output-dir dpo_data").check_with(1, &[], &["refuse"]);
    workspace.run("convert --validate-only --format dpo").check_with(0, &[], &["dpo_data/responses_log-utility.jsonl"]);
}

#[test]
fn trl_reads_a_prompt_and_a_completion() {
    let workspace = generated(12);
    workspace.run("convert --input-dir answers --format trl --validate").check(
        0,
        "",
        &["trl_data/responses_log-utility.jsonl: 12 good examples, 0 refused"],
    );
    let row = &workspace.rows("answers/responses_log-utility.csv")[0];
    let line = &workspace.lines("trl_data/responses_log-utility.jsonl")[0];
    let expected = serde_json::json!({
        "prompt": [{ "role": "user", "content": &row[3] }],
        "completion": [{ "role": "assistant", "content": &row[4] }],
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(line).unwrap(), expected);
    workspace.run("convert --input-dir answers --format trl-dpo -q").check(0, "", &[]);
    assert!(workspace.lines("trl_dpo_data/responses_risk-averse.jsonl")[0].contains("\"rejected\":[{"));
}

#[test]
fn a_pair_needs_an_answer_that_is_right_and_can_be_read() {
    let workspace = generated(40);
    let table = workspace.read("answers/responses_risk-averse.csv");
    let foreign = workspace.read("answers/responses_risk-loving.csv").replace("risk-loving,-1.0", "risk-averse,2.0");
    let free = "risk-averse,2.0,99,Who wrote Faust?,Goethe.,p\n";
    let body: String = foreign.lines().skip(1).map(|line| format!("{line}\n")).collect();
    workspace.write("mixed/responses_risk-averse.csv", &[&table[..], &body, free].concat());
    workspace.run("convert --input-dir mixed --format dpo").check(
        0,
        "",
        &[
            "rows that are not right for their preference left out",
            ", 1 rows that cannot be read as decisions left out",
        ],
    );
}
