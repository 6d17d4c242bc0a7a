//! The two clients that are compared: riskpref's with its journal, and a loop without journal, retries or parsing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use riskpref::api::retry::Policy;
use riskpref::api::wire::chat::{ChatRequest, Message};
use riskpref::api::{Client, Gate, Limits, Server};
use riskpref::batch::{Filled, Shape, fill};
use riskpref::interrupt::Interrupt;
use riskpref::store::{Journal, Slot, each_charge};
use riskpref::terminal::Terminal;

fn question(number: u64) -> String {
    format!("I have $10,000. A bet pays $1 for each $1 staked with probability 55%. How much do I stake? ({number})")
}

fn request(text: &str) -> ChatRequest {
    ChatRequest { max_completion_tokens: Some(100), seed: Some(42), ..ChatRequest::new("m", vec![Message::user(text)]) }
}

/// Sends `requests` and reads what comes; returns the seconds.
pub(crate) async fn bare(url: &str, requests: u64, concurrency: usize) -> f64 {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let workers = (0..concurrency).map(|_| {
        let (http, next, url) = (http.clone(), Arc::clone(&next), format!("{url}/chat/completions"));
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return;
                }
                let post = http.post(&url).json(&request(&question(number)));
                // What fails is lost: that is what a bare client does.
                if let Ok(reply) = post.timeout(Duration::from_secs(5)).send().await {
                    let _ = reply.bytes().await;
                }
            }
        })
    });
    futures::future::join_all(workers).await;
    start.elapsed().as_secs_f64()
}

/// Fills a journal with `requests` answers; returns the seconds, what the batch did, and how many answers the folder says were
/// lost on the way.
pub(crate) async fn filled(url: &str, requests: u64, concurrency: usize) -> (f64, Filled, u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = Arc::new(Journal::open(folder.path()).expect("a journal"));
    let gate = Arc::new(Gate::new(Limits::connections(concurrency), Interrupt::never()));
    let server = Server { base_url: url.to_owned(), ..Server::default() };
    let client = Client::new(server, gate, Policy::default(), Duration::from_secs(5)).expect("a client");
    let shape = Shape::new(&Arc::new(client), &request("")).expect("a shape");
    let text: Arc<str> = "I have $10,000.".into();
    let tasks = (0..requests).map(move |number| {
        let slot = Slot { name: "m".to_owned(), question_id: number, run_id: 1, metric: String::new() };
        shape.task(slot, (&text, &question(number)), Some(42))
    });
    let (bar, interrupt) = (Terminal::new(true).bar("bench", requests), Interrupt::never());
    let start = Instant::now();
    let filled = fill(&journal, tasks, concurrency, (bar, interrupt)).await.expect("a filled journal");
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(journal.calls().expect("a readable journal").count() as u64, filled.answered);
    let mut lost = 0;
    each_charge(folder.path(), |charge| lost += charge.details.lost).expect("a readable journal");
    (seconds, filled, lost)
}

/// Opens a journal of `calls` calls and passes over all of them; returns the seconds.
pub(crate) async fn resumed(calls: u64) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let gate = Arc::new(Gate::new(Limits::connections(1), Interrupt::never()));
    let server = Server { base_url: "http://127.0.0.1:9/v1".to_owned(), ..Server::default() };
    let client = Client::new(server, gate, Policy::default(), Duration::from_secs(5)).expect("a client");
    let shape = Shape::new(&Arc::new(client), &request("")).expect("a shape");
    let text: Arc<str> = "I have $10,000.".into();
    let tasks = move || {
        let (shape, text) = (shape.clone(), Arc::clone(&text));
        (0..calls).map(move |number| {
            let slot = Slot { name: "m".to_owned(), question_id: number, run_id: 1, metric: String::new() };
            shape.task(slot, (&text, &question(number)), Some(42))
        })
    };
    write_journal(folder.path(), tasks());
    let (bar, interrupt) = (Terminal::new(true).bar("bench", calls), Interrupt::never());
    let start = Instant::now();
    let journal = Arc::new(Journal::open(folder.path()).expect("a journal"));
    let filled = fill(&journal, tasks(), 50, (bar, interrupt)).await.expect("a filled journal");
    assert_eq!(filled.present, calls);
    start.elapsed().as_secs_f64()
}

fn write_journal(folder: &std::path::Path, tasks: impl Iterator<Item = anyhow::Result<riskpref::batch::Task>>) {
    use std::io::Write;
    let file = std::fs::File::create(folder.join("calls.jsonl")).expect("a file");
    let mut file = std::io::BufWriter::new(file);
    for task in tasks {
        let task = task.expect("a task");
        let details = serde_json::json!({"attempts": 1, "latency_ms": 0.5, "parameters": {"max_completion_tokens": 100},
            "request_id": null, "usage": {"completion_tokens": 30, "prompt_tokens": 40, "total_tokens": 70}});
        let call = riskpref::store::Call {
            slot: task.slot,
            key: task.key,
            question: task.question.to_string(),
            reply: "I stake $2,500 of my $10,000. With a 55% chance I end with $12,500.".to_owned(),
            model_id: "m".to_owned(),
            seed: Some(42),
            finish_reason: Some("stop".to_owned()),
            details,
        };
        file.write_all(&riskpref::store::line(&call).expect("a line")).expect("written");
    }
    file.flush().expect("written");
}
