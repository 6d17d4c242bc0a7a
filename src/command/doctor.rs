//! `doctor`: what works, and what to do about the rest.

use anyhow::{Result, bail};

use super::connect::Connections;
use super::{Outcome, Session};
use crate::api::wire::chat::{ChatRequest, Message};
use crate::batch::Task;
use crate::cli::DoctorArgs;
use crate::decision::sample;
use crate::store::Slot;

/// Runs `riskpref doctor`.
///
/// # Errors
/// When the model cannot be used; the error says why and what to do.
pub async fn run(args: &DoctorArgs, session: &Session) -> Result<Outcome> {
    if args.api.money.dry_run || args.api.money.budget_usd.is_some() {
        bail!("--dry-run and --budget-usd are not for doctor, which makes one small call and says whether it works");
    }
    let terminal = &session.terminal;
    let key = std::env::var("OPENAI_API_KEY").is_ok_and(|key| !key.trim().is_empty());
    terminal.data(format!(
        "OPENAI_API_KEY   {}",
        if key { "is set" } else { "is not set (needed for hosted models only)" }
    ));
    let connections = Connections::new(&args.api, session)?;
    let client = connections.announced(&args.model, "test").await?;
    let models = client.models().await?;
    terminal.data(format!("models           {} at {}", models.len(), client.base_url()));
    match models.iter().find(|model| model.id == args.model) {
        Some(model) => {
            let end = model.shutdown_date.as_ref().map_or(String::new(), |date| format!(", shuts down on {date}"));
            terminal.data(format!("{:<16} is there{end}", model.id));
        }
        None => {
            let known: Vec<&str> = models.iter().map(|model| model.id.as_str()).take(10).collect();
            bail!("{} has no model {}; it has {}", client.base_url(), args.model, known.join(", "));
        }
    }
    let question = sample::training_set(1, 1).concat();
    let request = ChatRequest {
        max_completion_tokens: Some(200),
        ..ChatRequest::new(args.model.as_str(), vec![Message::user(question)])
    };
    let slot = Slot { name: String::new(), question_id: 0, run_id: 1, metric: String::new() };
    let task = Task::new(slot, &"".into(), &client, &request)?;
    let reply = client.chat(&task.request.chat()).await?;
    let choice = reply.body.choices.first();
    let text = choice.and_then(|choice| choice.message.content.as_deref().or(choice.message.refusal.as_deref()));
    let latency = reply.latency.as_millis();
    for sentence in reply.changes.sentences() {
        terminal.data(format!("parameters       {sentence}"));
    }
    terminal.data(format!("answer           {} ({latency} ms)", crate::record::shorten(text.unwrap_or("nothing"), 60)));
    Ok(Outcome::Complete)
}
