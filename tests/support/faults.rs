//! A chat server that misbehaves on purpose, and remembers everything that it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use super::http::{Delivery, Response, serve};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// It is answered.
    None,
    /// 429 with this Retry-After in milliseconds.
    Limit(u64),
    /// 429 with a Retry-After in seconds.
    LimitSeconds(u64),
    /// 429 with a Retry-After as a date this many seconds ahead.
    LimitDate(u64),
    /// 429 without a Retry-After.
    LimitSilent,
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
    /// Nothing, for ever.
    Hang,
    /// 429 that says that there is no credit.
    NoCredit,
}

impl Fault {
    /// How long after `now` the server wants to be left alone. A date is in whole seconds.
    fn wait(self, now: SystemTime) -> Duration {
        match self {
            Self::Limit(milliseconds) => Duration::from_millis(milliseconds),
            Self::LimitSeconds(seconds) => Duration::from_secs(seconds),
            Self::LimitDate(seconds) => {
                let part = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos();
                Duration::from_secs(seconds) - Duration::from_nanos(part.into())
            }
            _ => Duration::ZERO,
        }
    }
}

/// One arrival of a request.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    at: Instant,
    fault: Fault,
    wait: Duration,
}

type Log = HashMap<String, Vec<Arrival>>;

/// A running server; `script` gives the fault and the reply of the n-th request.
pub(crate) struct FaultyServer {
    /// For OPENAI_BASE_URL.
    pub(crate) url: String,
    log: Arc<Mutex<Log>>,
}

impl FaultyServer {
    pub(crate) fn start(script: impl Fn(u64) -> (Fault, &'static str) + Send + Sync + 'static) -> Self {
        Self::with(move |count, _| script(count))
    }

    /// As [`FaultyServer::start`], by the request's body too.
    pub(crate) fn with(script: impl Fn(u64, &str) -> (Fault, &'static str) + Send + Sync + 'static) -> Self {
        let log = Arc::new(Mutex::new(Log::new()));
        let (shared, count) = (Arc::clone(&log), Mutex::new(0));
        let url = serve(move |request| {
            let (fault, reply) = {
                let mut count = count.lock().unwrap();
                *count += 1;
                script(*count, &request.body)
            };
            let now = SystemTime::now();
            let arrival = Arrival { at: Instant::now(), fault, wait: fault.wait(now) };
            shared.lock().unwrap().entry(request.body.clone()).or_default().push(arrival);
            respond(fault, reply, now)
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

    /// How often a fault happened.
    pub(crate) fn happened(&self, fault: Fault) -> usize {
        self.log.lock().unwrap().values().flatten().filter(|arrival| arrival.fault == fault).count()
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
        let early = |pair: &[Arrival]| pair[1].at < pair[0].at + pair[0].wait;
        log.values().map(|arrivals| arrivals.windows(2).filter(|pair| early(pair)).count()).sum()
    }
}

/// What the fault leaves of the answer.
fn respond(fault: Fault, reply: &str, now: SystemTime) -> Response {
    let chat = Response::chat(reply);
    let error = |status, code: &str| Response::error(status, (code, "null", &format!("\"{code}\"")));
    let limit = |header: String| Response { headers: header, ..error("429 Too Many Requests", "rate_limit_exceeded") };
    match fault {
        Fault::None => chat,
        Fault::Limit(milliseconds) => limit(format!("retry-after-ms: {milliseconds}\r\n")),
        Fault::LimitSeconds(seconds) => limit(format!("retry-after: {seconds}\r\n")),
        Fault::LimitDate(seconds) => {
            let date = jiff::Timestamp::try_from(now + Duration::from_secs(seconds)).unwrap();
            let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
            limit(format!("retry-after: {date}\r\n"))
        }
        Fault::LimitSilent => limit(String::new()),
        Fault::NoCredit => error("429 Too Many Requests", "insufficient_quota"),
        Fault::Error => error("500 Internal Server Error", "server_error"),
        Fault::Html => {
            Response { status: "502 Bad Gateway", body: "<html><body>Bad gateway</body></html>".into(), ..chat }
        }
        Fault::Truncated => Response { body: chat.body[..chat.body.len() / 2].to_owned(), ..chat },
        Fault::Short => Response { delivery: Delivery::Half, ..chat },
        Fault::Reset => Response { delivery: Delivery::Reset, ..chat },
        Fault::Hang => Response { delivery: Delivery::Hang, ..chat },
    }
}
