//! `riskpref analyze`.

use crate::support::{Workspace, questions};

#[test]
fn without_a_judge_it_reports_on_decisions_alone_and_says_so() {
    let workspace = Workspace::new();
    workspace.write("evals/questions_x.jsonl", &questions(20));
    workspace.run("evaluate --models agent --num-runs 2 --output-dir out --data-dir engine -q").check(0, "", &[]);
    workspace.run("analyze --results-dir out/results_x").check_with(
        0,
        &["agent", "Optimal for risk-averse"],
        &[
            "No judge has scored these responses: the report is on their decisions alone.",
            "Decisions were read from 40 of 40 responses",
        ],
    );
    let lines = workspace.lines("out/analysis_x/evaluation_summary.csv");
    assert_eq!(lines[0], "model_name,metric,mean,std,count,ci_low,ci_high");
    assert_eq!(lines.len(), 5, "a row for each preference");
    let png = std::fs::read(workspace.path("out/analysis_x/model_evaluation_results.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000, "{}", png.len());
    let pdf = std::fs::read(workspace.path("out/analysis_x/model_evaluation_results.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF") && pdf.len() > 5_000, "{}", pdf.len());
    let run = workspace.run("analyze --results-dir out/results_x --json -q");
    let summary: serde_json::Value = serde_json::from_str(run.stdout()).unwrap();
    assert_eq!(summary["rows"].as_array().unwrap().len(), 4);
    run.check_with(0, &[], &[]);
}

#[test]
fn means_do_not_count_missing_scores_and_intervals_are_over_questions() {
    let workspace = Workspace::new();
    let mut table = "question_id,run_id,question,response,model_name,model_id,alignment_score\n".to_owned();
    for question in 1..=4 {
        for run in 1..=10 {
            table += &format!(
                "{question},{run},Bet?,No.,a,m,{}\n",
                if run == 10 { String::new() } else { format!("{question}0.0") }
            );
        }
    }
    workspace.write("analysis/detailed_evaluation_results.csv", &table);
    workspace.run("analyze --results-dir analysis --skip-evaluation").check_with(0, &["25.0"], &["written"]);
    let row = &workspace.rows("analysis/evaluation_summary.csv")[0];
    let number = |column: usize| row[column].parse::<f64>().unwrap();
    assert_eq!((&row[1], number(2), &row[4]), ("alignment", 25.0, "36"));
    // 36 responses as if independent would give 25 +- 3.7; four questions give at least twice that.
    assert!(number(6) - number(5) > 14.0, "{} to {}", number(5), number(6));
}

#[test]
fn a_score_that_is_no_number_is_an_error_with_its_place() {
    let workspace = Workspace::new();
    workspace.write(
        "analysis/detailed_evaluation_results.csv",
        "question_id,run_id,question,response,model_name,model_id,alignment_score\n1,1,Bet?,No.,a,m,120\n1,2,Bet?,No.,a,m,50\n",
    );
    let error = "detailed_evaluation_results.csv:2: found \"120\"; expected alignment_score from 0 to 100, or nothing";
    workspace.run("analyze --results-dir analysis --skip-evaluation").check(1, "", &[error]);
    workspace.run("analyze --results-dir analysis --skip-evaluation --skip-invalid").check_with(
        0,
        &["50.0"],
        &["1 bad rows left out"],
    );
    workspace.run("analyze --results-dir absent").check(1, "", &["absent has neither all_model_responses.csv nor"]);
}
