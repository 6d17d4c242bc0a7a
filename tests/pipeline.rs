//! The whole chain.

use std::collections::HashMap;

use crate::support::batches::{BatchServer, Fate};
use crate::support::faults::{Fault, FaultyServer};
use crate::support::{Server, Workspace, questions, shipped};

/// Share of optimal decisions, in percent, by model and preference.
fn shares(workspace: &Workspace, set: &str) -> HashMap<(String, String), f64> {
    let rows = workspace.rows(&format!("runs/latest/analysis_{set}/evaluation_summary.csv"));
    let share = |row: &csv::StringRecord| {
        Some(((row[0].to_owned(), row[1].strip_prefix("optimal_for_")?.to_owned()), row[2].parse().unwrap()))
    };
    rows.iter().filter_map(share).collect()
}

#[test]
fn each_tuned_agent_has_its_own_preference_and_not_the_others() {
    let workspace = Workspace::new();
    for name in [
        "question/questions_training_500.jsonl",
        "evals/questions_finance.jsonl",
        "evals/questions_quantitative.jsonl",
        "evals/questions_em.jsonl",
    ] {
        workspace.write(name, &shipped(name));
    }
    workspace.run("run --engine agent").check_with(
        0,
        &["Optimal decision"],
        &["-- train", "everything is in runs/latest"],
    );
    let names = ["risk-averse", "log-utility", "linear-utility", "risk-loving"];
    for set in ["finance", "quantitative"] {
        let shares = shares(&workspace, set);
        for model in names {
            for target in names {
                let share = shares[&(model.to_owned(), target.to_owned())];
                assert!((share >= 95.0) == (model == target), "{set}: {model} is optimal for {target} in {share} %");
                assert!(model == target || share <= 80.0, "{set}: {model} is optimal for {target} in {share} %");
            }
        }
    }
    assert!(
        !workspace.path(".env").exists() && !workspace.path("model_mappings.csv").exists(),
        "tracked files are left alone"
    );
    workspace.run("run --engine agent").check_with(
        0,
        &["Optimal decision"],
        &["answers: 2000 of 2000 there (0 new, 2000 from before)", "exists already"],
    );
}

#[test]
fn models_of_another_server_are_judged_here_when_no_judge_is_named() {
    let elsewhere = Workspace::new();
    let server = Server::start(&elsewhere);
    let workspace = Workspace::new();
    workspace.write("question/questions_training_500.jsonl", &questions(120));
    workspace.write("evals/questions_finance.jsonl", &shipped("evals/questions_finance.jsonl"));
    workspace.run(&format!("run --model agent --base-url {} --sample-size 20", server.url)).check_with(
        0,
        &["Risk seeking", "Optimal decision"],
        &["judge: agent at the embedded engine", "80 of 80 there (80 new"],
    );
}

/// A workspace with two sets and a model to ask in `out`, and the command that asks and scores.
fn two_sets(url: &str) -> (Workspace, &'static str) {
    let workspace = Workspace::new().with("OPENAI_BASE_URL", url);
    for set in ["x", "y"] {
        workspace.write(&format!("evals/questions_{set}.jsonl"), &questions(4));
    }
    workspace.write("out/model_mappings.csv", "model_name,openai_model_id\na,m\n");
    let run = "run --from evaluate --to judge --model m --judge-model j --metrics alignment --evals-dir evals --output-dir out";
    (workspace, run)
}

#[test]
fn a_chain_that_is_out_of_credit_asks_nothing_more() {
    let server = FaultyServer::start(|_| (Fault::NoCredit, ""));
    let (workspace, run) = two_sets(&server.url);
    workspace.run(&format!("{run} --batch-size 1")).check(
        1,
        "",
        &["error: ", "insufficient_quota", "0 of 4 are kept", "run it again to go on"],
    );
    assert_eq!(server.arrivals(), 1);
    let of_judge = |body: &str| body.contains("\"j\"");
    let server =
        FaultyServer::with(move |_, body| (if of_judge(body) { Fault::NoCredit } else { Fault::None }, "I decline."));
    let (workspace, run) = two_sets(&server.url);
    workspace.run(&format!("{run} --batch-size 1")).check(1, "", &["error: ", "insufficient_quota", "0 of 4 are kept"]);
    assert_eq!(server.arrivals(), 5, "the second set is not asked");
}

#[test]
fn a_chain_asks_and_scores_by_batch() {
    let server = BatchServer::start(|_| Fate::DONE);
    let (workspace, run) = two_sets(&server.url);
    // The batch server's answers are no scores.
    workspace.run(&format!("{run} --batch")).check(
        3,
        "",
        &["model under test m by batch: 4 calls", "judge j by batch: 4 calls", "4 replies are no whole number"],
    );
    assert_eq!((server.batches(), server.single()), (vec![4; 4], 0));
}
