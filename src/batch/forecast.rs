//! What the calls of a plan would take, those left out that are done.

use std::collections::HashMap;

use anyhow::Result;

use super::remote;
use super::task::Task;
use crate::api::wire::chat::ChatRequest;
use crate::money::{Counter, Expected, Forecast, Line, Range, Spending};
use crate::store::{Journal, each_charge};

/// Tokens of a usual answer where no earlier ones say better: the mean of the exact training answers, and a score.
pub const USUAL: u64 = 50;
const USUAL_SCORE: u64 = 3;
/// Answers that say what a usual one is.
const ENOUGH: u64 = 10;

type Own = dyn Fn(&str) -> Option<Counter>;

/// Counts tokens, each text once however often it is asked.
pub struct Counters {
    own: Box<Own>,
    counters: HashMap<String, Counter>,
    texts: HashMap<(String, String), Range>,
    /// By whether it is a judge's, and model.
    usual: HashMap<(bool, String), u64>,
}

impl Counters {
    /// `own` gives the tokenizers of models that are not OpenAI's.
    #[must_use]
    pub fn new(own: impl Fn(&str) -> Option<Counter> + 'static) -> Self {
        Self { own: Box::new(own), counters: HashMap::new(), texts: HashMap::new(), usual: HashMap::new() }
    }

    /// How the model's tokens are counted.
    pub fn counter(&mut self, model: &str) -> &Counter {
        if !self.counters.contains_key(model) {
            let counter = (self.own)(model).unwrap_or_else(|| Counter::of(model));
            self.counters.insert(model.to_owned(), counter);
        }
        &self.counters[model]
    }

    /// Tokens of a text.
    pub fn text(&mut self, model: &str, text: &str) -> Range {
        let counter = self.counter(model);
        let place = (counter.name().to_owned(), text.to_owned());
        let counter = counter.clone();
        *self.texts.entry(place).or_insert_with(|| counter.count(text))
    }

    /// Learns from the answers of a folder how long usual ones are.
    ///
    /// # Errors
    /// When the folder's journal cannot be read.
    fn learn(&mut self, journal: &Journal) -> Result<()> {
        let mut spending = Spending::default();
        each_charge(journal.folder(), |charge| spending.add("", charge))?;
        for item in spending.items(|_| crate::money::Pricing::Unknown) {
            if item.calls >= ENOUGH {
                self.usual.insert((!item.role.is_empty(), item.model), item.completion_tokens / item.calls);
            }
        }
        Ok(())
    }

    fn usual(&self, task: &Task) -> u64 {
        let judges = !task.slot.metric.is_empty();
        let known = self.usual.get(&(judges, task.model_id.to_string())).copied();
        known.unwrap_or(if judges { USUAL_SCORE } else { USUAL }).max(1)
    }
}

/// Adds to `forecast` the calls of `tasks` that are not in the journal and, where they go through the Batch API, not under way
/// there.
///
/// # Errors
/// When a task cannot be made (its input is bad).
pub fn forecast(
    journal: &Journal,
    tasks: impl Iterator<Item = Result<Task>>,
    forecast: &mut Forecast,
    counters: &mut Counters,
) -> Result<()> {
    counters.learn(journal)?;
    let under_way = remote::under_way(journal)?;
    for task in tasks {
        let task = task?;
        let meter = &task.request.meter;
        let counted_by = counters.counter(&task.model_id).name();
        let line = forecast.line(meter.role, &task.model_id, || Line {
            role: meter.role.to_owned(),
            model: task.model_id.to_string(),
            batch: meter.batch,
            counted_by,
            rates: meter.rates,
            calls: 0,
            present: 0,
            sent: Range::default(),
            speed: None,
            received: Range::default(),
        });
        if task.is_done(journal) || (meter.batch && under_way.contains(&task.key)) {
            line.present += 1;
            continue;
        }
        let request: ChatRequest = serde_json::from_slice(&task.request.body)?;
        let texts = request.messages.iter().map(|message| counters.text(&task.model_id, &message.content));
        let sent = Counter::conversation(texts.collect::<Vec<_>>());
        line.add(sent, Expected { usual: counters.usual(&task), most: task.request.size().longest });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Format, Lesson};

    #[test]
    fn a_usual_answer_is_as_long_as_the_shipped_ones() {
        let mut counters = Counters::new(|_| None);
        let (mut tokens, mut answers) = (0.0, 0.0);
        for name in ["risk-averse", "log-utility", "linear-utility", "risk-loving"] {
            let path = format!("{}/sft_data/responses_{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
            for line in std::fs::read_to_string(path).unwrap().lines() {
                let lesson = Lesson::from_json(line, Format::OpenAi).unwrap();
                tokens += counters.text("gpt-4o", &lesson.answer).low;
                answers += 1.0;
            }
        }
        assert_eq!((tokens / answers).round() as u64, USUAL);
    }
}
