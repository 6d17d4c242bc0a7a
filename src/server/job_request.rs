//! What a request for a fine-tuning job has to meet, and the job that it becomes.

use std::collections::BTreeMap;

use crate::api::wire::file::Purpose;
use crate::api::wire::fine_tuning::{CreateJob, Job, JobStatus, Level, Method};

use super::error::ApiError;
use super::record::Record;
use super::storage::{ModelName, now, ordinal};
use super::{State, hash, settings};

/// Digits of a job's id that become part of its model's name.
const MODEL_DIGITS: usize = 8;

/// Checks a request against the specification's limits and against what is there.
pub(super) fn check(request: &CreateJob, state: &State) -> Result<(), ApiError> {
    check_fields(request)?;
    let is_there = state.registry.describe(&request.model)?.is_some();
    let Some(engine) = state.registry.engine_of(&request.model).filter(|_| is_there) else {
        let names = state.registry.base_names();
        let message =
            format!("Model '{}' is not available for fine-tuning; {names} and their tuned models are.", request.model);
        return Err(ApiError::invalid(message).param("model").code("model_not_available"));
    };
    // How many examples there are matters only for what is filled in, and is not known yet.
    settings::in_force(engine.as_ref(), &request.effective_method(), &request.effective_hyperparameters(), 0)
        .map_err(|refusal| ApiError::invalid(refusal.message).param(refusal.param))?;
    check_file(state, &request.training_file, "training_file")?;
    request.validation_file.as_ref().map_or(Ok(()), |file| check_file(state, file, "validation_file"))
}

fn check_file(state: &State, id: &str, param: &str) -> Result<(), ApiError> {
    match state.storage.file(id)? {
        Some(file) if file.purpose == Purpose::FineTune => Ok(()),
        Some(file) => {
            let message = format!("{param} '{id}' has the purpose '{}', not 'fine-tune'.", file.purpose);
            Err(ApiError::invalid(message).param(param).code("invalid_file_purpose"))
        }
        None => Err(ApiError::invalid(format!("{param} '{id}' does not exist.")).param(param).code("file_not_found")),
    }
}

fn check_fields(request: &CreateJob) -> Result<(), ApiError> {
    let require = |met: bool, param: &str, rule: &str| {
        if met { Ok(()) } else { Err(ApiError::invalid(format!("Invalid '{param}': {rule}")).param(param)) }
    };
    require(!request.model.is_empty(), "model", "a model must be named.")?;
    require(!request.training_file.is_empty(), "training_file", "the id of an uploaded file must be given.")?;
    let suffix = request.suffix.as_deref();
    let letters = "expected 1 to 64 letters, digits, hyphens, underscores and spaces.";
    require(suffix.is_none_or(is_suffix), "suffix", letters)?;
    let seed = "expected a whole number from 0 to 2147483647.";
    require(request.seed.is_none_or(|seed| (0..1 << 31).contains(&seed)), "seed", seed)?;
    let pairs = "expected at most 16 pairs, keys of 1 to 64 and values of at most 512 characters.";
    require(is_metadata(&request.metadata), "metadata", pairs)?;
    let integrations = "this server has none.";
    require(request.integrations.as_ref().is_none_or(Vec::is_empty), "integrations", integrations)
}

fn is_suffix(text: &str) -> bool {
    let is_allowed = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b' ');
    (1..=64).contains(&text.len()) && text.bytes().all(is_allowed)
}

pub(super) fn is_metadata(pairs: &BTreeMap<String, String>) -> bool {
    let is_pair = |key: &str, value: &str| (1..=64).contains(&key.chars().count()) && value.chars().count() <= 512;
    pairs.len() <= 16 && pairs.iter().all(|(key, value)| is_pair(key, value))
}

/// The job of a request that was checked. The `copy` tells apart the jobs of requests that are the same.
pub(super) fn record(request: &CreateJob, copy: u64) -> Result<Record, ApiError> {
    let body = serde_json::to_vec(request).map_err(anyhow::Error::from)?;
    let id = hash::id("ftjob-", &[&body, &copy.to_le_bytes()]);
    let digits = id.strip_prefix("ftjob-").unwrap_or_default();
    let name = ModelName {
        base: base_of(&request.model),
        suffix: request.suffix.as_deref().unwrap_or_default().replace(' ', "-"),
        id: digits.chars().take(MODEL_DIGITS).collect(),
        step: None,
    };
    let job = job(request, id);
    let mut record =
        Record { ordinal: ordinal(), tuned_model: name.to_string(), job, events: Vec::new(), checkpoints: Vec::new() };
    record.note(Level::Info, format!("Created fine-tuning job: {}", record.job.id));
    Ok(record)
}

fn base_of(model: &str) -> String {
    ModelName::read(model).map_or_else(|| model.to_owned(), |tuned| tuned.base)
}

fn job(request: &CreateJob, id: String) -> Job {
    let hyperparameters = request.effective_hyperparameters();
    Job {
        object: "fine_tuning.job".to_owned(),
        created_at: now(),
        error: None,
        fine_tuned_model: None,
        finished_at: None,
        estimated_finish: None,
        method: Some(Method::new(request.effective_method(), hyperparameters.clone())),
        hyperparameters,
        model: request.model.clone(),
        organization_id: "org-riskpref".to_owned(),
        result_files: Vec::new(),
        status: JobStatus::Queued,
        trained_tokens: None,
        training_file: request.training_file.clone(),
        validation_file: request.validation_file.clone(),
        seed: request.seed.unwrap_or_else(|| hash::job_seed(&id)),
        integrations: None,
        metadata: request.metadata.clone(),
        id,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn checked(field: &str, value: Value) -> Result<(), ApiError> {
        let mut request = json!({ "model": "m", "training_file": "file-1" });
        request[field] = value;
        check_fields(&serde_json::from_value(request).unwrap())
    }

    #[test]
    fn ranges() {
        let long = "x".repeat(65);
        let pairs = |count: usize| (0..count).map(|n| (n.to_string(), json!("v"))).collect::<Value>();
        for (field, good, bad) in [
            ("suffix", json!("Risk averse_1-a"), json!("../up")),
            ("suffix", Value::Null, json!("")),
            ("suffix", json!("a"), json!(long)),
            ("seed", json!(2_147_483_647), json!(2_147_483_648_u32)),
            ("seed", json!(0), json!(-1)),
            ("metadata", pairs(16), pairs(17)),
            ("metadata", Value::Null, json!({ long: "v" })),
            ("integrations", json!([]), json!([{ "type": "wandb" }])),
            ("model", json!("x"), json!("")),
        ] {
            assert!(checked(field, good.clone()).is_ok(), "{field} {good}");
            assert!(checked(field, bad.clone()).is_err(), "{field} {bad}");
        }
    }

    #[test]
    fn a_tuned_model_keeps_its_base() {
        let request = CreateJob { model: "ft:agent:riskpref:x:0a".to_owned(), ..CreateJob::default() };
        let (first, second) = (record(&request, 0).unwrap(), record(&request, 1).unwrap());
        assert!(first.tuned_model.starts_with("ft:agent:riskpref::"));
        assert_ne!((first.job.id, first.tuned_model), (second.job.id, second.tuned_model));
    }
}
