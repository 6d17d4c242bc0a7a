//! A server of batches that does what a script says, and remembers every line that it answered.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

/// What becomes of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fate {
    /// Lines that are answered.
    pub(crate) answered: usize,
    /// The status in which it ends.
    pub(crate) status: &'static str,
    /// Whether it goes on until it is cancelled or let go.
    pub(crate) held: bool,
    /// Whether the request that creates it is never answered.
    pub(crate) silent: bool,
    /// A parameter for which a line is refused, if any.
    pub(crate) refuses: &'static str,
    /// Looks at it before it ends.
    pub(crate) looks: usize,
    /// Whether it is not begun since the queue is full.
    pub(crate) crowded: bool,
    /// Whether the upload of its file is not answered before batches are let go.
    pub(crate) stuck: bool,
    /// Requests to cancel it that fail.
    pub(crate) deaf: usize,
    /// Whether the server does not know it any more when it is looked at.
    pub(crate) gone: bool,
}

impl Fate {
    /// All lines are answered.
    pub(crate) const DONE: Self = Self {
        answered: usize::MAX,
        status: "completed",
        held: false,
        silent: false,
        refuses: "",
        looks: 0,
        crowded: false,
        stuck: false,
        deaf: 0,
        gone: false,
    };
    /// It finds no room in the queue.
    pub(crate) const CROWDED: Self = Self { answered: 0, status: "failed", crowded: true, ..Self::DONE };
}

#[derive(Debug, Clone)]
struct Batch {
    input: String,
    metadata: Value,
    fate: Fate,
    cancelled: bool,
    results: Option<(String, String)>,
    looked: usize,
    /// How many requests asked to cancel it.
    cancels: usize,
    /// How many batches had been created when it ended.
    beside: usize,
}

#[derive(Default)]
struct Kept {
    files: BTreeMap<String, Vec<u8>>,
    batches: Vec<Batch>,
    answered: HashMap<String, usize>,
    single: usize,
    released: bool,
    uploads: usize,
}

type Shared = Arc<(Mutex<Kept>, Box<dyn Fn(usize) -> Fate + Send + Sync>)>;

/// A running server; `script` gives the fate of the n-th batch, from 1.
pub(crate) struct BatchServer {
    /// For OPENAI_BASE_URL.
    pub(crate) url: String,
    shared: Shared,
}

impl BatchServer {
    pub(crate) fn start(script: impl Fn(usize) -> Fate + Send + Sync + 'static) -> Self {
        let shared: Shared = Arc::new((Mutex::default(), Box::new(script)));
        let router = Router::new()
            .route("/v1/files", get(|| async { Json(json!({ "object": "list", "data": [] })) }).post(upload))
            .route("/v1/files/{id}/content", get(content))
            .route("/v1/batches", get(list).post(create))
            .route("/v1/batches/{id}", get(look))
            .route("/v1/batches/{id}/cancel", post(cancel))
            .route("/v1/chat/completions", post(single))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        Self { url, shared }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.shared.0.lock().unwrap()
    }

    /// Lets held batches end.
    pub(crate) fn release(&self) {
        self.kept().released = true;
    }

    /// Lines of each batch that was created.
    pub(crate) fn batches(&self) -> Vec<usize> {
        let kept = self.kept();
        let lines = |batch: &Batch| kept.files[&batch.input].split(|byte| *byte == b'\n').count() - 1;
        kept.batches.iter().map(lines).collect()
    }

    /// Lines that were answered, and lines that were answered more than once.
    pub(crate) fn answered(&self) -> (usize, usize) {
        let kept = self.kept();
        (kept.answered.len(), kept.answered.values().filter(|count| **count > 1).count())
    }

    /// Files that were uploaded.
    pub(crate) fn uploads(&self) -> usize {
        self.kept().uploads
    }

    /// How many batches had been created when the n-th ended, from 0.
    pub(crate) fn created_when_ended(&self, place: usize) -> usize {
        self.kept().batches[place].beside
    }

    /// Requests that came one by one.
    pub(crate) fn single(&self) -> usize {
        self.kept().single
    }
}

async fn upload(State(shared): State<Shared>, mut form: Multipart) -> Json<Value> {
    let (mut bytes, mut name, mut purpose) = (Vec::new(), String::new(), String::new());
    while let Some(field) = form.next_field().await.unwrap() {
        match field.name() {
            Some("file") => {
                name = field.file_name().unwrap().to_owned();
                bytes = field.bytes().await.unwrap().to_vec();
            }
            _ => purpose = field.text().await.unwrap(),
        }
    }
    assert_eq!(purpose, "batch");
    let stuck = {
        let mut kept = shared.0.lock().unwrap();
        kept.uploads += 1;
        shared.1(kept.batches.len() + 1).stuck && !kept.released
    };
    if stuck {
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
    let mut kept = shared.0.lock().unwrap();
    let id = format!("file-{}", kept.files.len());
    let size = bytes.len();
    kept.files.insert(id.clone(), bytes);
    Json(json!({ "id": id, "object": "file", "bytes": size, "filename": name, "purpose": purpose }))
}

async fn content(State(shared): State<Shared>, Path(id): Path<String>) -> Vec<u8> {
    shared.0.lock().unwrap().files[&id].clone()
}

async fn create(State(shared): State<Shared>, Json(request): Json<Value>) -> Response {
    assert_eq!((&request["endpoint"], &request["completion_window"]), (&json!("/v1/chat/completions"), &json!("24h")));
    let fate = {
        let mut kept = shared.0.lock().unwrap();
        let fate = shared.1(kept.batches.len() + 1);
        let input = request["input_file_id"].as_str().unwrap().to_owned();
        let metadata = request["metadata"].clone();
        let batch = Batch { input, metadata, fate, cancelled: false, results: None, looked: 0, cancels: 0, beside: 0 };
        kept.batches.push(batch);
        fate
    };
    if fate.silent {
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
    let place = shared.0.lock().unwrap().batches.len() - 1;
    Json(shown(&mut shared.0.lock().unwrap(), place, false)).into_response()
}

async fn list(State(shared): State<Shared>) -> Json<Value> {
    let mut kept = shared.0.lock().unwrap();
    let all: Vec<Value> = (0..kept.batches.len()).rev().map(|place| shown(&mut kept, place, false)).collect();
    Json(json!({ "object": "list", "data": all, "has_more": false }))
}

async fn look(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let place: usize = id.strip_prefix("batch_").unwrap().parse().unwrap();
    let mut kept = shared.0.lock().unwrap();
    match kept.batches[place].fate.gone {
        true => failure(StatusCode::NOT_FOUND, "no such batch"),
        false => Json(shown(&mut kept, place, true)).into_response(),
    }
}

async fn cancel(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let place: usize = id.strip_prefix("batch_").unwrap().parse().unwrap();
    let mut kept = shared.0.lock().unwrap();
    let batch = &mut kept.batches[place];
    batch.cancels += 1;
    if batch.cancels <= batch.fate.deaf {
        return failure(StatusCode::INTERNAL_SERVER_ERROR, "try again");
    }
    batch.cancelled = true;
    Json(shown(&mut kept, place, false)).into_response()
}

fn failure(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": { "message": message, "type": "error", "param": null, "code": null } })))
        .into_response()
}

fn shown(kept: &mut Kept, place: usize, finish: bool) -> Value {
    kept.batches[place].looked += usize::from(finish);
    let batch = kept.batches[place].clone();
    let mut told = json!({
        "id": format!("batch_{place}"), "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": batch.input,
        "completion_window": "24h", "created_at": 1, "metadata": batch.metadata, "status": "in_progress",
        "output_file_id": null, "error_file_id": null,
    });
    let over = batch.cancelled || kept.released || !batch.fate.held;
    if finish && over && batch.looked > batch.fate.looks && batch.results.is_none() {
        kept.batches[place].beside = kept.batches.len();
        kept.batches[place].results = Some(answer(kept, &batch));
    }
    if let Some((output, errors)) = &kept.batches[place].results {
        told["status"] = if batch.cancelled { json!("cancelled") } else { json!(batch.fate.status) };
        told["output_file_id"] = if kept.files[output].is_empty() { Value::Null } else { json!(output) };
        told["error_file_id"] = if kept.files[errors].is_empty() { Value::Null } else { json!(errors) };
        let (code, message) = match batch.fate.crowded {
            true => ("token_limit_exceeded", "too many tokens are queued"),
            false => ("bad", "a line is bad"),
        };
        if batch.fate.status == "failed" {
            told["errors"] = json!({ "object": "list", "data": [{ "code": code, "message": message, "line": 1 }] });
        }
    }
    told
}

/// Answers what the fate allows, last line first; the others expire.
fn answer(kept: &mut Kept, batch: &Batch) -> (String, String) {
    let input = String::from_utf8(kept.files[&batch.input].clone()).unwrap();
    let (mut output, mut errors) = (String::new(), String::new());
    for (place, line) in input.lines().rev().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["method"], &line["url"]), (&json!("POST"), &json!("/v1/chat/completions")));
        let id = line["custom_id"].as_str().unwrap().to_owned();
        if line["body"].get(batch.fate.refuses).is_some() {
            let error = json!({ "message": "not supported", "param": batch.fate.refuses, "code": "unsupported_value" });
            let response = json!({ "status_code": 400, "request_id": "req_1", "body": { "error": error } });
            errors += &format!("{}\n", json!({ "id": "b", "custom_id": id, "response": response, "error": null }));
        } else if place < batch.fate.answered {
            let response = json!({ "status_code": 200, "request_id": "req_1", "body": body(&line["body"]) });
            output += &format!("{}\n", json!({ "id": "b", "custom_id": id, "response": response, "error": null }));
            *kept.answered.entry(id).or_default() += 1;
        } else {
            let error = json!({ "code": "batch_expired", "message": "too late" });
            errors += &format!("{}\n", json!({ "id": "b", "custom_id": id, "response": null, "error": error }));
        }
    }
    if batch.fate.crowded {
        errors.clear();
    }
    let names = (format!("file-out{}", kept.files.len()), format!("file-err{}", kept.files.len()));
    kept.files.insert(names.0.clone(), output.into_bytes());
    kept.files.insert(names.1.clone(), errors.into_bytes());
    names
}

async fn single(State(shared): State<Shared>, Json(request): Json<Value>) -> Json<Value> {
    shared.0.lock().unwrap().single += 1;
    Json(body(&request))
}

/// The reply tells whether a temperature was asked for.
fn body(request: &Value) -> Value {
    let reply = if request.get("temperature").is_some() { "I accept." } else { "I decline." };
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": request["model"],
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": reply }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13 }
    })
}
