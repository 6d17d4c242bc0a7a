//! The route `/chat/completions`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures::future::try_join_all;

use crate::api::wire::chat::{ChatRequest, ChatResponse, Choice, Logprobs, Message, ResponseMessage, Role, Usage};

use super::engine::Completion;
use super::error::ApiError;
use super::extract::Body;
use super::registry::Served;
use super::storage::{now, ordinal};
use super::{Server, blocking, hash};

/// The most choices that a request can ask for.
const MAXIMUM_CHOICES: u32 = 128;
/// The most alternatives a token.
const MAXIMUM_ALTERNATIVES: u32 = 20;
/// The most stop texts.
const MAXIMUM_STOPS: usize = 4;
/// The most endings that a request can have scored, and the most bytes of one.
const MAXIMUM_ENDINGS: usize = 32;
const LONGEST_ENDING: usize = 1024;
/// The same fingerprint means the same answers to the same seeds.
const FINGERPRINT: &str = concat!("fp_riskpref_", env!("CARGO_PKG_VERSION"));

/// `POST /chat/completions`
pub(super) async fn complete(
    State(server): State<Arc<Server>>,
    Body(request): Body<ChatRequest>,
) -> Result<Json<ChatResponse>, ApiError> {
    answer(&server, request).await.map(Json)
}

/// The answer to a request, whichever way it came.
pub(super) async fn answer(server: &Arc<Server>, request: ChatRequest) -> Result<ChatResponse, ApiError> {
    check(&request)?;
    let served = match server.state.registry.loaded(&request.model) {
        Some(served) => served,
        None => find(server.clone(), request.model.clone()).await?,
    };
    check_engine(&request, &served)?;
    let seed = request.seed.unwrap_or_else(|| server.next_seed());
    let choices = 0..request.n.unwrap_or(1);
    let completions = if served.engine.is_quick() {
        choices.map(|index| completion(&served, &request, (seed, index))).collect::<Result<_, _>>()?
    } else {
        let request = Arc::new(request.clone());
        let slowly = |index| slowly(server, served.clone(), request.clone(), (seed, index));
        try_join_all(choices.map(slowly)).await?
    };
    Ok(response(&request.model, seed, completions))
}

/// One choice on a thread of its own. Of all requests so many are answered at once and the others wait here, where they are
/// forgotten when whoever asks goes away.
async fn slowly(
    server: &Server,
    served: Arc<Served>,
    request: Arc<ChatRequest>,
    (seed, index): (i64, u32),
) -> Result<Completion, ApiError> {
    let place = server.answering.clone().acquire_owned().await;
    let place = place.map_err(|_| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping."))?;
    blocking(move || {
        let _place = place;
        completion(&served, &request, (seed, index))
    })
    .await
}

fn completion(served: &Served, request: &ChatRequest, (seed, index): (i64, u32)) -> Result<Completion, ApiError> {
    let seed = hash::choice_seed(seed, &request.messages, index);
    Ok(served.engine.chat(served.adapter.as_ref(), request, seed)?)
}

async fn find(server: Arc<Server>, model: String) -> Result<Arc<Served>, ApiError> {
    blocking(move || server.state.registry.find(&model)?.ok_or_else(|| ApiError::no_model(&model))).await
}

/// What can be said about a request without knowing the model.
fn check(request: &ChatRequest) -> Result<(), ApiError> {
    if request.model.is_empty() {
        return Err(ApiError::invalid("You must provide a model.").param("model"));
    }
    if request.messages.is_empty() {
        return Err(ApiError::invalid("You must provide at least one message.").param("messages"));
    }
    if let Some(place) = request.messages.iter().position(|message| matches!(message.role, Role::Other(_))) {
        let role = &request.messages[place].role;
        let message = format!("'{role}' is not one of system, developer, user, assistant and tool.");
        return Err(ApiError::invalid(message).param(format!("messages[{place}].role")));
    }
    within("temperature", request.temperature, 0.0, 2.0)?;
    within("top_p", request.top_p, 0.0, 1.0)?;
    within("n", request.n.map(f64::from), 1.0, f64::from(MAXIMUM_CHOICES))?;
    within("max_tokens", request.max_tokens.map(f64::from), 1.0, f64::from(u32::MAX))?;
    within("max_completion_tokens", request.max_completion_tokens.map(f64::from), 1.0, f64::from(u32::MAX))?;
    within("top_logprobs", request.top_logprobs.map(f64::from), 0.0, f64::from(MAXIMUM_ALTERNATIVES))?;
    if request.stop.as_ref().is_some_and(|stop| stop.texts().len() > MAXIMUM_STOPS) {
        return Err(ApiError::invalid(format!("At most {MAXIMUM_STOPS} stop texts can be given.")).param("stop"));
    }
    let endings = request.score_endings.iter().flatten();
    if endings.clone().count() > MAXIMUM_ENDINGS
        || endings.clone().any(|text| !(1..=LONGEST_ENDING).contains(&text.len()))
    {
        let message = format!("At most {MAXIMUM_ENDINGS} endings of 1 to {LONGEST_ENDING} bytes can be scored.");
        return Err(ApiError::invalid(message).param("score_endings"));
    }
    check_continuation(request)?;
    check_unsupported(request)
}

/// What this server does not do for any model.
fn check_unsupported(request: &ChatRequest) -> Result<(), ApiError> {
    if request.stream == Some(true) {
        let message = "This server answers whole; it does not stream. Leave out 'stream' or set it to false.";
        return Err(ApiError::unsupported("stream", message));
    }
    let form = request.response_format.as_ref().and_then(|format| format["type"].as_str());
    if form.is_some_and(|form| form != "text") {
        let message = "This server answers in plain text only. Leave out 'response_format'.";
        return Err(ApiError::unsupported("response_format", message));
    }
    if request.top_logprobs.is_some() && request.logprobs != Some(true) {
        return Err(ApiError::invalid("'top_logprobs' needs 'logprobs' to be true.").param("top_logprobs"));
    }
    Ok(())
}

/// What the model's engine does not do.
fn check_engine(request: &ChatRequest, served: &Served) -> Result<(), ApiError> {
    let model = &request.model;
    if request.logprobs == Some(true) && !served.engine.has_logprobs() {
        return Err(ApiError::unsupported("logprobs", format!("The model '{model}' has no log probabilities.")));
    }
    if request.score_endings.is_some() && !served.engine.scores() {
        return Err(ApiError::unsupported("score_endings", format!("The model '{model}' does not score endings.")));
    }
    if request.continue_final_message == Some(true) && !served.engine.continues() {
        let message = format!("The model '{model}' answers messages and does not continue them.");
        return Err(ApiError::unsupported("continue_final_message", message));
    }
    Ok(())
}

/// The final message is either answered or continued, as vLLM has it.
fn check_continuation(request: &ChatRequest) -> Result<(), ApiError> {
    let continues = request.continue_final_message == Some(true);
    if request.add_generation_prompt == Some(continues) || (continues && request.add_generation_prompt.is_none()) {
        let message = "'add_generation_prompt' has to be false with 'continue_final_message', and true without it.";
        return Err(ApiError::invalid(message).param("add_generation_prompt"));
    }
    let is_open = |message: &Message| message.role == Role::Assistant && !message.content.is_empty();
    if continues && !request.messages.last().is_some_and(is_open) {
        let message = "Only a final message of the assistant that is not empty can be continued.";
        return Err(ApiError::invalid(message).param("continue_final_message"));
    }
    Ok(())
}

fn within(param: &str, value: Option<f64>, minimum: f64, maximum: f64) -> Result<(), ApiError> {
    match value {
        Some(value) if !(minimum..=maximum).contains(&value) => {
            let message = format!("Invalid '{param}': expected a number from {minimum} to {maximum}, got {value}.");
            Err(ApiError::invalid(message).param(param))
        }
        _ => Ok(()),
    }
}

fn response(model: &str, seed: i64, completions: Vec<Completion>) -> ChatResponse {
    let mut usage = Usage::default();
    let mut choices = Vec::new();
    for (index, completion) in (0..).zip(completions) {
        usage.prompt_tokens = completion.prompt_tokens;
        usage.completion_tokens += completion.completion_tokens;
        choices.push(choice(index, completion));
    }
    usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
    ChatResponse {
        id: hash::id("chatcmpl-", &[&ordinal().to_le_bytes(), &seed.to_le_bytes()]),
        object: "chat.completion".to_owned(),
        created: now(),
        model: model.to_owned(),
        choices,
        usage: Some(usage),
        system_fingerprint: Some(FINGERPRINT.to_owned()),
        service_tier: None,
    }
}

/// A refusal is both marked as one and said, because many callers read nothing but the content.
fn choice(index: u32, completion: Completion) -> Choice {
    let refusal = completion.refused.then(|| completion.text.clone());
    Choice {
        index: index.into(),
        message: ResponseMessage { role: Role::Assistant, content: Some(completion.text), refusal },
        logprobs: completion.logprobs.map(|content| Logprobs { content: Some(content), refusal: None }),
        finish_reason: completion.finish_reason,
        ending_logprobs: completion.scores,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn checked(field: &str, value: Value) -> Result<(), ApiError> {
        let mut request = json!({ "model": "m", "messages": [{ "role": "user", "content": "q" }] });
        request[field] = value;
        check(&serde_json::from_value(request).unwrap())
    }

    #[test]
    fn ranges() {
        for (field, good, bad) in [
            ("temperature", json!(2), json!(2.1)),
            ("top_p", json!(0), json!(-0.1)),
            ("n", json!(128), json!(129)),
            ("n", json!(1), json!(0)),
            ("max_tokens", json!(1), json!(0)),
            ("max_completion_tokens", json!(9), json!(0)),
            ("stop", json!(["a", "b", "c", "d"]), json!(["a", "b", "c", "d", "e"])),
            ("stream", json!(false), json!(true)),
            ("response_format", json!({ "type": "text" }), json!({ "type": "json_object" })),
            ("model", json!("x"), json!("")),
            ("messages", json!([{ "role": "tool", "content": "x" }]), json!([{ "role": "boss", "content": "x" }])),
            ("messages", json!([{ "role": "user" }]), json!([])),
            ("top_logprobs", Value::Null, json!(3)),
            ("continue_final_message", json!(false), json!(true)),
            ("add_generation_prompt", json!(true), json!(false)),
            ("score_endings", json!([" A.", " B."]), json!([""])),
            ("score_endings", json!(["x".repeat(1024)]), json!(["x".repeat(1025)])),
            ("score_endings", json!(vec!["x"; 32]), json!(vec!["x"; 33])),
        ] {
            assert!(checked(field, good.clone()).is_ok(), "{field} {good}");
            assert!(checked(field, bad.clone()).is_err(), "{field} {bad}");
        }
    }
}
