//! One model at one server: its limits, the changes that its requests need, and a request to it.

use std::sync::{Arc, RwLock};

use bytes::Bytes;
use serde_json::{Map, Value};

use super::limit::{Caps, Limiter, Load};
use super::parameters::{self, Changes};
use super::wire::error::ErrorDetail;

/// What a client remembers of one model for as long as the command runs.
#[derive(Debug)]
pub struct Route {
    pub(super) limiter: Arc<Limiter>,
    model: String,
    /// Whether requests are sent as they are, come what may.
    strict: bool,
    changes: RwLock<Arc<Changes>>,
}

impl Route {
    /// A route of which nothing is known but the model's name; with `strict`, requests are sent as they are.
    pub(super) fn new(model: &str, strict: bool, caps: Caps) -> Self {
        let changes = if strict { Changes::default() } else { Changes::known(model) };
        let changes = RwLock::new(Arc::new(changes));
        Self { limiter: Arc::new(Limiter::new(caps)), model: model.to_owned(), strict, changes }
    }

    /// What requests to the model are changed by at present.
    #[must_use]
    pub fn changes(&self) -> Arc<Changes> {
        Arc::clone(&self.changes.read().expect("no thread panics while it holds the changes"))
    }

    /// Makes a request of which the model refused a parameter one that it may take. False when the refusal was about
    /// something else. `used` are the changes that the refused request had.
    pub(super) fn adapt(&self, request: &Chat, used: &Arc<Changes>, error: &ErrorDetail) -> bool {
        let mut changes = self.changes.write().expect("no thread panics while it holds the changes");
        if !Arc::ptr_eq(&changes, used) {
            // Another request was refused in the meantime, and this one is tried with what that one taught.
            return true;
        }
        self.learn(&mut changes, (&request.fields(used), request.needs_logprobs), error)
    }

    /// As for a request that is refused at once, for one that was sent as `body` some time ago, in a batch.
    #[must_use]
    pub fn adapt_later(&self, body: &[u8], needs_logprobs: bool, error: &ErrorDetail) -> Adapted {
        let mut fields: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        let Some(refused) = parameters::unsupported(&fields, error) else { return Adapted::No };
        if self.strict {
            return Adapted::Strict(strict_advice(refused));
        }
        let mut changes = self.changes.write().expect("no thread panics while it holds the changes");
        changes.apply(&mut fields);
        // What another line taught already is not learned twice.
        let known = !fields.contains_key(refused);
        match known || self.learn(&mut changes, (&fields, needs_logprobs), error) {
            true => Adapted::Again,
            false => Adapted::No,
        }
    }

    fn learn(
        &self,
        changes: &mut Arc<Changes>,
        (fields, needs_logprobs): (&Map<String, Value>, bool),
        error: &ErrorDetail,
    ) -> bool {
        let Some(next) = changes.after(fields, error) else { return false };
        if needs_logprobs && next.drops("logprobs") {
            return false;
        }
        let before = changes.sentences();
        for sentence in next.sentences().into_iter().filter(|sentence| !before.contains(sentence)) {
            tracing::warn!("{} does not take a parameter: {sentence} ({})", self.model, error.message);
        }
        *changes = Arc::new(next);
        true
    }
}

/// What follows the refusal of a request that was sent some time ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adapted {
    /// It is to be sent again, with what is known now.
    Again,
    /// It would have to be changed, and must not be; with words that say so.
    Strict(String),
    /// The refusal was about something else.
    No,
}

/// What is to be said beside the refusal of a parameter that is not to be changed.
pub(super) fn strict_advice(parameter: &str) -> String {
    format!("; it does not take {parameter}, and --strict-params lets nothing be left out")
}

/// A chat request, ready to be sent.
#[derive(Debug, Clone)]
pub struct Chat {
    /// The model that is asked.
    pub route: Arc<Route>,
    /// A [`ChatRequest`](super::wire::chat::ChatRequest) in JSON.
    pub body: Bytes,
    /// The most tokens that its answer may have.
    pub largest: Option<u32>,
    /// Whether an answer without log probabilities would be of no use.
    pub needs_logprobs: bool,
}

impl Chat {
    pub(super) fn load(&self) -> Load {
        Load { bytes: self.body.len(), largest: self.largest }
    }

    /// The body with the changes that the model needs.
    #[must_use]
    pub fn changed(&self, changes: &Changes) -> Bytes {
        if changes.is_empty() {
            return self.body.clone();
        }
        serde_json::to_vec(&self.fields(changes)).map_or_else(|_| self.body.clone(), Bytes::from)
    }

    /// What the request asks for beside model, messages and seed, with the changes that the model needs.
    #[must_use]
    pub fn parameters(&self, changes: &Changes) -> Value {
        parameters::parameters(&self.fields(changes))
    }

    /// The parameter of this request, as it stands, that `error` says the model does not take.
    pub(super) fn refused(&self, error: &ErrorDetail) -> Option<&'static str> {
        parameters::unsupported(&self.fields(&Changes::default()), error)
    }

    fn fields(&self, changes: &Changes) -> Map<String, Value> {
        let mut fields = serde_json::from_slice(&self.body).unwrap_or_default();
        changes.apply(&mut fields);
        fields
    }
}
