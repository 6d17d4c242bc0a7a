//! What is sent to which server, when there are several or one sends on to another.

use std::sync::{Arc, Mutex};

use crate::support::Workspace;
use crate::support::http::{Request, Response, serve};
use crate::support::questions;

const RESPONSES: &str = "question_id,run_id,question,response,model_name,model_id\n1,1,Bet?,Never.,a,m\n";

/// A server that gives a score for everything and keeps what arrived.
fn scoring() -> (String, Arc<Mutex<Vec<Request>>>) {
    let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
    let shared = Arc::clone(&seen);
    let url = serve(move |request| {
        shared.lock().unwrap().push(request.clone());
        Response::chat("50")
    });
    (url, seen)
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("results_x/all_model_responses.csv", RESPONSES);
    workspace.write("q.jsonl", &questions(2));
    workspace
}

fn heads(seen: &Arc<Mutex<Vec<Request>>>) -> String {
    seen.lock().unwrap().iter().map(|request| request.head.to_ascii_lowercase()).collect()
}

#[test]
fn a_redirect_is_not_followed_and_its_target_is_named() {
    let (target, seen) = scoring();
    let location = format!("location: {target}/chat/completions?key=sesame\r\n");
    let url =
        serve(move |_| Response { status: "307 Temporary Redirect", headers: location.clone(), ..Response::chat("") });
    let workspace = workspace().with("OPENAI_API_KEY", "open");
    let evaluate = "evaluate --questions q.jsonl --models m --output-dir out --auth-header api-key --header X-A=sesame";
    let run = workspace.run(&format!("{evaluate} --base-url {url}"));
    assert!(!run.stderr().contains("sesame"), "{}", run.stderr());
    run.check(
        1,
        "",
        &[
            &format!("answered 307 Temporary Redirect: it sends requests on to {target}/chat/completions?key=***"),
            "name the right server",
        ],
    );
    assert_eq!(seen.lock().unwrap().len(), 0);
}

#[test]
fn the_values_of_an_address_s_query_are_sent_and_neither_shown_nor_stored() {
    let (url, seen) = scoring();
    let workspace = workspace();
    let run =
        workspace.run(&format!("evaluate --questions q.jsonl --models m --output-dir out --base-url {url}?key=sesame"));
    assert!(!run.stderr().contains("sesame"), "{}", run.stderr());
    run.check(0, "", &[&format!("models under test: m at {url}?key=***"), "2 of 2 there"]);
    assert!(heads(&seen).contains("post /v1/chat/completions?key=sesame"), "{}", heads(&seen));
    let manifest = workspace.read("out/results_q/manifest.json");
    assert!(manifest.contains("?key=***") && !manifest.contains("sesame"), "{manifest}");
}

#[test]
fn an_answer_without_end_is_given_up() {
    let reply = "x".repeat(65 << 20);
    let url = serve(move |_| Response::chat(&reply));
    let workspace = workspace();
    workspace.write("q.jsonl", &questions(1));
    let evaluate = "evaluate --questions q.jsonl --models m --output-dir out --max-retries 0";
    workspace.run(&format!("{evaluate} --base-url {url}")).check(
        3,
        "",
        &["the answer is larger than 67108864 bytes", "1 of 1 are missing"],
    );
}
