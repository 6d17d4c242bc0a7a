//! The estimator of revealed gamma: maximum likelihood over answers of all formats, with clustered standard errors.
//!
//! Choices between two options follow the random-parameter model with a tremble kappa: with z = lambda (gamma - threshold)
//! the option preferred above the threshold has probability kappa + (1 - 2 kappa) logistic(z). Choices without a threshold
//! are dominance checks and inform kappa alone. Menus follow contextual utility with the same tremble. Amounts follow a
//! logit on certainty equivalents over 101 points, prices a normal distribution around the reservation price over 101
//! points; both with a lapse. There is one gamma, a lambda for each format, one kappa and one lapse.
//!
//! Pure and deterministic. Invariant: multiplying all money by a constant changes nothing; what the answers do not
//! determine is absent.

mod bootstrap;
mod covariance;
mod curvature;
mod equality;
mod evidence;
mod interval;
mod layout;
mod likelihood;
mod optimise;
mod origin;
mod result;
mod scan;
mod steps;
#[cfg(test)]
mod tests;

use self::covariance::{Covariance, clustered};
use self::evidence::Evidence;
use self::layout::LEAST_SHARE;
use self::likelihood::Likelihood;
use self::optimise::{Gamma, Peak};
use self::scan::UNCLEAR;
use self::steps::{Steps, fewest_mistakes};
use super::observation::Observation;
use super::response::logistic;
pub use bootstrap::{Bootstrap, bootstrap};
pub use equality::{Equality, EqualityError, Test, equality};
pub use origin::{StakeRegression, stake_regression};
pub use result::{Estimate, EstimateError, Method, Model, Note, Precision, Share};

/// 97.5 % quantile of the standard normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;
/// Log-likelihoods closer than this are equal.
const TIE: f64 = 1e-6;
/// Standard error of a ln precision from which the likelihood is too far from quadratic for a Wald interval.
const WEAK: f64 = 1.0;
/// Below this share of the variance of independent answers it is not clusters that make gamma certain, but a single one that
/// contradicts itself where gamma lies: its scores cancel.
const LEAST_DESIGN_EFFECT: f64 = 0.1;
/// Fewer clusters than this call for a note: in simulations with thresholds over [-3, 4] and one answer to each item the 95 %
/// interval covers gamma about 80 % of the time with 30 items, 86-91 % with 120 and 92-95 % with 400.
const FEW_CLUSTERS: usize = 150;
/// By how many square roots of the number of answers exchanged options have to be contradicted less often: more than four
/// standard deviations of random answers.
const CLEARLY: f64 = 2.0;

/// A maximum and what is known of gamma there.
struct Solution {
    peak: Peak,
    gamma: Option<f64>,
    interval: [Option<f64>; 2],
    method: Method,
    covariance: Option<Covariance>,
    notes: Vec<Note>,
}

/// Estimates the preference that `observations` reveal, with a 95 % interval.
///
/// # Errors
/// If there are no observations, one of them is not valid, or none depends on gamma.
pub fn estimate(observations: &[Observation], model: Model) -> Result<Estimate, EstimateError> {
    let evidence = Evidence::new(observations, model)?;
    if evidence.formats().is_empty() {
        return Err(EstimateError::NotIdentified { observations: observations.len() });
    }
    let likelihood = Likelihood::of(&evidence);
    Ok(describe(&likelihood, &solve(&likelihood)))
}

fn solve(likelihood: &Likelihood) -> Solution {
    let steps = if likelihood.evidence.has_only_thresholds() { fewest_mistakes(likelihood.evidence) } else { None };
    if let Some(steps) = steps.as_ref().filter(|steps| steps.mistakes == 0.0) {
        return separated(likelihood, steps);
    }
    let (peak, is_stepped) = highest(likelihood, steps.as_ref());
    let notes = steps.filter(|steps| is_stepped && steps.ranges > 1).map(|steps| Note::Disconnected(steps.ranges));
    let covariance = if is_stepped { None } else { clustered(likelihood, &peak.parameters) };
    let covariance = covariance.filter(|covariance| covariance.design_effect >= LEAST_DESIGN_EFFECT);
    let mut solution = match covariance {
        Some(covariance) if is_regular(likelihood, &peak, &covariance) => wald(peak, covariance),
        covariance => profiled(likelihood, peak, covariance),
    };
    solution.notes.extend(notes);
    solution
}

/// The likeliest parameters, and whether they are those of an agent without noise but trembles.
fn highest(likelihood: &Likelihood, steps: Option<&Steps>) -> (Peak, bool) {
    let smooth = likelihood.maximum();
    let ahead = if likelihood.is_exact(&smooth) { -TIE } else { UNCLEAR };
    match steps.map(|steps| at_cap(likelihood, steps.widest)) {
        Some(stepped) if stepped.log_likelihood >= smooth.log_likelihood + ahead => (stepped, true),
        _ => (smooth, false),
    }
}

/// The likeliest parameters of agents without noise but trembles, in the middle of a range of gamma.
fn at_cap(likelihood: &Likelihood, [low, high]: [Option<f64>; 2]) -> Peak {
    let [least, most] = likelihood.layout.bounds(0);
    let gamma = match (low, high) {
        (Some(low), Some(high)) => 0.5 * (low + high),
        (Some(_), None) => most,
        (None, Some(_)) => least,
        (None, None) => 0.5 * (least + most),
    };
    likelihood.climb(likelihood.start_at_cap(gamma), Gamma::Fixed)
}

/// No answer contradicts a range of gamma: precision has no maximum.
fn separated(likelihood: &Likelihood, steps: &Steps) -> Solution {
    let peak = at_cap(likelihood, steps.widest);
    let is_bounded = steps.hull[0].is_some() && steps.hull[1].is_some();
    Solution {
        gamma: is_bounded.then(|| peak.parameters[0]),
        peak,
        interval: steps.hull,
        method: if is_bounded { Method::Separation } else { Method::OneSided },
        covariance: None,
        notes: if steps.ranges > 1 { vec![Note::Disconnected(steps.ranges)] } else { Vec::new() },
    }
}

fn is_regular(likelihood: &Likelihood, peak: &Peak, covariance: &Covariance) -> bool {
    let inside = |(parameter, value): (usize, &f64)| !likelihood.layout.at_bound(parameter, *value);
    peak.parameters.iter().enumerate().all(inside) && has_clear_precision(likelihood, covariance)
}

fn has_clear_precision(likelihood: &Likelihood, covariance: &Covariance) -> bool {
    covariance.std_errors[1..=likelihood.layout.formats.len()]
        .iter()
        .all(|error| error.is_some_and(|error| error < WEAK))
}

fn wald(peak: Peak, covariance: Covariance) -> Solution {
    let gamma = peak.parameters[0];
    let reach = covariance.std_errors[0].map(|error| NORMAL * error);
    Solution {
        gamma: Some(gamma),
        peak,
        interval: [reach.map(|reach| gamma - reach), reach.map(|reach| gamma + reach)],
        method: Method::Wald,
        covariance: Some(covariance),
        notes: Vec::new(),
    }
}

fn profiled(likelihood: &Likelihood, peak: Peak, covariance: Option<Covariance>) -> Solution {
    // Below 1 it is small samples rather than clusters that contradict each other.
    let scale = covariance.as_ref().map_or(1.0, |covariance| covariance.design_effect.max(1.0));
    let [low, high] = interval::profile(likelihood, &peak, scale);
    let is_exact = |position: usize| peak.parameters[position] >= likelihood.layout.bounds(position)[1] - 1e-3;
    let peak = match (1..=likelihood.layout.formats.len()).any(is_exact) {
        true => interval::middle(likelihood, peak, [low.end, high.end]),
        false => peak,
    };
    let gamma = (!low.flat && !high.flat).then_some(peak.parameters[0]);
    let is_one_sided = low.flat != high.flat;
    let repeats = likelihood.evidence.clusters < likelihood.evidence.answers.len();
    Solution {
        gamma,
        peak,
        interval: [low.end, high.end],
        method: if is_one_sided { Method::OneSided } else { Method::Profile },
        notes: if covariance.is_none() && repeats { vec![Note::Unclustered] } else { Vec::new() },
        covariance: covariance.filter(|covariance| gamma.is_some() && has_clear_precision(likelihood, covariance)),
    }
}

fn describe(likelihood: &Likelihood, solution: &Solution) -> Estimate {
    let layout = &likelihood.layout;
    let parameters = &solution.peak.parameters;
    let error = |position: usize| solution.covariance.as_ref().and_then(|covariance| covariance.std_errors[position]);
    let precision = |position: usize| {
        let value = parameters[position].exp();
        let at_cap = parameters[position] >= layout.bounds(position)[1] - 1e-3;
        Precision { value, std_error: error(position).filter(|_| !at_cap).map(|error| value * error), at_cap }
    };
    let share = |position: usize, most: f64| {
        let logit = parameters[position];
        let value = if logit <= LEAST_SHARE + 1e-6 { 0.0 } else { most * logistic(logit) };
        Share { value, std_error: error(position).map(|error| value * logistic(-logit) * error) }
    };
    let (k, n) = (layout.parameters() as f64, likelihood.evidence.answers.len());
    let log_likelihood = solution.peak.log_likelihood;
    Estimate {
        gamma: solution.gamma,
        std_error: error(0).filter(|_| solution.gamma.is_some()),
        interval: solution.interval,
        method: solution.method,
        precisions: layout.formats.iter().enumerate().map(|(index, format)| (*format, precision(index + 1))).collect(),
        kappa: layout.tremble.map(|position| share(position, 0.5)),
        lapse: layout.lapse.map(|position| share(position, 1.0)),
        log_likelihood,
        observations: n,
        clusters: likelihood.evidence.clusters,
        aic: 2.0 * k - 2.0 * log_likelihood,
        bic: k * (n as f64).ln() - 2.0 * log_likelihood,
        notes: notes(likelihood, solution),
    }
}

fn notes(likelihood: &Likelihood, solution: &Solution) -> Vec<Note> {
    let parameters = &solution.peak.parameters;
    let mut notes = likelihood.evidence.notes.clone();
    notes.extend(&solution.notes);
    if likelihood.evidence.clusters < FEW_CLUSTERS {
        notes.push(Note::FewClusters(likelihood.evidence.clusters));
    }
    if likelihood.layout.tremble.is_some_and(|position| logistic(parameters[position]) > 0.9) {
        notes.push(Note::TrembleNearHalf);
    }
    for (index, format) in likelihood.layout.formats.iter().enumerate() {
        if parameters[index + 1] <= likelihood.layout.bounds(index + 1)[0] + 1e-6 {
            notes.push(Note::Unrelated(*format));
        }
    }
    if is_wrong_way_round(likelihood.evidence) {
        notes.push(Note::WrongWayRound);
    }
    notes
}

/// Whether exchanging the options of all choices leaves clearly fewer answers that contradict the best gamma. A tremble
/// without limits would hide it.
fn is_wrong_way_round(evidence: &Evidence) -> bool {
    let fewest = |evidence: &Evidence| fewest_mistakes(evidence).map(|steps| steps.mistakes);
    let answers = evidence.answers.len() as f64;
    let exchanged = evidence.clone().exchanged();
    fewest(evidence).zip(fewest(&exchanged)).is_some_and(|(given, other)| given > other + CLEARLY * answers.sqrt())
}
