//! What is checked before any route: that the request was meant for this server.
//!
//! A page in a browser can reach a loopback server by a name that it makes resolve to 127.0.0.1 (DNS rebinding), or by
//! posting a form to it. So on a loopback address the Host has to be a loopback name, and so has an Origin, if any.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;

/// Passes requests on whose Host and Origin are loopback names or absent.
pub(super) async fn only_loopback(request: Request, next: Next) -> Response {
    let authority = request.uri().authority().map(|authority| authority.as_str());
    let is_foreign = authority.is_some_and(|authority| !is_loopback(authority)) || is_foreign(request.headers());
    if is_foreign {
        let message = "This server answers only requests to localhost; Host or Origin is another name.";
        return ApiError::new(StatusCode::FORBIDDEN, message).into_response();
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let hosts = headers.get_all(header::HOST).into_iter().map(|host| host.to_str().is_ok_and(is_loopback));
    let origins = headers.get_all(header::ORIGIN).into_iter().map(|origin| {
        let host = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        host.is_some_and(|(_, host)| is_loopback(host))
    });
    hosts.chain(origins).any(|is_loopback| !is_loopback)
}

/// Whether `host` or `host:port` names this machine.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names() {
        for host in ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "127.8.9.1", "[::1]:80", "a.localhost", "localhost."]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["example.com", "localhost.example.com", "127.0.0.1.nip.io:80", "10.0.0.1", "[::2]", "", "0.0.0.0"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn every_host_and_origin_counts() {
        let headers = |pairs: &[(header::HeaderName, &str)]| -> HeaderMap {
            pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
        };
        assert!(!is_foreign(&headers(&[])));
        assert!(!is_foreign(&headers(&[(header::HOST, "localhost:1"), (header::ORIGIN, "http://127.0.0.1:3000")])));
        assert!(is_foreign(&headers(&[(header::HOST, "evil.example:1")])));
        assert!(is_foreign(&headers(&[(header::HOST, "localhost:1"), (header::ORIGIN, "https://evil.example")])));
        assert!(is_foreign(&headers(&[(header::HOST, "localhost:1"), (header::ORIGIN, "null")])));
    }
}
