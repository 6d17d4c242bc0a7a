//! The constant part of a plan's requests, written as JSON once; a task fills in its question and its seed.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::meter::Meter;
use super::task::{Request, Task, key};
use crate::api::wire::chat::ChatRequest;
use crate::api::{Client, Route};
use crate::store::Slot;

/// Stand for what differs between the requests; a text that holds one is written as a whole each time.
const TEXT: &str = "<riskpref: the text of the last message>";
const SEED: i64 = -7_736_251_990_021_871;

/// Requests that differ in the text of the last message and in the seed only.
#[derive(Debug, Clone)]
pub struct Shape {
    client: Arc<Client>,
    route: Arc<Route>,
    model_id: Arc<str>,
    /// The JSON before the text, between text and seed, and behind the seed (none where no seed is sent).
    before: String,
    between: String,
    behind: Option<String>,
    largest: Option<u32>,
    details: Arc<Value>,
    /// Whether a refusal is an answer, as it is of a model under test and is not of a teacher.
    pub keep_refusals: bool,
    meter: Meter,
}

impl Shape {
    /// The requests that are `request` but for the text of the last message and, where it has one, the seed. The server's
    /// own body fields are added, and win over those of the request.
    ///
    /// # Errors
    /// When the request has a number that JSON cannot write, no message, or a message that holds the mark for the text.
    pub fn new(client: &Arc<Client>, request: &ChatRequest) -> Result<Self> {
        let mut marked = request.clone();
        marked.messages.last_mut().context("a request without messages")?.content = TEXT.to_owned();
        marked.seed = request.seed.map(|_| SEED);
        let body_fields = &client.server().body_fields;
        let json = match body_fields.is_empty() {
            true => serde_json::to_string(&marked)?,
            false => {
                let mut fields = serde_json::to_value(&marked)?;
                let all = fields.as_object_mut().context("a request is an object")?;
                all.extend(body_fields.clone());
                fields.to_string()
            }
        };
        let mark = format!("\"{TEXT}\"");
        let (before, rest) = json.split_once(&mark).context("no place for the text")?;
        anyhow::ensure!(!rest.contains(&mark), "a message holds {TEXT:?}, which stands for the question");
        let (between, behind) = match rest.split_once(&SEED.to_string()) {
            Some((between, behind)) => (between, Some(behind.to_owned())),
            None => (rest, None),
        };
        Ok(Self {
            client: Arc::clone(client),
            route: client.route(&request.model),
            model_id: request.model.as_str().into(),
            before: before.to_owned(),
            between: between.to_owned(),
            behind,
            // Of what is sent, as the server's own fields may have another.
            largest: serde_json::from_str::<ChatRequest>(&json)?.token_limit(),
            details: Arc::new(json!({ "parameters": sent(&json)? })),
            keep_refusals: true,
            meter: Meter::default(),
        })
    }

    /// The same requests, of which the journal keeps these fields too.
    #[must_use]
    pub fn with_details(mut self, more: Value) -> Self {
        if let (Value::Object(all), Value::Object(own)) = (Arc::make_mut(&mut self.details), more) {
            all.extend(own);
        }
        self
    }

    /// The same requests, paid for by this meter.
    #[must_use]
    pub fn metered(self, meter: &Meter) -> Self {
        Self { meter: meter.clone(), ..self }
    }

    /// The task that asks `text`; `question` is what the journal keeps of it.
    ///
    /// # Errors
    /// Never: every text can be written as JSON.
    pub fn task(&self, slot: Slot, (question, text): (&Arc<str>, &str), seed: Option<i64>) -> Result<Task> {
        let mut body = Vec::with_capacity(self.before.len() + self.between.len() + text.len() + 64);
        body.extend_from_slice(self.before.as_bytes());
        serde_json::to_writer(&mut body, text)?;
        body.extend_from_slice(self.between.as_bytes());
        let seed = seed.filter(|_| self.behind.is_some());
        if let (Some(behind), Some(seed)) = (&self.behind, seed) {
            serde_json::to_writer(&mut body, &seed)?;
            body.extend_from_slice(behind.as_bytes());
        }
        Ok(Task {
            key: key(&slot, &body),
            adopted_as: Arc::clone(&self.model_id),
            slot,
            question: Arc::clone(question),
            model_id: Arc::clone(&self.model_id),
            seed,
            request: Request {
                client: Arc::clone(&self.client),
                route: Arc::clone(&self.route),
                body: body.into(),
                largest: self.largest,
                details: Arc::clone(&self.details),
                keep_refusals: self.keep_refusals,
                forced: None,
                meter: self.meter.clone(),
            },
        })
    }
}

/// What is asked for beside model, messages and seed.
fn sent(json: &str) -> Result<Value> {
    Ok(crate::api::parameters::parameters(&serde_json::from_str(json)?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::api::retry::Policy;
    use crate::api::wire::chat::Message;
    use crate::api::{Gate, Limits, Server};
    use crate::interrupt::Interrupt;

    fn client(body_fields: &Value) -> Arc<Client> {
        let gate = Arc::new(Gate::new(Limits::connections(1), Interrupt::never()));
        let body_fields = body_fields.as_object().unwrap().clone();
        let server = Server { base_url: "http://127.0.0.1:9/v1".into(), body_fields, ..Server::default() };
        Arc::new(Client::new(server, gate, Policy::default(), Duration::from_secs(1)).unwrap())
    }

    fn request(text: &str, seed: Option<i64>) -> ChatRequest {
        let messages = vec![Message::system("Say \"no\".\n"), Message::user(text)];
        ChatRequest { seed, max_completion_tokens: Some(9), temperature: Some(0.5), ..ChatRequest::new("m", messages) }
    }

    fn slot() -> Slot {
        Slot { name: "a".into(), question_id: 1, run_id: 1, metric: String::new() }
    }

    #[test]
    fn a_filled_shape_is_the_request_to_the_byte() {
        let client = client(&json!({}));
        for seed in [None, Some(42)] {
            let shape = Shape::new(&client, &request("anything", seed)).unwrap();
            for text in ["Bet?", "a \"quoted\"\nline", "für 5 €", TEXT, ""] {
                let task = shape.task(slot(), (&text.into(), text), seed).unwrap();
                let expected = serde_json::to_vec(&request(text, seed)).unwrap();
                assert_eq!(task.request.body, expected, "{text}");
                assert_eq!(task.key, key(&slot(), &expected));
            }
            assert_eq!(shape.details["parameters"], json!({"temperature": 0.5, "max_completion_tokens": 9}));
        }
    }

    #[test]
    fn the_servers_own_fields_are_sent_and_are_part_of_the_key() {
        let client = client(&json!({"top_k": 5, "temperature": 1.0}));
        let shape = Shape::new(&client, &request("", Some(1))).unwrap();
        let task = shape.task(slot(), (&"Bet?".into(), "Bet?"), Some(7)).unwrap();
        let body: Value = serde_json::from_slice(&task.request.body).unwrap();
        assert_eq!((&body["top_k"], &body["temperature"], &body["seed"]), (&json!(5), &json!(1.0), &json!(7)));
        assert_eq!(body["messages"][1]["content"], "Bet?");
        assert_ne!(task.key, key(&slot(), &serde_json::to_vec(&request("Bet?", Some(7))).unwrap()));
    }
}
