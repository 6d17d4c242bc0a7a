//! Prices, budget and forecast of a command: where the flags about money meet the models.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Result, bail};

use super::{Outcome, Session};
use crate::api::Server;
use crate::batch::{Counters, Meter, Purse};
use crate::cli::ApiArgs;
use crate::money::{Counter, Forecast, Item, Pace, Price, PriceList, Pricing, Spending};
use crate::report::forecast;
use crate::server;
use crate::store::{self, each_charge};

/// The purse of a whole command line: `run` is one, whatever it chains.
#[derive(Debug, Clone, Default)]
pub struct Account {
    purse: Arc<Purse>,
    counted: Arc<Mutex<HashSet<PathBuf>>>,
}

/// What the models of a command cost.
#[derive(Debug, Clone)]
pub(super) struct Tariff {
    account: Account,
    prices: Arc<PriceList>,
    budget: Option<f64>,
    /// Whether the models that the embedded engine has are served by it, for nothing.
    at_home: bool,
}

impl Tariff {
    pub(super) fn new(args: &ApiArgs, session: &Session, base_url: Option<&str>) -> Result<Self> {
        let mut own: Vec<Price> = Vec::new();
        if let Some(path) = &args.money.prices {
            for row in store::read_spaced_rows(path)? {
                own.push(row?);
            }
        }
        let account = session.account.clone();
        if let Some(usd) = args.money.budget_usd {
            account.purse.limit(usd);
        }
        let at_home = base_url.is_none_or(is_loopback);
        Ok(Self { account, prices: Arc::new(PriceList::with(own)), budget: args.money.budget_usd, at_home })
    }

    /// The same prices for a server of the judge's own.
    pub(super) fn moved_to(&mut self, url: &str) {
        self.at_home = is_loopback(url);
    }

    /// What is known about the price of a model.
    pub(super) fn pricing(&self, model: &str) -> Pricing {
        match self.prices.of(model) {
            Pricing::Unknown if self.at_home && server::is_embedded(model) => Pricing::Free,
            known => known,
        }
    }

    /// What is known about the price of tuning a model.
    pub(super) fn training(&self, base: &str) -> Pricing {
        match self.prices.of_training(base) {
            Pricing::Unknown if self.at_home && server::is_embedded(base) => Pricing::Free,
            known => known,
        }
    }

    /// The meter of a model's calls.
    ///
    /// # Errors
    /// When there is a budget and the price is not known.
    pub(super) fn meter(&self, model: &str, role: &'static str, batch: bool) -> Result<Meter> {
        let rates = self.pricing(model).rates(batch);
        if self.budget.is_some() && rates.is_none() {
            return Err(unpriced(model, columns(batch)));
        }
        Ok(Meter { purse: Arc::clone(&self.account.purse), rates, role, batch })
    }

    /// Counts what earlier runs spent in these folders towards the budget, each folder once.
    pub(super) fn count_earlier<'a>(&self, folders: impl IntoIterator<Item = &'a Path>, role: &str) -> Result<()> {
        if self.budget.is_none() {
            return Ok(());
        }
        let mut counted = self.account.counted.lock().expect("no thread panics while it counts");
        for folder in folders {
            if !counted.insert(std::path::absolute(folder)?) {
                continue;
            }
            for item in self.spent(folder, role)? {
                match item.usd {
                    Some(usd) => self.account.purse.spent_before(usd),
                    None => return Err(unpriced(&item.model, columns(item.batch))),
                }
            }
        }
        Ok(())
    }

    /// What all runs together spent in a folder.
    pub(super) fn spent(&self, folder: &Path, role: &str) -> Result<Vec<Item>> {
        let mut spending = Spending::default();
        each_charge(folder, |charge| spending.add(role, charge))?;
        Ok(spending.items(|model| self.pricing(model)))
    }

    /// Reserves and spends the price of work that is no call, such as training.
    ///
    /// # Errors
    /// When the price is not known or would pass the budget.
    pub(super) fn pay(&self, base: &str, tokens: u64) -> Result<()> {
        let Some(limit) = self.budget else { return Ok(()) };
        let worst = self.training_usd(base, tokens)?;
        if !self.account.purse.pay(worst) {
            bail!(
                "training {base} on {tokens} tokens may cost {}, which would pass the budget of {}; nothing was sent for it",
                crate::money::usd(worst),
                crate::money::usd(limit)
            );
        }
        Ok(())
    }

    /// Counts what training of earlier runs cost towards the budget.
    ///
    /// # Errors
    /// When the price is not known.
    pub(super) fn trained_before(&self, base: &str, tokens: u64) -> Result<()> {
        if self.budget.is_some() && tokens > 0 {
            self.account.purse.spent_before(self.training_usd(base, tokens)?);
        }
        Ok(())
    }

    fn training_usd(&self, base: &str, tokens: u64) -> Result<f64> {
        let price = self.training(base).training().ok_or_else(|| unpriced(base, "training"))?;
        Ok(tokens as f64 * price / 1e6)
    }
}

/// The columns of a price list that have the price of calls.
fn columns(batch: bool) -> &'static str {
    if batch { "batch_input and batch_output" } else { "input and output" }
}

fn unpriced(model: &str, columns: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "--budget-usd cannot be kept: the price of {model} is not known. Give it with --prices FILE, a CSV file with the columns \
         model, tuned, {columns}, in USD for a million tokens"
    )
}

/// Whether a server is on this machine.
pub(super) fn is_loopback(url: &str) -> bool {
    Server { base_url: url.to_owned(), ..Server::default() }.is_loopback()
}

/// A forecast of a command, and what it is made with.
pub(super) struct DryRun {
    pub(super) forecast: Forecast,
    pub(super) counters: Counters,
}

impl DryRun {
    pub(super) fn new(args: &ApiArgs) -> Self {
        let weights = args.weights.clone();
        let counters = Counters::new(move |model| own_counter(model, weights.as_deref()));
        Self { forecast: Forecast::default(), counters }
    }

    /// Prints the forecast.
    pub(super) fn conclude(&self, args: &ApiArgs, session: &Session) -> Outcome {
        let pace = Pace { requests: pace(args), tokens: args.tpm };
        session.terminal.data(forecast::draw(&self.forecast, pace));
        session.terminal.note("--dry-run: nothing was sent or written");
        Outcome::Complete
    }
}

/// Requests a minute that the flags allow.
fn pace(args: &ApiArgs) -> Option<f64> {
    let by_delay = (args.delay > 0.0).then(|| f64::from(args.batch_size) * 60.0 / args.delay);
    by_delay.into_iter().chain(args.rpm).reduce(f64::min)
}

/// The tokenizers of the embedded models.
fn own_counter(model: &str, weights: Option<&Path>) -> Option<Counter> {
    if !server::is_embedded(model) {
        return None;
    }
    let base = model.strip_prefix("ft:").and_then(|tuned| tuned.split(':').next()).unwrap_or(model);
    match base {
        "agent" => Some(Counter::Own("words", Arc::new(server::words::words))),
        _ => language_model_counter(weights).ok(),
    }
}

/// The language model's tokenizer, when its weights are on this machine.
#[cfg(feature = "local")]
fn language_model_counter(weights: Option<&Path>) -> Result<Counter> {
    use crate::local::{fetch, gguf::Gguf, tokens::Tokens};
    let path = weights.map_or_else(fetch::cached, |path| Ok(path.to_owned()))?;
    let tokens = Tokens::from_gguf(Gguf::open(&path)?.metadata())?;
    let count = move |text: &str| tokens.encode(text).map_or(text.len(), |ids| ids.len()) as u64;
    Ok(Counter::Own("the model's own tokenizer", Arc::new(count)))
}

#[cfg(not(feature = "local"))]
fn language_model_counter(_: Option<&Path>) -> Result<Counter> {
    bail!("this build has no language model")
}
