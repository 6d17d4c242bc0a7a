//! Estimates of gamma by group, as a value for files and as a table for a terminal.

use std::collections::BTreeMap;

use serde::Serialize;

use super::grid::grid;
use crate::estimate::comparison::Comparison;
use crate::estimate::rationality::Rationality;
use crate::estimate::{Bootstrap, Equality, Estimate, Format, Method, Precision, StakeRegression};

/// What one group of decisions reveals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupEstimate {
    /// The fields that make the group, and their values.
    pub group: BTreeMap<String, String>,
    /// Decisions used.
    pub decisions: usize,
    /// Rows without a decision.
    pub missing: u64,
    /// Rows whose question cannot be read.
    pub unread: u64,
    /// The estimate; none if there can be none.
    pub estimate: Option<Estimate>,
    /// Why there is none.
    pub error: Option<String>,
    /// The same with contextual utility for choices between two options, as a check.
    pub contextual: Option<Estimate>,
    /// A bootstrap over clusters, if one was asked for.
    pub bootstrap: Option<Bootstrap>,
    /// Gamma from interior stakes alone, by regression, as a check.
    pub stake_regression: Option<StakeRegression>,
    /// Whether the formats of answers reveal the same gamma; none with one format.
    pub equal_across_formats: Option<Equality>,
    /// What the decisions reveal beside gamma.
    pub rationality: Rationality,
    /// Other models of the choices, if a comparison was asked for.
    pub comparison: Option<Comparison>,
}

/// Estimates of all groups of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimates {
    /// One for each group.
    pub groups: Vec<GroupEstimate>,
    /// Whether all groups reveal the same gamma; none with one group.
    pub equal_across_groups: Option<Equality>,
}

/// Draws a row for each group. Precisions are given as natural logarithms.
#[must_use]
pub fn draw(groups: &[GroupEstimate]) -> String {
    let by: Vec<&String> = groups.first().map(|first| first.group.keys().collect()).unwrap_or_default();
    let fixed = [
        "gamma",
        "std. error",
        "95 % interval",
        "from",
        "contextual",
        "ln precision",
        "kappa",
        "log-likelihood",
        "decisions",
        "clusters",
    ];
    let has_bootstrap = groups.iter().any(|group| group.bootstrap.is_some());
    let bootstrap = has_bootstrap.then_some("bootstrap");
    let header: Vec<String> =
        by.iter().map(|name| (*name).clone()).chain(fixed.into_iter().chain(bootstrap).map(str::to_owned)).collect();
    let rows = groups.iter().map(|group| {
        let names = group.group.values().cloned();
        let last =
            has_bootstrap.then(|| group.bootstrap.as_ref().map_or("-".to_owned(), |found| interval(&found.interval)));
        names.chain(cells(group)).chain(last).collect()
    });
    grid(&header, rows, by.len())
}

fn cells(group: &GroupEstimate) -> Vec<String> {
    let decisions = group.decisions.to_string();
    let Some(estimate) = &group.estimate else {
        let mut cells = vec!["-".to_owned(); 8];
        cells.extend([decisions, "-".to_owned()]);
        return cells;
    };
    vec![
        number(estimate.gamma),
        number(estimate.std_error),
        interval(&estimate.interval),
        method(estimate.method).to_owned(),
        number(group.contextual.as_ref().and_then(|contextual| contextual.gamma)),
        precisions(estimate),
        number(estimate.kappa.map(|kappa| kappa.value)),
        format!("{:.3}", estimate.log_likelihood),
        decisions,
        estimate.clusters.to_string(),
    ]
}

/// Six digits, as published estimates have.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{:.6}", value + 0.0))
}

/// "[-0.123, 0.456]", with infinity for an end that is unbounded.
pub(super) fn interval([low, high]: &[Option<f64>; 2]) -> String {
    let end = |end: &Option<f64>, beyond: &str| end.map_or(beyond.to_owned(), |end| format!("{:.3}", end + 0.0));
    format!("[{}, {}]", end(low, "-inf"), end(high, "inf"))
}

/// A word for how an interval was made.
pub(super) fn method(method: Method) -> &'static str {
    match method {
        Method::Wald => "wald",
        Method::Profile => "profile",
        Method::Separation => "separation",
        Method::OneSided => "one-sided",
    }
}

fn precisions(estimate: &Estimate) -> String {
    let one = |(format, precision): (&Format, &Precision)| match precision.at_cap {
        true => format!("{format} exact"),
        false => format!("{format} {:.6}", precision.value.ln()),
    };
    estimate.precisions.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// A test of equal gammas in words: "gamma is the same across formats: Wald chi-squared 0.31 (df 1), p = 0.58".
#[must_use]
pub fn equality(what: &str, equality: &Equality) -> String {
    let one = |name: &str, test: &crate::estimate::Test| {
        format!("{name} chi-squared {:.2} (df {}), p {}", test.statistic, test.freedom, p_value(test.p_value))
    };
    let wald = equality.wald.as_ref().map(|test| one("clustered Wald", test));
    let tests: Vec<String> = wald.into_iter().chain([one("likelihood ratio", &equality.likelihood_ratio)]).collect();
    format!("equal gamma across {what}: {}", tests.join("; "))
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("= {p:.3}") }
}
