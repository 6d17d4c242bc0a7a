//! Which model of choice under risk describes decisions best (as Hey & Orme 1994 and Harrison & Rutström 2008 compare
//! them): expected utility of two curvatures, weighted probabilities, expected value, and rules that need no utility.
//!
//! Pure; same observations and seed, same result. Invariant: every number is finite; multiplying all money by a constant
//! changes nothing.

mod case;
mod fitting;
mod held_out;
#[cfg(test)]
mod recovery;
pub(super) mod sandwich;
pub(super) mod simplex;
mod theory;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::case::{Case, cases};
use super::Observation;
use crate::decision::{Decision, Problem};
pub use fitting::PRECISION_CAP;
pub use held_out::HeldOut;
pub use theory::{Parameter, Theory};

/// Why no models can be compared.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ComparisonError {
    /// No observation is a choice.
    #[error("none of the {observations} observations is a valid choice with a decision that belongs to it")]
    NoChoice {
        /// Observations given.
        observations: usize,
    },
}

/// An estimated parameter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ParameterEstimate {
    /// Which.
    pub parameter: Parameter,
    /// Its value.
    pub value: f64,
    /// Standard error, clustered, times C/(C-1) (that of lambda by the delta method); none for a parameter at a bound of
    /// its range, with fewer than two clusters, or where the answers do not determine the parameters.
    pub standard_error: Option<f64>,
}

/// How one model describes the choices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFit {
    /// The model.
    pub theory: Theory,
    /// Its parameters.
    pub parameters: Vec<ParameterEstimate>,
    /// Natural logarithm of the likelihood.
    pub log_likelihood: f64,
    /// Twice the parameters, less twice the log-likelihood (Akaike 1974).
    pub aic: f64,
    /// The same with ln n for each parameter, n answers (Schwarz 1978). Answers of a cluster are counted as if independent.
    pub bic: f64,
    /// Cross-validated predictions, folds by cluster; none with fewer than two clusters.
    pub held_out: Option<HeldOut>,
    /// The answers are as the model has them without noise, up to trembles: lambda is the cap, and the other parameters
    /// are one of many sets that explain them.
    pub separated: bool,
}

/// The models compared on the same choices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Choices used: of any frame and number of options.
    pub choices: usize,
    /// Clusters that they form.
    pub clusters: usize,
    /// Observations left out: of other kinds, or not valid.
    pub ignored: usize,
    /// One for each model, in the order of [`Theory::ALL`].
    pub fits: Vec<ModelFit>,
}

/// Fits every model to the choices among the observations. `seed` decides which clusters are held out together.
///
/// # Errors
/// If no observation is a valid choice.
pub fn compare(observations: &[Observation], seed: u64) -> Result<Comparison, ComparisonError> {
    let used: Vec<&Observation> = observations.iter().filter(|observation| is_choice(observation)).collect();
    if used.is_empty() {
        return Err(ComparisonError::NoChoice { observations: observations.len() });
    }
    let unit = used.iter().map(|observation| observation.problem.scale() / used.len() as f64).sum();
    let (cases, clusters) = cases(&used, unit);
    let cases: Vec<&Case> = cases.iter().collect();
    let folds = held_out::folds(clusters, seed);
    let fits = Theory::ALL.map(|theory| fit(theory, &cases, folds.as_deref())).to_vec();
    Ok(Comparison { choices: used.len(), clusters, ignored: observations.len() - used.len(), fits })
}

fn is_choice(observation: &Observation) -> bool {
    let Observation { problem, decision, .. } = observation;
    matches!((problem, decision), (Problem::Choice(_), Decision::Option(_)))
        && problem.allows(decision)
        && problem.validate().is_ok()
}

fn fit(theory: Theory, cases: &[&Case], folds: Option<&[usize]>) -> ModelFit {
    let peak = fitting::fit(theory, cases);
    let errors = fitting::errors(theory, cases, &peak.at);
    let [count, answers] = [peak.at.len() as f64, cases.len() as f64];
    let named = theory.parameters().iter().zip(peak.at.iter().zip(errors));
    let at_cap = |(parameter, value): (&Parameter, &f64)| {
        *parameter == Parameter::Lambda && parameter.is_at_bound(*value) && *value > 0.0
    };
    ModelFit {
        theory,
        separated: theory.parameters().iter().zip(&peak.at).any(at_cap),
        parameters: named.map(|(parameter, (value, error))| natural(*parameter, *value, error)).collect(),
        log_likelihood: peak.value,
        aic: 2.0 * (count - peak.value),
        bic: count * answers.ln() - 2.0 * peak.value,
        held_out: folds.map(|folds| held_out::predict(theory, cases, folds, &peak.at)),
    }
}

fn natural(parameter: Parameter, value: f64, standard_error: Option<f64>) -> ParameterEstimate {
    match parameter {
        Parameter::Lambda => {
            let lambda = value.exp();
            ParameterEstimate { parameter, value: lambda, standard_error: standard_error.map(|error| error * lambda) }
        }
        _ => ParameterEstimate { parameter, value, standard_error },
    }
}

impl ModelFit {
    /// The estimate of one of the model's parameters.
    #[must_use]
    pub fn parameter(&self, wanted: Parameter) -> Option<&ParameterEstimate> {
        self.parameters.iter().find(|estimate| estimate.parameter == wanted)
    }
}

impl Comparison {
    /// How one model describes the choices.
    #[must_use]
    pub fn of(&self, theory: Theory) -> Option<&ModelFit> {
        self.fits.iter().find(|fit| fit.theory == theory)
    }
}
