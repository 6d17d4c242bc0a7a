//! A chat server that allows so many requests or tokens a minute, says so in its headers, and counts what it refuses.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::http::{Response, serve};

/// Tokens of every request and answer of [`Response::chat`].
const TOKENS: f64 = 13.0;

/// What is limited, a minute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    pub(crate) requests: f64,
    pub(crate) tokens: f64,
    /// Whether the headers tell.
    pub(crate) told: bool,
    /// Seconds of the limit that may come at once.
    pub(crate) burst: f64,
}

#[derive(Debug)]
struct State {
    /// What is left of requests and of tokens.
    left: [f64; 2],
    at: Instant,
    /// When, and which model.
    answered: Vec<(Instant, String)>,
    refused: usize,
}

/// A running server.
pub(crate) struct LimitedServer {
    /// For OPENAI_BASE_URL.
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl LimitedServer {
    pub(crate) fn start(allowed: Allowed) -> Self {
        let full = [allowed.requests, allowed.tokens].map(|limit| limit / 60.0 * allowed.burst);
        let state = State { left: full, at: Instant::now(), answered: Vec::new(), refused: 0 };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let url = serve(move |request| {
            let model = request.json()["model"].as_str().unwrap().to_owned();
            respond(&mut shared.lock().unwrap(), (allowed, model))
        });
        Self { url, state }
    }

    pub(crate) fn refused(&self) -> usize {
        self.state.lock().unwrap().refused
    }

    pub(crate) fn answered(&self) -> usize {
        self.state.lock().unwrap().answered.len()
    }

    /// How many requests for each of two models were answered when the first of them had its last answer.
    pub(crate) fn shares(&self, models: [&str; 2]) -> [usize; 2] {
        let state = self.state.lock().unwrap();
        let last = models.map(|model| state.answered.iter().rposition(|(_, asked)| asked == model).unwrap());
        let end = last[0].min(last[1]);
        models.map(|model| state.answered[..=end].iter().filter(|(_, asked)| asked == model).count())
    }
}

fn respond(state: &mut State, (allowed, model): (Allowed, String)) -> Response {
    let now = Instant::now();
    let elapsed = now.duration_since(state.at).as_secs_f64();
    state.at = now;
    let limits = [allowed.requests, allowed.tokens];
    for (left, limit) in state.left.iter_mut().zip(limits) {
        *left = (*left + elapsed * limit / 60.0).min(limit / 60.0 * allowed.burst);
    }
    let granted = state.left[0] >= 1.0 && state.left[1] >= TOKENS;
    if granted {
        state.left = [state.left[0] - 1.0, state.left[1] - TOKENS];
        state.answered.push((now, model));
    } else {
        state.refused += 1;
    }
    let header = |(name, left, limit): (&str, f64, f64)| {
        let second = limit / 60.0;
        let reset = (second * allowed.burst - left) / second;
        format!(
            "x-ratelimit-limit-{name}: {limit:.0}\r\nx-ratelimit-remaining-{name}: {:.0}\r\n\
             x-ratelimit-reset-{name}: {:.0}ms\r\n",
            left.floor(),
            reset * 1000.0
        )
    };
    let headers = [("requests", state.left[0], limits[0]), ("tokens", state.left[1], limits[1])].map(header).concat();
    let headers = if allowed.told { headers } else { String::new() };
    let refused = ("rate limit reached", "null", "\"rate_limit_exceeded\"");
    match granted {
        true => Response { headers, ..Response::chat("I decline.") },
        false => {
            let headers = format!("{headers}retry-after-ms: 50\r\n");
            Response { headers, ..Response::error("429 Too Many Requests", refused) }
        }
    }
}
