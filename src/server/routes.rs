//! Which path is answered by what, and what every answer has in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::error::ApiError;
use super::storage::ordinal;
use super::{Server, batches, chat, files, guard, jobs, models};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The largest JSON body in bytes. A conversation of a million tokens fits.
const BODY_LIMIT: usize = 8 << 20;

/// All routes.
pub(super) fn router(server: Arc<Server>, is_loopback: bool) -> Router {
    let api = Router::new()
        .route("/models", get(models::list))
        .route("/models/{name}", get(models::retrieve).delete(models::delete))
        .route("/chat/completions", post(chat::complete))
        .route("/files", get(files::list))
        .route("/files", post(files::upload).layer(DefaultBodyLimit::disable()))
        .route("/files/{id}", get(files::retrieve).delete(files::delete))
        .route("/files/{id}/content", get(files::content))
        .route("/batches", get(batches::list).post(batches::create))
        .route("/batches/{id}", get(batches::retrieve))
        .route("/batches/{id}/cancel", post(batches::cancel))
        .route("/fine_tuning/jobs", get(jobs::list).post(jobs::create))
        .route("/fine_tuning/jobs/{id}", get(jobs::retrieve))
        .route("/fine_tuning/jobs/{id}/events", get(jobs::events))
        .route("/fine_tuning/jobs/{id}/checkpoints", get(jobs::checkpoints))
        .route("/fine_tuning/jobs/{id}/cancel", post(jobs::cancel))
        .route("/fine_tuning/jobs/{id}/pause", post(jobs::pause_or_resume))
        .route("/fine_tuning/jobs/{id}/resume", post(jobs::pause_or_resume));
    let router = Router::new()
        .nest("/v1", api)
        .route("/health", get(health))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    let guarded = if is_loopback { router.layer(from_fn(guard::only_loopback)) } else { router };
    guarded.layer(from_fn_with_state(Arc::new(Numbers::new()), number)).with_state(server)
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn no_route(method: Method, uri: Uri) -> ApiError {
    ApiError::absent(format!("Unknown request URL: {method} {}", uri.path())).code("unknown_url")
}

async fn no_method(method: Method, uri: Uri) -> ApiError {
    let message = format!("{} does not take the method {method}.", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message).code("method_not_supported")
}

/// Numbers for request ids: the server's start and a count.
struct Numbers {
    start: u64,
    count: AtomicU64,
}

impl Numbers {
    fn new() -> Self {
        Self { start: ordinal(), count: AtomicU64::new(0) }
    }
}

/// Gives every answer an id, by which a caller's log and ours can be matched.
async fn number(state: axum::extract::State<Arc<Numbers>>, request: Request, next: Next) -> Response {
    let id = format!("req_{:x}{:08x}", state.start, state.count.fetch_add(1, Ordering::Relaxed));
    let mut response = next.run(request).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
