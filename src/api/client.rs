//! Sending one request until it is answered or given up.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rand::RngExt;
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use super::hints::Hints;
use super::retry::{self, Decision, Outcome, Policy, Progress};
use super::wire::error::ErrorBody;
use super::{Error, Gate};

/// A server that speaks the OpenAI API.
#[derive(Debug, Clone)]
pub struct Server {
    /// Everything before `/chat/completions`, for example `https://api.openai.com/v1`.
    pub base_url: String,
    /// The key, where the server wants one.
    pub key: Option<SecretString>,
}

/// A client of one server. All clients of a command share one [`Gate`].
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    server: Server,
    gate: Arc<Gate>,
    policy: Policy,
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
}

impl Client {
    /// A client of `server` whose requests are given up after `timeout` each.
    ///
    /// # Errors
    /// When the system's TLS configuration cannot be used.
    pub fn new(server: Server, gate: Arc<Gate>, policy: Policy, timeout: Duration) -> Result<Self, Error> {
        let loopback =
            ["http://127.", "http://localhost", "http://[::1]"].iter().any(|start| server.base_url.starts_with(start));
        let builder = reqwest::Client::builder();
        // A proxy cannot reach this machine's own servers.
        let http = if loopback { builder.no_proxy() } else { builder };
        let http = http
            .user_agent(concat!("riskpref/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .pool_max_idle_per_host(usize::MAX)
            .build()
            .map_err(|error| Error::Stop { reason: format!("cannot start an HTTP client: {}", chain(&error)) })?;
        Ok(Self { http, server, gate, policy })
    }

    /// Where the client sends to.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.server.base_url
    }

    /// Sends what `build` makes until it is answered with a `T`, and gives it up as [`retry::decide`] says.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        build: impl Fn(&reqwest::Client, &str) -> Result<RequestBuilder, Error>,
    ) -> Result<Reply<T>, Error> {
        self.send_watched(build, || Ok(())).await
    }

    /// As [`Client::send`]; `lost` is told of every answer that was lost on the way and may have been charged, and may end
    /// the request instead of having it sent again.
    pub(super) async fn send_watched<T: DeserializeOwned>(
        &self,
        build: impl Fn(&reqwest::Client, &str) -> Result<RequestBuilder, Error>,
        lost: impl Fn() -> Result<(), Error>,
    ) -> Result<Reply<T>, Error> {
        let mut progress = Progress::START;
        loop {
            let permit = self.gate.enter().await?;
            let outcome = match self.once(build(&self.http, &self.server.base_url)?).await {
                Ok((body, request_id, latency)) => {
                    return Ok(Reply { body, request_id, attempts: progress.attempt, latency });
                }
                Err(outcome) => outcome,
            };
            drop(permit);
            if matches!(outcome, Outcome::Timeout | Outcome::Broken(_)) {
                lost()?;
            }
            let decision = retry::decide(&self.policy, progress, &outcome, rand::rng().random());
            tracing::debug!(?progress, ?outcome, ?decision, "request not answered");
            match decision {
                Decision::Retry(wait) => {
                    progress = progress.retried();
                    if progress.attempt == 2 && matches!(outcome, Outcome::Unreachable(_)) {
                        tracing::warn!("{}; trying again", self.describe(&outcome));
                    }
                    self.gate.pause(wait).await?;
                }
                Decision::Wait(wait) => {
                    progress = progress.waited();
                    self.gate.close_for(wait);
                }
                Decision::Fail => {
                    return Err(Error::Failed { reason: self.describe(&outcome), attempts: progress.attempt });
                }
                Decision::Stop => return Err(Error::Stop { reason: self.describe(&outcome) }),
            }
        }
    }

    /// Sends a request once.
    pub(super) async fn once<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<(T, Option<String>, Duration), Outcome> {
        let request = match &self.server.key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        };
        let start = Instant::now();
        let response = request.send().await.map_err(|error| broken(&error))?;
        let request_id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        if !response.status().is_success() {
            return Err(refused(response).await);
        }
        let bytes = response.bytes().await.map_err(|error| broken(&error))?;
        let body = serde_json::from_slice(&bytes).map_err(|error| Outcome::Broken(error.to_string()))?;
        Ok((body, request_id, start.elapsed()))
    }

    /// Sends a request once, for an answer that is no JSON object; its body is still to be read.
    pub(super) async fn once_open(&self, request: RequestBuilder) -> Result<Response, Outcome> {
        let request = match &self.server.key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        };
        let response = request.send().await.map_err(|error| broken(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(refused(response).await) }
    }

    /// A GET of a path below the base URL.
    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.server.base_url))
    }

    /// One request outside [`Client::send`]'s loop, for what must not be repeated blindly.
    pub(super) async fn once_through_gate<T: DeserializeOwned>(
        &self,
        build: impl Fn(&reqwest::Client, &str) -> RequestBuilder,
    ) -> Result<Result<T, Outcome>, Error> {
        let _permit = self.gate.enter().await?;
        Ok(self.once(build(&self.http, &self.server.base_url)).await.map(|(body, _, _)| body))
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(super) fn decide(&self, progress: Progress, outcome: &Outcome) -> Decision {
        let decision = retry::decide(&self.policy, progress, outcome, rand::rng().random());
        if let Decision::Wait(wait) = decision {
            self.gate.close_for(wait);
        }
        decision
    }

    pub(super) fn describe(&self, outcome: &Outcome) -> String {
        let url = &self.server.base_url;
        match outcome {
            Outcome::Status { status, error, hints } => describe_status(url, *status, (error.as_ref(), *hints)),
            Outcome::Unreachable(why) => format!("{url} cannot be reached: {why}"),
            Outcome::Timeout => format!("{url} did not answer in time (see --timeout)"),
            Outcome::Broken(why) => {
                format!("{url} broke off or answered with something else than the API's JSON: {why}")
            }
        }
    }
}

fn describe_status(
    url: &str,
    status: u16,
    (error, hints): (Option<&super::wire::error::ErrorDetail>, Hints),
) -> String {
    let name = StatusCode::from_u16(status).map_or_else(|_| status.to_string(), |status| status.to_string());
    let message = error.map_or(String::new(), |error| format!(": {}", error.message));
    let advice = match (status, hints.retry_after) {
        (401, _) => "; is OPENAI_API_KEY set, and the key of this server?",
        (429, Some(wait)) if wait > retry::LONGEST_WAIT => {
            "; it asks to wait for more than 10 minutes, so run again later"
        }
        _ => "",
    };
    format!("{url} answered {name}{message}{advice}")
}

async fn refused(response: Response) -> Outcome {
    let status = response.status().as_u16();
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64();
    let hints = Hints::read(response.headers(), now);
    let error = response.bytes().await.ok().and_then(|body| ErrorBody::read(&body)).map(|body| body.error);
    Outcome::Status { status, hints, error }
}

pub(super) fn broken(error: &reqwest::Error) -> Outcome {
    match error {
        error if error.is_connect() || error.is_builder() => Outcome::Unreachable(chain(error)),
        error if error.is_timeout() => Outcome::Timeout,
        error => Outcome::Broken(chain(error)),
    }
}

/// An error and its causes on one line; the URL is left out, since the caller names the server.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}
