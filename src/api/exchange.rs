//! One request and what came of it.

use std::time::{Duration, SystemTime};

use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::hints::Hints;
use super::limit::Standings;
use super::retry::{self, Outcome};
use super::server::shown;
use super::wire::error::{ErrorBody, ErrorDetail, cut};

/// The most bytes of an answer, far above what any endpoint returns, and of an error.
const LARGEST: usize = 64 << 20;
const LARGEST_ERROR: usize = 1 << 20;

/// An answer, and what its headers say.
#[derive(Debug)]
pub(super) struct Answer<T> {
    pub(super) body: T,
    pub(super) request_id: Option<String>,
    pub(super) latency: Duration,
}

/// Sends a request once. The rate limits are those of the answer, whatever it was.
pub(super) async fn exchange<T: DeserializeOwned>(request: RequestBuilder) -> (Result<Answer<T>, Outcome>, Standings) {
    let start = Instant::now();
    let (response, standings) = match open(request).await {
        (Ok(response), standings) => (response, standings),
        (Err(outcome), standings) => return (Err(outcome), standings),
    };
    let request_id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let bytes = match body(response, LARGEST).await {
        Ok(bytes) => bytes,
        Err(outcome) => return (Err(outcome), standings),
    };
    let answer = serde_json::from_slice(&bytes)
        .map(|body| Answer { body, request_id, latency: start.elapsed() })
        .map_err(|error| Outcome::Broken(cut(error.to_string())));
    (answer, standings)
}

/// As [`exchange`], for an answer whose body is still to be read.
pub(super) async fn open(request: RequestBuilder) -> (Result<Response, Outcome>, Standings) {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return (Err(broken(&error)), Standings::default()),
    };
    let standings = Standings::read(response.headers());
    if response.status().is_success() { (Ok(response), standings) } else { (Err(refused(response).await), standings) }
}

/// A whole body of at most so many bytes.
async fn body(mut response: Response, most: usize) -> Result<Vec<u8>, Outcome> {
    let told = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(told.min(most));
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if bytes.len() + chunk.len() > most {
            return Err(Outcome::Broken(format!("the answer is larger than {most} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What came of a request to a server whose key is in this environment variable, in words for people.
pub(super) fn describe((url, key_variable): (&str, &str), outcome: &Outcome) -> String {
    match outcome {
        Outcome::Status { status: 401, error, hints } if !key_variable.is_empty() => {
            let advice = format!("; is {key_variable} set, and the key of this server?");
            describe_status(url, 401, (error.as_ref(), *hints)) + &advice
        }
        Outcome::Status { status, error, hints } => describe_status(url, *status, (error.as_ref(), *hints)),
        Outcome::Unreachable(why) => format!("{url} cannot be reached: {why}"),
        Outcome::Timeout => format!("{url} did not answer in time (see --timeout)"),
        Outcome::Broken(why) => {
            format!("{url} broke off or answered with something else than the API's JSON: {why}")
        }
    }
}

fn describe_status(url: &str, status: u16, (error, hints): (Option<&ErrorDetail>, Hints)) -> String {
    let name = StatusCode::from_u16(status).map_or_else(|_| status.to_string(), |status| status.to_string());
    let message = error.map_or(String::new(), |error| format!(": {}", error.message));
    let advice = match hints.retry_after {
        Some(wait) if status == 429 && wait > retry::LONGEST_WAIT => {
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
    let error = match response.headers().get(reqwest::header::LOCATION).filter(|_| (300..400).contains(&status)) {
        Some(target) => Some(redirected(&String::from_utf8_lossy(target.as_bytes()))),
        None => body(response, LARGEST_ERROR).await.ok().and_then(|body| ErrorBody::read(&body)).map(|body| body.error),
    };
    Outcome::Status { status, hints, error }
}

fn redirected(target: &str) -> ErrorDetail {
    let message = format!(
        "it sends requests on to {}, where riskpref does not follow, since the key would go along; name the right server",
        cut(shown(target))
    );
    ErrorDetail { message, ..ErrorDetail::default() }
}

pub(super) fn broken(error: &reqwest::Error) -> Outcome {
    match error {
        error if error.is_connect() || error.is_builder() => Outcome::Unreachable(chain(error)),
        error if error.is_timeout() => Outcome::Timeout,
        error => Outcome::Broken(chain(error)),
    }
}

/// The last cause of an error; the URL is left out, since the caller names the server.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_read_up_to_a_size() {
        let response = || Response::from(axum::http::Response::new(vec![b'x'; 100]));
        assert_eq!(body(response(), 100).await.unwrap().len(), 100);
        assert_eq!(body(response(), 99).await, Err(Outcome::Broken("the answer is larger than 99 bytes".to_owned())));
    }
}
