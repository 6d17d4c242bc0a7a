//! The dated table of prices, and the price of a model by its name.

use csv::StringRecord;
use serde::{Deserialize, Deserializer};

use crate::record::{Fault, Row};

/// The table of this repository.
const SHIPPED: &str = include_str!("../../prices.csv");

/// A row of a table of prices: USD for a million tokens. What is empty is not known.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Price {
    /// A model's id, or its name without a date.
    pub model: String,
    /// Whether the row is for fine-tunes of the model, which have prices of their own.
    #[serde(default, deserialize_with = "flag")]
    pub tuned: bool,
    /// Tokens sent.
    pub input: Option<f64>,
    /// Tokens sent that the server had in its cache; they cost what `input` says where this is not known.
    #[serde(default)]
    pub cached_input: Option<f64>,
    /// Tokens received, reasoning included.
    pub output: Option<f64>,
    /// Tokens sent through the Batch API.
    #[serde(default)]
    pub batch_input: Option<f64>,
    /// Tokens received through the Batch API.
    #[serde(default)]
    pub batch_output: Option<f64>,
    /// Tokens trained on, of a row for fine-tunes.
    #[serde(default)]
    pub training: Option<f64>,
    /// The month in which the prices held.
    #[serde(default)]
    pub as_of: String,
    /// Where they were read.
    #[serde(default)]
    pub source: String,
}

/// An empty cell is false, so that tables need not have the column filled.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<bool>::deserialize(deserializer)?.unwrap_or(false))
}

impl Row for Price {
    const COLUMNS: &'static [&'static str] = &["model", "input", "output"];

    fn from_record(record: &StringRecord, headers: &StringRecord) -> Result<Self, Fault> {
        crate::record::deserialize(record, headers)
    }

    fn check(&self) -> Result<(), Fault> {
        if self.model.trim().is_empty() {
            return Err(Fault::new(&self.model, "the name of a model"));
        }
        let prices = [self.input, self.cached_input, self.output, self.batch_input, self.batch_output, self.training];
        match prices.into_iter().flatten().find(|price| !(price.is_finite() && *price >= 0.0)) {
            Some(price) => Err(Fault::new(price.to_string(), "USD for a million tokens, 0 or more")),
            None => Ok(()),
        }
    }
}

/// USD for a million tokens of one way of asking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Tokens sent.
    pub input: f64,
    /// Of these, tokens that the server had in its cache.
    pub cached: f64,
    /// Tokens received.
    pub output: f64,
}

impl Rates {
    /// Nothing costs anything.
    pub const FREE: Self = Self { input: 0.0, cached: 0.0, output: 0.0 };

    /// USD for so many tokens sent, of which `cached` came from the cache, and received.
    #[must_use]
    pub fn cost(&self, sent: u64, cached: u64, received: u64) -> f64 {
        let cached = cached.min(sent);
        ((sent - cached) as f64 * self.input + cached as f64 * self.cached + received as f64 * self.output) / 1e6
    }
}

/// What is known about a model's price.
#[derive(Debug, Clone, PartialEq)]
pub enum Pricing {
    /// It runs on this machine.
    Free,
    /// Its row.
    Known(Box<Price>),
    /// No row names it.
    Unknown,
}

impl Pricing {
    /// The prices of single requests, or of requests through the Batch API; none when they are not known.
    #[must_use]
    pub fn rates(&self, batch: bool) -> Option<Rates> {
        let price = match self {
            Self::Free => return Some(Rates::FREE),
            Self::Known(price) => price,
            Self::Unknown => return None,
        };
        let (input, output) = match batch {
            true => (price.batch_input?, price.batch_output?),
            false => (price.input?, price.output?),
        };
        // No page says what a cached token costs in a batch, so it counts as any other.
        let cached = price.cached_input.filter(|_| !batch).unwrap_or(input);
        Some(Rates { input, cached, output })
    }

    /// USD for a million tokens trained on.
    #[must_use]
    pub fn training(&self) -> Option<f64> {
        match self {
            Self::Free => Some(0.0),
            Self::Known(price) => price.training,
            Self::Unknown => None,
        }
    }

    /// The month of the prices, where they have one.
    #[must_use]
    pub fn as_of(&self) -> Option<&str> {
        match self {
            Self::Known(price) if !price.as_of.is_empty() => Some(&price.as_of),
            _ => None,
        }
    }
}

/// Prices by model.
#[derive(Debug, Clone)]
pub struct PriceList(Vec<Price>);

impl PriceList {
    /// The shipped prices with `own` before them.
    ///
    /// # Panics
    /// Never: a test reads the shipped table.
    #[must_use]
    pub fn with(own: Vec<Price>) -> Self {
        let mut reader = csv::Reader::from_reader(SHIPPED.as_bytes());
        let shipped = reader.deserialize().map(|row| row.expect("a test reads the shipped table"));
        Self(own.into_iter().chain(shipped).collect())
    }

    /// The price of a model: the row of exactly this id, else that of its name without the date. A fine-tune
    /// (`ft:BASE:...`) has a price of its own, never that of its base.
    #[must_use]
    pub fn of(&self, model: &str) -> Pricing {
        // A row for the fine-tunes of a model does not price the model itself.
        let exact = self.row(model, false).or_else(|| self.row(model, true).filter(|_| model.starts_with("ft:")));
        let named = || match model.strip_prefix("ft:").and_then(|tuned| tuned.split(':').next()) {
            Some(base) => self.of_tuned(base),
            None => self.row(undated(model), false),
        };
        exact.or_else(named).map_or(Pricing::Unknown, |price| Pricing::Known(Box::new(price.clone())))
    }

    /// The price of tuning a model, and of its fine-tunes.
    #[must_use]
    pub fn of_training(&self, base: &str) -> Pricing {
        // A fine-tune can be tuned further, at its base's price.
        let base = base.strip_prefix("ft:").and_then(|tuned| tuned.split(':').next()).unwrap_or(base);
        self.of_tuned(base).map_or(Pricing::Unknown, |price| Pricing::Known(Box::new(price.clone())))
    }

    fn of_tuned(&self, base: &str) -> Option<&Price> {
        self.row(base, true).or_else(|| self.row(undated(base), true))
    }

    fn row(&self, model: &str, tuned: bool) -> Option<&Price> {
        self.0.iter().find(|price| price.model == model && price.tuned == tuned)
    }
}

/// `gpt-4.1-mini-2025-04-14` without its date.
fn undated(model: &str) -> &str {
    let Some(start) = model.len().checked_sub("-2025-04-14".len()) else { return model };
    let is_date = model.is_char_boundary(start)
        && model[start..].bytes().enumerate().all(|(place, byte)| match place {
            0 | 5 | 8 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if is_date { &model[..start] } else { model }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(list: &PriceList, model: &str, batch: bool) -> Option<f64> {
        list.of(model).rates(batch).map(|rates| rates.input)
    }

    #[test]
    fn names_find_their_row_and_fine_tunes_their_own() {
        let list = PriceList::with(Vec::new());
        assert_eq!(input(&list, "gpt-4.1-mini", false), Some(0.40));
        assert_eq!(input(&list, "gpt-4.1-mini-2025-04-14", true), Some(0.20));
        assert_eq!(input(&list, "ft:gpt-4.1-mini-2025-04-14:me:risk-averse:abc:ckpt-step-9", false), Some(0.80));
        assert_eq!(input(&list, "gpt-4.1", false), None, "only its fine-tunes have a price in the table");
        assert_eq!(input(&list, "ft:gpt-6-luna:me:x:abc", false), None, "never the base's");
        assert_eq!(list.of_training("gpt-4o-mini-2024-07-18").training(), Some(3.0));
        assert_eq!(list.of("my-model"), Pricing::Unknown);
    }

    #[test]
    fn own_prices_come_first_and_gaps_stay_gaps() {
        let own = "model,input,output\ngpt-6-luna,7,8\n";
        let mut reader = csv::Reader::from_reader(own.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let rows = reader.records().map(|row| Price::from_record(&row.unwrap(), &headers).unwrap()).collect();
        let list = PriceList::with(rows);
        assert_eq!(input(&list, "gpt-6-luna", false), Some(7.0));
        assert_eq!(input(&list, "gpt-6-luna", true), None, "no half is guessed for prices of one's own");
    }

    #[test]
    fn every_shipped_row_is_good_dated_and_sourced() {
        for price in &PriceList::with(Vec::new()).0 {
            price.check().unwrap();
            assert!(!price.as_of.is_empty() && !price.source.is_empty(), "{price:?}");
            assert_eq!(price.training.is_some(), price.tuned, "{price:?}");
        }
    }

    #[test]
    fn costs_are_by_the_million_and_cached_tokens_have_their_own() {
        let rates = Rates { input: 2.0, cached: 0.5, output: 10.0 };
        approx::assert_relative_eq!(rates.cost(1_000_000, 400_000, 50_000), 1.2 + 0.2 + 0.5);
        approx::assert_relative_eq!(Rates::FREE.cost(9, 0, 9), 0.0);
    }
}
