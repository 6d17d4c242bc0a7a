//! A chat server that misbehaves on purpose, and remembers everything that it was asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// It is answered.
    None,
    /// 429 with this Retry-After in milliseconds.
    Limit(u64),
    /// 500 with an error body.
    Error,
    /// The connection is closed without an answer.
    Reset,
    /// Half of the answer, then the connection is closed.
    Short,
    /// A whole body that is half of the JSON.
    Truncated,
    /// 502 with a page of HTML.
    Html,
    /// 429 that says that there is no credit.
    NoCredit,
}

/// One arrival of a request.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    at: Instant,
    fault: Fault,
}

type Log = HashMap<String, Vec<Arrival>>;
type Script = dyn Fn(u64) -> (Fault, &'static str) + Send + Sync;

/// A running server; `script` gives the fault and the reply of the n-th request.
pub(crate) struct FaultyServer {
    /// For OPENAI_BASE_URL.
    pub(crate) url: String,
    log: Arc<Mutex<Log>>,
}

impl FaultyServer {
    pub(crate) fn start(script: impl Fn(u64) -> (Fault, &'static str) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Log::new()));
        let (shared, script): (_, Arc<Script>) = (Arc::clone(&log), Arc::new(script));
        let count = Arc::new(Mutex::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, script, count) = (Arc::clone(&shared), Arc::clone(&script), Arc::clone(&count));
                std::thread::spawn(move || {
                    converse(stream, &log, &|| {
                        let mut count = count.lock().unwrap();
                        *count += 1;
                        script(*count)
                    });
                });
            }
        });
        Self { url, log }
    }

    /// Number of requests that arrived, repeats included.
    pub(crate) fn arrivals(&self) -> usize {
        self.log.lock().unwrap().values().map(Vec::len).sum()
    }

    /// Number of different requests that were answered.
    pub(crate) fn answered(&self) -> usize {
        let answered = |arrivals: &&Vec<Arrival>| arrivals.iter().any(|arrival| arrival.fault == Fault::None);
        self.log.lock().unwrap().values().filter(answered).count()
    }

    /// Requests that came again after they were answered.
    pub(crate) fn asked_twice(&self) -> usize {
        let log = self.log.lock().unwrap();
        let late = |arrivals: &Vec<Arrival>| {
            let answer = arrivals.iter().position(|arrival| arrival.fault == Fault::None);
            answer.map_or(0, |answer| arrivals.len() - answer - 1)
        };
        log.values().map(late).sum()
    }

    /// Requests that came again before their Retry-After had passed.
    pub(crate) fn early(&self) -> usize {
        let log = self.log.lock().unwrap();
        let early = |pair: &[Arrival]| match pair[0].fault {
            Fault::Limit(wait) => pair[1].at < pair[0].at + Duration::from_millis(wait),
            _ => false,
        };
        log.values().map(|arrivals| arrivals.windows(2).filter(|pair| early(pair)).count()).sum()
    }
}

/// Answers the requests of one connection until a fault closes it.
fn converse(stream: TcpStream, log: &Mutex<Log>, next: &dyn Fn() -> (Fault, &'static str)) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(body) = request(&mut reader) {
        let (fault, reply) = next();
        log.lock().unwrap().entry(body).or_default().push(Arrival { at: Instant::now(), fault });
        if !respond(&mut stream, fault, reply) {
            return;
        }
    }
}

/// The body of the next request, or none when the connection ends.
fn request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

/// Sends what the fault leaves of the answer; returns whether the connection stays open.
fn respond(stream: &mut TcpStream, fault: Fault, reply: &str) -> bool {
    let answer = serde_json::json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": reply }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13 }
    })
    .to_string();
    let error =
        |code: &str| format!(r#"{{"error":{{"message":"{code}","type":"{code}","param":null,"code":"{code}"}}}}"#);
    let (status, headers, body) = match fault {
        Fault::None | Fault::Short => ("200 OK", String::new(), answer.clone()),
        Fault::Truncated => ("200 OK", String::new(), answer[..answer.len() / 2].to_owned()),
        Fault::Limit(wait) => {
            ("429 Too Many Requests", format!("retry-after-ms: {wait}\r\n"), error("rate_limit_exceeded"))
        }
        Fault::NoCredit => ("429 Too Many Requests", String::new(), error("insufficient_quota")),
        Fault::Error => ("500 Internal Server Error", String::new(), error("server_error")),
        Fault::Html => ("502 Bad Gateway", String::new(), "<html><body>Bad gateway</body></html>".to_owned()),
        Fault::Reset => return false,
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    let sent = if fault == Fault::Short { &body[..body.len() / 2] } else { &body };
    stream.write_all((head + sent).as_bytes()).is_ok() && fault != Fault::Short
}
