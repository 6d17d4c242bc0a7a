//! Routes under `/fine_tuning/jobs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::api::wire::List;
use crate::api::wire::fine_tuning::{Checkpoint, CreateJob, Event, Job};

use super::error::ApiError;
use super::extract::{Body, Pairs, Segment};
use super::record::Record;
use super::storage::ModelName;
use super::{Server, blocking, job_request};

/// The most objects of a list.
const LIST_LIMIT: usize = 1_000;

/// `POST /fine_tuning/jobs`
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    Body(request): Body<CreateJob>,
) -> Result<Json<Job>, ApiError> {
    blocking(move || {
        job_request::check(&request, &server.state)?;
        server.claim_for_request()?;
        let record = add(&server, &request)?;
        server.trainer.enqueue(record.job.id.clone());
        Ok(Json(record.job))
    })
    .await
}

/// Adds the job under an id that neither a job nor a model has.
fn add(server: &Server, request: &CreateJob) -> Result<Record, ApiError> {
    let mut copy = 0;
    loop {
        let record = job_request::record(request, copy)?;
        let is_named =
            ModelName::read(&record.tuned_model).is_some_and(|name| server.state.storage.model_folder(&name).exists());
        if !is_named && server.state.ledger.add(&record)? {
            return Ok(record);
        }
        copy += 1;
    }
}

/// `GET /fine_tuning/jobs`
pub(super) async fn list(State(server): State<Arc<Server>>, pairs: Pairs) -> Result<Json<List<Job>>, ApiError> {
    let page = pairs.page(20, LIST_LIMIT)?;
    blocking(move || {
        let mut jobs = server.state.ledger.jobs()?;
        for (key, value) in pairs.metadata() {
            jobs.retain(|job| job.metadata.get(key).is_some_and(|given| given == value));
        }
        let (jobs, has_more) = page.cut(jobs, |job| &job.id)?;
        Ok(Json(List::new(jobs, has_more).with_ids(|job| job.id.clone())))
    })
    .await
}

/// `GET /fine_tuning/jobs/{id}`
pub(super) async fn retrieve(State(server): State<Arc<Server>>, Segment(id): Segment) -> Result<Json<Job>, ApiError> {
    blocking(move || look(&server, &id, |record| Ok(Json(record.job.clone())))).await
}

/// `GET /fine_tuning/jobs/{id}/events`, newest first
pub(super) async fn events(
    State(server): State<Arc<Server>>,
    Segment(id): Segment,
    pairs: Pairs,
) -> Result<Json<List<Event>>, ApiError> {
    let page = pairs.page(20, LIST_LIMIT)?;
    blocking(move || {
        look(&server, &id, |record| {
            let (events, has_more) = page.cut(record.events.iter().rev().collect(), |event| &event.id)?;
            let list = List::new(events.into_iter().cloned().collect(), has_more);
            Ok(Json(list.with_ids(|event: &Event| event.id.clone())))
        })
    })
    .await
}

/// `GET /fine_tuning/jobs/{id}/checkpoints`, newest first
pub(super) async fn checkpoints(
    State(server): State<Arc<Server>>,
    Segment(id): Segment,
    pairs: Pairs,
) -> Result<Json<List<Checkpoint>>, ApiError> {
    let page = pairs.page(10, LIST_LIMIT)?;
    blocking(move || {
        look(&server, &id, |record| {
            let (found, has_more) = page.cut(record.checkpoints.iter().rev().collect(), |checkpoint| &checkpoint.id)?;
            let list = List::new(found.into_iter().cloned().collect(), has_more);
            Ok(Json(list.with_ids(|checkpoint: &Checkpoint| checkpoint.id.clone())))
        })
    })
    .await
}

/// `POST /fine_tuning/jobs/{id}/cancel`
pub(super) async fn cancel(State(server): State<Arc<Server>>, Segment(id): Segment) -> Result<Json<Job>, ApiError> {
    blocking(move || {
        let status = look(&server, &id, |record| Ok(record.job.status.clone()))?;
        if !status.is_final() {
            server.claim_for_request()?;
        }
        if server.state.ledger.change(&id, Record::cancelled)? {
            return look(&server, &id, |record| Ok(Json(record.job.clone())));
        }
        let status = look(&server, &id, |record| Ok(record.job.status.clone()))?;
        Err(ApiError::invalid(format!("The job has ended already: {status}.")).code("job_not_cancellable"))
    })
    .await
}

/// `POST /fine_tuning/jobs/{id}/pause` and `.../resume`
pub(super) async fn pause_or_resume(State(server): State<Arc<Server>>, Segment(id): Segment) -> Result<(), ApiError> {
    blocking(move || look(&server, &id, |_| Ok(()))).await?;
    let message = "This server neither pauses nor resumes jobs. A job can be cancelled, and a new one made.";
    Err(ApiError::invalid(message).code("unsupported"))
}

fn look<T>(server: &Server, id: &str, look: impl FnOnce(&Record) -> Result<T, ApiError>) -> Result<T, ApiError> {
    let absent = || ApiError::absent(format!("Could not find fine tune: {id}")).param("fine_tuning_job_id");
    server.state.ledger.look(id, look)?.ok_or_else(|| absent().code("fine_tune_not_found"))?
}
