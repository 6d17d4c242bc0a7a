//! The client against a server that fails.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::faults::{Fault, FaultyServer};
use crate::support::{Run, Workspace, questions};

#[test]
fn every_answer_arrives_through_faults_and_none_is_asked_twice() {
    let server = FaultyServer::start(|count| {
        let fault = match count.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & 0xffff {
            draw if draw < 3277 => Fault::Limit(40),
            draw if draw < 6554 => Fault::Error,
            draw if draw < 7864 => Fault::Reset,
            draw if draw < 9175 => Fault::Truncated,
            draw if draw < 10486 => Fault::Html,
            draw if draw < 11141 => Fault::Short,
            _ => Fault::None,
        };
        (fault, "I decline.")
    });
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("questions.jsonl", &questions(500));
    workspace.run("evaluate --questions questions.jsonl --models m --num-runs 4 --output-dir out").check(
        0,
        "",
        &["2000 of 2000 there (2000 new, 0 from before)"],
    );
    assert_eq!(workspace.rows("out/results_questions/all_model_responses.csv").len(), 2000);
    assert_eq!(server.answered(), 2000);
    assert_eq!((server.asked_twice(), server.early()), (0, 0));
    assert!(server.arrivals() > 2200, "the faults happened: {}", server.arrivals());
}

#[test]
fn out_of_credit_stops_at_once_keeps_what_is_there_and_goes_on_later() {
    let credit = Arc::new(AtomicBool::new(false));
    let paid = Arc::clone(&credit);
    let server = FaultyServer::start(move |count| match count > 20 && !paid.load(Ordering::Relaxed) {
        true => (Fault::NoCredit, ""),
        false => (Fault::None, "I decline."),
    });
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("questions.jsonl", &questions(100));
    let command = "evaluate --questions questions.jsonl --models m --batch-size 5 --output-dir out";
    workspace.run(command).check(1, "", &["insufficient_quota", "20 of 100 are kept", "run it again to go on"]);
    assert!(server.arrivals() <= 25, "nothing is sent after the refusal: {}", server.arrivals());
    assert_eq!(workspace.rows("out/results_questions/m_responses.csv").len(), 20);
    workspace.run(command).check(1, "", &["insufficient_quota", "20 of 100 are kept"]);
    credit.store(true, Ordering::Relaxed);
    workspace.run(command).check(0, "", &["100 of 100 there (80 new, 20 from before)"]);
    assert_eq!(server.asked_twice(), 0);
}

#[test]
fn a_request_that_keeps_failing_is_reported_and_the_others_are_kept() {
    // The same request comes back until it is given up; every other one is answered.
    let server = FaultyServer::start(|count| match count {
        1..=3 => (Fault::Error, ""),
        _ => (Fault::None, "I decline."),
    });
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("questions.jsonl", &questions(5));
    let command = "evaluate --questions questions.jsonl --models m --batch-size 1 --max-retries 2 --output-dir out";
    workspace.run(command).check(
        3,
        "",
        &[
            "1 failed:",
            "500 Internal Server Error: server_error (after 3 attempts)",
            "first: m, question 1, run 1",
            "1 of 5 are missing",
        ],
    );
    assert!(
        !workspace.read("out/results_questions/m_responses.csv").contains("server_error"),
        "a failure is no response"
    );
    workspace.run(command).check(0, "", &["5 of 5 there (1 new, 4 from before)"]);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let workspace = Workspace::new().with("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    workspace.write("questions.jsonl", &questions(3));
    workspace.run("evaluate --questions questions.jsonl --models m --max-retries 0 --output-dir out").check(
        1,
        "",
        &["error: http://127.0.0.1:9/v1 cannot be reached", "0 of 3 are kept"],
    );
}

#[test]
fn ctrl_c_ends_the_retries_too() {
    let server = FaultyServer::start(|_| (Fault::Limit(60_000), ""));
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("questions.jsonl", &questions(5));
    let arguments = "evaluate --questions questions.jsonl --models m --output-dir out";
    let mut child = workspace.command(arguments).spawn().unwrap();
    let begin = Instant::now();
    while server.arrivals() == 0 {
        assert!(begin.elapsed() < Duration::from_secs(20), "nothing was sent");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    while child.try_wait().unwrap().is_none() {
        assert!(begin.elapsed() < Duration::from_secs(40), "it waits for the rate limit all the same");
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    Run::of(arguments, &output).check(130, "", &["5 of 5 are missing; run it again to go on"]);
}

#[test]
fn a_wait_of_more_than_ten_minutes_ends_the_run_with_what_there_is() {
    let server =
        FaultyServer::start(|count| if count < 3 { (Fault::None, "No.") } else { (Fault::Limit(601_000), "") });
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("questions.jsonl", &questions(9));
    workspace.run("evaluate --questions questions.jsonl --models m --batch-size 1 --output-dir out").check(
        1,
        "",
        &["it asks to wait for more than 10 minutes, so run again later", "2 of 9 are kept"],
    );
    assert_eq!((server.arrivals(), workspace.rows("out/results_questions/m_responses.csv").len()), (3, 2));
}
