//! One call: the request is sent, and what comes back is an answer or a failure.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::meter::Ticket;
use super::task::{Asked, Request, Task};
use crate::api::parameters::Changes;
use crate::api::retry::Progress;
use crate::api::wire::chat::{ChatResponse, Choice, TokenLogprob};
use crate::api::{Chat, Error, Reply, Undone};
use crate::decision::forced::{Forced, Next};
use crate::record::shorten;
use crate::store::{Call, Slot};

/// What an answer is: its words, why it ended, and the probability of each option of a forced choice.
type Said = (String, Option<String>, Option<Vec<f64>>);

/// An answered call and what its request was changed by.
pub(super) struct Done {
    pub(super) call: Call,
    pub(super) changes: Arc<Changes>,
}

/// A call that is not answered.
pub(super) enum Left {
    /// It is to be made again after this time.
    Again(Box<Task>, Progress, Duration),
    /// It is given up.
    Over(Failure),
}

/// A call that brought no answer, and the details of what it was charged for all the same, if it was.
pub(super) struct Failure {
    pub(super) slot: Slot,
    pub(super) model_id: Arc<str>,
    pub(super) error: Error,
    pub(super) charged: Option<Value>,
}

/// Sends a request once, paid for by `ticket`.
pub(super) async fn call(task: Box<Task>, (progress, ticket): (Progress, Ticket)) -> Result<Done, Left> {
    let chat = task.request.chat();
    let reply = match task.request.client.attempt(&chat, progress).await {
        Ok(reply) => reply,
        Err(undone) => {
            let (Undone::Again(next, _) | Undone::Over(_, next)) = &undone;
            if next.lost > progress.lost {
                ticket.lose();
            }
            return Err(match undone {
                Undone::Again(next, wait) => Left::Again(task, next, wait),
                Undone::Over(error, end) => Left::Over(unanswered(*task, error, end)),
            });
        }
    };
    ticket.settle(reply.body.usage.as_ref());
    let details = described(&task.request, &chat, &reply);
    let (slot, model_id) = (task.slot.clone(), Arc::clone(&task.model_id));
    let Reply { body, attempts, changes, .. } = reply;
    match answered(task.asked(&changes), body, details) {
        Ok(call) => Ok(Done { call, changes }),
        // It came whole, so it is paid for and would come again.
        Err((reason, charged)) => {
            let error = Error::Failed { reason, attempts };
            Err(Left::Over(Failure { slot, model_id, error, charged: Some(charged) }))
        }
    }
}

fn unanswered(task: Task, error: Error, end: Progress) -> Failure {
    Failure { charged: lost_charge(&task.request, end), slot: task.slot, model_id: task.model_id, error }
}

/// The details of what a request without an answer was charged for: the answers that were lost, if any.
pub(super) fn lost_charge(request: &Request, progress: Progress) -> Option<Value> {
    let lost = progress.lost;
    (lost > 0).then(|| {
        let mut details = charges_of(&request.details);
        details["parameters"] = request.chat().parameters(&request.route.changes());
        details["attempts"] = lost.into();
        details["lost"] = lost.into();
        details["request_bytes"] = request.body.len().into();
        details
    })
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

fn described(request: &Request, chat: &Chat, reply: &Reply<ChatResponse>) -> Value {
    let mut details = (*request.details).clone();
    if !reply.changes.is_empty() {
        details["parameters"] = chat.parameters(&reply.changes);
    }
    details["usage"] = serde_json::to_value(&reply.body.usage).unwrap_or_default();
    if reply.body.usage.is_none() {
        details["request_bytes"] = request.body.len().into();
    }
    if reply.lost > 0 {
        details["lost"] = reply.lost.into();
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

/// The likeliest option, as the answer that states it: by the endings' own tokens where the server scored them, else by the
/// likeliest tokens.
fn decided(forced: &Forced, choice: Option<Choice>) -> Result<Said, String> {
    let choice = choice.ok_or("the server gave no log probabilities")?;
    let shares = match choice.ending_logprobs {
        Some(scored) => {
            let scored: Vec<Vec<Next<'_>>> = scored.iter().map(|ending| ending.iter().map(next).collect()).collect();
            forced.shares_of_endings(&scored).ok_or("the server scored other endings than it was asked for")?
        }
        None => {
            let tokens = choice.logprobs.and_then(|logprobs| logprobs.content).unwrap_or_default();
            let first = tokens.first().ok_or("the server gave no log probabilities")?;
            let next: Vec<_> = first.top_logprobs.iter().map(|top| (top.token.as_str(), top.logprob)).collect();
            forced.shares(&next).ok_or("none of the likeliest tokens begins an option")?
        }
    };
    let best = (0..shares.len()).fold(0, |best, option| if shares[option] > shares[best] { option } else { best });
    Ok((forced.answer(best), None, Some(shares)))
}

fn next(token: &TokenLogprob) -> Next<'_> {
    (&token.token, token.logprob)
}
