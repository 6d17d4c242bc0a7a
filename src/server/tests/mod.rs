//! The server as a caller sees it, over real connections, with the toy engine.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::engine::Engine;
use super::toy::{Busy, Toy};
use super::{Server, serve};

mod batches;
mod chat;
mod concurrency;
mod files;
mod jobs;
mod methods;
mod resume;
mod sharing;

/// What a step and an answer of the slow engine take.
const PAUSE: Duration = Duration::from_millis(20);

/// A server with a quick engine, "toy", and one that takes its time, "slow".
struct Running {
    base: String,
    client: Client,
    /// Whom the slow engine is answering.
    busy: Arc<Busy>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    async fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, super::UPLOAD_LIMIT).await
    }

    async fn start_with(data_dir: &Path, upload_limit: u64) -> Self {
        Self::start_as(data_dir, |server| server.upload_limit = upload_limit).await
    }

    /// A server whose batches expire after so many seconds.
    async fn start_within(data_dir: &Path, batch_window: i64) -> Self {
        Self::start_as(data_dir, |server| server.batch_window = batch_window).await
    }

    async fn start_as(data_dir: &Path, change: impl FnOnce(&mut Server)) -> Self {
        let busy = Arc::new(Busy::default());
        let engines: Vec<Arc<dyn Engine>> = vec![
            Arc::new(Toy { name: "toy", ..Toy::default() }),
            Arc::new(Toy { name: "slow", pause: PAUSE, has_logprobs: true, busy: busy.clone() }),
        ];
        let mut server = Server::open(data_dir, engines).unwrap();
        if let Some(server) = Arc::get_mut(&mut server) {
            change(server);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { drop(stopped.await) };
        Self { base, client: Client::new(), busy, stop, task: tokio::spawn(serve(listener, server, shutdown)) }
    }

    async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap().unwrap();
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.send(Method::POST, path, body).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    async fn chat(&self, model: &str, fields: Value) -> Value {
        let mut body = json!({ "model": model, "messages": [{ "role": "user", "content": "How much?" }] });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.post("/v1/chat/completions", body).await
    }

    async fn upload(&self, content: String, purpose: &str) -> (StatusCode, Value) {
        let part = Part::text(content).file_name("train.jsonl");
        let form = Form::new().text("purpose", purpose.to_owned()).part("file", part);
        let response = self.client.post(format!("{}/v1/files", self.base)).multipart(form).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// Uploads so many examples whose answers are "<answer> <number>".
    async fn examples(&self, answer: &str, count: usize) -> String {
        let (status, file) = self.upload(examples(answer, count), "fine-tune").await;
        assert_eq!(status, StatusCode::OK, "{file}");
        text(&file["id"])
    }

    async fn job(&self, model: &str, file: &str, fields: Value) -> Value {
        let mut body = json!({ "model": model, "training_file": file });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.post("/v1/fine_tuning/jobs", body).await
    }

    /// The job once it has one of these statuses.
    async fn wait(&self, job: &Value, statuses: &[&str]) -> Value {
        for _ in 0..1_000 {
            let job = self.get(&format!("/v1/fine_tuning/jobs/{}", text(&job["id"]))).await;
            if statuses.contains(&job["status"].as_str().unwrap()) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the job never became one of {statuses:?}");
    }
}

fn examples(answer: &str, count: usize) -> String {
    let line = |number: usize| {
        let answer = json!({ "role": "assistant", "content": format!("{answer} {number}") });
        format!("{}\n", json!({ "messages": [{ "role": "user", "content": "How much?" }, answer] }))
    };
    (0..count).map(line).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Asserts an error's status and body, with all four fields.
fn assert_error((status, body): (StatusCode, Value), expected: u16, param: Value, code: Value) {
    assert_eq!(status.as_u16(), expected, "{body}");
    let error = &body["error"];
    assert_eq!((error["param"].clone(), error["code"].clone()), (param, code), "{body}");
    assert!(!text(&error["message"]).is_empty() && !text(&error["type"]).is_empty(), "{body}");
}

#[tokio::test]
async fn unknown_routes_and_methods_are_answered_in_json() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    assert_error(server.send(Method::GET, "/v1/nothing", Value::Null).await, 404, Value::Null, json!("unknown_url"));
    assert_error(server.send(Method::GET, "/", Value::Null).await, 404, Value::Null, json!("unknown_url"));
    let wrong = server.send(Method::DELETE, "/v1/chat/completions", Value::Null).await;
    assert_error(wrong, 405, Value::Null, json!("method_not_supported"));
    let no_text = server.send(Method::GET, "/v1/models/%ff", Value::Null).await;
    assert_error(no_text, 400, Value::Null, Value::Null);
    assert_eq!(server.get("/health").await, json!({ "status": "ok" }));
    server.stop().await;
}

#[tokio::test]
async fn requests_for_another_host_are_refused() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let request = server.client.get(format!("{}/v1/models", server.base)).header("host", "evil.example");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(response.headers().contains_key("x-request-id"));
}

#[tokio::test]
async fn the_untuned_models_are_listed() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let models = server.get("/v1/models").await;
    let names: Vec<String> = models["data"].as_array().unwrap().iter().map(|model| text(&model["id"])).collect();
    assert_eq!(names, ["toy", "slow"]);
    assert_eq!(server.get("/v1/models/toy").await["object"], "model");
    let missing = server.send(Method::GET, "/v1/models/gpt-4o", Value::Null).await;
    assert_error(missing, 404, json!("model"), json!("model_not_found"));
    let base = server.send(Method::DELETE, "/v1/models/toy", Value::Null).await;
    assert_error(base, 400, json!("model"), Value::Null);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "reading writes nothing");
}
