//! Routes under `/models`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::api::wire::model::{Model, ModelDeleted, ModelList};

use super::error::ApiError;
use super::extract::Segment;
use super::storage::ModelName;
use super::{Server, blocking};

/// `GET /models`
pub(super) async fn list(State(server): State<Arc<Server>>) -> Result<Json<ModelList>, ApiError> {
    blocking(move || Ok(Json(ModelList::new(server.state.registry.list()?, false)))).await
}

/// `GET /models/{name}`
pub(super) async fn retrieve(
    State(server): State<Arc<Server>>,
    Segment(name): Segment,
) -> Result<Json<Model>, ApiError> {
    blocking(move || {
        let model = server.state.registry.describe(&name)?;
        model.map(Json).ok_or_else(|| ApiError::no_model(&name))
    })
    .await
}

/// `DELETE /models/{name}`
pub(super) async fn delete(
    State(server): State<Arc<Server>>,
    Segment(name): Segment,
) -> Result<Json<ModelDeleted>, ApiError> {
    blocking(move || {
        if server.state.registry.describe(&name)?.is_none() {
            return Err(ApiError::no_model(&name));
        }
        let Some(tuned) = ModelName::read(&name) else {
            return Err(ApiError::invalid(format!("'{name}' is a base model, which cannot be deleted.")).param("model"));
        };
        server.claim_for_request()?;
        let deleted = server.state.registry.delete(&tuned)?;
        Ok(Json(ModelDeleted { id: name, object: "model".to_owned(), deleted }))
    })
    .await
}
