//! Maximum-likelihood estimate of the preference and the noise behind decisions.
//!
//! Invariant: the estimate is the middle of the range of gammas that explain the examples equally well. Exact answers
//! determine gamma only up to such a range (between two thresholds) and have no finite precision: theirs is the cap.

use thiserror::Error;

use super::likelihood::{Evidence, Profile, TIE};
use super::model::Parameters;
use crate::decision::{Decision, Problem};

/// Range of gamma that is searched.
pub const RANGE: [f64; 2] = [-4.0, 8.0];
/// Spacing of the first scan.
const STEP: f64 = 0.5;
/// After the scan each round looks at this many times finer points around the best one.
const REFINEMENT: usize = 5;
/// Rounds of refinement: to a spacing of 0.0008.
const ROUNDS: usize = 4;
/// Bisections that find each end of the range of best gammas.
const BISECTIONS: usize = 8;

/// An estimated agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The estimate. A gamma at an end of [`RANGE`] is only a bound: the likelihood still rises there. A format
    /// (choices, amounts) that no example has keeps the precision of [`Parameters::default`].
    pub parameters: Parameters,
    /// Log-likelihood of the examples used, 1 % of them taken to be lapses.
    pub log_likelihood: f64,
    /// Lowest and highest gamma that explain the examples equally well; not a confidence interval.
    pub equally_likely: [f64; 2],
    /// Examples of choices used.
    pub choices: usize,
    /// Examples of amounts (stakes, coverage, investments, prices) used.
    pub stakes: usize,
    /// Examples left out, because the problem is not valid or the decision does not belong to it.
    pub ignored: usize,
}

impl Fit {
    /// Examples used.
    pub fn used(&self) -> usize {
        self.choices + self.stakes
    }
}

/// One evaluation of the search, for progress reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Counted from 1.
    pub iteration: usize,
    /// Iterations that there will be.
    pub total: usize,
    /// Mean negative log-likelihood of an example under the best parameters so far.
    pub loss: f64,
    /// Gamma of the best parameters so far.
    pub gamma: f64,
}

/// Why nothing could be estimated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FitError {
    /// No example can be used.
    #[error("none of the {examples} examples has a valid problem with a decision that belongs to it")]
    NoExample {
        /// Examples given.
        examples: usize,
    },
    /// The likelihood is not a number.
    #[error("the likelihood of the examples is not finite")]
    NotFinite,
    /// Every gamma explains the examples equally well.
    #[error("the {examples} examples say nothing about risk preference: every coefficient explains them equally well")]
    NoInformation {
        /// Examples used.
        examples: usize,
    },
}

/// Fits gamma and the precision of each format to decisions by joint maximum likelihood (Apesteguia & Ballester 2018 for
/// choices), calling `progress` after each of a fixed number of evaluations.
///
/// # Errors
/// If no example can be used, the likelihood is not finite, or it does not depend on gamma.
pub fn fit(examples: &[(Problem, Decision)], progress: &mut dyn FnMut(Step)) -> Result<Fit, FitError> {
    let evidence = Evidence::new(examples);
    let [choices, stakes] = evidence.counts();
    if choices + stakes == 0 {
        return Err(FitError::NoExample { examples: examples.len() });
    }
    let mut search = Search { evidence, seen: Vec::new(), progress };
    search.scan();
    for round in 1..=ROUNDS {
        search.refine(STEP / REFINEMENT.pow(round as u32) as f64);
    }
    let best = search.best();
    if !best.log_likelihood.is_finite() {
        return Err(FitError::NotFinite);
    }
    let equally_likely = search.equally_likely(best);
    if equally_likely == RANGE {
        return Err(FitError::NoInformation { examples: choices + stakes });
    }
    let middle = search.evidence.profile(0.5 * (equally_likely[0] + equally_likely[1]));
    let Profile { parameters, log_likelihood } =
        if middle.log_likelihood >= best.log_likelihood - TIE { middle } else { best };
    Ok(Fit { parameters, log_likelihood, equally_likely, choices, stakes, ignored: examples.len() - choices - stakes })
}

struct Search<'a> {
    evidence: Evidence<'a>,
    seen: Vec<Profile>,
    progress: &'a mut dyn FnMut(Step),
}

impl Search<'_> {
    fn evaluate(&mut self, gamma: f64) -> Profile {
        let profile = self.evidence.profile(gamma.clamp(RANGE[0], RANGE[1]));
        self.seen.push(profile);
        let best = self.best();
        let used: usize = self.evidence.counts().iter().sum();
        (self.progress)(Step {
            iteration: self.seen.len(),
            total: points_of_scan() + ROUNDS * 2 * (REFINEMENT - 1) + 2 * BISECTIONS,
            loss: -best.log_likelihood / used as f64,
            gamma: best.parameters.gamma,
        });
        profile
    }

    /// The likeliest of all that was evaluated, the first if several are.
    fn best(&self) -> Profile {
        let better = |best: Profile, next: &Profile| {
            if next.log_likelihood > best.log_likelihood { *next } else { best }
        };
        self.seen.iter().fold(self.seen[0], better)
    }

    fn scan(&mut self) {
        for point in 0..points_of_scan() {
            self.evaluate(RANGE[0] + STEP * point as f64);
        }
    }

    fn refine(&mut self, step: f64) {
        let centre = self.best().parameters.gamma;
        for away in 1..REFINEMENT {
            self.evaluate(centre - step * away as f64);
            self.evaluate(centre + step * away as f64);
        }
    }

    /// The unbroken range of gammas around the best that are as likely as it.
    fn equally_likely(&mut self, best: Profile) -> [f64; 2] {
        [-1.0, 1.0].map(|direction| self.end_of_range(best, direction))
    }

    fn end_of_range(&mut self, best: Profile, direction: f64) -> f64 {
        let away = |profile: &Profile| direction * (profile.parameters.gamma - best.parameters.gamma);
        let worse = |profile: &Profile| profile.log_likelihood < best.log_likelihood - TIE;
        let mut beyond: Vec<Profile> = self.seen.iter().copied().filter(|profile| away(profile) >= 0.0).collect();
        beyond.sort_by(|a, b| away(a).total_cmp(&away(b)));
        let first_worse = beyond.iter().position(worse);
        let mut inside = beyond[first_worse.map_or(beyond.len() - 1, |index| index - 1)].parameters.gamma;
        let mut outside = first_worse.map_or(inside, |index| beyond[index].parameters.gamma);
        for _ in 0..BISECTIONS {
            let middle = self.evaluate(0.5 * (inside + outside));
            let end = if worse(&middle) { &mut outside } else { &mut inside };
            *end = middle.parameters.gamma;
        }
        inside
    }
}

fn points_of_scan() -> usize {
    ((RANGE[1] - RANGE[0]) / STEP).round() as usize + 1
}
