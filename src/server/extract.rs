//! Reading requests: JSON bodies and page queries, every fault answered in the official form with the field named.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::ApiError;

/// A JSON body. The content type is not looked at; what matters is what the body is.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large.")
            }
            _ => ApiError::invalid(format!("The request body could not be read: {rejection}")),
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| fault::<T>(&bytes, &error))
    }
}

/// The error of a body that is not a `T`. As every field of a request type may be absent, each field of the body is
/// read alone to find the one at fault.
fn fault<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> ApiError {
    let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(bytes) else {
        return ApiError::invalid(format!("We could not parse the JSON body of your request: {error}"));
    };
    for (name, value) in fields {
        let alone = Map::from_iter([(name.clone(), value)]);
        if let Err(error) = serde_json::from_value::<T>(Value::Object(alone)) {
            return ApiError::invalid(format!("Invalid '{name}': {error}")).param(name);
        }
    }
    ApiError::invalid(format!("Invalid request body: {error}"))
}

/// The id or name in a path.
pub(super) struct Segment(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(text)| Self(text)).map_err(|error| ApiError::invalid(format!("Invalid path: {error}")))
    }
}

/// A multipart form.
pub(super) struct Form(pub(super) Multipart);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let form = Multipart::from_request(request, state).await;
        form.map(Self).map_err(|error| ApiError::invalid(format!("Expected multipart/form-data: {error}")))
    }
}

/// The query of a list, percent-decoded, in order.
pub(super) struct Pairs(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Pairs {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        query.map(|Query(pairs)| Self(pairs)).map_err(|error| ApiError::invalid(format!("Invalid query: {error}")))
    }
}

impl Pairs {
    /// The value of a parameter, if given and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Key and value of every `metadata[key]=value`.
    pub(super) fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let key = name.strip_prefix("metadata[")?.strip_suffix(']')?;
            Some((key, value.as_str()))
        })
    }

    /// The page asked for, at most `maximum` objects.
    pub(super) fn page(&self, default: usize, maximum: usize) -> Result<Page, ApiError> {
        let limit = match self.get("limit") {
            None => default,
            Some(text) => text.parse().ok().filter(|limit| (1..=maximum).contains(limit)).ok_or_else(|| {
                ApiError::invalid(format!("Invalid 'limit': expected 1 to {maximum}, got '{text}'.")).param("limit")
            })?,
        };
        Ok(Page { after: self.get("after").map(str::to_owned), limit })
    }
}

/// A part of a list: so many objects after the one with this id.
pub(super) struct Page {
    after: Option<String>,
    limit: usize,
}

impl Page {
    /// The objects of this page, and whether more follow.
    pub(super) fn cut<T>(&self, all: Vec<T>, id: impl Fn(&T) -> &str) -> Result<(Vec<T>, bool), ApiError> {
        let start = match &self.after {
            None => 0,
            Some(after) => {
                all.iter().position(|object| id(object) == after).map(|place| place + 1).ok_or_else(|| {
                    ApiError::invalid(format!("Invalid 'after': the list has no '{after}'.")).param("after")
                })?
            }
        };
        let has_more = all.len() - start > self.limit;
        Ok((all.into_iter().skip(start).take(self.limit).collect(), has_more))
    }
}
