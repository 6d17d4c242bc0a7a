//! Sending one request until it is answered or given up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::RngExt;
use reqwest::{RequestBuilder, Response};
use serde::de::DeserializeOwned;

use super::exchange::{Answer, chain, describe, exchange, open};
use super::limit::{Load, Ticket};
use super::parameters::Changes;
use super::retry::{self, Decision, Outcome, Policy, Progress};
use super::route::{Chat, Route, strict_advice};
use super::server::shown;
use super::wire::batch::MAXIMUM_BYTES;
use super::wire::chat::{ChatResponse, Usage};
use super::{Error, Gate, Server};

/// Bytes a second that the slowest connection is expected to carry.
const SLOWEST: u64 = 50_000;

/// A client of one server. All clients of a command share one [`Gate`].
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    server: Arc<Server>,
    shown: String,
    chat_url: reqwest::Url,
    gate: Arc<Gate>,
    policy: Policy,
    timeout: Duration,
    routes: Arc<Mutex<HashMap<String, Arc<Route>>>>,
}

/// An answer and how it came.
#[derive(Debug, Clone)]
pub struct Reply<T> {
    /// The body.
    pub body: T,
    /// The server's name for the request, for its support.
    pub request_id: Option<String>,
    /// How many times the request was sent.
    pub attempts: u32,
    /// Time from the last sending to the end of the answer.
    pub latency: Duration,
    /// What the request was changed by.
    pub changes: Arc<Changes>,
    /// Answers to earlier attempts that were lost on the way.
    pub lost: u32,
}

/// What an attempt that brought no answer leads to.
#[derive(Debug)]
pub enum Undone {
    /// The request is to be sent again after this time.
    Again(Progress, Duration),
    /// It is given up, having come this far.
    Over(Error, Progress),
}

impl Client {
    /// A client of `server` whose requests are given up after `timeout` each, and later where they move files.
    ///
    /// # Errors
    /// When the address is none, a header is none, or the system's TLS configuration cannot be used.
    pub fn new(server: Server, gate: Arc<Gate>, policy: Policy, timeout: Duration) -> Result<Self, Error> {
        let builder = reqwest::Client::builder();
        // A proxy cannot reach this machine's own servers.
        let http = if server.is_loopback() { builder.no_proxy() } else { builder };
        let http = http
            .user_agent(concat!("riskpref/", env!("CARGO_PKG_VERSION")))
            .default_headers(server.header_map()?)
            .timeout(timeout)
            // What is secret in the headers would go along.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .pool_max_idle_per_host(usize::MAX)
            .tcp_nodelay(true)
            .build()
            .map_err(|error| Error::other(format!("cannot start an HTTP client: {}", chain(&error))))?;
        let chat_url = reqwest::Url::parse(&server.at("/chat/completions"))
            .map_err(|error| Error::other(format!("{} is not an address: {error}", shown(&server.base_url))))?;
        let shown = shown(&server.base_url);
        Ok(Self { http, server: Arc::new(server), shown, chat_url, gate, policy, timeout, routes: Arc::default() })
    }

    /// Where the client sends to, without the values of the address's query.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.shown
    }

    /// The server that the client sends to.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What is remembered of a model.
    #[must_use]
    pub fn route(&self, model: &str) -> Arc<Route> {
        let mut routes = self.routes.lock().expect("no thread panics while it holds the routes");
        if let Some(route) = routes.get(model) {
            return Arc::clone(route);
        }
        let route = Arc::new(Route::new(model, self.policy.strict, self.gate.caps()));
        routes.insert(model.to_owned(), Arc::clone(&route));
        route
    }

    /// Sends a chat request once.
    ///
    /// # Errors
    /// [`Undone`], with what to do next.
    pub async fn attempt(&self, chat: &Chat, progress: Progress) -> Result<Reply<ChatResponse>, Undone> {
        let route = &chat.route;
        let over = |error| Undone::Over(error, progress);
        let unlimited = route.changes().drops_limit();
        let _permit = self.gate.enter().await.map_err(over)?;
        let ticket = self.start(route, chat.load()).await.map_err(over)?;
        // After the wait: what other requests taught meanwhile is known.
        let changes = route.changes();
        if changes.drops_limit() != unlimited {
            // It may cost more than it was admitted for.
            return Err(Undone::Again(progress, Duration::ZERO));
        }
        let post = self.http.post(self.chat_url.clone()).header(reqwest::header::CONTENT_TYPE, "application/json");
        let (outcome, standings) = exchange::<ChatResponse>(post.body(chat.changed(&changes))).await;
        let outcome = match outcome {
            Ok(answer) => {
                ticket.answered(&standings, answer.body.usage.as_ref());
                return Ok(reply(answer, progress, changes));
            }
            Err(outcome) => outcome,
        };
        report(&ticket, &standings, &outcome);
        drop(ticket);
        if let Outcome::Status { status: 400 | 422, error: Some(error), .. } = &outcome {
            let strict = self.policy.strict.then(|| chat.refused(error)).flatten();
            if let Some(parameter) = strict {
                return Err(over(self.stop(self.describe(&outcome) + &strict_advice(parameter))));
            }
            if !self.policy.strict && route.adapt(chat, &changes, error) {
                return Err(Undone::Again(progress, Duration::ZERO));
            }
        }
        let progress = if may_be_billed(&outcome) { progress.lost() } else { progress };
        Err(self.undone(route, progress, &outcome))
    }

    /// Sends a request that is none of chat once.
    pub(super) async fn once<T: DeserializeOwned>(
        &self,
        progress: Progress,
        build: impl Fn(&reqwest::Client, &Server) -> Result<RequestBuilder, Error>,
    ) -> Result<Reply<T>, Undone> {
        let route = self.route("");
        let over = |error| Undone::Over(error, progress);
        let _permit = self.gate.enter().await.map_err(over)?;
        let ticket = self.start(&route, Load::default()).await.map_err(over)?;
        let (outcome, _) = exchange(build(&self.http, &self.server).map_err(over)?).await;
        drop(ticket);
        match outcome {
            Ok(answer) => Ok(reply(answer, progress, Arc::default())),
            Err(outcome) => Err(self.undone(&route, progress, &outcome)),
        }
    }

    /// GETs a path once and has `read` take the answer, which is no JSON object.
    pub(super) async fn once_open<T>(
        &self,
        progress: Progress,
        (path, read): (&str, impl AsyncFnOnce(Response) -> Result<Result<T, Outcome>, Error>),
    ) -> Result<T, Undone> {
        let route = self.route("");
        let over = |error| Undone::Over(error, progress);
        let _permit = self.gate.enter().await.map_err(over)?;
        let _ticket = self.start(&route, Load::default()).await.map_err(over)?;
        // How much comes is not known before it is there.
        let get = self.http.get(self.server.at(path)).timeout(self.patience(MAXIMUM_BYTES));
        let (outcome, _) = open(get).await;
        let outcome = match outcome {
            Ok(response) => read(response).await.map_err(over)?,
            Err(outcome) => Err(outcome),
        };
        outcome.map_err(|outcome| self.undone(&route, progress, &outcome))
    }

    /// When a request is given up that moves so many bytes.
    pub(super) fn patience(&self, bytes: u64) -> Duration {
        self.timeout + Duration::from_secs(bytes / SLOWEST)
    }

    async fn start(&self, route: &Route, load: Load) -> Result<Ticket, Error> {
        match route.limiter.try_enter(load) {
            Some(ticket) => Ok(ticket),
            None => self.gate.unless_interrupted(route.limiter.enter(load)).await,
        }
    }

    /// What follows an attempt that brought no answer.
    fn undone(&self, route: &Route, progress: Progress, outcome: &Outcome) -> Undone {
        let decision = retry::decide(&self.policy, progress, outcome, rand::rng().random());
        tracing::debug!(?progress, ?outcome, ?decision, "request not answered");
        match decision {
            Decision::Retry(wait) => {
                if progress.attempt == 1 && matches!(outcome, Outcome::Unreachable(_)) {
                    tracing::warn!("{}; trying again", self.describe(outcome));
                }
                Undone::Again(progress.retried(), wait)
            }
            Decision::Wait(wait, everybody) => {
                if everybody {
                    route.limiter.close_for(wait);
                }
                Undone::Again(progress.waited(), wait)
            }
            Decision::Fail if matches!(outcome, Outcome::Status { status: 404, .. }) => {
                Undone::Over(Error::Missing { reason: self.describe(outcome) }, progress)
            }
            Decision::Fail => {
                let (reason, attempts) = (self.describe(outcome), progress.attempt);
                Undone::Over(Error::Failed { reason, attempts }, progress)
            }
            Decision::Stop => Undone::Over(self.stop(self.describe(outcome)), progress),
        }
    }

    fn stop(&self, reason: String) -> Error {
        self.gate.halt();
        Error::Stop { reason }
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    fn describe(&self, outcome: &Outcome) -> String {
        describe((&self.shown, self.server.key_variable), outcome)
    }
}

fn reply<T>(answer: Answer<T>, progress: Progress, changes: Arc<Changes>) -> Reply<T> {
    let Answer { body, request_id, latency } = answer;
    Reply { body, request_id, attempts: progress.attempt, latency, changes, lost: progress.lost }
}

fn report(ticket: &Ticket, standings: &super::limit::Standings, outcome: &Outcome) {
    match outcome {
        Outcome::Status { status: status @ (429 | 503), .. } => ticket.pushed_back(standings, *status),
        Outcome::Status { .. } => ticket.answered(standings, None::<&Usage>),
        _ => {}
    }
}

/// Whether the server may have made an answer that did not arrive: it was cut off, or its headers came too late. A request
/// that was refused, or never reached the server, is not billed.
fn may_be_billed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Timeout | Outcome::Broken(_))
}
