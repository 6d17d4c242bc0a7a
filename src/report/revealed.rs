//! The gamma that each model's decisions reveal, as rows for tables, files and the chart.

mod table;

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Decisions;
use super::decisions::Part;
use crate::estimate::rationality::target::{Targets, targets};
use crate::estimate::rationality::{Rationality, rationality};
use crate::estimate::{Equality, Estimate, Format, Model, Observation, equality, estimate};
use crate::stats::Interval;
pub use table::{draw, write_csv};

/// The estimate for one model, on all of its decisions or on a part of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevealedRow {
    /// The model's name.
    pub model_name: String,
    /// The coefficient that it is meant to have.
    pub target: Option<f64>,
    /// The question set; none for all of them.
    pub set: Option<String>,
    /// The domain; none for all.
    pub domain: Option<String>,
    /// Decisions used.
    pub decisions: usize,
    /// Items among them.
    pub items: usize,
    /// The estimate; none if there can be none.
    pub estimate: Option<Estimate>,
    /// Why there is none.
    pub error: Option<String>,
    /// What is known of everything that the model decided; in that row only.
    pub whole: Option<Whole>,
}

/// What a model's decisions reveal beside gamma.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Whole {
    /// Responses that state no decision.
    pub undecided: u64,
    /// How far the decisions follow one preference.
    pub rationality: Rationality,
    /// Whether the target is reached; none without one.
    pub targets: Option<Targets>,
    /// Whether all formats reveal the same gamma; none with one format.
    pub equal_across_formats: Option<Equality>,
    /// Whether all domains do.
    pub equal_across_domains: Option<Equality>,
}

impl RevealedRow {
    /// The estimated coefficient; none if the decisions bound it on one side at most.
    #[must_use]
    pub fn gamma(&self) -> Option<f64> {
        self.estimate.as_ref()?.gamma
    }

    /// Ends of its 95 % interval; none where unbounded.
    #[must_use]
    pub fn interval(&self) -> [Option<f64>; 2] {
        self.estimate.as_ref().map_or([None, None], |estimate| estimate.interval)
    }

    /// Whether the row is on everything that the model decided.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole.is_some()
    }
}

/// What each model's decisions reveal on all sets together: on everything, then by set and by domain where there are
/// several. Models are worked on in parallel.
#[must_use]
pub fn reveal(decisions: &Decisions) -> Vec<RevealedRow> {
    let models: Vec<_> = of_models(decisions).collect();
    models.into_par_iter().flat_map_iter(|model| model.rows()).collect()
}

/// What each model's decisions on one of several sets reveal: on everything only.
#[must_use]
pub fn reveal_set(decisions: &Decisions, set: &str) -> Vec<RevealedRow> {
    let models: Vec<_> = of_models(decisions).collect();
    models.into_par_iter().flat_map_iter(|model| model.everything(Some(set))).collect()
}

fn of_models(decisions: &Decisions) -> impl Iterator<Item = ModelDecisions<'_>> {
    decisions.models().map(move |(name, target)| ModelDecisions { decisions, name, target })
}

/// How two-option choices are explained in reports.
const MODEL: Model = Model::RandomParameter;

struct ModelDecisions<'a> {
    decisions: &'a Decisions,
    name: &'a str,
    target: Option<f64>,
}

impl ModelDecisions<'_> {
    /// The row of everything, on one set or on all; none without any decision.
    fn everything(&self, set: Option<&str>) -> Option<RevealedRow> {
        let observations = self.decisions.observations(self.name, Part { set, domain: None });
        if observations.is_empty() {
            return None;
        }
        let mut row = self.row(&observations, (None, None));
        row.whole = Some(self.whole(set, &row, &observations));
        Some(row)
    }

    fn rows(&self) -> Vec<RevealedRow> {
        let Some(everything) = self.everything(None) else { return Vec::new() };
        let (sets, domains) = self.decisions.parts(self.name);
        let of = |part| self.decisions.observations(self.name, part);
        let mut rows = vec![everything];
        if sets.len() > 1 {
            let on = |set| self.row(&of(Part { set: Some(set), domain: None }), (Some(set), None));
            rows.extend(sets.into_iter().map(on));
        }
        if domains.len() > 1 {
            let on = |domain| self.row(&of(Part { set: None, domain: Some(domain) }), (None, Some(domain)));
            rows.extend(domains.into_iter().map(on));
        }
        rows
    }

    fn whole(&self, set: Option<&str>, row: &RevealedRow, observations: &[Observation]) -> Whole {
        let rationality = rationality(observations);
        let [low, high] = row.interval();
        let interval = low.zip(high).map(|(low, high)| Interval { low, high });
        let (_, domains) = self.decisions.parts(self.name);
        let in_domain = |domain: &&str| {
            let part = Part { set, domain: Some(domain) };
            let observations = self.decisions.observations(self.name, part);
            (!observations.is_empty()).then(|| ((*domain).to_owned(), observations))
        };
        Whole {
            undecided: self.decisions.undecided(self.name, set),
            targets: self.target.map(|target| targets(target, interval, observations, &rationality)),
            rationality,
            equal_across_formats: equality(&by(observations, |o| Format::of(&o.problem).to_string()), MODEL).ok(),
            equal_across_domains: equality(&domains.iter().filter_map(in_domain).collect(), Model::RandomParameter)
                .ok(),
        }
    }

    fn row(&self, observations: &[Observation], (set, domain): (Option<&str>, Option<&str>)) -> RevealedRow {
        let found = estimate(observations, MODEL);
        let mut items: Vec<&str> = observations.iter().map(|observation| observation.cluster.as_str()).collect();
        items.sort_unstable();
        items.dedup();
        RevealedRow {
            model_name: self.name.to_owned(),
            target: self.target,
            set: set.map(str::to_owned),
            domain: domain.map(str::to_owned),
            decisions: observations.len(),
            items: items.len(),
            whole: None,
            error: found.as_ref().err().map(ToString::to_string),
            estimate: found.ok(),
        }
    }
}

fn by<K: Ord>(observations: &[Observation], key: impl Fn(&Observation) -> K) -> BTreeMap<K, Vec<Observation>> {
    let mut groups: BTreeMap<K, Vec<Observation>> = BTreeMap::new();
    for observation in observations {
        groups.entry(key(observation)).or_default().push(observation.clone());
    }
    groups
}
