//! The error answer: a status and the official body, whatever went wrong.

use std::io;

use axum::Json;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::api::wire::error::{ErrorBody, ErrorDetail};

use super::engine::EngineError;

const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// A request that failed.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    detail: ErrorDetail,
}

impl ApiError {
    /// An error of the caller.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// An error of the caller with this status.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let kind = if status.is_server_error() { "server_error" } else { "invalid_request_error" };
        let detail = ErrorDetail { message: message.into(), kind: kind.to_owned(), param: None, code: None };
        Self { status, detail }
    }

    /// The error of a field that the server does not have.
    pub(super) fn unsupported(param: &str, message: impl Into<String>) -> Self {
        Self::invalid(message).param(param).code("unsupported_parameter")
    }

    /// The error of an object that is not there.
    pub(super) fn absent(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// The error of a model that is not there.
    pub(super) fn no_model(name: &str) -> Self {
        let message = format!("The model '{name}' does not exist on this server. GET /v1/models lists those that do.");
        Self::absent(message).param("model").code("model_not_found")
    }

    /// The error of a model that is not to be had, which no repeated request changes.
    fn unavailable(why: &str) -> Self {
        Self::absent(format!("The model is not to be had: {why}.")).param("model").code("model_not_found")
    }

    /// The status and the body, for answers that are lines of a file.
    pub(super) fn into_parts(self) -> (u16, ErrorBody) {
        (self.status.as_u16(), ErrorBody { error: self.detail })
    }

    /// The same error with the field at fault.
    pub(super) fn param(mut self, param: impl Into<String>) -> Self {
        self.detail.param = Some(param.into());
        self
    }

    /// The same error with a code for programs.
    pub(super) fn code(mut self, code: &str) -> Self {
        self.detail.code = Some(code.to_owned());
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(ErrorBody { error: self.detail })).into_response();
        if self.status == StatusCode::CONFLICT {
            // Clients repeat a 409 of themselves, but the folder stays another process's until that one ends.
            response.headers_mut().insert(SHOULD_RETRY, axum::http::HeaderValue::from_static("false"));
        }
        response
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Request { message, param } => {
                let invalid = Self::invalid(message);
                match param {
                    Some(param) => invalid.param(param),
                    None => invalid,
                }
            }
            EngineError::Unavailable(why) => Self::unavailable(&why),
            other => Self::new(StatusCode::INTERNAL_SERVER_ERROR, other.to_string()),
        }
    }
}

impl From<io::Error> for ApiError {
    fn from(error: io::Error) -> Self {
        let status = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, format!("the server's data folder: {error}"))
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast_ref() {
            Some(EngineError::Unavailable(_)) => Self::unavailable(&format!("{error:#}")),
            _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the server's data folder: {error:#}")),
        }
    }
}
