//! What calls cost: forecasts, budgets, prices and the cost line.

use serde_json::Value;

use crate::support::faults::{Fault, FaultyServer};
use crate::support::{Run, Server, Workspace, questions, shipped};

/// A price at which a call of the faulty server (10 tokens in, 3 out) costs 1 cent, and may cost more.
const PRICES: &str = "model,input,output\nm,400,2000\n";
const EVALUATE: &str = "evaluate --questions q.jsonl --models m --output-dir out --prices p.csv --max-tokens 10";

fn workspace(server: &FaultyServer) -> Workspace {
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("q.jsonl", &questions(40));
    workspace.write("p.csv", PRICES);
    workspace
}

fn answering() -> FaultyServer {
    FaultyServer::start(|_| (Fault::None, "I decline."))
}

fn manifest(workspace: &Workspace, folder: &str, command: &str) -> Value {
    let all: Value = serde_json::from_str(&workspace.read(&format!("{folder}/manifest.json"))).unwrap();
    all[command].clone()
}

#[test]
fn a_dry_run_tells_what_is_missing_and_sends_and_writes_nothing() {
    let server = answering();
    let workspace = workspace(&server);
    let dry = format!("{EVALUATE} --num-runs 2 --dry-run");
    let told = workspace.run(&dry);
    told.check_with(
        0,
        &["model under test", "m", "3 to 5 characters a token", " 80 ", "cost: $", "time: not known"],
        &["nothing was sent"],
    );
    assert!(server.arrivals() == 0 && !workspace.path("out").exists());
    workspace.run(EVALUATE).check(0, "", &["40 of 40 there"]);
    assert_eq!(server.arrivals(), 40);
    let journal = workspace.read("out/results_q/calls.jsonl");
    let again = workspace.run(&dry);
    // 40 are missing and 40 there; usual answers are as long as those that are there.
    again.check_with(0, &[" 40 ", "120 to 400", "cost: $"], &["nothing was sent"]);
    assert_eq!((server.arrivals(), workspace.read("out/results_q/calls.jsonl")), (40, journal));
    let at_a_pace = workspace.run(&format!("{dry} --delay 60 --batch-size 10"));
    at_a_pace.check_with(0, &["at least 4 min at the limits given"], &["nothing was sent"]);
}

#[test]
fn a_dry_run_needs_no_key_and_knows_openai_s_tokens_and_prices() {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", "{\"content\": \"tiktoken is great!\"}\n");
    let evaluate = "evaluate --questions q.jsonl --output-dir out --max-tokens 1000 --dry-run --models";
    // 6 tokens, 4 around the message and 3 before the answer, at 0.40 and 1.60 USD a million.
    workspace.run(&format!("{evaluate} gpt-4.1-mini")).check_with(
        0,
        &["o200k_base", " 13 ", "to 1000", "to $0.0016"],
        &["nothing was sent"],
    );
    workspace.run(&format!("{evaluate} gpt-4.1-mini --batch")).check_with(
        0,
        &["model under test (batch)", "time: up to 24 hours for batches"],
        &["nothing was sent"],
    );
    workspace.run(&format!("{evaluate} ft:gpt-6-luna:me:x:1")).check_with(
        0,
        &["unknown", "no price is known of ft:gpt-6-luna:me:x:1 (see --prices)"],
        &["nothing was sent"],
    );
    let generate = "generate --questions q.jsonl --output-dir out --dry-run";
    workspace.run(generate).check(0, "no calls of an API\n", &["nothing was sent"]);
    workspace.run(&format!("{generate} --teacher llm --model gpt-6-luna")).check_with(
        0,
        &["teacher", "gpt-6-luna", " 4 ", "cost: $"],
        &["nothing was sent"],
    );
    assert!(!workspace.path("out").exists());
}

#[test]
fn a_dry_run_of_the_chain_counts_every_stage() {
    let workspace = Workspace::new();
    workspace.write("question/questions_training_500.jsonl", &questions(20));
    workspace.write("evals/questions_finance.jsonl", &shipped("evals/questions_finance.jsonl"));
    let run =
        "run --model gpt-4.1-mini --sample-size 5 --judge-model gpt-6-luna --metrics coherence,risk_seeking --dry-run";
    let told = workspace.run(run);
    let lines: Vec<String> = told.stdout().lines().map(str::to_owned).collect();
    let has = |parts: &[&str]| lines.iter().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(has(&["training", "gpt-4.1-mini", " 4 "]), "{lines:?}");
    for name in ["risk-averse", "log-utility", "linear-utility", "risk-loving"] {
        assert!(has(&["model under test", &format!("ft:gpt-4.1-mini:planned:{name}:0"), " 5 "]), "{lines:?}");
    }
    assert!(has(&["judge", "gpt-6-luna", " 40 "]), "{lines:?}");
    told.check_with(0, &["cost: $"], &["nothing was sent"]);
    assert!(!workspace.path("runs").exists());
    workspace.run("run --sample-size 5 --dry-run").check_with(0, &["cost: nothing"], &["nothing was sent"]);
}

#[test]
fn a_dry_run_of_training_judging_and_analysis() {
    let workspace = Workspace::new();
    workspace.write("sft_data/responses_a.jsonl", &shipped("sft_data/responses_risk-averse.jsonl"));
    workspace.run("train --model gpt-4o-mini-2024-07-18 --epochs 2 --dry-run").check_with(
        0,
        &["training", "gpt-4o-mini-2024-07-18", "cost: $"],
        &["nothing was sent"],
    );
    workspace.run("train --model smollm2-135m --epochs 2 --dry-run").check_with(
        0,
        &["min to train smollm2-135m, at the 250 to 1600 tokens a second that were seen on two cores"],
        &["nothing was sent"],
    );
    workspace.write(
        "results_x/all_model_responses.csv",
        "question_id,run_id,question,response,model_name,model_id\n1,1,Bet?,Never.,a,m\n2,1,Insure?,Yes.,a,m\n",
    );
    let scoring = "--results-dir results_x --judge-model gpt-6-luna --dry-run";
    for command in ["judge", "analyze"] {
        workspace.run(&format!("{command} {scoring}")).check_with(
            0,
            &["judge", "gpt-6-luna", " 8 ", "cost: $"],
            &["nothing was sent"],
        );
    }
    workspace.run("analyze --results-dir results_x --dry-run").check(0, "no calls of an API\n", &["nothing was sent"]);
    assert!(!workspace.path("analysis_x").exists());
}

#[test]
fn a_budget_is_not_passed_what_is_answered_is_kept_and_more_money_goes_on() {
    let server = answering();
    let workspace = workspace(&server);
    // 1 cent a call; the worst case of a call is its bytes and 10 tokens, some 20 cents.
    let budget = |usd: &str| workspace.run(&format!("{EVALUATE} --batch-size 4 --budget-usd {usd}"));
    budget("0.40").check(
        3,
        "",
        &["the budget of $0.4000 is reached: $0.", "to go on, run it again with a larger --budget-usd", "cost: $0."],
    );
    let first = server.arrivals();
    let spent = manifest(&workspace, "out/results_q", "evaluate")["usd"].as_f64().unwrap();
    approx::assert_relative_eq!(spent, first as f64 * 0.01, max_relative = 1e-9);
    assert!((1..=40).contains(&first) && spent <= 0.40, "{first} calls for {spent}");
    assert_eq!(workspace.rows("out/results_q/m_responses.csv").len(), first);
    // What earlier runs spent counts, so that there is room for few calls more, if for any.
    budget("0.40").check(3, "", &["the budget of $0.4000 is reached"]);
    let spent = manifest(&workspace, "out/results_q", "evaluate")["usd"].as_f64().unwrap();
    assert!(spent <= 0.40 && server.arrivals() < 40, "{} calls for {spent}", server.arrivals());
    budget("5").check(
        0,
        "",
        &["40 of 40 there", "cost: $0.4000; model under test m: 40 calls, 400 tokens in, 120 out"],
    );
    assert_eq!((server.arrivals(), server.asked_twice()), (40, 0));
    let record = manifest(&workspace, "out/results_q", "evaluate");
    approx::assert_relative_eq!(record["usd"].as_f64().unwrap(), 0.40, max_relative = 1e-9);
    assert_eq!(record["spending"][0]["calls"], 40, "{record}");
}

#[test]
fn lost_answers_and_refused_ones_are_paid_for_too() {
    // The first answer is cut off; the second one is empty.
    let server = FaultyServer::start(|count| match count {
        1 => (Fault::Short, "I decline."),
        2 => (Fault::None, " "),
        _ => (Fault::None, "I decline."),
    });
    let workspace = workspace(&server);
    workspace.run(&format!("{EVALUATE} --batch-size 1 --sample-size 3")).check(
        3,
        "",
        &["answer was empty", "and 1 answers that the server did not count, at the most"],
    );
    let record = manifest(&workspace, "out/results_q", "evaluate");
    let item = &record["spending"][0];
    assert_eq!((&item["calls"], &item["prompt_tokens"], &item["lost_answers"]), (&3.into(), &30.into(), &1.into()));
    // Three answers of 1 cent, and one lost with 10 tokens in and at most 10 out.
    approx::assert_relative_eq!(record["usd"].as_f64().unwrap(), 0.03 + 0.024, max_relative = 1e-9);
}

#[test]
fn a_budget_wants_prices_and_says_how_to_give_them() {
    let server = answering();
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("q.jsonl", &questions(3));
    let evaluate = "evaluate --questions q.jsonl --models m --output-dir out";
    workspace.run(&format!("{evaluate} --budget-usd 1")).check(
        1,
        "",
        &["--budget-usd cannot be kept: the price of m is not known. Give it with --prices FILE"],
    );
    assert_eq!(server.arrivals(), 0);
    workspace.run(evaluate).check(
        0,
        "",
        &["cost: unknown (no price is known of m; see --prices); model under test m: 3 calls"],
    );
    assert_eq!(manifest(&workspace, "out/results_q", "evaluate")["usd"], Value::Null);
    workspace.write("p.csv", "model,input,output\nm,cheap,1\n");
    workspace.run(&format!("{evaluate} --prices p.csv")).check(
        1,
        "",
        &["error: p.csv:2: found \"cheap\"; expected input of the right kind"],
    );
    workspace.write("p.csv", "model,input,output\nm,-1,1\n");
    workspace.run(&format!("{evaluate} --prices p.csv")).check(1, "", &["p.csv:2: found \"-1\"; expected USD"]);
    workspace.run(&format!("{evaluate} --budget-usd 1 --dry-run")).check_with(2, &[], &["cannot be used with"]);
}

#[test]
fn the_embedded_engine_costs_nothing_and_needs_no_budget() {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", &questions(3));
    let run: Run =
        workspace.run("evaluate --questions q.jsonl --models agent --output-dir out --data-dir engine --budget-usd 0");
    run.check(0, "", &["cost: none; model under test agent: 3 calls", "3 of 3 there"]);
    assert_eq!(manifest(&workspace, "out/results_q", "evaluate")["usd"], 0.0);
}

#[test]
fn training_that_would_pass_the_budget_is_not_begun() {
    let workspace = Workspace::new();
    let server = Server::start(&workspace);
    workspace.write("sft_data/responses_a.jsonl", &shipped("sft_data/responses_risk-averse.jsonl"));
    workspace.write("p.csv", "model,tuned,input,output,training\nagent,true,1,1,100\n");
    let train = format!("train --prices p.csv --base-url {}", server.url);
    workspace.run(&format!("{train} --budget-usd 0.5")).check(
        1,
        "",
        &["a: training agent on", "would pass the budget of $0.5000; nothing was sent for it"],
    );
    workspace.run(&format!("{train} --list-jobs")).check(0, "", &["training: agent at"]);
    workspace.run(&format!("{train} --budget-usd 500")).check_with(
        0,
        &["a\tft:agent"],
        &["cost: $", "tokens trained on"],
    );
}

#[test]
fn what_earlier_training_cost_counts_towards_the_budget() {
    let workspace = Workspace::new();
    let server = Server::start(&workspace);
    let lessons = shipped("sft_data/responses_risk-averse.jsonl");
    workspace.write("sft_data/responses_a.jsonl", &lessons);
    workspace.write("sft_data/responses_b.jsonl", &lessons);
    workspace.write("p.csv", "model,tuned,input,output,training\nagent,true,1000,1000,100\n");
    let flags = format!("--prices p.csv --base-url {}", server.url);
    workspace.run(&format!("train {flags} --models b")).check_with(0, &["b\tft:agent"], &["cost: $"]);
    let record = manifest(&workspace, ".", "train");
    let (item, cost) = (&record["spending"][0], record["usd"].as_f64().unwrap());
    assert_eq!((&item["role"], &item["calls"], &record["answered"]), (&"training".into(), &1.into(), &1.into()));
    assert!(cost > 0.0 && record["inputs"]["sft_data/responses_b.jsonl"].is_string(), "{record}");
    let most = 1.5 * cost;
    workspace.run(&format!("train {flags} --budget-usd {most}")).check_with(
        3,
        &["b\tft:agent"],
        &["a: training agent on", "would pass the budget of $", "1 of 2 jobs failed"],
    );
    workspace.write("evals/questions_x.jsonl", &questions(3));
    let evaluate = "run --from evaluate --to evaluate --model agent --evals-dir evals --output-dir .";
    let missing = ["the budget of $", "is reached", "3 of 3 are missing"];
    workspace.run(&format!("{evaluate} {flags} --budget-usd {cost}")).check(3, "", &missing);
    workspace.run(&format!("{evaluate} {flags} --budget-usd {}", cost + 500.0)).check(0, "", &["3 of 3 there"]);
}

#[test]
fn an_analysis_counts_the_scores_of_all_its_folders_before_it_asks_for_more() {
    let server = FaultyServer::start(|_| (Fault::None, "40"));
    let workspace = Workspace::new();
    for folder in ["results_a", "results_b"] {
        let rows =
            "question_id,run_id,question,response,model_name,model_id\n1,1,Bet?,Never.,a,m\n2,1,Insure?,Yes.,a,m\n";
        workspace.write(&format!("out/{folder}/all_model_responses.csv"), rows);
    }
    // A score costs 1 cent, and 4.89 dollars at the most.
    workspace.write("p.csv", "model,input,output\nj,400,2000\n");
    let judge = format!("--judge-model j --judge-base-url {} --prices p.csv --metrics", server.url);
    let cost = ["2 of 2 there", "cost: $0.0200"];
    workspace.run(&format!("judge --results-dir out/results_a {judge} coherence")).check(0, "", &cost);
    workspace.run(&format!("judge --results-dir out/results_b {judge} alignment")).check(0, "", &cost);
    workspace.run(&format!("analyze --results-dir out {judge} alignment --budget-usd 4.92")).check_with(
        3,
        &["40.0"],
        &["the budget of $4.92 is reached: $0.0400 are spent", "0 of 2 there", "2 of 2 there (0 new"],
    );
    assert_eq!(server.arrivals(), 4);
}
