//! Routes under `/files`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::{HeaderMap, StatusCode, header};
use futures::stream::try_unfold;
use tokio::io::AsyncReadExt;

use crate::api::wire::file::{File, FileDeleted, FileList, Purpose};

use super::error::ApiError;
use super::extract::{Form, Pairs, Segment};
use super::storage::Upload;
use super::{Server, blocking};

/// The longest file name, in bytes. It is kept, and never used as a path.
const NAME_LIMIT: usize = 255;
/// The longest word of a form field, in bytes.
const WORD_LIMIT: usize = 64;
/// Bytes read from disk at a time.
const CHUNK: usize = 64 << 10;
/// The most files of a list.
const LIST_LIMIT: usize = 10_000;

/// `GET /files`
pub(super) async fn list(State(server): State<Arc<Server>>, pairs: Pairs) -> Result<Json<FileList>, ApiError> {
    let page = pairs.page(LIST_LIMIT, LIST_LIMIT)?;
    blocking(move || {
        let mut files = server.state.storage.files()?;
        if let Some(purpose) = pairs.get("purpose") {
            files.retain(|file| file.purpose.as_str() == purpose);
        }
        match pairs.get("order") {
            Some("asc") => files.reverse(),
            None | Some("desc") => {}
            Some(other) => {
                let message = format!("Invalid 'order': expected asc or desc, got '{other}'.");
                return Err(ApiError::invalid(message).param("order"));
            }
        }
        let (files, has_more) = page.cut(files, |file| &file.id)?;
        let mut list = FileList::new(files, has_more).with_ids(|file| file.id.clone());
        // The specification wants strings here even when there is nothing to name.
        list.first_id.get_or_insert_default();
        list.last_id.get_or_insert_default();
        Ok(Json(list))
    })
    .await
}

/// `GET /files/{id}`
pub(super) async fn retrieve(State(server): State<Arc<Server>>, Segment(id): Segment) -> Result<Json<File>, ApiError> {
    blocking(move || server.state.storage.file(&id)?.map(Json).ok_or_else(|| absent(&id))).await
}

/// `DELETE /files/{id}`
pub(super) async fn delete(
    State(server): State<Arc<Server>>,
    Segment(id): Segment,
) -> Result<Json<FileDeleted>, ApiError> {
    blocking(move || {
        if server.state.storage.file(&id)?.is_none() {
            return Err(absent(&id));
        }
        server.claim_for_request()?;
        let deleted = server.state.storage.delete_file(&id)?;
        Ok(Json(FileDeleted { id, object: "file".to_owned(), deleted }))
    })
    .await
}

/// `GET /files/{id}/content`
pub(super) async fn content(
    State(server): State<Arc<Server>>,
    Segment(id): Segment,
) -> Result<(HeaderMap, Body), ApiError> {
    let (file, path) = blocking(move || {
        let file = server.state.storage.file(&id)?.ok_or_else(|| absent(&id))?;
        let path = server.state.storage.content_path(&file.id).ok_or_else(|| absent(&id))?;
        Ok((file, path))
    })
    .await?;
    let opened = tokio::fs::File::open(&path).await.map_err(|_| absent(&file.id))?;
    let chunks = try_unfold(opened, |mut opened| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = opened.read_buf(&mut chunk).await?;
        std::io::Result::Ok((read > 0).then_some((chunk, opened)))
    });
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, file.bytes.into());
    Ok((headers, Body::from_stream(chunks)))
}

/// `POST /files`
pub(super) async fn upload(State(server): State<Arc<Server>>, Form(mut form): Form) -> Result<Json<File>, ApiError> {
    let claimant = server.clone();
    blocking(move || claimant.claim_for_request()).await?;
    let (mut content, mut purpose) = (None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("file") => content = Some(receive(&server, field).await?),
            Some("purpose") => purpose = Some(read_purpose(field).await?),
            // Other fields, such as expires_after, are read to their end by the next turn.
            _ => {}
        }
    }
    let (upload, filename) = content.ok_or_else(|| ApiError::invalid("The part 'file' is missing.").param("file"))?;
    let purpose = purpose.ok_or_else(|| ApiError::invalid("The part 'purpose' is missing.").param("purpose"))?;
    blocking(move || Ok(Json(upload.finish(&server.state.storage, filename, purpose)?))).await
}

/// Writes the part's content to disk as it comes.
async fn receive(server: &Server, mut field: Field<'_>) -> Result<(Upload, String), ApiError> {
    let filename = field.file_name().unwrap_or("file").to_owned();
    if filename.len() > NAME_LIMIT {
        return Err(ApiError::invalid(format!("The file's name is longer than {NAME_LIMIT} bytes.")).param("file"));
    }
    let mut upload = server.state.storage.upload()?;
    let mut size = 0;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        size = upload.write(&chunk)?;
        if size > server.upload_limit {
            let message = format!("The file is larger than {} bytes.", server.upload_limit);
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message).param("file"));
        }
    }
    if size == 0 {
        return Err(ApiError::invalid("The file is empty.").param("file"));
    }
    Ok((upload, filename))
}

async fn read_purpose(mut field: Field<'_>) -> Result<Purpose, ApiError> {
    let mut word = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        word.extend_from_slice(&chunk);
        if word.len() > WORD_LIMIT {
            break;
        }
    }
    let purpose = Purpose::from(String::from_utf8_lossy(&word).trim());
    match purpose {
        Purpose::FineTune | Purpose::Batch | Purpose::Assistants | Purpose::Vision | Purpose::UserData => Ok(purpose),
        other => {
            let message = format!("'{other}' is not one of fine-tune, batch, assistants, vision and user_data.");
            Err(ApiError::invalid(message).param("purpose"))
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn broken(error: MultipartError) -> ApiError {
    ApiError::invalid(format!("The form could not be read: {}", error.body_text()))
}

fn absent(id: &str) -> ApiError {
    ApiError::absent(format!("No such File object: {id}")).param("id")
}
