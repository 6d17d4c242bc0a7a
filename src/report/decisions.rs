//! Decisions against the optimum: how often a model does what is best for each preference.

use std::collections::HashMap;

use super::{Accumulator, Score};
use crate::decision::optimum::{Optimum, optimum};
use crate::decision::{Problem, read};
use crate::record::{Preference, Response};
use crate::stats::NotFinite;

/// The metric that says how often a model's decision is optimal for the preference that it is named after.
pub const OPTIMAL: &str = "optimal_decision";

/// Reads decisions from responses and adds 100 (optimal) or 0 for each preference. Memory: one problem a question.
#[derive(Debug)]
pub struct Decisions {
    preferences: Vec<Preference>,
    questions: HashMap<String, Option<(Problem, Vec<Optimum>)>>,
    read: u64,
    unread: u64,
    undecidable: u64,
}

impl Decisions {
    /// Judges decisions by the coefficients of these preferences.
    #[must_use]
    pub fn new(preferences: Vec<Preference>) -> Self {
        Self { preferences, questions: HashMap::new(), read: 0, unread: 0, undecidable: 0 }
    }

    /// Adds what `response` decides to the metrics [`OPTIMAL`] and `optimal_for_<preference>`.
    ///
    /// # Errors
    /// Never: the values are 0 and 100.
    pub fn add(&mut self, scores: &mut Accumulator, response: &Response) -> Result<(), NotFinite> {
        let preferences = &self.preferences;
        let question = self.questions.entry(response.question.clone()).or_insert_with(|| {
            let problem = read::problem(&response.question)?;
            let optima = preferences.iter().map(|preference| optimum(&problem, preference.utility_coefficient));
            Some((problem.clone(), optima.collect()))
        });
        let Some((problem, optima)) = question else {
            self.undecidable += 1;
            return Ok(());
        };
        let Some(decision) = read::decision(problem, &response.response) else {
            self.unread += 1;
            return Ok(());
        };
        self.read += 1;
        let (name, id) = (response.model_name.as_str(), response.question_id);
        let mut score = |metric: &str, optimum: &Optimum| {
            let value = if optimum.accepts(&decision) { 100.0 } else { 0.0 };
            scores.add(Score { model_name: name, metric, question_id: id, value: Some(value) })
        };
        let own = preferences.iter().zip(&*optima).find(|(preference, _)| preference.model_name == name);
        if let Some((_, optimum)) = own {
            score(OPTIMAL, optimum)?;
        }
        for (preference, optimum) in preferences.iter().zip(optima) {
            score(&format!("optimal_for_{}", preference.model_name), optimum)?;
        }
        Ok(())
    }

    /// Whether any decision was read.
    #[must_use]
    pub fn any_read(&self) -> bool {
        self.read > 0 && !self.preferences.is_empty()
    }

    /// What a reader of the shares has to know.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let all = self.read + self.unread + self.undecidable;
        if self.read > 0 {
            notes.push(format!(
                "Decisions were read from {} of {all} responses; optimal_* is their share in percent.",
                self.read
            ));
        }
        if self.unread > 0 {
            notes.push(format!("{} responses to questions with a known optimum state no decision that can be read; they count neither way.", self.unread));
        }
        notes
    }
}
