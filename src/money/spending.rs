//! What was spent: the charges of calls that were answered and of calls that were not, by role and model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::price::{Pricing, Rates};
use crate::api::wire::chat::{Usage, counted};

/// Tokens of the longest answer that any model gives, for requests that do not limit it.
pub const LONGEST_ANSWER: u64 = 131_072;

/// What a call was charged, as its line in `calls.jsonl` or `unanswered.jsonl` says. Lines of other origin (exact answers,
/// rows that were taken over) have no attempts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Charge {
    /// The model's id.
    pub model_id: String,
    /// The metric of a judge's call; empty elsewhere.
    pub metric: String,
    /// The rest.
    pub details: Details,
}

/// The part of a call's details that says what it was charged.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Details {
    /// How many times the request was sent; none when it is no request's.
    pub attempts: Option<u32>,
    /// Tokens, as the server counted them.
    #[serde(deserialize_with = "counted")]
    pub usage: Option<Usage>,
    /// Answers that were lost on the way, and are charged all the same at the most.
    pub lost: u64,
    /// The batch that it was part of.
    pub batch: Option<String>,
    /// Bytes of the request, where the server did not count tokens. No tokenizer makes more tokens of a text than it has bytes.
    pub request_bytes: u64,
    /// Parameters that were sent.
    pub parameters: Parameters,
}

/// The parameters that bound a charge.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Parameters {
    /// The most tokens of an answer.
    pub max_completion_tokens: Option<u64>,
    /// The same by its other name, which some models want.
    pub max_tokens: Option<u64>,
}

/// What one model was paid for in one role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    /// Calls that were charged.
    pub calls: u64,
    /// Tokens sent, as the server counted them.
    pub sent: u64,
    /// Of these, tokens that came from the server's cache.
    pub cached: u64,
    /// Tokens received, as the server counted them.
    pub received: u64,
    /// Answers that were lost on the way.
    pub lost: u64,
    /// Answers of which the server gave no count.
    pub uncounted: u64,
    /// The most tokens that the lost and the uncounted answers can have been charged for: sent and received.
    pub at_most: (u64, u64),
}

impl Spent {
    /// USD at these prices; what the server did not count is in it at the most.
    #[must_use]
    pub fn usd(&self, rates: Rates) -> f64 {
        rates.cost(self.sent, self.cached, self.received) + rates.cost(self.at_most.0, 0, self.at_most.1)
    }

    fn add(&mut self, details: &Details) {
        let Parameters { max_completion_tokens, max_tokens } = details.parameters;
        let longest = max_completion_tokens.or(max_tokens).unwrap_or(LONGEST_ANSWER);
        let mut uncounted = details.lost;
        self.lost += details.lost;
        match &details.usage {
            Some(usage) => {
                self.calls += 1;
                self.sent += usage.prompt_tokens;
                self.cached += usage.prompt_tokens_details.as_ref().map_or(0, |tokens| tokens.cached_tokens);
                self.received += usage.completion_tokens;
            }
            // A call all of whose answers were lost has no other one.
            None if details.lost > 0 => self.calls += 1,
            None => {
                self.calls += 1;
                self.uncounted += 1;
                uncounted += 1;
            }
        }
        let sent = details.usage.as_ref().map_or(details.request_bytes, |usage| usage.prompt_tokens);
        self.at_most.0 += uncounted * sent;
        self.at_most.1 += uncounted * longest;
    }
}

/// A line of a manifest: what one model was paid for in one role, all runs together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What the model was asked for.
    pub role: String,
    /// The model's id.
    pub model: String,
    /// Whether the calls went through the Batch API.
    pub batch: bool,
    /// Calls that were charged, or jobs.
    pub calls: u64,
    /// Tokens sent or trained on, as the server counted them.
    pub prompt_tokens: u64,
    /// Of these, tokens that came from the server's cache.
    pub cached_tokens: u64,
    /// Tokens received, as the server counted them.
    pub completion_tokens: u64,
    /// Answers that were lost on the way; the cost has them at the most.
    pub lost_answers: u64,
    /// Answers of which the server gave no count; the cost has them at the most.
    pub uncounted_answers: u64,
    /// USD; null when the price is not known.
    pub usd: Option<f64>,
    /// The month of the prices, where they have one.
    pub prices_as_of: Option<String>,
}

impl Item {
    fn in_words(&self) -> String {
        let Self { role, model, calls, prompt_tokens, completion_tokens, .. } = self;
        if role == TRAINING {
            return format!("{role} {model}: {prompt_tokens} tokens trained on");
        }
        let through = if self.batch { " by batch" } else { "" };
        let lost = match self.lost_answers + self.uncounted_answers {
            0 => String::new(),
            count => format!(", and {count} answers that the server did not count, at the most"),
        };
        format!("{role} {model}{through}: {calls} calls, {prompt_tokens} tokens in, {completion_tokens} out{lost}")
    }
}

/// What was spent, by role, model and way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spending(BTreeMap<(String, String, bool), Spent>);

/// The role of models that are tuned.
pub const TRAINING: &str = "training";

/// The role of calls that have a metric, whatever else their folder holds.
const JUDGE: &str = "judge";

impl Spending {
    /// Adds a charge; lines that are no request's are left out.
    pub fn add(&mut self, role: &str, charge: &Charge) {
        if charge.details.attempts.is_none() {
            return;
        }
        let role = if charge.metric.is_empty() { role } else { JUDGE };
        let place = (role.to_owned(), charge.model_id.clone(), charge.details.batch.is_some());
        self.0.entry(place).or_default().add(&charge.details);
    }

    /// What was spent on each model in each role.
    pub fn items(&self, pricing: impl Fn(&str) -> Pricing) -> Vec<Item> {
        let item = |((role, model, batch), spent): (&(String, String, bool), &Spent)| {
            let pricing = pricing(model);
            Item {
                role: role.clone(),
                model: model.clone(),
                batch: *batch,
                calls: spent.calls,
                prompt_tokens: spent.sent,
                cached_tokens: spent.cached,
                completion_tokens: spent.received,
                lost_answers: spent.lost,
                uncounted_answers: spent.uncounted,
                usd: pricing.rates(*batch).map(|rates| spent.usd(rates)),
                prices_as_of: pricing.as_of().map(str::to_owned),
            }
        };
        self.0.iter().map(item).collect()
    }
}

/// The line that says what a folder's calls cost.
#[must_use]
pub fn in_words(items: &[Item]) -> String {
    let known: f64 = items.iter().filter_map(|item| item.usd).sum();
    let unknown: Vec<&str> = items.iter().filter(|item| item.usd.is_none()).map(|item| item.model.as_str()).collect();
    let cost = match (unknown.is_empty(), known > 0.0) {
        (true, true) => usd(known),
        (true, false) => "none".to_owned(),
        (false, _) => {
            let least = if known > 0.0 { format!("at least {}; ", usd(known)) } else { String::new() };
            format!("unknown ({least}no price is known of {}; see --prices)", unknown.join(", "))
        }
    };
    let items: Vec<String> = items.iter().map(Item::in_words).collect();
    format!("cost: {cost}; {}", items.join("; "))
}

/// An amount of USD for people.
#[must_use]
pub fn usd(amount: f64) -> String {
    match amount {
        0.0 => "$0".to_owned(),
        amount if amount < 0.0001 => "under $0.0001".to_owned(),
        amount if amount < 1.0 => format!("${amount:.4}"),
        amount => format!("${amount:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::PriceList;
    use super::*;

    fn charge(line: &str) -> Charge {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn charges_are_summed_by_role_and_model_and_priced_at_the_most() {
        let mut spending = Spending::default();
        let usage =
            r#""usage":{"prompt_tokens":1000,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":400}}"#;
        let parameters = r#""parameters":{"max_completion_tokens":2000}"#;
        for line in [
            format!(r#"{{"model_id":"gpt-4.1-mini","details":{{"attempts":1,{usage},{parameters}}}}}"#),
            format!(r#"{{"model_id":"gpt-4.1-mini","details":{{"attempts":3,"lost":2,{usage},{parameters}}}}}"#),
            format!(
                r#"{{"model_id":"gpt-4.1-mini","details":{{"attempts":1,"usage":{{"prompt_tokens":0}},"request_bytes":500,{parameters}}}}}"#
            ),
            format!(
                r#"{{"model_id":"gpt-4.1-mini","metric":"alignment","details":{{"attempts":1,"batch":"batch_1",{usage}}}}}"#
            ),
            r#"{"model_id":"oracle","details":{"utility_coefficient":2.0}}"#.to_owned(),
            r#"{"model_id":"","details":null}"#.replace("null", "{}"),
        ] {
            spending.add("teacher", &charge(&line));
        }
        let list = PriceList::with(Vec::new());
        let items = spending.items(|model| list.of(model));
        let told: Vec<(&str, bool, u64)> =
            items.iter().map(|item| (item.role.as_str(), item.batch, item.calls)).collect();
        assert_eq!(told, [("judge", true, 1), ("teacher", false, 3)]);
        let teacher = &items[1];
        assert_eq!((teacher.prompt_tokens, teacher.cached_tokens, teacher.completion_tokens), (2000, 800, 200));
        assert_eq!((teacher.lost_answers, teacher.uncounted_answers), (2, 1));
        let counted = (1200.0 * 0.4 + 800.0 * 0.1 + 200.0 * 1.6) / 1e6;
        let most = ((2.0 * 1000.0 + 500.0) * 0.4 + 3.0 * 2000.0 * 1.6) / 1e6;
        approx::assert_relative_eq!(teacher.usd.unwrap(), counted + most, max_relative = 1e-12);
        approx::assert_relative_eq!(items[0].usd.unwrap(), (1000.0 * 0.2 + 100.0 * 0.8) / 1e6, max_relative = 1e-12);
    }

    #[test]
    fn an_unknown_price_is_said_to_be_unknown() {
        let mut spending = Spending::default();
        spending.add("judge", &charge(r#"{"model_id":"m","details":{"attempts":1,"usage":{"prompt_tokens":10}}}"#));
        let list = PriceList::with(Vec::new());
        let items = spending.items(|model| list.of(model));
        assert_eq!(items[0].usd, None);
        assert!(in_words(&items).starts_with("cost: unknown (no price is known of m; see --prices); judge m: 1 calls"));
        let free = spending.items(|_| Pricing::Free);
        assert!(in_words(&free).starts_with("cost: none; judge m"), "{}", in_words(&free));
    }

    #[test]
    fn amounts_for_people() {
        assert_eq!([0.0, 0.000_01, 0.0123, 12.345].map(usd), ["$0", "under $0.0001", "$0.0123", "$12.35"]);
    }
}
