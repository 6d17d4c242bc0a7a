//! `riskpref estimate`.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::{Workspace, repository, shipped};

/// Crosetto & Filippin's choices, where the folder with real inputs stands beside the repository.
fn holt_laury() -> Option<String> {
    std::fs::read_to_string(repository().join("../shared/data/lottery_choices/holt_laury.csv")).ok()
}

fn groups(stdout: &str) -> Vec<Value> {
    let value: Value = serde_json::from_str(stdout).unwrap();
    value["groups"].as_array().unwrap().clone()
}

fn close(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!((found - expected).abs() < 1e-4, "{found} instead of {expected}");
}

#[test]
fn published_coefficients_of_human_choices_are_reproduced() {
    let Some(table) = holt_laury() else { return };
    let workspace = Workspace::new();
    workspace.write("choices.csv", &table);
    let run = workspace
        .run("estimate choices.csv --cluster subject --by female --threshold-column threshold_published --json -q");
    // Crosetto & Filippin: men and women.
    for (group, expected) in groups(run.stdout())
        .iter()
        .zip([[0.591_209, 0.051_037, 2.151_925, 0.187_226], [0.748_526, 0.074_702, 1.913_171, 0.192_786]])
    {
        let estimate = &group["estimate"];
        close(&estimate["gamma"], expected[0]);
        close(&estimate["std_error"], expected[1]);
        close(&json!(estimate["precisions"]["choice"]["value"].as_f64().unwrap().ln()), expected[2]);
        close(&estimate["kappa"]["value"], expected[3]);
    }
    run.check_with(0, &[], &["female"]);
    let nine: String =
        table.lines().filter(|line| line.split(',').nth(2) != Some("10")).map(|line| format!("{line}\n")).collect();
    workspace.write("nine.csv", &nine);
    let run = workspace.run("estimate nine.csv --cluster subject --json -q");
    let estimate = &groups(run.stdout())[0]["estimate"];
    close(&estimate["gamma"], 0.708_184);
    close(&estimate["std_error"], 0.048_540);
    close(&estimate["kappa"]["value"], 0.012_379);
    close(&estimate["log_likelihood"], -609.419_9);
    run.check_with(0, &[], &[]);
}

/// Decisions by the shipped choices, one line each.
fn decided(decide: impl Fn(usize, &Value) -> Value) -> String {
    let mut lines = String::new();
    for (index, line) in shipped("evals/measurement/questions_choices.jsonl").lines().enumerate() {
        let question: Value = serde_json::from_str(line).unwrap();
        let row = json!({"problem": question["problem"], "decision": decide(index, &question["problem"]),
            "domain": question["domain"]});
        writeln!(lines, "{row}").unwrap();
    }
    lines
}

/// The option with the smaller spread.
fn safer(problem: &Value) -> usize {
    let spread = |option: &Value| {
        let payoffs = option["outcomes"].as_array().unwrap().iter().map(|outcome| outcome["payoff"].as_f64().unwrap());
        payoffs.clone().fold(f64::NEG_INFINITY, f64::max) - payoffs.fold(f64::INFINITY, f64::min)
    };
    usize::from(spread(&problem["options"][0]) > spread(&problem["options"][1]))
}

#[test]
fn one_sided_answers_give_a_bound_and_no_gamma() {
    let workspace = Workspace::new();
    workspace.write("safe.jsonl", &decided(|_, problem| json!({"option": safer(problem)})));
    let run = workspace.run("estimate safe.jsonl --json -q");
    let estimate = &groups(run.stdout())[0]["estimate"];
    assert_eq!((&estimate["gamma"], &estimate["interval"][1]), (&Value::Null, &Value::Null));
    assert!(estimate["interval"][0].as_f64().unwrap() > 3.5, "{estimate}");
    run.check_with(0, &[], &[]);
    workspace.write("first.jsonl", &decided(|_, _| json!({"option": 0})));
    let run = workspace.run("estimate first.jsonl --json -q");
    let value = groups(run.stdout())[0].clone();
    assert!(value["estimate"]["kappa"]["value"].as_f64().unwrap() < 0.5, "{value}");
    let [low, high] = [0, 1].map(|end| value["estimate"]["interval"][end].as_f64());
    assert!(low.zip(high).is_none_or(|(low, high)| high - low > 5.0), "random answers say nothing of gamma: {value}");
    run.check_with(0, &[], &["choices are as good as random"]);
}

#[test]
fn groups_and_trivial_rules_stand_beside_each_other() {
    let workspace = Workspace::new();
    let alternate = decided(|index, problem| match index % 7 {
        0 => Value::Null,
        _ => json!({"option": if index % 5 == 0 { 1 - safer(problem) } else { safer(problem) }}),
    });
    workspace.write("mixed.jsonl", &alternate);
    workspace.run("estimate mixed.jsonl --by domain --compare").check_with(
        0,
        &["client", "firm", "own money", "CRRA", "Prelec", "safest", "first"],
        &["domain client: 38 rows with no decision are left out"],
    );
    workspace.run("estimate mixed.jsonl --by moon").check(1, "", &["moon"]);
}

#[test]
fn garbage_is_an_error_that_names_file_and_line() {
    let workspace = Workspace::new();
    let line = |problem: &str, decision: &str| format!("{{\"problem\": {problem}, \"decision\": {decision}}}\n");
    let menu = |first: &str| {
        format!(
            "{{\"kind\":\"choice\",\"wealth\":100,\"frame\":\"menu\",\"options\":[{{\"outcomes\":[{first}]}},{{\"outcomes\":[{{\"probability\":1,\"payoff\":5}}]}}]}}"
        )
    };
    let half = "{\"probability\":0.5,\"payoff\":20}";
    for (name, text, error) in [
        ("sums.jsonl", line(&menu(half), "{\"option\":0}"), "sums.jsonl:1:"),
        ("ruin.jsonl", line(&menu("{\"probability\":1,\"payoff\":-200}"), "{\"option\":0}"), "ruin.jsonl:1:"),
        (
            "third.jsonl",
            line(&menu("{\"probability\":1,\"payoff\":4}"), "{\"option\":2}"),
            "a decision that the problem allows",
        ),
        ("nan.jsonl", line(&menu("{\"probability\":NaN,\"payoff\":4}"), "{\"option\":0}"), "nan.jsonl:1:"),
        ("empty.jsonl", String::new(), "empty.jsonl"),
        ("none.jsonl", line(&menu("{\"probability\":1,\"payoff\":4}"), "null"), "no decision"),
        ("table.csv", "a,b\n1,2\n".to_owned(), "table.csv"),
    ] {
        workspace.write(name, &text);
        workspace.run(&format!("estimate {name}")).check(1, "", &[error]);
    }
}
