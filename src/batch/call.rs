//! One call: the request is sent, and what comes back is an answer or a failure.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::task::Task;
use crate::api::parameters::Changes;
use crate::api::retry::Progress;
use crate::api::wire::chat::{ChatResponse, Choice, TokenLogprob, Usage};
use crate::api::{Error, Reply, Spent, Undone};
use crate::decision::forced::{Forced, Next};
use crate::record::shorten;
use crate::store::{Call, Slot};

/// What an answer is: its words, why it ended, and the probability of each option of a forced choice.
type Said = (String, Option<String>, Option<Vec<f64>>);

/// An answered call and what it cost.
pub(super) struct Done {
    pub(super) call: Call,
    pub(super) usage: Usage,
    pub(super) spent: Spent,
    pub(super) changes: Arc<Changes>,
}

/// A call that is not answered.
pub(super) enum Left {
    /// It is to be made again after this time.
    Again(Box<Task>, Progress, Duration),
    /// It is given up.
    Over(Slot, Error),
}

pub(super) async fn call(task: Box<Task>, mut progress: Progress) -> Result<Done, Left> {
    let chat = task.request.chat();
    let mut reply = loop {
        match task.request.client.attempt(&chat, progress).await {
            Ok(reply) => break reply,
            Err(Undone::Again(next, wait)) if wait.is_zero() => progress = next,
            Err(Undone::Again(next, wait)) => return Err(Left::Again(task, next, wait)),
            Err(Undone::Over(error)) => return Err(Left::Over(task.slot, error)),
        }
    };
    let usage = reply.body.usage.clone().unwrap_or_default();
    let choice = if reply.body.choices.is_empty() { None } else { Some(reply.body.choices.swap_remove(0)) };
    let said = match &task.request.forced {
        Some(forced) => decided(forced, choice),
        None => in_words(choice, task.request.keep_refusals),
    };
    let (text, finish_reason, shares) = match said {
        Ok(said) => said,
        // It came whole, so it is paid for and would come again.
        Err(reason) => {
            let mut spent = reply.spent;
            let Usage { prompt_tokens, completion_tokens, .. } = usage;
            spent += Spent { answers: 1, prompt_tokens, completion_tokens };
            return Err(Left::Over(task.slot, Error::Failed { reason, attempts: reply.attempts, spent }));
        }
    };
    let mut details = described((*task.request.details).clone(), &reply);
    if !reply.changes.is_empty() {
        details["parameters"] = chat.parameters(&reply.changes);
    }
    if let Some(shares) = shares {
        details["option_shares"] = shares.into();
    }
    let call = Call {
        slot: task.slot,
        key: task.key,
        question: task.question.to_string(),
        reply: text,
        model_id: task.model_id.to_string(),
        seed: task.seed.filter(|_| !reply.changes.drops("seed")),
        finish_reason,
        details,
    };
    Ok(Done { call, usage, spent: reply.spent, changes: reply.changes })
}

fn described(mut details: Value, reply: &Reply<ChatResponse>) -> Value {
    details["usage"] = serde_json::to_value(&reply.body.usage).unwrap_or_default();
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
