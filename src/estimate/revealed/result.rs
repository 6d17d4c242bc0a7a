//! What an estimate says, and why there can be none.
//!
//! Invariant: a number that the answers do not determine is absent, never a bound that looks like an estimate.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::observation::Format;
use crate::decision::ProblemError;

/// How choices between two options are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Gamma itself is noisy: P = F(lambda (gamma - threshold)) (Apesteguia & Ballester 2018). P rises with gamma by
    /// construction.
    #[default]
    RandomParameter,
    /// Utility is noisy, in units of the range of utilities of the problem's outcomes (Wilcox 2011). A check.
    Contextual,
}

/// How the interval for gamma was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Estimate plus and minus 1.96 clustered standard errors.
    Wald,
    /// All gammas that a likelihood-ratio test at 5 % does not reject. The statistic is divided by the ratio of the
    /// clustered to the unclustered variance where both exist and it is above 1.
    Profile,
    /// The range between two thresholds that no answer contradicts; not a confidence interval.
    Separation,
    /// All answers lie on one side: only one end is known. It is the outermost threshold if no answer contradicts it,
    /// else the end of the likelihood-ratio interval.
    OneSided,
}

/// The precision of one format.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Precision {
    /// Per unit of gamma for choices, of contextual utility for menus, per share of wealth in certainty equivalent for
    /// amounts, per share of the range for prices.
    pub value: f64,
    /// Clustered standard error, by the delta method.
    pub std_error: Option<f64>,
    /// Whether the answers show no noise: the value is then the largest that is considered, not an estimate.
    pub at_cap: bool,
}

/// A share of random answers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// In [0, 1/2) for the tremble kappa, in [0, 1) for the lapse.
    pub value: f64,
    /// Clustered standard error, by the delta method; none at 0.
    pub std_error: Option<f64>,
}

/// The preference that decisions reveal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Coefficient of relative risk aversion; none if the answers bound it on one side at most.
    pub gamma: Option<f64>,
    /// Standard error of gamma, clustered, times C/(C-1); none where it would mean nothing.
    pub std_error: Option<f64>,
    /// 95 % interval of gamma; an end that is none is unbounded.
    pub interval: [Option<f64>; 2],
    /// How the interval was made.
    pub method: Method,
    /// Precision of each format whose answers depend on gamma.
    pub precisions: BTreeMap<Format, Precision>,
    /// Tremble: probability of the worse of two options however clear the difference; none without choices.
    pub kappa: Option<Share>,
    /// Share of amounts that are random; none without amounts.
    pub lapse: Option<Share>,
    /// Log-likelihood at the estimate.
    pub log_likelihood: f64,
    /// Answers used.
    pub observations: usize,
    /// Clusters among them.
    pub clusters: usize,
    /// 2 k - 2 log-likelihood, for k parameters (Akaike 1974).
    pub aic: f64,
    /// k ln(observations) - 2 log-likelihood (Schwarz 1978).
    pub bic: f64,
    /// What a reader has to know.
    pub notes: Vec<Note>,
}

/// What a reader of an estimate has to know.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Choices between options among which everyone is indifferent; left out.
    Uninformative(usize),
    /// Given thresholds that contextual utility does not use.
    ThresholdsIgnored(usize),
    /// So few clusters that standard errors and intervals are too narrow.
    FewClusters(usize),
    /// The answers are likelier with the two options of each choice exchanged.
    WrongWayRound,
    /// Choices are as good as random: kappa lies near 1/2.
    TrembleNearHalf,
    /// Answers of this format do not depend on gamma at all.
    Unrelated(Format),
    /// The interval takes answers of one cluster as independent, because there is no clustered variance to scale it by.
    Unclustered,
    /// The ranges of gamma that the fewest answers contradict are not connected; this many.
    Disconnected(usize),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uninformative(count) => write!(f, "{count} answers left out: nobody prefers either option"),
            Self::ThresholdsIgnored(count) => write!(f, "{count} given thresholds are not used by contextual utility"),
            Self::FewClusters(count) => {
                write!(f, "only {count} clusters: standard errors and intervals are too narrow")
            }
            Self::WrongWayRound => {
                write!(f, "the answers are likelier with options exchanged: check how they are coded")
            }
            Self::TrembleNearHalf => write!(f, "choices are as good as random"),
            Self::Unrelated(format) => write!(f, "answers of format {format} do not depend on gamma"),
            Self::Unclustered => write!(f, "the interval takes all answers as independent"),
            Self::Disconnected(count) => write!(f, "{count} separate ranges of gamma explain the choices equally well"),
        }
    }
}

/// Why there is no estimate.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EstimateError {
    /// Nothing was observed.
    #[error("there are no observations")]
    Empty,
    /// A problem is not valid.
    #[error("the problem of observation {index} is not valid: {source}")]
    Problem {
        /// Position of the observation, from 0.
        index: usize,
        /// The rule that it breaks.
        source: ProblemError,
    },
    /// A decision is not one of its problem's.
    #[error("the decision of observation {index} does not belong to its problem")]
    Decision {
        /// Position of the observation, from 0.
        index: usize,
    },
    /// A threshold is not finite, or was given for a problem that is not a choice between two different options.
    #[error("the threshold {threshold} of observation {index} cannot be used")]
    Threshold {
        /// Position of the observation, from 0.
        index: usize,
        /// As given.
        threshold: f64,
    },
    /// No answer depends on gamma.
    #[error("gamma is not identified: none of the {observations} answers depends on it")]
    NotIdentified {
        /// Answers given.
        observations: usize,
    },
}
