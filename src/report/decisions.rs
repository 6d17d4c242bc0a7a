//! Decisions read from responses: how often they are optimal for each preference, and kept for the estimates of gamma.

use std::collections::{BTreeSet, HashMap};

use super::{Accumulator, Score};
use crate::audit::extremes;
use crate::decision::optimum::{Optimum, optimum};
use crate::decision::{Decision, Problem, read};
use crate::estimate::Observation;
use crate::record::{Preference, Response};
use crate::stats::NotFinite;

/// The metric that says how often a model's decision is optimal for the preference that it is named after.
pub const OPTIMAL: &str = "optimal_decision";

/// The metric that says how often a decision is optimal on the questions on which all preferences agree.
const AGREED: &str = "optimal_where_all_agree";

/// Reads decisions from responses, set by set. Memory: one problem a question, and some bytes for each decision.
#[derive(Debug)]
pub struct Decisions {
    preferences: Vec<Preference>,
    carried: HashMap<String, (Problem, Option<String>)>,
    index: HashMap<String, usize>,
    questions: Vec<Option<Question>>,
    models: Vec<Model>,
    sets: Vec<Set>,
}

/// A question whose problem is known.
#[derive(Debug)]
struct Question {
    problem: Problem,
    item: String,
    domain: Option<String>,
    /// In the order of the preferences.
    optima: Vec<Optimum>,
}

/// What one model decided.
#[derive(Debug)]
struct Model {
    name: String,
    made: Vec<Made>,
    /// Responses to questions with a known problem that state no decision, by set.
    undecided: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Made {
    set: usize,
    question: usize,
    decision: Decision,
}

/// A question set and how its responses could be read.
#[derive(Debug, Default)]
struct Set {
    name: String,
    read: u64,
    unread: u64,
    undecidable: u64,
}

/// Which of a model's decisions are meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Part<'a> {
    /// Only those on this set.
    pub set: Option<&'a str>,
    /// Only those in this domain.
    pub domain: Option<&'a str>,
}

impl Decisions {
    /// Judges decisions by the coefficients of these preferences.
    #[must_use]
    pub fn new(preferences: Vec<Preference>) -> Self {
        let (carried, index, questions) = (HashMap::new(), HashMap::new(), Vec::new());
        Self { preferences, carried, index, questions, models: Vec::new(), sets: Vec::new() }
    }

    /// Takes in problems, and perhaps domains, of questions that are known from their file, by text.
    pub fn carry(&mut self, problems: HashMap<String, (Problem, Option<String>)>) {
        self.carried.extend(problems);
    }

    /// Responses added from here on belong to this set.
    pub fn begin(&mut self, set: &str) {
        self.sets.push(Set { name: set.to_owned(), ..Set::default() });
    }

    /// Adds what `response` decides to the metrics [`OPTIMAL`], `optimal_where_all_agree` and `optimal_for_<preference>`.
    ///
    /// # Errors
    /// Never: the values are 0 and 100.
    pub fn add(&mut self, scores: &mut Accumulator, response: &Response) -> Result<(), NotFinite> {
        if self.sets.is_empty() {
            self.begin("");
        }
        let (question, set) = (self.question(&response.question), self.sets.len() - 1);
        let model = self.model(&response.model_name);
        let Some(known) = &self.questions[question] else {
            self.sets[set].undecidable += 1;
            return Ok(());
        };
        let Some(decision) = read::decision(&known.problem, &response.response) else {
            self.sets[set].unread += 1;
            let undecided = &mut self.models[model].undecided;
            undecided.resize(undecided.len().max(set + 1), 0);
            undecided[set] += 1;
            return Ok(());
        };
        self.sets[set].read += 1;
        self.models[model].made.push(Made { set, question, decision });
        let (name, id) = (response.model_name.as_str(), response.question_id);
        let mut score = |metric: &str, optimum: &Optimum| {
            let value = if optimum.accepts(&decision) { 100.0 } else { 0.0 };
            scores.add(Score { model_name: name, metric, question_id: id, value: Some(value) })
        };
        let own = self.preferences.iter().zip(&known.optima).find(|(preference, _)| preference.is_meant_for(name));
        if let Some((_, optimum)) = own {
            score(OPTIMAL, optimum)?;
        }
        if let [first, others @ ..] = &known.optima[..]
            && !others.is_empty()
            && others.iter().all(|other| other == first)
        {
            score(AGREED, first)?;
        }
        for (preference, optimum) in self.preferences.iter().zip(&known.optima) {
            score(&format!("optimal_for_{}", preference.model_name), optimum)?;
        }
        Ok(())
    }

    fn question(&mut self, text: &str) -> usize {
        if let Some(known) = self.index.get(text) {
            return *known;
        }
        let read = self.carried.get(text).cloned().or_else(|| {
            let question = read::question(text)?;
            Some((question.problem, question.domain.map(|domain| domain.to_string())))
        });
        self.questions.push(read.map(|(problem, domain)| {
            let optima = self.preferences.iter().map(|p| optimum(&problem, p.utility_coefficient)).collect();
            Question { item: problem.item(), problem, domain, optima }
        }));
        self.index.insert(text.to_owned(), self.questions.len() - 1);
        self.questions.len() - 1
    }

    fn model(&mut self, name: &str) -> usize {
        self.models.iter().position(|model| model.name == name).unwrap_or_else(|| {
            self.models.push(Model { name: name.to_owned(), made: Vec::new(), undecided: Vec::new() });
            self.models.len() - 1
        })
    }

    /// The models, as first seen, each with its target if a preference has its name.
    pub fn models(&self) -> impl Iterator<Item = (&str, Option<f64>)> {
        self.models.iter().map(|model| {
            let named = self.preferences.iter().find(|preference| preference.is_meant_for(&model.name));
            (model.name.as_str(), named.map(|preference| preference.utility_coefficient))
        })
    }

    /// The sets and the domains in which this model decided, sorted.
    #[must_use]
    pub fn parts(&self, model: &str) -> (Vec<&str>, Vec<&str>) {
        let mut sets: Vec<&str> = self.made(model).map(|(made, _)| self.sets[made.set].name.as_str()).collect();
        let mut domains: Vec<&str> = self.made(model).filter_map(|(_, question)| question.domain.as_deref()).collect();
        for names in [&mut sets, &mut domains] {
            names.sort_unstable();
            names.dedup();
        }
        (sets, domains)
    }

    /// A model's decisions, clustered by item.
    #[must_use]
    pub fn observations(&self, model: &str, part: Part<'_>) -> Vec<Observation> {
        let belongs = |(made, question): &(&Made, &Question)| {
            part.set.is_none_or(|set| self.sets[made.set].name == set)
                && part.domain.is_none_or(|domain| question.domain.as_deref() == Some(domain))
        };
        let observation = |(made, question): (&Made, &Question)| Observation {
            problem: question.problem.clone(),
            decision: made.decision,
            cluster: question.item.clone(),
            threshold: None,
        };
        self.made(model).filter(belongs).map(observation).collect()
    }

    fn made(&self, model: &str) -> impl Iterator<Item = (&Made, &Question)> {
        let model = self.models.iter().find(|known| known.name == model);
        let made = model.map_or(&[][..], |model| &model.made);
        made.iter().filter_map(|made| Some((made, self.questions[made.question].as_ref()?)))
    }

    /// Responses of a model to questions with a known problem that state no decision, on one set or on all.
    #[must_use]
    pub fn undecided(&self, model: &str, set: Option<&str>) -> u64 {
        let model = self.models.iter().find(|known| known.name == model);
        let by_set = model.map_or(&[][..], |model| &model.undecided).iter().zip(&self.sets);
        by_set.filter(|(_, known)| set.is_none_or(|set| set == known.name)).map(|(count, _)| count).sum()
    }

    /// Whether any decision was read in the current set, and can be called right or wrong.
    #[must_use]
    pub fn any_read(&self) -> bool {
        self.sets.last().is_some_and(|set| set.read > 0) && !self.preferences.is_empty()
    }

    /// How often the safest decision and the riskiest one are optimal on the current set's questions, for each preference.
    fn trivial_rules(&self) -> Option<String> {
        let set = self.sets.len() - 1;
        let made = self.models.iter().flat_map(|model| &model.made).filter(|made| made.set == set);
        let asked: BTreeSet<usize> = made.map(|made| made.question).collect();
        let asked: Vec<&Question> = asked.iter().filter_map(|index| self.questions[*index].as_ref()).collect();
        let extremes: Vec<[Decision; 2]> = asked.iter().map(|question| extremes(&question.problem)).collect();
        let share = |rule: usize, preference: usize| {
            let right = asked.iter().zip(&extremes).filter(|(asked, all)| asked.optima[preference].accepts(&all[rule]));
            100.0 * right.count() as f64 / asked.len() as f64
        };
        let shares = |rule: usize| {
            let of = |(index, known): (usize, &Preference)| format!("{} {:.1}", known.model_name, share(rule, index));
            self.preferences.iter().enumerate().map(of).collect::<Vec<_>>().join(", ")
        };
        (!asked.is_empty() && !self.preferences.is_empty()).then(|| {
            format!(
                "Always the safest decision would be optimal in % of these questions: {}; always the riskiest: {}.",
                shares(0),
                shares(1)
            )
        })
    }

    /// What a reader of the current set's shares has to know.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let Some(set) = self.sets.last() else { return Vec::new() };
        let mut notes = Vec::new();
        let all = set.read + set.unread + set.undecidable;
        if set.read > 0 {
            notes.push(format!(
                "Decisions were read from {} of {all} responses; optimal_* is their share in percent.",
                set.read
            ));
        }
        notes.extend(self.trivial_rules());
        if set.unread > 0 {
            notes.push(format!("{} responses to questions with a known optimum state no decision that can be read; they count neither way.", set.unread));
        }
        notes
    }
}
