//! Observations prepared for the likelihood: everything that does not depend on the parameters is computed once.
//!
//! Invariant: each observation is valid, finite, and allowed by its problem; none is left out in silence.

use std::collections::{BTreeSet, HashMap};

use super::super::observation::{Format, Observation};
use super::super::scored::Scored;
use super::super::threshold::{Preference, preference};

use super::{EstimateError, Model, Note};
use crate::decision::{Choice, Decision, Lottery, Problem};

/// What an answer says about the parameters.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// One indifference gamma: whether the option preferred above it was chosen.
    Threshold { threshold: f64, averse: bool },
    /// Several, ascending.
    Thresholds { thresholds: Vec<f64>, averse: bool },
    /// One option is better for everyone: whether it was chosen. The precision of its format has no part in it.
    Dominance { right: bool },
    /// One of the decisions of a scored problem.
    Logit { problem: usize, decision: usize },
}

#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) kind: Kind,
    /// How often it counts: once, except in resamples.
    pub(super) weight: f64,
    pub(super) cluster: usize,
    pub(super) format: Format,
}

/// All answers.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) answers: Vec<Answer>,
    pub(super) problems: Vec<Scored>,
    pub(super) clusters: usize,
    /// Label of each cluster.
    pub(super) labels: Vec<String>,
    /// What of the observations could not be used as it stands.
    pub(super) notes: Vec<Note>,
}

/// What is known of one problem, whatever was decided.
#[derive(Clone)]
enum Known {
    Rule(Preference),
    Scored(usize),
}

#[derive(Default)]
struct Builder {
    known: HashMap<String, Known>,
    problems: Vec<Scored>,
    ignored_thresholds: usize,
}

impl Evidence {
    /// # Errors
    /// If there are no observations, or one of them is not valid.
    pub(super) fn new(observations: &[Observation], model: Model) -> Result<Self, EstimateError> {
        if observations.is_empty() {
            return Err(EstimateError::Empty);
        }
        let mut builder = Builder::default();
        let mut clusters: HashMap<&str, usize> = HashMap::new();
        let mut labels = Vec::new();
        let mut answers = Vec::with_capacity(observations.len());
        let mut uninformative = 0;
        for (index, observation) in observations.iter().enumerate() {
            check(index, observation)?;
            let Some(kind) = builder.kind(index, observation, model)? else {
                uninformative += 1;
                continue;
            };
            let cluster = *clusters.entry(&observation.cluster).or_insert_with(|| {
                labels.push(observation.cluster.clone());
                labels.len() - 1
            });
            answers.push(Answer { kind, weight: 1.0, cluster, format: Format::of(&observation.problem) });
        }
        let mut notes = Vec::new();
        if uninformative > 0 {
            notes.push(Note::Uninformative(uninformative));
        }
        if builder.ignored_thresholds > 0 {
            notes.push(Note::ThresholdsIgnored(builder.ignored_thresholds));
        }
        Ok(Self { answers, problems: builder.problems, clusters: labels.len(), labels, notes })
    }

    /// Formats whose precision is to be estimated, ascending.
    pub(super) fn formats(&self) -> Vec<Format> {
        let informative = self.answers.iter().filter(|answer| !matches!(answer.kind, Kind::Dominance { .. }));
        informative.map(|answer| answer.format).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether all answers but dominance checks compare gamma with thresholds.
    pub(super) fn has_only_thresholds(&self) -> bool {
        self.problems.is_empty()
    }

    /// The same answers, with the answers of each cluster counted `counts[cluster]` times.
    pub(super) fn reweighted(&self, counts: &[f64]) -> Self {
        let reweigh = |answer: &Answer| Answer { weight: counts[answer.cluster], ..answer.clone() };
        let answers = self.answers.iter().map(reweigh).filter(|answer| answer.weight > 0.0).collect();
        Self { answers, ..self.clone() }
    }

    /// The same answers with the options exchanged wherever gamma is compared with thresholds.
    pub(super) fn exchanged(mut self) -> Self {
        for answer in &mut self.answers {
            match &mut answer.kind {
                Kind::Threshold { averse, .. } | Kind::Thresholds { averse, .. } => *averse = !*averse,
                Kind::Dominance { .. } | Kind::Logit { .. } => {}
            }
        }
        self
    }
}

fn check(index: usize, observation: &Observation) -> Result<(), EstimateError> {
    let Observation { problem, decision, threshold, .. } = observation;
    problem.validate().map_err(|source| EstimateError::Problem { index, source })?;
    if !problem.allows(decision) {
        return Err(EstimateError::Decision { index });
    }
    let compares_two = matches!(problem, Problem::Choice(choice) if choice.options.len() == 2);
    match threshold {
        Some(threshold) if !threshold.is_finite() || !compares_two => {
            Err(EstimateError::Threshold { index, threshold: *threshold })
        }
        _ => Ok(()),
    }
}

impl Builder {
    /// None if everyone is indifferent between the options.
    fn kind(&mut self, index: usize, observation: &Observation, model: Model) -> Result<Option<Kind>, EstimateError> {
        let Observation { problem, decision, threshold, .. } = observation;
        match (problem, decision, threshold, model) {
            (Problem::Choice(choice), Decision::Option(chosen), Some(threshold), Model::RandomParameter) => {
                let safer = safer(choice).ok_or(EstimateError::Threshold { index, threshold: *threshold })?;
                return Ok(Some(Kind::Threshold { threshold: *threshold, averse: *chosen == safer }));
            }
            (_, _, Some(_), Model::Contextual) => self.ignored_thresholds += 1,
            _ => {}
        }
        let kind = match (self.known(problem, model), decision) {
            (Known::Scored(problem), decision) => {
                Some(Kind::Logit { problem, decision: self.problems[problem].position(decision) })
            }
            (Known::Rule(Preference { thresholds, averse: Some(averse) }), Decision::Option(chosen)) => {
                let averse = *chosen == averse;
                Some(match thresholds[..] {
                    [] => Kind::Dominance { right: averse },
                    [threshold] => Kind::Threshold { threshold, averse },
                    _ => Kind::Thresholds { thresholds, averse },
                })
            }
            (Known::Rule(_), _) => None,
        };
        Ok(kind)
    }

    fn known(&mut self, problem: &Problem, model: Model) -> Known {
        let key = serde_json::to_string(problem).expect("a problem is finite numbers and words");
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let known = match problem {
            Problem::Choice(choice) if choice.options.len() == 2 && model == Model::RandomParameter => {
                Known::Rule(preference(choice))
            }
            _ => {
                self.problems.push(Scored::of(problem));
                Known::Scored(self.problems.len() - 1)
            }
        };
        self.known.insert(key, known.clone());
        known
    }
}

/// The option that the more risk-averse prefer where the indifference gamma is given: the one with the smaller spread, or
/// between two without a difference in spread the one with the lower best outcome. None if that does not tell them apart.
fn safer(choice: &Choice) -> Option<usize> {
    let best = |option: &Lottery| option.outcomes.iter().map(|o| o.payoff).fold(f64::NEG_INFINITY, f64::max);
    let [first, second] = [&choice.options[0], &choice.options[1]].map(|option| (option.spread(), best(option)));
    let ordering = first.0.total_cmp(&second.0).then(first.1.total_cmp(&second.1));
    match ordering {
        std::cmp::Ordering::Less => Some(0),
        std::cmp::Ordering::Greater => Some(1),
        std::cmp::Ordering::Equal => None,
    }
}
