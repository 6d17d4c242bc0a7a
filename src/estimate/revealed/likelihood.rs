//! The log-likelihood of all answers and its slopes in the parameters.
//!
//! The parameters are one vector: gamma, ln precision of each format, logit of the tremble 2 kappa of choices, logit of
//! the lapse of amounts; the last two only where there are such answers. With n decisions the probability of one is
//! share/n + (1 - share) F, where share is 2 kappa or the lapse; for two options that is kappa + (1 - 2 kappa) F.
//!
//! Invariant: finite for all parameters within the bounds.

use nalgebra::{DMatrix, DVector};

use super::evidence::{Answer, Evidence, Kind};
use super::layout::Layout;
use crate::estimate::observation::Format;
use crate::estimate::response::logistic;
use crate::estimate::scored::Scores;

/// Scores of all scored problems at one gamma.
pub(super) type View = Vec<Scores>;

/// Logarithm of a probability and its slopes.
struct Local {
    log: f64,
    gamma: f64,
    precision: f64,
    share: f64,
}

/// Probability without random answers, its slopes in gamma and in ln precision, and the number of decisions.
struct Meant {
    probability: f64,
    gamma: f64,
    precision: f64,
    decisions: f64,
}

/// Answers and layout together: all that the likelihood needs.
pub(super) struct Likelihood<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) layout: Layout,
}

impl<'a> Likelihood<'a> {
    pub(super) fn of(evidence: &'a Evidence) -> Self {
        Self { evidence, layout: Layout::of(evidence) }
    }

    pub(super) fn view(&self, gamma: f64) -> View {
        self.evidence.problems.iter().map(|problem| problem.at(gamma)).collect()
    }

    /// A view without slopes, for the log-likelihood alone.
    pub(super) fn values(&self, gamma: f64) -> View {
        self.evidence.problems.iter().map(|problem| Scores::flat(problem.values(gamma))).collect()
    }

    /// Log-likelihood and its gradient; `view` belongs to the gamma of `parameters`.
    pub(super) fn gradient(&self, parameters: &[f64], view: &View) -> (f64, DVector<f64>) {
        let mut gradient = DVector::zeros(parameters.len());
        let mut total = 0.0;
        self.each(parameters, view, |answer, local| {
            total += answer.weight * local.log;
            gradient[0] += answer.weight * local.gamma;
            if let Some(position) = self.layout.precision(answer.format) {
                gradient[position] += answer.weight * local.precision;
            }
            gradient[self.layout.share(answer.format)] += answer.weight * local.share;
        });
        (total, gradient)
    }

    /// Gradient of the log-likelihood of each cluster, a row each.
    pub(super) fn cluster_scores(&self, parameters: &[f64], view: &View) -> DMatrix<f64> {
        let mut scores = DMatrix::zeros(self.evidence.clusters, parameters.len());
        self.each(parameters, view, |answer, local| {
            scores[(answer.cluster, 0)] += answer.weight * local.gamma;
            if let Some(position) = self.layout.precision(answer.format) {
                scores[(answer.cluster, position)] += answer.weight * local.precision;
            }
            scores[(answer.cluster, self.layout.share(answer.format))] += answer.weight * local.share;
        });
        scores
    }

    /// Log-likelihood of the answers of one format alone but dominance checks, given its precision and share of random
    /// answers.
    pub(super) fn of_format(&self, format: Format, [gamma, precision, share]: [f64; 3], view: &View) -> f64 {
        let is_meant = |answer: &&Answer| answer.format == format && !matches!(answer.kind, Kind::Dominance { .. });
        let answers = self.evidence.answers.iter().filter(is_meant);
        answers.map(|answer| answer.weight * self.local(answer, [gamma, precision, share], view).log).sum()
    }

    /// Log-likelihood of all dominance checks, given the share of random answers.
    pub(super) fn of_dominance(&self, share: f64) -> f64 {
        let answers = self.evidence.answers.iter().filter(|answer| matches!(answer.kind, Kind::Dominance { .. }));
        answers.map(|answer| answer.weight * self.local(answer, [0.0, 0.0, share], &Vec::new()).log).sum()
    }

    fn each(&self, parameters: &[f64], view: &View, mut add: impl FnMut(&Answer, Local)) {
        let natural = self.natural(parameters.iter().copied());
        for answer in &self.evidence.answers {
            let own =
                self.layout.own(answer.format).map(|parameter| parameter.map_or(0.0, |parameter| natural[parameter]));
            add(answer, self.local(answer, own, view));
        }
    }

    /// Parameters as gamma, precisions and shares: without logarithms and logits.
    pub(super) fn natural(&self, parameters: impl Iterator<Item = f64>) -> Vec<f64> {
        let natural = |(parameter, value): (usize, f64)| match parameter {
            0 => value,
            _ if parameter <= self.layout.formats.len() => value.exp(),
            _ => logistic(value),
        };
        parameters.enumerate().map(natural).collect()
    }

    /// Slopes of an answer's log-likelihood in gamma, the ln precision of its format and the logit of its share of random
    /// answers, given gamma, precision and share.
    pub(super) fn slopes(&self, answer: &Answer, natural: [f64; 3], view: &View) -> [f64; 3] {
        let local = self.local(answer, natural, view);
        [local.gamma, local.precision, local.share]
    }

    fn local(&self, answer: &Answer, [gamma, precision, share]: [f64; 3], view: &View) -> Local {
        let meant = self.meant(&answer.kind, [gamma, precision], view);
        let chance = 1.0 / meant.decisions;
        let probability = share * chance + (1.0 - share) * meant.probability;
        let factor = (1.0 - share) / probability;
        Local {
            log: probability.ln(),
            gamma: factor * meant.gamma,
            precision: factor * meant.precision,
            share: factor * share * (chance - meant.probability),
        }
    }

    fn meant(&self, kind: &Kind, [gamma, precision]: [f64; 2], view: &View) -> Meant {
        match kind {
            Kind::Threshold { threshold, averse } => {
                let sign = if *averse { 1.0 } else { -1.0 };
                let z = sign * precision * (gamma - threshold);
                // One exponential for both tails, each without cancellation.
                let tail = (-z.abs()).exp();
                let larger = 1.0 / (1.0 + tail);
                let probability = if z >= 0.0 { larger } else { tail * larger };
                let density = tail * larger * larger;
                Meant { probability, gamma: density * sign * precision, precision: density * z, decisions: 2.0 }
            }
            Kind::Thresholds { thresholds, averse } => between(thresholds, *averse, [gamma, precision]),
            Kind::Dominance { right } => {
                Meant { probability: f64::from(*right), gamma: 0.0, precision: 0.0, decisions: 2.0 }
            }
            Kind::Logit { problem, decision } => {
                let power = self.evidence.problems[*problem].power();
                logit(&view[*problem], *decision, precision.powi(power), f64::from(power))
            }
        }
    }
}

/// Probability that gamma plus logistic noise lies where the chosen option is preferred: the averse one above the last
/// threshold, between them the two in turn.
fn between(thresholds: &[f64], averse: bool, [gamma, precision]: [f64; 2]) -> Meant {
    let mut meant = Meant { probability: 0.0, gamma: 0.0, precision: 0.0, decisions: 2.0 };
    let mut sign = 1.0;
    for threshold in thresholds.iter().rev() {
        let z = precision * (gamma - threshold);
        let density = logistic(z) * logistic(-z);
        meant.probability += sign * logistic(z);
        meant.gamma += sign * density * precision;
        meant.precision += sign * density * z;
        sign = -sign;
    }
    if sign > 0.0 {
        meant.probability += 1.0;
    }
    if averse {
        return meant;
    }
    Meant { probability: 1.0 - meant.probability, gamma: -meant.gamma, precision: -meant.precision, ..meant }
}

fn logit(scores: &Scores, decision: usize, weight: f64, power: f64) -> Meant {
    let best = scores.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (mut total, mut value, mut slope, mut chosen) = (0.0, 0.0, 0.0, 0.0);
    for (position, (score, gain)) in scores.values.iter().zip(&scores.slopes).enumerate() {
        let exponent = weight * (score - best);
        // e^-50 of the best is nothing beside it.
        if exponent > -50.0 {
            let share = exponent.exp();
            total += share;
            value += share * (score - best);
            slope += share * gain;
            if position == decision {
                chosen = share;
            }
        }
    }
    let decisions = scores.values.len() as f64;
    if chosen == 0.0 {
        return Meant { probability: 0.0, gamma: 0.0, precision: 0.0, decisions };
    }
    let probability = chosen / total;
    let by_value = scores.values[decision] - best - value / total;
    let by_slope = scores.slopes[decision] - slope / total;
    Meant {
        probability,
        gamma: probability * weight * by_slope,
        precision: probability * power * weight * by_value,
        decisions,
    }
}
