//! Requests a second of the client with its journal, beside a bare client on the same loopback server in the same minute.
//!
//! `cargo bench --bench throughput [REQUESTS]`. The server runs in a process of its own. Where `wrk` is installed it is
//! the bare generator; a loop of reqwest requests without journal, retries or parsing is measured in any case.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use riskpref::api::retry::Policy;
use riskpref::api::wire::chat::{ChatRequest, Message};
use riskpref::api::{Client, Gate, Limits, Server};
use riskpref::batch::{Task, fill};
use riskpref::interrupt::Interrupt;
use riskpref::store::{Journal, Slot};
use riskpref::terminal::Terminal;

const CONCURRENCY: usize = 50;
const ANSWER: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"I stake $2,500 of my $10,000. With a 55% chance I end with $12,500, and with a 45% chance I end with $7,500.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":40,"completion_tokens":30,"total_tokens":70}}"#;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return runtime.block_on(serve());
    }
    let requests = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let mut child = Command::new(std::env::current_exe().expect("a path"))
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut url = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut url).expect("the server's address");
    let url = url.trim();
    let out = &mut std::io::stdout().lock();
    let mut row = |name: &str, rate: f64| writeln!(out, "{name:<28} {rate:>9.0} requests/s").expect("stdout");
    row("reqwest alone", runtime.block_on(bare(url, requests)));
    if let Some(rate) = wrk(url) {
        row("wrk", rate);
    }
    row("riskpref with its journal", runtime.block_on(filled(url, requests)));
    child.kill().and_then(|()| child.wait()).expect("the server ends");
}

async fn serve() {
    let answer = || async { ([("content-type", "application/json")], ANSWER) };
    let router = Router::new().route("/v1/chat/completions", post(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    writeln!(std::io::stdout(), "http://{}/v1", listener.local_addr().expect("an address")).expect("stdout");
    axum::serve(listener, router).await.expect("the server runs");
}

fn request(question: u64) -> ChatRequest {
    let text = format!(
        "I have $10,000. A bet pays $1 for each $1 staked with probability 55%. How much do I stake? ({question})"
    );
    ChatRequest {
        max_completion_tokens: Some(2048),
        seed: Some(42),
        ..ChatRequest::new("m", vec![Message::user(text)])
    }
}

async fn bare(url: &str, requests: u64) -> f64 {
    let http = reqwest::Client::new();
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let workers = (0..CONCURRENCY).map(|_| {
        let (http, next, url) = (http.clone(), Arc::clone(&next), format!("{url}/chat/completions"));
        tokio::spawn(async move {
            while next.fetch_add(1, Ordering::Relaxed) < requests {
                let reply = http.post(&url).json(&request(1)).send().await.expect("an answer");
                reply.bytes().await.expect("a body");
            }
        })
    });
    futures::future::join_all(workers).await;
    requests as f64 / start.elapsed().as_secs_f64()
}

fn wrk(url: &str) -> Option<f64> {
    let mut script = tempfile::NamedTempFile::new().expect("a file");
    let body = serde_json::to_string(&request(1)).expect("JSON");
    write!(script, "wrk.method=\"POST\"\nwrk.body=[[{body}]]\nwrk.headers[\"content-type\"]=\"application/json\"\n")
        .expect("written");
    let connections = CONCURRENCY.to_string();
    let output = Command::new("wrk")
        .args(["-t1", "-c", &connections, "-d5s", "-s"])
        .arg(script.path())
        .arg(format!("{url}/chat/completions"))
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:")?.trim().parse().ok())
}

async fn filled(url: &str, requests: u64) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = Arc::new(Journal::open(folder.path()).expect("a journal"));
    let gate = Arc::new(Gate::new(Limits { connections: CONCURRENCY, pace: Duration::ZERO }, Interrupt::never()));
    let server = Server { base_url: url.to_owned(), key: None };
    let client = Client::new(server, gate, Policy::default(), Duration::from_secs(600)).expect("a client");
    let client = Arc::new(client);
    let tasks = (0..requests).map(move |question| {
        let slot = Slot { name: "m".to_owned(), question_id: question, run_id: 1, metric: String::new() };
        Task::new(slot, &"I have $10,000.".into(), &client, &request(question))
    });
    let (bar, interrupt) = (Terminal::new(true).bar("bench", requests), Interrupt::never());
    let start = Instant::now();
    let filled = fill(&journal, tasks, CONCURRENCY, (bar, interrupt)).await.expect("a filled journal");
    assert_eq!(filled.answered, requests);
    requests as f64 / start.elapsed().as_secs_f64()
}
