//! `riskpref convert`.

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
