//! How likely observed decisions are under the choice model, with the precisions chosen best for each gamma.
//!
//! Invariant: every example counts with a finite log-likelihood, however unlikely it is.

use super::model::{CHOICE_PRECISION_CAP, Parameters, STAKE_PRECISION_CAP, amount_points, rule};
use super::response::Response;
use super::scored::nearest;
use super::search::maximise;
use super::threshold::Preference;
use crate::decision::{Choice, Decision, Problem};

/// Share of answers that the estimate takes to be lapses (misread or careless), spread evenly over all decisions. It
/// bounds what one wrong answer costs, so that it cannot set the noise of hundreds of right ones; it is not part of the
/// agent.
pub(super) const LAPSE: f64 = 0.01;
/// Log-likelihoods closer than this are equal.
pub(super) const TIE: f64 = 1e-6;
/// A precision at which decisions are chance.
const LOWEST_PRECISION: f64 = 0.01;

/// The examples that can be used, with everything that does not depend on the parameters.
pub(super) struct Evidence<'a> {
    choices: Vec<ObservedChoice<'a>>,
    stakes: Vec<ObservedAmount<'a>>,
}

struct ObservedChoice<'a> {
    choice: &'a Choice,
    rule: Option<Preference>,
    chosen: usize,
}

struct ObservedAmount<'a> {
    problem: &'a Problem,
    amount: f64,
}

/// The best parameters for one gamma.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profile {
    pub(super) parameters: Parameters,
    pub(super) log_likelihood: f64,
}

impl<'a> Evidence<'a> {
    /// Leaves out decisions that do not belong to their problem, and problems that are not valid.
    pub(super) fn new(examples: &'a [(Problem, Decision)]) -> Self {
        let mut evidence = Self { choices: Vec::new(), stakes: Vec::new() };
        for (problem, decision) in examples.iter().filter(|(problem, _)| problem.validate().is_ok()) {
            match (problem, decision) {
                (Problem::Choice(choice), &Decision::Option(chosen)) if chosen < choice.options.len() => {
                    evidence.choices.push(ObservedChoice { choice, rule: rule(choice), chosen });
                }
                (_, &Decision::Amount(amount)) if problem.allows(decision) => {
                    evidence.stakes.push(ObservedAmount { problem, amount });
                }
                _ => {}
            }
        }
        evidence
    }

    pub(super) fn counts(&self) -> [usize; 2] {
        [self.choices.len(), self.stakes.len()]
    }

    /// The likeliest precisions given `gamma`.
    pub(super) fn profile(&self, gamma: f64) -> Profile {
        let untold = Parameters::default();
        let choices: Vec<Observation> = self.choices.iter().map(|observed| observed.at(gamma)).collect();
        let stakes: Vec<Observation> = self.stakes.iter().map(|observed| observed.at(gamma)).collect();
        let (choice_precision, of_choices) =
            likeliest(&choices, CHOICE_PRECISION_CAP).unwrap_or((untold.choice_precision, 0.0));
        let (stake_precision, of_stakes) =
            likeliest(&stakes, STAKE_PRECISION_CAP).unwrap_or((untold.stake_precision, 0.0));
        Profile {
            parameters: Parameters { gamma, choice_precision, stake_precision },
            log_likelihood: of_choices + of_stakes,
        }
    }
}

/// One example as an agent with a given gamma sees it.
struct Observation {
    response: Response,
    decision: usize,
    decisions: usize,
}

impl Observation {
    fn log_likelihood(&self, precision: f64) -> f64 {
        let meant = self.response.probability(self.decision, precision);
        ((1.0 - LAPSE) * meant + LAPSE / self.decisions as f64).ln()
    }
}

impl ObservedChoice<'_> {
    fn at(&self, gamma: f64) -> Observation {
        let response = Response::to_choice(self.choice, self.rule.as_ref(), gamma);
        Observation { response, decision: self.chosen, decisions: self.choice.options.len() }
    }
}

impl ObservedAmount<'_> {
    /// The amount counts as the nearest of those that the agent considers.
    fn at(&self, gamma: f64) -> Observation {
        let points = amount_points(self.problem, gamma);
        let response = Response::to_amount(self.problem, &points, gamma);
        Observation { response, decision: nearest(&points, self.amount), decisions: points.len() }
    }
}

/// The likeliest precision up to `cap`, and the log-likelihood there; none without observations. Exact answers are as
/// likely at every high precision, and have the cap.
fn likeliest(observations: &[Observation], cap: f64) -> Option<(f64, f64)> {
    if observations.is_empty() {
        return None;
    }
    let total = |precision: f64| observations.iter().map(|each| each.log_likelihood(precision)).sum::<f64>();
    let best = maximise([LOWEST_PRECISION.ln(), cap.ln()], |log| total(log.exp()));
    let at_cap = total(cap);
    if at_cap >= best.value - TIE { Some((cap, at_cap)) } else { Some((best.at.exp(), best.value)) }
}
