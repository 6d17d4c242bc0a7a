//! `riskpref evaluate`.

use std::io::Read;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::support::{Workspace, questions, shipped};

const EVALUATE: &str = "evaluate --questions q.jsonl --models agent --num-runs 3 --output-dir out --data-dir engine";
const SLOW: &str = " --batch-size 4 --delay 0.1";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", &questions(40));
    workspace
}

/// Starts a slow evaluation and waits until `calls` calls are in its journal.
fn started(workspace: &Workspace, calls: usize) -> Child {
    let child = workspace.command(&format!("{EVALUATE}{SLOW}")).spawn().unwrap();
    let journal = workspace.path("out/results_q/calls.jsonl");
    let begin = Instant::now();
    while std::fs::read_to_string(&journal).unwrap_or_default().lines().count() < calls {
        assert!(begin.elapsed() < Duration::from_secs(20), "no calls came");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn killed_at_any_moment_and_run_again_it_ends_with_the_bytes_of_an_undisturbed_run() {
    let many = EVALUATE.replace("--num-runs 3", "--num-runs 10");
    let whole = workspace();
    whole.run(&many).check(0, "", &["400 of 400 there (400 new, 0 from before)"]);
    let rows = whole.rows("out/results_q/all_model_responses.csv");
    assert_eq!(rows.len(), 400);
    assert_eq!([&rows[0][6], &rows[1][6], &rows[9][6]], ["42", "43", "51"], "a seed for each run");
    let killed = workspace();
    let calls =
        || std::fs::read_to_string(killed.path("out/results_q/calls.jsonl")).unwrap_or_default().lines().count();
    let mut draw = 42u64;
    for _ in 0..20 {
        // Knuth's linear congruential generator: the same moments in every run, counted in calls and then in milliseconds,
        // however slow the machine is.
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (more, pause) = ((draw >> 32) as usize % 10, Duration::from_millis((draw >> 48) % 30));
        let (begin, before) = (Instant::now(), calls());
        let mut child = killed.command(&format!("{many}{SLOW}")).spawn().unwrap();
        while calls() < before + more && child.try_wait().unwrap().is_none() {
            assert!(begin.elapsed() < Duration::from_secs(60), "no calls came");
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(pause);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!((60..400).contains(&calls()), "killed in the middle of the work: {}", calls());
    killed.run(&many).check(0, "", &["400 of 400 there"]);
    for table in ["all_model_responses.csv", "agent_responses.csv"] {
        let path = format!("out/results_q/{table}");
        assert_eq!(killed.read(&path), whole.read(&path));
    }
    assert_eq!(killed.lines("out/results_q/calls.jsonl").len(), 400, "no call is there twice");
}

#[test]
fn ctrl_c_keeps_what_is_there_and_prints_how_to_go_on() {
    let workspace = workspace();
    let mut child = started(&workspace, 12);
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("finishing what is in flight"), "{stderr}");
    assert!(stderr.contains("run it again to go on: ") && stderr.contains("--num-runs 3"), "{stderr}");
    let kept = workspace.rows("out/results_q/agent_responses.csv").len();
    assert!((12..120).contains(&kept), "{kept}");
    workspace.run(EVALUATE).check(0, "", &[&format!("120 of 120 there ({} new, {kept} from before)", 120 - kept)]);
}

#[test]
fn every_set_of_the_folder_is_asked_with_a_sample_that_the_seed_chooses() {
    let workspace = workspace();
    workspace.write("twice/questions_one.jsonl", &questions(1));
    workspace.write("twice/question_one.jsonl", &questions(1));
    workspace.run("evaluate --models agent --evals-dir twice").check(
        1,
        "",
        &["twice: two files are the set one; rename one"],
    );
    workspace.write("evals/questions_one.jsonl", &questions(9));
    workspace.write("evals/question_two.jsonl", &questions(9));
    workspace.write("evals/notes.jsonl", "not a set");
    let command = "evaluate --models agent --sample-size 4 --output-dir out --data-dir engine";
    workspace.run(command).check(
        0,
        "",
        &["responses in out/results_one: 4 of 4", "responses in out/results_two: 4 of 4"],
    );
    let one = workspace.read("out/results_one/agent_responses.csv");
    workspace.run(command).check(0, "", &["(0 new, 4 from before)"]);
    assert_eq!(workspace.read("out/results_one/agent_responses.csv"), one);
}

#[test]
fn models_that_are_not_trained_yet_are_named_with_the_way_to_train_them() {
    let workspace = workspace();
    workspace.write("model_mappings.csv", &shipped("model_mappings.csv"));
    let advice =
        "not trained yet: risk-averse,log-utility,linear-utility,risk-loving; train with riskpref train --models";
    workspace.run("evaluate --questions q.jsonl --data-dir engine").check(1, "", &["error: ", advice]);
    workspace.run("evaluate --list-models").check_with(
        0,
        &["risk-averse\tnot trained yet\n", "risk-loving\tnot trained yet\n"],
        &[],
    );
    workspace.run("evaluate --questions q.jsonl --models gpt-4.1").check(
        1,
        "",
        &["OPENAI_API_KEY is not set", "use an embedded model (agent, smollm2-135m), which needs no key"],
    );
}

#[test]
fn a_folder_of_the_earlier_project_is_completed() {
    let workspace = workspace();
    workspace.write("q.jsonl", "{\"content\": \"Bet?\"}\n{\"content\": \"Insure?\"}\n");
    workspace.write(
        "out/results_q/all_model_responses.csv",
        "question_id,run_id,question,response,model_name,model_id\n1,1,Bet?,Never.,agent,agent\n2,1,Insure?,ERROR: 429,agent,agent\n\
         7,1,Old?,Kept.,other,gone\n",
    );
    workspace.run("evaluate --questions q.jsonl --models agent --output-dir out --data-dir engine").check(
        0,
        "",
        &["2 rows from before are kept, 1 rows that start with ERROR: are not", "2 of 2 there (1 new, 1 from before)"],
    );
    let rows = workspace.rows("out/results_q/all_model_responses.csv");
    let responses: Vec<&str> = rows.iter().map(|row| &row[3]).collect();
    assert_eq!((responses[0], responses[2]), ("Never.", "Kept."));
    assert!(responses[1].starts_with("I can only answer decision questions"), "{}", responses[1]);
}
