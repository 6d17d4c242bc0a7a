//! How the loopback server treats requests, and what it remembers of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant, SystemTime};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const ANSWER: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"I stake $2,500 of my $10,000. With a 55% chance I end with $12,500, and with a 45% chance I end with $7,500.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":40,"completion_tokens":30,"total_tokens":70}}"#;
/// Tokens of every request and answer.
pub(crate) const TOKENS: f64 = 70.0;
/// Shares of 429, 500, reset, short body, truncated JSON, HTML 502 and hangs.
const FAULTS: [f64; 7] = [0.05, 0.05, 0.02, 0.02, 0.02, 0.02, 0.005];

/// The ways in which a 429 says when to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RetryAfter {
    Milliseconds,
    Seconds,
    Date,
    Absent,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Behaviour {
    /// Mean latency in milliseconds, lognormal with sigma 0.5; 0 is none.
    pub(crate) latency: f64,
    /// Requests and tokens a minute; a minute's worth may come in one second's worth at once.
    pub(crate) requests: Option<f64>,
    pub(crate) tokens: Option<f64>,
    pub(crate) faults: bool,
    pub(crate) retry_after: RetryAfter,
}

impl Behaviour {
    pub(crate) const PLAIN: Self =
        Self { latency: 0.0, requests: None, tokens: None, faults: false, retry_after: RetryAfter::Milliseconds };
}

/// What is sent, when, and what becomes of the connection.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) delay: Duration,
    pub(crate) closes: bool,
    pub(crate) hangs: bool,
}

impl Answer {
    pub(crate) fn json(body: &str) -> Self {
        Self::new("200 OK", "", body)
    }

    fn new(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let bytes = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        Self { bytes: bytes.into_bytes(), delay: Duration::ZERO, closes: false, hangs: false }
    }
}

#[derive(Debug, Clone, Copy)]
struct Last {
    whole: bool,
    not_before: Instant,
}

pub(crate) struct Log {
    behaviour: Behaviour,
    random: ChaCha8Rng,
    /// What is left of requests and of tokens.
    left: [f64; 2],
    at: Instant,
    /// The last arrival of each request, kept where it matters.
    last: HashMap<u64, Last>,
    counts: Counts,
    first: Option<Instant>,
    latest: Option<Instant>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    arrivals: u64,
    answered: u64,
    refused: u64,
    again: u64,
    early: u64,
    cut: u64,
}

impl Log {
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        let left = [behaviour.requests, behaviour.tokens].map(|limit| limit.unwrap_or(f64::INFINITY) / 60.0);
        Self {
            behaviour,
            random: ChaCha8Rng::seed_from_u64(1),
            left,
            at: Instant::now(),
            last: HashMap::new(),
            counts: Counts::default(),
            first: None,
            latest: None,
        }
    }

    pub(crate) fn stats(&self) -> Value {
        let Counts { arrivals, answered, refused, again, early, cut } = self.counts;
        let seconds = self.latest.zip(self.first).map_or(0.0, |(latest, first)| (latest - first).as_secs_f64());
        json!({ "arrivals": arrivals, "answered": answered, "refused": refused, "again": again, "early": early,
            "cut": cut, "seconds": seconds })
    }

    pub(crate) fn answer(&mut self, body: &[u8]) -> Answer {
        self.counts.arrivals += 1;
        if self.behaviour == Behaviour::PLAIN {
            self.counts.answered += 1;
            return Answer::json(ANSWER);
        }
        let now = Instant::now();
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let hash = hasher.finish();
        if let Some(last) = self.last.get(&hash) {
            self.counts.again += u64::from(last.whole);
            self.counts.early += u64::from(now < last.not_before);
        }
        let (granted, headers) = self.take(now);
        let (mut answer, wait) = match granted {
            true => self.faulty(headers),
            false => self.refusal(headers),
        };
        answer.delay = self.latency();
        let whole = !answer.closes
            && !answer.hangs
            && answer.bytes.starts_with(b"HTTP/1.1 200")
            && answer.bytes.ends_with(b"}}");
        if whole {
            self.counts.answered += 1;
            self.first.get_or_insert(now);
            self.latest = Some(now);
        }
        self.last.insert(hash, Last { whole, not_before: now + wait });
        answer
    }

    /// Takes a request's worth of both limits; returns whether they had it, and their headers.
    fn take(&mut self, now: Instant) -> (bool, String) {
        let elapsed = now.duration_since(self.at).as_secs_f64();
        self.at = now;
        let limits = [("requests", self.behaviour.requests, 1.0), ("tokens", self.behaviour.tokens, TOKENS)];
        let mut headers = String::new();
        for (left, (_, limit, _)) in self.left.iter_mut().zip(limits) {
            let second = limit.unwrap_or(f64::INFINITY) / 60.0;
            *left = (*left + elapsed * second).min(second);
        }
        let granted = self.left.iter().zip(limits).all(|(left, (.., cost))| *left >= cost);
        for (left, (name, limit, cost)) in self.left.iter_mut().zip(limits) {
            let Some(limit) = limit else { continue };
            *left -= if granted { cost } else { 0.0 };
            let second = limit / 60.0;
            headers += &format!(
                "x-ratelimit-limit-{name}: {limit}\r\nx-ratelimit-remaining-{name}: {:.0}\r\nx-ratelimit-reset-{name}: {:.0}ms\r\n",
                left.floor(),
                (second - *left) / second * 1000.0
            );
        }
        (granted, headers)
    }

    fn refusal(&mut self, headers: String) -> (Answer, Duration) {
        self.counts.refused += 1;
        let error = r#"{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#;
        let (header, wait) = match self.behaviour.retry_after {
            RetryAfter::Milliseconds => ("retry-after-ms: 40\r\n".to_owned(), Duration::from_millis(40)),
            RetryAfter::Seconds => ("retry-after: 1\r\n".to_owned(), Duration::from_secs(1)),
            RetryAfter::Date => {
                let then = SystemTime::now() + Duration::from_secs(2);
                let date = jiff::Timestamp::try_from(then).expect("a time");
                let text =
                    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).expect("a date");
                // The date is in whole seconds.
                (format!("retry-after: {text}\r\n"), Duration::from_secs(1))
            }
            RetryAfter::Absent => (String::new(), Duration::ZERO),
        };
        (Answer::new("429 Too Many Requests", &(headers + &header), error), wait)
    }

    fn faulty(&mut self, headers: String) -> (Answer, Duration) {
        let mut draw: f64 = self.random.random();
        let fault = match self.behaviour.faults {
            false => FAULTS.len(),
            true => FAULTS
                .iter()
                .position(|share| {
                    draw -= share;
                    draw < 0.0
                })
                .unwrap_or(FAULTS.len()),
        };
        let whole = Answer::new("200 OK", &headers, ANSWER);
        self.counts.cut += u64::from(matches!(fault, 2..=4 | 6));
        let answer = match fault {
            0 => return self.refusal(headers),
            1 => Answer::new("500 Internal Server Error", "", r#"{"error":{"message":"oops"}}"#),
            2 => Answer { bytes: Vec::new(), closes: true, ..whole },
            3 => Answer { bytes: whole.bytes[..whole.bytes.len() - 100].to_vec(), closes: true, ..whole },
            4 => Answer::new("200 OK", "", &ANSWER[..ANSWER.len() / 2]),
            5 => Answer::new("502 Bad Gateway", "", "<html>Bad gateway</html>"),
            6 => Answer { hangs: true, ..whole },
            _ => whole,
        };
        (answer, Duration::ZERO)
    }

    /// Lognormal with the given mean and a sigma of 0.5.
    fn latency(&mut self) -> Duration {
        const SIGMA: f64 = 0.5;
        if self.behaviour.latency == 0.0 {
            return Duration::ZERO;
        }
        let (u, v): (f64, f64) = (self.random.random(), self.random.random());
        let normal = (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        let milliseconds = self.behaviour.latency * (SIGMA * normal - SIGMA * SIGMA / 2.0).exp();
        Duration::from_secs_f64(milliseconds / 1000.0)
    }
}
