//! `riskpref questions`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Workspace, shipped};

fn texts(lines: &str) -> Vec<String> {
    let text = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        value["messages"][0]["content"].as_str().unwrap().to_owned()
    };
    lines.lines().map(text).collect()
}

#[test]
fn choices_are_asked_in_both_orders_with_their_problems() {
    let workspace = Workspace::new();
    let run = workspace.run("questions --set choices --count 15 --thresholds 0..3 --domains points --seed 5");
    let lines: Vec<Value> = run.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 30);
    for pair in lines.chunks(2) {
        let [one, other] = pair else { panic!("{pair:?}") };
        assert_eq!((&one["domain"], &other["domain"]), (&"points".into(), &"points".into()));
        assert_eq!(one["problem"]["options"][0], other["problem"]["options"][1], "the other order");
    }
    let again = workspace.run("questions --set choices --count 15 --thresholds 0..3 --domains points --seed 5");
    assert_eq!(run.stdout(), again.stdout());
    run.check_with(0, &[], &[]);
    again.check_with(0, &[], &[]);
}

#[test]
fn stakes_lie_in_the_wanted_range_and_can_be_answered() {
    let workspace = Workspace::new();
    workspace.run("questions --set stakes --count 12 --optimum 0.2..0.4 --gamma 2 --output question/mine.jsonl").check(
        0,
        "",
        &["question/mine.jsonl: 12 questions"],
    );
    workspace.write("prompts.csv", "utility_coefficient,model_name,system_prompt\n2,averse,.\n");
    workspace.run("generate --questions question/mine.jsonl --prompts prompts.csv --output-dir answers -q").check(
        0,
        "",
        &[],
    );
    let run = workspace.run("audit answers --prompts prompts.csv --output audit.csv -q");
    run.check_with(0, &["averse", "100.0"], &[]);
    let rows = workspace.rows("audit.csv");
    assert_eq!(rows.len(), 12);
    for row in rows {
        let [problem, optimum] = [8, 10].map(|column| serde_json::from_str::<Value>(&row[column]).unwrap());
        let share = optimum["amount"].as_f64().unwrap() / problem["wealth"].as_f64().unwrap();
        assert!((0.2..=0.4).contains(&share), "{share} {problem}");
    }
}

#[test]
fn held_out_questions_share_no_wording_and_too_few_are_an_error() {
    let workspace = Workspace::new();
    workspace.run("questions --set choices --count 3 --output first.jsonl -q").check(0, "", &[]);
    let run = workspace.run("questions --set choices --count 20 --held-out-from first.jsonl");
    let opening = |text: &String| text.split('$').next().unwrap().to_owned();
    let taken: BTreeSet<String> = texts(&workspace.read("first.jsonl")).iter().map(opening).collect();
    assert!(texts(run.stdout()).iter().all(|text| !taken.contains(&opening(text))));
    run.check_with(0, &[], &[]);
    workspace.run("questions --set choices --count 300 --output many.jsonl -q").check(0, "", &[]);
    let error = "the set choices has no held-out phrasing left";
    workspace.run("questions --set choices --held-out-from many.jsonl").check(1, "", &[error]);
    workspace.run("questions --set choices --thresholds 0.98..1.02").check(
        1,
        "",
        &["thresholds must be finite, ascending and not covered by the targets"],
    );
}

#[test]
fn training_files_become_questions_again_each_once() {
    let workspace = Workspace::new();
    for name in ["risk-averse", "log-utility"] {
        let file = format!("sft_data/responses_{name}.jsonl");
        workspace.write(&file, &shipped(&file));
    }
    let run = workspace.run("questions --from-training sft_data --with-problem");
    assert_eq!(texts(run.stdout()), texts(&shipped("question/questions_training_500.jsonl")));
    run.check_with(
        0,
        &[],
        &["500 examples, 500 questions not seen before", "500 examples, 0 questions not seen before"],
    );
    workspace.write("empty/readme.txt", "nothing");
    workspace.run("questions --from-training empty").check(1, "", &["empty has no .jsonl files"]);
}

#[test]
fn flags_that_do_not_fit_the_set_are_refused() {
    let workspace = Workspace::new();
    workspace.run("questions --set training --domains points").check(
        1,
        "",
        &["--domains is for the measurement sets but offers only"],
    );
    workspace.run("questions --set stakes --thresholds 0..1").check(1, "", &["--thresholds is for choices"]);
    workspace.run("questions --set choices --domains moon").check(2, "", &["one of own_money, firm"]);
    workspace.run("questions").check(2, "", &["--set", "--from-training", "--shipped"]);
}

#[test]
fn offers_are_asked_twice_and_training_offers_once_in_other_words() {
    let workspace = Workspace::new();
    workspace.run("questions --set offers --count 12 --output offers.jsonl").check(0, "", &["24 questions"]);
    workspace.run("questions --set training-offers --count 12 --output more.jsonl").check(0, "", &["12 questions"]);
    let known = workspace.read("more.jsonl");
    assert!(workspace.read("offers.jsonl").lines().all(|line| line.contains("$100") && !known.contains(line)));
}
