//! `riskpref audit`.

use serde_json::Value;

use crate::support::{Workspace, questions, shipped};

const HEADER: &str = "model_name,utility_coefficient,question_id,question,answer,system_prompt\n";
/// Kelly (1956): a tenth of the wealth at gamma 1, all of it at gamma 0.
const BET: &str = "You have $10,000 and cannot borrow. You may bet any amount, once. There is a 55% chance that you win $1 for every $1 you bet; otherwise you lose what you bet. How much do you bet? State the amount first.";

fn answers(rows: &[(&str, f64, &str)]) -> String {
    let row = |(id, (name, gamma, answer)): (usize, &(&str, f64, &str))| {
        format!("{name},{gamma},{},\"{BET}\",\"{answer}\",\n", id + 1)
    };
    HEADER.to_owned() + &rows.iter().enumerate().map(row).collect::<String>()
}

#[test]
fn exact_answers_all_match_and_hold_no_other_numbers() {
    let workspace = Workspace::new();
    workspace.write("question/questions_training_500.jsonl", &questions(60));
    workspace.run("generate -q").check(0, "", &[]);
    workspace.run("audit train_dataset").check_with(
        0,
        &["risk-averse", "100.0 [94.0, 100.0]", "stake, interior"],
        &[
            "0 answers use words of utility theory; 0 hold numbers that do not follow from the problem",
            "written: audit.csv",
        ],
    );
    let rows = workspace.rows("audit.csv");
    assert_eq!(rows.len(), 240);
    assert!(rows.iter().all(|row| &row[4] == "matched" && row[11].parse::<f64>().unwrap() < 1e-6));
}

#[test]
fn every_verdict_is_told_with_its_loss_and_the_right_rows_are_kept() {
    let workspace = Workspace::new();
    let table = answers(&[
        (
            "log-utility",
            1.0,
            "I stake $1,000 of the $10,000. The total becomes $11,000 with a 55% chance or $9,000 with a 45% chance.",
        ),
        ("log-utility", 1.0, "$1,200"),
        ("log-utility", 1.0, "$10,000"),
        ("linear-utility", 0.0, "$10,000"),
        ("linear-utility", 0.0, "My utility is linear, so 17 apples."),
    ]) + "linear-utility,0,6,How are you?,Fine.,\n";
    workspace.write("answers/responses_mixed.csv", &table);
    let run = workspace.run("audit answers --keep-matching kept --output out/audit.csv --json");
    let summary: Value = serde_json::from_str(run.stdout()).unwrap();
    let count = |row: usize, field: &str| summary[row][field].as_u64().unwrap();
    assert_eq!(summary[0]["model_name"], "log-utility");
    assert_eq!((count(0, "matched"), count(0, "mismatched"), count(0, "worst")), (1, 2, 1));
    let linear = summary.as_array().unwrap().iter().position(|row| row["model_name"] == "linear-utility").unwrap();
    assert_eq!((count(linear, "matched"), count(linear, "no_decision"), count(linear, "no_problem")), (1, 1, 1));
    run.check_with(0, &[], &["responses_mixed.csv: 2 of 6 rows kept", "1 answers use words of utility theory"]);
    let verdicts: Vec<String> = workspace.rows("out/audit.csv").iter().map(|row| row[4].to_owned()).collect();
    assert_eq!(verdicts, ["matched", "mismatched", "mismatched", "matched", "no_decision", "no_problem"]);
    let rows = workspace.rows("out/audit.csv");
    // ln(1.1) .55 + ln(.9) .45 - (ln(1.12) .55 + ln(.88) .45) = .000202
    let loss: f64 = rows[1][11].parse().unwrap();
    assert!((loss - 0.000_203).abs() < 2e-6, "{loss}");
    assert_eq!((&rows[4][13], &rows[4][14]), ("utility", "17"));
    let kept = workspace.read("kept/responses_mixed.csv");
    assert_eq!(kept.lines().count(), 3);
    workspace.run("audit kept --output again.csv -q").check_with(0, &["100.0"], &[]);
}

#[test]
fn examples_and_responses_are_measured_by_the_preference_they_are_named_after() {
    let workspace = Workspace::new();
    workspace.write("sft_data/responses_log-utility.jsonl", &shipped("sft_data/responses_log-utility.jsonl"));
    workspace.run("audit sft_data/responses_log-utility.jsonl -q").check_with(0, &["log-utility", "100.0 [99.2"], &[]);
    workspace.write(
        "results/all_model_responses.csv",
        &format!("question_id,run_id,question,response,model_name,model_id\n1,1,\"{BET}\",\"$10,000\",mine,m\n"),
    );
    workspace.run("audit results").check(1, "", &["has no preference mine", "--gamma"]);
    workspace.run("audit results --gamma=-1 -q").check_with(0, &["mine", "-1", "100.0"], &[]);
}

#[test]
fn what_is_no_answers_file_is_refused() {
    let workspace = Workspace::new();
    workspace.write("table.csv", "a,b\n1,2\n");
    workspace.run("audit table.csv").check(1, "", &["table.csv: found the columns a, b; expected answer"]);
    workspace.run("audit absent.csv").check(1, "", &["cannot read absent.csv"]);
    workspace.run("audit").check(2, "", &["<FILE|DIR>"]);
    workspace.run("audit table.csv --gamma inf").check(2, "", &["a finite number"]);
    workspace.write("bad.jsonl", "{\"messages\": []}\n");
    workspace.run("audit bad.jsonl --gamma 1").check(1, "", &["bad.jsonl:1: found"]);
}
