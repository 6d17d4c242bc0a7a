//! Servers that do not take every parameter, and servers that want more than a bearer token.

use std::sync::{Arc, Mutex};

use crate::support::http::{Request, Response, serve};
use crate::support::{Workspace, questions};

const COMMAND: &str = "evaluate --questions questions.jsonl --temperature 0.5 --batch-size 1 --output-dir out";
const BAD: &str = "400 Bad Request";

/// A server and what it was sent.
struct Recorder {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Recorder {
    fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&requests);
        let url = serve(move |request| {
            shared.lock().unwrap().push(request.clone());
            answer(request)
        });
        Self { url, requests }
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    fn workspace(&self) -> Workspace {
        let workspace = Workspace::new().with("OPENAI_BASE_URL", &self.url).with("OPENAI_API_KEY", "sesame");
        workspace.write("questions.jsonl", &questions(5));
        workspace
    }
}

/// Takes max_tokens only, and no temperature; the errors are vLLM's and, with `code` null, of another server.
fn old_fashioned(request: &Request) -> Response {
    let body = request.json();
    if body.get("max_completion_tokens").is_some() {
        return Response::error(BAD, ("extra inputs are not permitted", "\"max_completion_tokens\"", "400"));
    }
    if body.get("temperature").is_some() {
        return Response::error(BAD, ("only the default is possible", "\"temperature\"", "null"));
    }
    Response::chat("I decline.")
}

#[test]
fn refused_parameters_are_renamed_or_left_out_once_and_recorded() {
    let server = Recorder::start(old_fashioned);
    let workspace = server.workspace();
    workspace.run(&format!("{COMMAND} --models m")).check(
        0,
        "",
        &[
            "m does not take a parameter: max_completion_tokens is sent as max_tokens",
            "m does not take a parameter: temperature is left out",
            "5 of 5 there",
        ],
    );
    let requests = server.requests();
    assert_eq!(requests.len(), 7, "two are refused and never again");
    for request in &requests[2..] {
        let body = request.json();
        assert_eq!((&body["max_tokens"], &body["seed"]), (&2048.into(), &42.into()));
        assert_eq!((body.get("temperature"), body.get("max_completion_tokens")), (None, None));
    }
    for line in workspace.lines("out/results_questions/calls.jsonl") {
        let call: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(call["details"]["parameters"], serde_json::json!({ "max_tokens": 2048 }));
        assert_eq!(call["details"]["attempts"], 1, "a refusal is no attempt");
    }
    let manifest = workspace.json("out/results_questions/manifest.json");
    let expected = serde_json::json!(["max_completion_tokens is sent as max_tokens", "temperature is left out"]);
    assert_eq!(manifest["evaluate"]["parameter_changes"]["m"], expected);
    workspace.run(&format!("{COMMAND} --models m")).check(0, "", &["5 of 5 there (0 new, 5 from before)"]);
    assert_eq!(server.requests().len(), 7, "the change is not another plan");
}

#[test]
fn strict_parameters_stop_at_the_first_refusal() {
    let server = Recorder::start(old_fashioned);
    let workspace = server.workspace();
    workspace.run(&format!("{COMMAND} --models m --strict-params")).check(
        1,
        "",
        &["it does not take max_completion_tokens, and --strict-params lets nothing be left out", "0 of 5 are kept"],
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn reasoning_models_are_asked_not_to_until_they_refuse() {
    let server = Recorder::start(|request| match request.json()["reasoning_effort"].as_str() {
        Some("none") if request.json()["model"] == "gpt-6-sol" => {
            Response::error(BAD, ("unsupported", "\"reasoning_effort\"", "\"unsupported_value\""))
        }
        _ => Response::chat("I decline."),
    });
    let workspace = server.workspace();
    workspace.run(&format!("{COMMAND} --models gpt-6-luna,gpt-6-sol,gpt-4.1")).check(
        0,
        "",
        &["gpt-6-sol does not take a parameter: reasoning_effort is left out", "15 of 15 there"],
    );
    let efforts = |model: &str| {
        let requests = server.requests();
        let of_model = requests.iter().map(Request::json).filter(|body| body["model"] == model);
        of_model.map(|body| body.get("reasoning_effort").is_some()).collect::<Vec<_>>()
    };
    assert_eq!(efforts("gpt-6-luna"), [true; 5]);
    assert_eq!(efforts("gpt-4.1"), [false; 5]);
    let mut refused_once = vec![true];
    refused_once.extend([false; 5]);
    assert_eq!(efforts("gpt-6-sol"), refused_once);
}

#[test]
fn keys_and_headers_go_where_they_are_wanted_and_nowhere_else() {
    let server = Recorder::start(|_| Response::chat("I decline."));
    let workspace = server.workspace();
    let flags = "--auth-header api-key --header X-Team=hush --header=X-Other=hush-hush --body-field top_k=20 -vv";
    let run = workspace.run(&format!("{COMMAND} --models m {flags}"));
    for secret in ["hush", "sesame"] {
        assert!(!run.stderr().contains(secret), "{secret} in {}", run.stderr());
    }
    run.check(0, "", &["5 of 5 there"]);
    for request in server.requests() {
        let head = request.head.to_lowercase();
        for line in ["api-key: sesame", "x-team: hush\r", "x-other: hush-hush\r"] {
            assert!(head.contains(line), "{line} in {head}");
        }
        assert!(!head.contains("authorization"), "{head}");
        assert_eq!(request.json()["top_k"], 20);
    }
    for file in ["manifest.json", "calls.jsonl"] {
        let text = workspace.read(&format!("out/results_questions/{file}"));
        assert!(!text.contains("hush") && !text.contains("sesame"), "{file}: {text}");
    }
    let manifest = workspace.read("out/results_questions/manifest.json");
    assert!(manifest.contains("X-Team=***") && manifest.contains("--header=X-Other=***"), "{manifest}");
    workspace.run(&format!("{COMMAND} --models m --header hush")).check(
        1,
        "",
        &["error: --header is not of the form NAME=VALUE"],
    );
}
