//! One call: the request is sent, and what comes back is an answer or a failure.

use serde_json::Value;

use super::meter::Ticket;
use super::task::{Asked, Task};
use crate::api::wire::chat::{ChatResponse, Choice};
use crate::api::{Error, Reply};
use crate::decision::forced::Forced;
use crate::record::shorten;
use crate::store::Call;

/// What an answer is: its words, why it ended, and the probability of each option of a forced choice.
type Said = (String, Option<String>, Option<Vec<f64>>);

/// A call that brought no answer, and the details of what it was charged for all the same, if it was.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) charged: Option<Value>,
}

pub(super) async fn call(task: Task, ticket: &Ticket) -> Result<Call, Failure> {
    let body = task.request.body.clone();
    let sent = task.request.client.chat_watched(body, || ticket.lose().map_err(Error::OverBudget)).await;
    let reply = match sent {
        Ok(reply) => reply,
        Err(error) => {
            let lost = ticket.lost_answers();
            let bytes = task.request.body.len();
            let charged = (lost > 0).then(|| {
                let mut details = charges_of(&task.request.details);
                details["attempts"] = lost.into();
                details["lost"] = lost.into();
                details["request_bytes"] = bytes.into();
                details
            });
            return Err(Failure { error, charged });
        }
    };
    ticket.settle(reply.body.usage.as_ref());
    let mut details = described(&task, &reply);
    if ticket.lost_answers() > 0 {
        details["lost"] = ticket.lost_answers().into();
    }
    let attempts = reply.attempts;
    answered(task.into(), reply.body, details)
        .map_err(|(reason, charged)| Failure { error: Error::Failed { reason, attempts }, charged: Some(charged) })
}

/// The call that a response answers, or why it is no answer, with the details of the charge.
pub(super) fn answered(asked: Asked, mut response: ChatResponse, mut details: Value) -> Result<Call, (String, Value)> {
    let choice = if response.choices.is_empty() { None } else { Some(response.choices.swap_remove(0)) };
    let said = match asked.forced {
        Some(forced) => decided(&forced, choice),
        None => in_words(choice, asked.keep_refusals),
    };
    let (text, finish_reason, shares) = match said {
        Ok(said) => said,
        Err(reason) => return Err((reason, charges_of(&details))),
    };
    if let Some(shares) = shares {
        details["option_shares"] = shares.into();
    }
    let Asked { slot, key, question, model_id, seed, .. } = asked;
    Ok(Call { slot, key, question, reply: text, model_id, seed, finish_reason, details })
}

/// Of a call's details those by which its charge is known.
fn charges_of(details: &Value) -> Value {
    let known = ["attempts", "usage", "lost", "batch", "request_bytes", "parameters", "request_id"];
    known.iter().filter_map(|name| Some(((*name).to_owned(), details.get(name)?.clone()))).collect()
}

fn described(task: &Task, reply: &Reply<ChatResponse>) -> Value {
    let mut details = task.request.details.clone();
    details["usage"] = serde_json::to_value(&reply.body.usage).unwrap_or_default();
    if reply.body.usage.is_none() {
        details["request_bytes"] = task.request.body.len().into();
    }
    details["request_id"] = reply.request_id.clone().into();
    details["attempts"] = reply.attempts.into();
    details["latency_ms"] = (reply.latency.as_micros() as f64 / 1000.0).into();
    details
}

fn in_words(choice: Option<Choice>, keep_refusals: bool) -> Result<Said, String> {
    let refusal = choice.as_ref().and_then(|choice| choice.message.refusal.as_ref());
    if let Some(refusal) = refusal.filter(|_| !keep_refusals) {
        return Err(format!("the model refused: {}", shorten(refusal, 80)));
    }
    let (text, reason) = choice.map_or((None, None), |choice| {
        let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let text = said(choice.message.content).or(said(choice.message.refusal));
        (text, Some(choice.finish_reason.to_string()))
    });
    let reason = reason.filter(|reason| !reason.is_empty());
    match text {
        Some(text) => Ok((text, reason, None)),
        None => {
            let why = reason.unwrap_or_else(|| "none given".to_owned());
            Err(format!("the model's answer was empty (finish reason: {why})"))
        }
    }
}

/// The option with the likeliest token, as the answer that states it.
fn decided(forced: &Forced, choice: Option<Choice>) -> Result<Said, String> {
    let tokens = choice.and_then(|choice| choice.logprobs?.content).ok_or("the server gave no log probabilities")?;
    let first = tokens.first().ok_or("the server gave no log probabilities")?;
    let next: Vec<_> = first.top_logprobs.iter().map(|top| (top.token.as_str(), top.logprob)).collect();
    let shares = forced.shares(&next).ok_or("none of the likeliest tokens begins an option")?;
    let best = (0..shares.len()).fold(0, |best, option| if shares[option] > shares[best] { option } else { best });
    Ok((forced.answer(best), None, Some(shares)))
}
