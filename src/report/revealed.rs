//! The gamma that each model's decisions reveal, as rows for tables, files and the chart.

use std::io::Write;

use serde::{Deserialize, Serialize};

use super::decisions::Part;
use super::estimate::{interval, method};
use super::grid::grid;
use super::{Decisions, cell};
use crate::estimate::{Estimate, Format, Model, estimate};

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
    /// Responses that state no decision; in the row of everything only.
    pub undecided: Option<u64>,
    /// The estimate; none if there can be none.
    pub estimate: Option<Estimate>,
    /// Why there is none.
    pub error: Option<String>,
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
        self.set.is_none() && self.domain.is_none() && self.format.is_none()
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
        rows[0].undecided = Some(self.decisions.undecided(self.name, set));
        rows.retain(|row| row.decisions > 0);
        rows
    }

    fn row(
        &self,
        observations: &[crate::estimate::Observation],
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
            undecided: None,
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
            on(row),
            row.gamma().map_or("-".to_owned(), |gamma| format!("{:.2}", gamma + 0.0)),
            estimate.map_or("-".to_owned(), |estimate| interval(&estimate.interval)),
            estimate.map_or("-".to_owned(), |estimate| method(estimate.method).to_owned()),
            estimate.and_then(|estimate| estimate.kappa).map_or("-".to_owned(), |kappa| format!("{:.3}", kappa.value)),
            row.decisions.to_string(),
            row.items.to_string(),
            row.undecided.map_or(String::new(), |count| count.to_string()),
        ]
    };
    grid(&header.map(str::to_owned), rows.iter().map(cells), 1)
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
            row.undecided.map(|count| count.to_string()).unwrap_or_default(),
            text(&row.error),
        ])?;
    }
    writer.flush()?;
    Ok(())
}
