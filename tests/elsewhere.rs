//! What is sent to which server, when there are several or one sends on to another.

use std::sync::{Arc, Mutex};

use crate::support::Workspace;
use crate::support::http::{Request, Response, serve};
use crate::support::questions;

const RESPONSES: &str = "question_id,run_id,question,response,model_name,model_id\n1,1,Bet?,Never.,a,m\n";
const JUDGE: &str = "judge --results-dir results_x --judge-model j --metrics alignment --max-retries 0";

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
fn options_of_judge_reach_the_judge_s_own_server() {
    let (url, seen) = scoring();
    let workspace = workspace().with("RISKPREF_JUDGE_API_KEY", "open").with("OPENAI_API_KEY", "shut");
    let options = "--auth-header X-Key --header X-Team=red --body-field top_k=20";
    workspace.run(&format!("{JUDGE} --judge-base-url {url} {options}")).check(0, "", &["1 of 1 there"]);
    let head = heads(&seen);
    assert!(head.contains("x-key: open") && head.contains("x-team: red") && !head.contains("shut"), "{head}");
    assert_eq!(seen.lock().unwrap()[0].json()["top_k"], 20);
}

#[test]
fn headers_of_the_environment_are_not_shown_to_the_judge_s_own_server() {
    let (url, seen) = scoring();
    let workspace = workspace()
        .with("RISKPREF_HEADER", "X-Secret=sesame")
        .with("RISKPREF_AUTH_HEADER", "X-Key")
        .with("OPENAI_API_KEY", "shut");
    workspace.run(&format!("{JUDGE} --judge-base-url {url}")).check(
        0,
        "",
        &[
            "RISKPREF_AUTH_HEADER and RISKPREF_HEADER of the environment is not sent to the judge's own server",
            "1 of 1 there",
        ],
    );
    let head = heads(&seen);
    assert!(!head.contains("sesame") && !head.contains("shut"), "{head}");
}

#[test]
fn a_chain_says_which_options_its_judge_does_not_get() {
    let ((models, asked), (judge, scored)) = (scoring(), scoring());
    let workspace = workspace();
    workspace.write("evals/questions_x.jsonl", &questions(1));
    workspace.write("out/model_mappings.csv", "model_name,openai_model_id\na,m\n");
    let run = format!("run --from evaluate --model m --evals-dir evals --output-dir out --base-url {models}");
    let options = "--header X-Team=red --body-field top_k=20 --metrics alignment --to judge";
    workspace.run(&format!("{run} --judge-model j --judge-base-url {judge} {options}")).check(
        0,
        "",
        &["--header, --body-field go to the server of the models and not to the judge's own", "1 of 1 there"],
    );
    assert!(heads(&asked).contains("x-team: red") && !heads(&scored).contains("x-team"), "{}", heads(&scored));
    assert_eq!(scored.lock().unwrap()[0].json()["top_k"], serde_json::Value::Null);
}

#[test]
fn the_judge_that_stands_in_is_not_looked_for_at_the_judge_s_server() {
    let models = serve(|_| Response::chat("I decline."));
    let workspace = workspace().with("RISKPREF_JUDGE_BASE_URL", "http://127.0.0.1:9/v1");
    workspace.write("evals/questions_x.jsonl", &questions(2));
    workspace.write("out/model_mappings.csv", "model_name,openai_model_id\na,m\n");
    let run = "run --from evaluate --to judge --model m --evals-dir evals --output-dir out --max-retries 0";
    workspace.run(&format!("{run} --base-url {models}")).check_with(
        0,
        &[],
        &["judge: agent at the embedded engine", "scores in out/analysis_x"],
    );
}

#[test]
fn a_judge_that_refuses_the_key_names_the_variable_of_its_key() {
    let url = serve(|_| Response::error("401 Unauthorized", ("no", "null", "\"invalid_api_key\"")));
    let workspace = workspace().with("OPENAI_API_KEY", "shut");
    workspace.run(&format!("{JUDGE} --judge-base-url {url}")).check(
        1,
        "",
        &["answered 401 Unauthorized: no; is RISKPREF_JUDGE_API_KEY set, and the key of this server?"],
    );
    workspace.run(&format!("evaluate --questions q.jsonl --models m --output-dir out --base-url {url}")).check(
        1,
        "",
        &["is OPENAI_API_KEY set, and the key of this server?"],
    );
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

#[test]
fn a_field_that_asks_for_several_choices_is_riskpref_s_own() {
    workspace().run("evaluate --questions q.jsonl --models m --body-field n=4").check(2, "", &["n is riskpref's own"]);
}
