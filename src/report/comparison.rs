//! Models of choice compared, as a table for a terminal.

use super::grid::grid;
use crate::estimate::comparison::{Comparison, ModelFit, Parameter, Theory};

const HEADER: [&str; 7] =
    ["Model", "Parameters", "log-likelihood", "AIC", "BIC", "Held-out\nlog-loss", "Held-out\naccuracy %"];

/// Draws a row for each model, trivial rules included.
#[must_use]
pub fn draw(comparison: &Comparison) -> String {
    grid(&HEADER.map(str::to_owned), comparison.fits.iter().map(cells), 2)
}

fn cells(fit: &ModelFit) -> Vec<String> {
    let held_out =
        |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
    vec![
        name(fit.theory).to_owned(),
        parameters(fit),
        format!("{:.2}", fit.log_likelihood),
        format!("{:.2}", fit.aic),
        format!("{:.2}", fit.bic),
        held_out(fit.held_out.map(|held_out| held_out.log_loss), 4),
        held_out(fit.held_out.map(|held_out| 100.0 * held_out.accuracy), 1),
    ]
}

fn name(theory: Theory) -> &'static str {
    match theory {
        Theory::Crra => "CRRA",
        Theory::Cara => "CARA",
        Theory::Prelec => "CRRA, Prelec weights",
        Theory::ExpectedValue => "expected value",
        Theory::Random => "at random",
        Theory::Safest => "always the safest",
        Theory::First => "always the first",
        Theory::HighestMean => "always the highest mean",
    }
}

fn parameters(fit: &ModelFit) -> String {
    let one = |estimate: &crate::estimate::comparison::ParameterEstimate| {
        let name = match estimate.parameter {
            Parameter::Gamma => "gamma",
            Parameter::AbsoluteAversion => "a",
            Parameter::Alpha => "alpha",
            Parameter::Lambda => "lambda",
            Parameter::Tremble => "kappa",
        };
        let error = estimate.standard_error.map_or(String::new(), |error| format!(" ({error:.3})"));
        format!("{name} {:.3}{error}", estimate.value + 0.0)
    };
    let text = fit.parameters.iter().map(one).collect::<Vec<_>>().join(", ");
    if fit.separated { format!("{text}; no noise") } else { text }
}
