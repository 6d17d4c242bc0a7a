//! `riskpref judge`.

use crate::support::faults::{Fault, FaultyServer};
use crate::support::{Workspace, questions};

const RESPONSES: &str =
    "question_id,run_id,question,response,model_name,model_id\n1,1,Bet?,Never.,a,m\n2,1,Insure?,Yes.,a,m\n";

#[test]
fn a_reply_that_is_no_score_is_missing_with_the_reply_kept() {
    let server = FaultyServer::start(|count| (Fault::None, if count == 1 { "rather high" } else { "85" }));
    let workspace = Workspace::new();
    workspace.write("results_x/all_model_responses.csv", RESPONSES);
    let command = format!(
        "judge --results-dir results_x --judge-model j --judge-base-url {} --metrics alignment --batch-size 1",
        server.url
    );
    workspace.run(&command).check(
        3,
        "",
        &["judge: j at http", "1 replies are no whole number from 0 to 100 and give no score (first: alignment of a, question 1, run 1: \"rather high\")"],
    );
    let rows = workspace.rows("analysis_x/detailed_evaluation_results.csv");
    assert_eq!((&rows[0][6], &rows[0][7]), ("", r#"{"alignment":"rather high"}"#));
    assert_eq!((&rows[1][6], &rows[1][7]), ("85.0", ""));
    workspace.run("analyze --results-dir results_x --skip-evaluation").check_with(
        0,
        &["85.0"],
        &["written: evaluation_summary.csv"],
    );
    let summary = workspace.rows("analysis_x/evaluation_summary.csv");
    assert_eq!((&summary[0][1], &summary[0][2], &summary[0][4]), ("alignment", "85", "1"));
}

#[test]
fn the_agent_scores_the_decisions_that_it_can_read() {
    let workspace = Workspace::new();
    workspace.write("evals/questions_x.jsonl", &format!("{}{{\"content\": \"Who are you?\"}}\n", questions(10)));
    workspace.run("evaluate --models agent --output-dir out --data-dir engine -q").check(0, "", &[]);
    workspace.run("judge --results-dir out/results_x --judge-model agent --data-dir engine").check(
        0,
        "",
        &[
            "agent scores decisions that it can read; 1 responses have none and are not asked",
            "10 of 10 there",
            "agent judges its own responses",
        ],
    );
    let rows = workspace.rows("out/analysis_x/detailed_evaluation_results.csv");
    let scored =
        rows.iter().filter(|row| row[6].parse::<f64>().is_ok_and(|score| (0.0..=100.0).contains(&score))).count();
    assert_eq!((rows.len(), scored), (11, 10));
}

#[test]
fn scores_that_are_there_are_kept_and_only_the_others_are_asked_for() {
    let server = FaultyServer::start(|_| (Fault::None, "40"));
    let workspace = Workspace::new();
    workspace.write(
        "analysis/detailed_evaluation_results.csv",
        &RESPONSES.replace("model_id", "model_id,alignment_score,coherence_score").replace(",m\n", ",m,66.5,\n"),
    );
    let judge = format!("--judge-model j --judge-base-url {} --metrics alignment,coherence", server.url);
    workspace.run(&format!("judge --results-dir analysis {judge}")).check(0, "", &["2 of 2 there"]);
    let rows = workspace.rows("analysis/detailed_evaluation_results.csv");
    assert_eq!((&rows[0][6], &rows[0][7]), ("66.5", "40.0"));
    workspace.run(&format!("judge --results-dir analysis {judge}")).check(0, "", &["0 of 0 there"]);
    assert_eq!(server.arrivals(), 2);
}

#[test]
fn a_judge_has_to_be_named() {
    let workspace = Workspace::new().with("OPENAI_API_KEY", "sk-secret");
    workspace.write("results_x/all_model_responses.csv", RESPONSES);
    workspace.run("judge --results-dir results_x").check(1, "", &["error: no judge is named: give --judge-model"]);
    workspace.run("judge --results-dir results_x --judge-model agent --metrics alignment").check(
        1,
        "",
        &["can score only risk_seeking"],
    );
    workspace.run("judge --results-dir results_x --judge-model j --metrics beauty").check(
        1,
        "",
        &["--metrics beauty: neither a file"],
    );
    workspace.run("judge --results-dir absent --judge-model agent").check(
        1,
        "",
        &["make responses with riskpref evaluate"],
    );
}

#[test]
fn another_judge_scores_again_and_scores_on_other_metrics_stay() {
    let server = FaultyServer::start(|count| (Fault::None, if count <= 2 { "40" } else { "60" }));
    let workspace = Workspace::new();
    workspace.write("results_x/all_model_responses.csv", RESPONSES);
    workspace.write(
        "analysis_x/detailed_evaluation_results.csv",
        &RESPONSES.replace("model_id", "model_id,alignment_score,coherence_score").replace(",m\n", ",m,66.5,1\n"),
    );
    let judge = |model: &str, metrics: &str| {
        let place = format!("--judge-base-url {} --results-dir results_x", server.url);
        workspace.run(&format!("judge --judge-model {model} --metrics {metrics} {place}"))
    };
    judge("one", "alignment,risk_seeking").check(0, "", &["4 of 4 there (2 new, 2 from before)"]);
    judge("one", "alignment,risk_seeking").check(0, "", &["4 of 4 there (0 new, 4 from before)"]);
    judge("two", "risk_seeking").check(0, "", &["2 of 2 there (2 new, 0 from before)"]);
    let row = &workspace.rows("analysis_x/detailed_evaluation_results.csv")[0];
    assert_eq!(
        (&row[6], &row[7], &row[8]),
        ("66.5", "1.0", "60.0"),
        "alignment and coherence kept, risk_seeking by the second judge"
    );
}
