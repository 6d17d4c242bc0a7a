//! Newton's method within bounds.
//!
//! Invariant: deterministic; no point returned is less likely than the start that led to it, but for rounding.

use nalgebra::{DMatrix, DVector};

use super::likelihood::{Likelihood, View};

/// Most Newton steps.
const STEPS: usize = 80;
/// Most times that a step is halved.
const HALVINGS: i32 = 30;
/// Longest step of one parameter.
const LONGEST: f64 = 1.5;
/// Expected gain in log-likelihood below which the quadratic approximation is exact and only polishes.
const POLISHED: f64 = 1e-9;

/// Parameters and how likely they are.
#[derive(Debug, Clone)]
pub(super) struct Peak {
    pub(super) parameters: Vec<f64>,
    pub(super) log_likelihood: f64,
}

impl Peak {
    pub(super) fn higher(self, other: Self) -> Self {
        if other.log_likelihood > self.log_likelihood { other } else { self }
    }
}

/// Whether gamma is to be found or given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gamma {
    Free,
    Fixed,
}

/// A point of the climb.
struct Place {
    parameters: Vec<f64>,
    view: View,
    value: f64,
    gradient: DVector<f64>,
}

/// A step for all parameters, zero for those that may not move, and the gain that it promises.
struct Step {
    by: Vec<f64>,
    gain: f64,
}

impl Likelihood<'_> {
    /// Newton's method from `start`, damped where the likelihood is not concave, within bounds.
    pub(super) fn climb(&self, start: Vec<f64>, gamma: Gamma) -> Peak {
        let view = self.view(start[0]);
        self.climb_from(start, view, gamma)
    }

    /// The same, with the view of the start.
    pub(super) fn climb_from(&self, start: Vec<f64>, view: View, gamma: Gamma) -> Peak {
        let mut at = self.place(start, view);
        for _ in 0..STEPS {
            let Some(step) = self.newton_step(&at, gamma) else { break };
            let Some(next) = self.improved(&at, &step) else { break };
            at = next;
            if step.gain < POLISHED {
                break;
            }
        }
        Peak { parameters: at.parameters, log_likelihood: at.value }
    }

    fn place(&self, parameters: Vec<f64>, view: View) -> Place {
        let (value, gradient) = self.gradient(&parameters, &view);
        Place { parameters, view, value, gradient }
    }

    /// Where the step leads, halved until the likelihood rises. A step that only polishes is taken as it is: what it
    /// gains is less than the likelihood's rounding error.
    fn improved(&self, at: &Place, step: &Step) -> Option<Place> {
        (0..HALVINGS).find_map(|halving| {
            let next = self.moved(&at.parameters, &step.by, 0.5_f64.powi(halving));
            let view = if next[0] == at.parameters[0] { at.view.clone() } else { self.view(next[0]) };
            Some(self.place(next, view)).filter(|next| next.value > at.value || step.gain < POLISHED)
        })
    }

    fn moved(&self, at: &[f64], step: &[f64], share: f64) -> Vec<f64> {
        let place = |(parameter, (value, step)): (usize, (&f64, &f64))| {
            let [low, high] = self.layout.bounds(parameter);
            (value + share * step).clamp(low, high)
        };
        at.iter().zip(step).enumerate().map(place).collect()
    }

    /// Parameters that may move: not those at a bound beyond which the likelihood rises.
    fn free(&self, at: &Place, gamma: Gamma) -> Vec<usize> {
        let is_free = |parameter: &usize| {
            let [low, high] = self.layout.bounds(*parameter);
            let (value, slope) = (at.parameters[*parameter], at.gradient[*parameter]);
            !((value <= low && slope <= 0.0) || (value >= high && slope >= 0.0))
        };
        let first = usize::from(gamma == Gamma::Fixed);
        (first..at.parameters.len()).filter(is_free).collect()
    }

    fn newton_step(&self, at: &Place, gamma: Gamma) -> Option<Step> {
        let free = self.free(at, gamma);
        if free.is_empty() {
            return None;
        }
        let information = -self.hessian(&at.parameters, &free, &at.view);
        let slopes = at.gradient.select_rows(&free);
        let size = information.diagonal().amax().max(1e-12);
        let mut damping = 0.0;
        let solved = loop {
            let damped = &information + DMatrix::identity(free.len(), free.len()) * damping;
            match damped.cholesky() {
                Some(root) => break root.solve(&slopes),
                None if damping > 1e6 * size => return None,
                None => damping = (damping * 10.0).max(1e-6 * size),
            }
        };
        let longest = solved.amax();
        let solved = if longest > LONGEST { solved * (LONGEST / longest) } else { solved };
        let gain = 0.5 * solved.dot(&slopes);
        let mut by = vec![0.0; at.parameters.len()];
        free.iter().zip(solved.iter()).for_each(|(parameter, moved)| by[*parameter] = *moved);
        let gain = if damping == 0.0 { gain } else { gain.max(POLISHED) };
        (gain.is_finite() && longest > 0.0).then_some(Step { by, gain })
    }
}
