//! The client against a server that fails.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::faults::{Fault, FaultyServer};
use crate::support::{Run, Workspace, questions};

#[test]
fn every_answer_arrives_through_faults_and_hangs_and_none_is_asked_twice() {
    let server = FaultyServer::start(|count| {
        let fault = match count.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & 0xffff {
            draw if draw < 3277 => Fault::Limit(40),
            draw if draw < 6554 => Fault::Error,
            draw if draw < 7864 => Fault::Reset,
            draw if draw < 9175 => Fault::Truncated,
            draw if draw < 10486 => Fault::Html,
            draw if draw < 11796 => Fault::Short,
            draw if draw < 12124 => Fault::Hang,
            _ => Fault::None,
        };
        (fault, "I decline.")
    });
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("questions.jsonl", &questions(500));
    let command = "evaluate --questions questions.jsonl --models m --num-runs 4 --timeout 4 --output-dir out";
    workspace.run(command).check(0, "", &["2000 of 2000 there (2000 new, 0 from before)"]);
    assert_eq!(workspace.rows("out/results_questions/all_model_responses.csv").len(), 2000);
    assert_eq!(server.answered(), 2000);
    assert_eq!((server.asked_twice(), server.early()), (0, 0));
    assert!(server.happened(Fault::Hang) > 0 && server.arrivals() > 2200, "the faults happened: {}", server.arrivals());
    // Only what the server may have answered counts as lost, and is charged.
    let cut = [Fault::Reset, Fault::Short, Fault::Truncated, Fault::Hang].map(|fault| server.happened(fault));
    let spending = &workspace.json("out/results_questions/manifest.json")["evaluate"]["spending"][0];
    assert_eq!(spending["lost_answers"], cut.iter().sum::<usize>());
    assert_eq!((&spending["calls"], &spending["prompt_tokens"]), (&2000.into(), &20_000.into()));
}

#[test]
fn a_retry_after_is_kept_in_each_of_its_forms() {
    for fault in [Fault::Limit(300), Fault::LimitSeconds(1), Fault::LimitDate(2), Fault::LimitSilent] {
        let server = FaultyServer::start(move |count| match count {
            3..=5 => (fault, ""),
            _ => (Fault::None, "I decline."),
        });
        let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
        workspace.write("questions.jsonl", &questions(50));
        workspace.run("evaluate --questions questions.jsonl --models m --max-retries 0 --output-dir out").check(
            0,
            "",
            &["50 of 50 there (50 new, 0 from before)"],
        );
        assert_eq!((server.happened(fault), server.asked_twice(), server.early()), (3, 0, 0), "{fault:?}");
    }
}

#[test]
fn a_server_that_never_answers_costs_each_request_its_time_out() {
    let server = FaultyServer::with(|_, body| match body.contains("\"seed\":43") {
        true => (Fault::Hang, ""),
        false => (Fault::None, "I decline."),
    });
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("questions.jsonl", &questions(5));
    let command = "evaluate --questions questions.jsonl --models m --num-runs 2 --timeout 2 --max-retries 0 \
                   --output-dir out";
    workspace.run(command).check(
        3,
        "",
        &["5 failed:", "did not answer in time (see --timeout)", "5 of 10 are missing; run it again to go on"],
    );
    assert_eq!(workspace.rows("out/results_questions/m_responses.csv").len(), 5);
}

#[test]
fn out_of_credit_stops_at_once_keeps_what_is_there_and_goes_on_later() {
    let credit = Arc::new(AtomicBool::new(false));
    let paid = Arc::clone(&credit);
    let server = FaultyServer::start(move |count| match count > 200 && !paid.load(Ordering::Relaxed) {
        true => (Fault::NoCredit, ""),
        false => (Fault::None, "I decline."),
    });
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("questions.jsonl", &questions(300));
    let command = "evaluate --questions questions.jsonl --models m --batch-size 25 --output-dir out";
    workspace.run(command).check(1, "", &["insufficient_quota", "200 of 300 are kept", "run it again to go on"]);
    assert!(server.arrivals() <= 225, "nothing is sent after the refusal: {}", server.arrivals());
    assert_eq!(workspace.rows("out/results_questions/m_responses.csv").len(), 200);
    workspace.run(command).check(1, "", &["insufficient_quota", "200 of 300 are kept"]);
    credit.store(true, Ordering::Relaxed);
    workspace.run(command).check(0, "", &["300 of 300 there (100 new, 200 from before)"]);
    assert_eq!(server.asked_twice(), 0);
}

#[test]
fn a_request_that_keeps_failing_is_reported_and_the_others_are_kept() {
    let (failures, count) = (3, AtomicUsize::new(0));
    let question: serde_json::Value = serde_json::from_str(&questions(1)).unwrap();
    let first = question["messages"][0]["content"].as_str().unwrap().lines().next().unwrap().to_owned();
    let server = FaultyServer::with(move |_, body| {
        let fails = body.contains(&first) && count.fetch_add(1, Ordering::Relaxed) < failures;
        if fails { (Fault::Error, "") } else { (Fault::None, "I decline.") }
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

#[test]
fn a_full_disk_and_a_folder_that_cannot_be_written_to_are_errors_that_lose_nothing() {
    let server = FaultyServer::start(|_| (Fault::None, "I decline."));
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("questions.jsonl", &questions(100));
    let arguments = "evaluate --questions questions.jsonl --models m --batch-size 5 --output-dir out";
    // A limit on the size of files stands for the full disk: 16 blocks of 512 or 1,024 bytes.
    let script = format!("trap '' XFSZ; ulimit -f 16; exec \"$0\" {arguments}");
    let riskpref = env!("CARGO_BIN_EXE_riskpref");
    let output = workspace.command_of("sh").args(["-c", &script, riskpref]).output().unwrap();
    Run::of(&script, &output).check(1, "", &["error: cannot write", "calls.jsonl", "too large"]);
    let kept = workspace.lines("out/results_questions/calls.jsonl").len();
    assert!(kept > 5, "some fit: {kept}");
    let asked = server.arrivals();
    workspace.run(arguments).check(0, "", &["100 of 100 there"]);
    assert!(server.arrivals() - asked <= 101 - (kept - 1), "what fitted is not asked for again");

    workspace.write("file", "");
    workspace.run("evaluate --questions questions.jsonl --models m --output-dir file/out").check(
        1,
        "",
        &["error: cannot make the folder file/out/results_questions"],
    );
}
