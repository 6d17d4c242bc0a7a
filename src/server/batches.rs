//! Routes under `/batches`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::api::wire::List;
use crate::api::wire::batch::{Batch, BatchStatus, CreateBatch, ENDPOINT, Times, WINDOW};
use crate::api::wire::file::Purpose;

use super::error::ApiError;
use super::extract::{Body, Pairs, Segment};
use super::storage::{BatchRecord, now, ordinal};
use super::{Server, blocking, hash, job_request};

/// The most objects of a list.
const LIST_LIMIT: usize = 100;

/// `POST /batches`
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    Body(request): Body<CreateBatch>,
) -> Result<Json<Batch>, ApiError> {
    blocking(move || {
        check(&server, &request)?;
        server.claim_for_request()?;
        let record = record(&server, request);
        server.state.storage.write_batch(&record)?;
        server.batcher.enqueue(&server, record.batch.id.clone());
        Ok(Json(record.batch))
    })
    .await
}

fn check(server: &Server, request: &CreateBatch) -> Result<(), ApiError> {
    if request.endpoint != ENDPOINT {
        let message = format!("Invalid 'endpoint': this server's batches ask {ENDPOINT}, not '{}'.", request.endpoint);
        return Err(ApiError::invalid(message).param("endpoint"));
    }
    if request.completion_window != WINDOW {
        let message = format!("Invalid 'completion_window': expected {WINDOW}, got '{}'.", request.completion_window);
        return Err(ApiError::invalid(message).param("completion_window"));
    }
    if !job_request::is_metadata(&request.metadata) {
        let message =
            "Invalid 'metadata': expected at most 16 pairs, keys of 1 to 64 and values of at most 512 characters.";
        return Err(ApiError::invalid(message).param("metadata"));
    }
    let file = &request.input_file_id;
    match server.state.storage.file(file)? {
        Some(found) if found.purpose == Purpose::Batch => Ok(()),
        Some(found) => {
            let message = format!("The file '{file}' has the purpose '{}', not 'batch'.", found.purpose);
            Err(ApiError::invalid(message).param("input_file_id").code("invalid_file_purpose"))
        }
        None => {
            let message = format!("The file '{file}' does not exist.");
            Err(ApiError::invalid(message).param("input_file_id").code("file_not_found"))
        }
    }
}

fn record(server: &Server, request: CreateBatch) -> BatchRecord {
    let (ordinal, created_at) = (ordinal(), now());
    let batch = Batch {
        id: hash::id("batch_", &[&ordinal.to_le_bytes(), request.input_file_id.as_bytes()]),
        object: "batch".to_owned(),
        endpoint: request.endpoint,
        input_file_id: request.input_file_id,
        completion_window: request.completion_window,
        status: BatchStatus::Validating,
        created_at,
        times: Times { expires_at: Some(created_at + server.batch_window), ..Times::default() },
        metadata: request.metadata,
        ..Batch::default()
    };
    BatchRecord { ordinal, batch }
}

/// `GET /batches`
pub(super) async fn list(State(server): State<Arc<Server>>, pairs: Pairs) -> Result<Json<List<Batch>>, ApiError> {
    let page = pairs.page(20, LIST_LIMIT)?;
    blocking(move || {
        let batches = server.state.storage.batches()?.into_iter().map(|record| server.batcher.shown(record.batch));
        let (batches, has_more) = page.cut(batches.collect(), |batch: &Batch| &batch.id)?;
        Ok(Json(List::new(batches, has_more).with_ids(|batch| batch.id.clone())))
    })
    .await
}

/// `GET /batches/{id}`
pub(super) async fn retrieve(State(server): State<Arc<Server>>, Segment(id): Segment) -> Result<Json<Batch>, ApiError> {
    blocking(move || {
        let record = server.state.storage.batch(&id)?.ok_or_else(|| absent(&id))?;
        Ok(Json(server.batcher.shown(record.batch)))
    })
    .await
}

/// `POST /batches/{id}/cancel`
pub(super) async fn cancel(State(server): State<Arc<Server>>, Segment(id): Segment) -> Result<Json<Batch>, ApiError> {
    blocking(move || {
        let record = server.state.storage.batch(&id)?.ok_or_else(|| absent(&id))?;
        if !record.batch.status.is_final() {
            server.claim_for_request()?;
        }
        let cancelled = server.batcher.change(&server.state.storage, &id, |batch| {
            batch.status = BatchStatus::Cancelling;
            batch.times.cancelling_at.get_or_insert_with(now);
        })?;
        let record = server.state.storage.batch(&id)?.ok_or_else(|| absent(&id))?;
        if !cancelled {
            let message = format!("The batch has ended already: {}.", record.batch.status);
            return Err(ApiError::new(axum::http::StatusCode::CONFLICT, message).code("batch_not_cancellable"));
        }
        Ok(Json(server.batcher.shown(record.batch)))
    })
    .await
}

fn absent(id: &str) -> ApiError {
    ApiError::absent(format!("No batch found with id '{id}'.")).param("batch_id")
}
