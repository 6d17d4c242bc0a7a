//! The gamma that each model's decisions reveal, as rows for tables, files and the chart.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

use super::decisions::Part;
use super::estimate::{interval, method};
use super::grid::grid;
use super::{Decisions, cell};
use crate::estimate::rationality::target::{Criterion, Targets, targets};
use crate::estimate::rationality::{Rationality, rationality};
use crate::estimate::{Equality, Estimate, Format, Model, Observation, equality, estimate};
use crate::stats::Interval;

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
    /// The format; none for all.
    pub format: Option<Format>,
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

/// What each model's decisions on `set` reveal, or on all sets together if there is none: on everything, then by set,
/// domain and format where there are several.
#[must_use]
pub fn reveal(decisions: &Decisions, set: Option<&str>) -> Vec<RevealedRow> {
    let mut rows = Vec::new();
    for (name, target) in decisions.models() {
        let model = ModelDecisions { decisions, name, target };
        rows.extend(model.rows(set));
    }
    rows
}

struct ModelDecisions<'a> {
    decisions: &'a Decisions,
    name: &'a str,
    target: Option<f64>,
}

impl ModelDecisions<'_> {
    fn rows(&self, set: Option<&str>) -> Vec<RevealedRow> {
        let whole = Part { set, domain: None };
        let observations = self.decisions.observations(self.name, whole);
        if observations.is_empty() {
            return Vec::new();
        }
        let (sets, domains) = self.decisions.parts(self.name);
        let mut formats: Vec<Format> =
            observations.iter().map(|observation| Format::of(&observation.problem)).collect();
        formats.sort_unstable();
        formats.dedup();
        let mut rows = vec![self.row(&observations, (None, None, None))];
        if set.is_none() && sets.len() > 1 {
            let part = |set| Part { set: Some(set), domain: None };
            rows.extend(
                sets.iter()
                    .map(|set| self.row(&self.decisions.observations(self.name, part(set)), (Some(set), None, None))),
            );
        }
        if domains.len() > 1 {
            let of = |domain| self.decisions.observations(self.name, Part { set, domain: Some(domain) });
            rows.extend(domains.iter().map(|domain| self.row(&of(domain), (None, Some(domain), None))));
        }
        if formats.len() > 1 {
            rows.extend(formats.into_iter().map(|format| {
                let of: Vec<_> = observations.iter().filter(|o| Format::of(&o.problem) == format).cloned().collect();
                self.row(&of, (None, None, Some(format)))
            }));
        }
        rows[0].whole = Some(self.whole(set, &rows[0], &observations));
        rows.retain(|row| row.decisions > 0);
        rows
    }

    fn whole(&self, set: Option<&str>, row: &RevealedRow, observations: &[Observation]) -> Whole {
        let rationality = rationality(observations);
        let [low, high] = row.interval();
        let interval = low.zip(high).map(|(low, high)| Interval { low, high });
        let by = |label: &dyn Fn(&Observation) -> String| {
            let mut groups: BTreeMap<String, Vec<Observation>> = BTreeMap::new();
            for observation in observations {
                groups.entry(label(observation)).or_default().push(observation.clone());
            }
            equality(&groups, Model::RandomParameter).ok()
        };
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
            equal_across_formats: by(&|observation| Format::of(&observation.problem).to_string()),
            equal_across_domains: equality(&domains.iter().filter_map(in_domain).collect(), Model::RandomParameter)
                .ok(),
        }
    }

    fn row(
        &self,
        observations: &[Observation],
        (set, domain, format): (Option<&str>, Option<&str>, Option<Format>),
    ) -> RevealedRow {
        let found = estimate(observations, Model::RandomParameter);
        let mut items: Vec<&str> = observations.iter().map(|observation| observation.cluster.as_str()).collect();
        items.sort_unstable();
        items.dedup();
        RevealedRow {
            model_name: self.name.to_owned(),
            target: self.target,
            set: set.map(str::to_owned),
            domain: domain.map(str::to_owned),
            format,
            decisions: observations.len(),
            items: items.len(),
            whole: None,
            error: found.as_ref().err().map(ToString::to_string),
            estimate: found.ok(),
        }
    }
}

/// Draws the rows: gamma and its interval beside the target.
#[must_use]
pub fn draw(rows: &[RevealedRow]) -> String {
    let header = [
        "Model",
        "Target",
        "On",
        "Revealed gamma",
        "95 % interval",
        "from",
        "kappa",
        "Decisions",
        "Items",
        "Undecided",
    ];
    let cells = |row: &RevealedRow| {
        let whole = row.is_whole();
        let estimate = row.estimate.as_ref();
        let only_whole = |text: String| if whole { text } else { String::new() };
        vec![
            only_whole(row.model_name.clone()),
            only_whole(row.target.map_or("-".to_owned(), |target| target.to_string())),
            reached(row),
            on(row),
            row.gamma().map_or("-".to_owned(), |gamma| format!("{:.2}", gamma + 0.0)),
            estimate.map_or("-".to_owned(), |estimate| interval(&estimate.interval)),
            estimate.map_or("-".to_owned(), |estimate| method(estimate.method).to_owned()),
            estimate.and_then(|estimate| estimate.kappa).map_or("-".to_owned(), |kappa| format!("{:.3}", kappa.value)),
            row.decisions.to_string(),
            row.items.to_string(),
            row.whole.as_ref().map_or(String::new(), |whole| whole.undecided.to_string()),
        ]
    };
    let measured: Vec<_> =
        rows.iter().filter_map(|row| Some((vec![row.model_name.clone()], &row.whole.as_ref()?.rationality))).collect();
    let rationality = super::rationality::draw(&["Model".to_owned()], &measured);
    let drawn = grid(&header.map(str::to_owned), rows.iter().map(cells), 1);
    [Some(drawn), rationality].into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

/// Whether the target is reached, or the criteria that are not met.
fn reached(row: &RevealedRow) -> String {
    let Some(targets) = row.whole.as_ref().and_then(|whole| whole.targets) else {
        return String::new();
    };
    let criteria = [
        ("interval", targets.interval),
        ("optimal", targets.optimal),
        ("dominance", targets.undominated),
        ("flips", targets.order_flips),
    ];
    let missed = criteria.iter().filter(|(_, criterion)| !criterion.is_met);
    let word = |(name, criterion): &(&str, Criterion)| match criterion.value {
        Some(_) => (*name).to_owned(),
        None => format!("{name} untested"),
    };
    let missed: Vec<String> = missed.map(word).collect();
    if missed.is_empty() { "yes".to_owned() } else { format!("no: {}", missed.join(", ")) }
}

fn on(row: &RevealedRow) -> String {
    match (&row.set, &row.domain, row.format) {
        (Some(set), ..) => format!("set {set}"),
        (_, Some(domain), _) => format!("domain {domain}"),
        (.., Some(format)) => format!("format {format}"),
        _ => "everything".to_owned(),
    }
}

/// Writes the tidy table, with empty cells for what is missing or unbounded.
///
/// # Errors
/// When `output` cannot be written.
pub fn write_csv(rows: &[RevealedRow], output: impl Write) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(output);
    writer.write_record([
        "model_name",
        "target",
        "set",
        "domain",
        "format",
        "gamma",
        "std_error",
        "ci_low",
        "ci_high",
        "interval_from",
        "kappa",
        "log_likelihood",
        "decisions",
        "items",
        "undecided",
        "error",
    ])?;
    for row in rows {
        let estimate = row.estimate.as_ref();
        let [low, high] = row.interval().map(cell);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        writer.write_record([
            row.model_name.clone(),
            cell(row.target),
            text(&row.set),
            text(&row.domain),
            row.format.map(|format| format.to_string()).unwrap_or_default(),
            cell(row.gamma()),
            cell(estimate.and_then(|estimate| estimate.std_error)),
            low,
            high,
            estimate.map_or("", |estimate| method(estimate.method)).to_owned(),
            cell(estimate.and_then(|estimate| estimate.kappa).map(|kappa| kappa.value)),
            cell(estimate.map(|estimate| estimate.log_likelihood)),
            row.decisions.to_string(),
            row.items.to_string(),
            row.whole.as_ref().map(|whole| whole.undecided.to_string()).unwrap_or_default(),
            text(&row.error),
        ])?;
    }
    writer.flush()?;
    Ok(())
}
