//! Maximum of the likelihood: an even scan for starting points, then Newton's method within bounds.
//!
//! Invariant: deterministic; no point returned is less likely than the start that led to it.

use nalgebra::{DMatrix, DVector};

use super::interval::CRITICAL;
use super::likelihood::{Likelihood, View, precision_cap};
use crate::estimate::observation::Format;
use crate::estimate::response::logistic;

/// Distance over which slopes are differenced.
const STEP: f64 = 1e-5;
/// Most Newton steps.
const STEPS: usize = 80;
/// Longest step of one parameter.
const LONGEST: f64 = 1.5;
/// Expected gain in log-likelihood below which the quadratic approximation is exact and only polishes.
const POLISHED: f64 = 1e-9;
/// By how much log-likelihood agents without noise but random answers have to be ahead of noisy ones: what a test at 5 %
/// asks. A few answers near gamma are explained by either, and only noise makes an interval of gamma meaningful.
pub(super) const UNCLEAR: f64 = 0.5 * CRITICAL;
/// Loss of log-likelihood that does not speak against a bound.
const FLAT: f64 = 1e-6;
/// Spacing of gamma in the scan.
const SPACING: f64 = 0.5;
/// Range of gamma that is scanned.
const SCANNED: [f64; 2] = [-4.0, 8.0];
/// Starting points that are followed.
const FOLLOWED: usize = 3;
/// Logits of the shares of random answers that are scanned: nearly none, and a third.
const SHARES: [f64; 2] = [-4.0, -0.6];
/// Precisions that are scanned, as logarithms; stretched over half the way to the cap where that is very high.
const PRECISIONS: [f64; 5] = [-0.5, 0.7, 1.9, 3.1, 4.5];

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

impl Likelihood<'_> {
    /// The likeliest parameters; those with noise in every format if those without are not clearly likelier.
    pub(super) fn maximum(&self) -> Peak {
        let followed = self.scan().into_iter().take(FOLLOWED).map(|start| self.climb(start.parameters, Gamma::Free));
        let followed: Vec<Peak> = followed.map(|peak| self.snapped(peak)).collect();
        let best = followed.iter().cloned().reduce(Peak::higher).expect("there are starting points");
        let noisy = followed.into_iter().filter(|peak| !self.is_exact(peak)).reduce(Peak::higher);
        noisy.filter(|noisy| noisy.log_likelihood >= best.log_likelihood - UNCLEAR).unwrap_or(best)
    }

    /// Whether some format has no noise.
    pub(super) fn is_exact(&self, peak: &Peak) -> bool {
        let is_at_cap = |position: usize| peak.parameters[position] >= self.layout.bounds(position)[1];
        (1..=self.layout.formats.len()).any(is_at_cap)
    }

    /// The same point with each nuisance parameter at a bound that is as likely: where the likelihood only flattens out,
    /// Newton's method stops short of the bound.
    fn snapped(&self, peak: Peak) -> Peak {
        let view = self.view(peak.parameters[0]);
        let (mut parameters, mut is_moved) = (peak.parameters.clone(), false);
        for parameter in 1..parameters.len() {
            for bound in self.layout.bounds(parameter) {
                let mut moved = parameters.clone();
                moved[parameter] = bound;
                if moved != parameters && self.gradient(&moved, &view).0 >= peak.log_likelihood - FLAT {
                    (parameters, is_moved) = (moved, true);
                    break;
                }
            }
        }
        if is_moved { self.climb(parameters, Gamma::Free) } else { peak }
    }

    /// The best starting points: the peaks of even scans of gamma, one for each share of random answers, the likeliest
    /// first.
    fn scan(&self) -> Vec<Peak> {
        let points = ((SCANNED[1] - SCANNED[0]) / SPACING).round() as usize;
        let gammas: Vec<f64> = (0..=points).map(|point| SCANNED[0] + SPACING * point as f64).collect();
        let views: Vec<View> = gammas.iter().map(|gamma| self.values(*gamma)).collect();
        let mut starts = Vec::new();
        for share in SHARES {
            let scanned: Vec<Peak> =
                gammas.iter().zip(&views).map(|(gamma, view)| self.start([*gamma, share], view)).collect();
            let height = |point: Option<usize>| {
                point.and_then(|point| scanned.get(point)).map_or(f64::NEG_INFINITY, |start| start.log_likelihood)
            };
            let is_peak = |point: &usize| {
                height(Some(*point)) > height(point.checked_sub(1)) && height(Some(*point)) >= height(Some(point + 1))
            };
            starts.extend((0..=points).filter(is_peak).map(|point| scanned[point].clone()));
        }
        starts.sort_by(|a, b| b.log_likelihood.total_cmp(&a.log_likelihood));
        starts
    }

    /// The likeliest parameters given gamma, from a scan and from `near` by.
    pub(super) fn maximum_at(&self, gamma: f64, near: &[f64]) -> Peak {
        let mut nearby = near.to_vec();
        nearby[0] = gamma;
        let view = self.view(gamma);
        let scanned = SHARES.map(|share| self.start([gamma, share], &view));
        let scanned = scanned.into_iter().reduce(Peak::higher).expect("there are shares");
        let nearby = self.climb_from(nearby, view.clone(), Gamma::Fixed);
        nearby.higher(self.climb_from(scanned.parameters, view, Gamma::Fixed))
    }

    /// Agents with coefficient `gamma`, no noise and few random answers.
    pub(super) fn start_at_cap(&self, gamma: f64) -> Vec<f64> {
        let precisions = self.layout.formats.len();
        let place = |parameter: usize| match parameter {
            0 => gamma,
            _ if parameter <= precisions => self.layout.bounds(parameter)[1],
            _ => SHARES[0],
        };
        (0..self.layout.parameters()).map(place).collect()
    }

    /// The best precisions of the scan, for one gamma and one share of random answers.
    fn start(&self, [gamma, share]: [f64; 2], view: &View) -> Peak {
        let mut parameters = vec![share; self.layout.parameters()];
        parameters[0] = gamma;
        let best = |format: &Format| self.best_precision(*format, [gamma, share], view);
        let precisions = self.layout.formats.iter().map(best);
        let mut log_likelihood = 0.0;
        for (position, (precision, value)) in (1..).zip(precisions) {
            parameters[position] = precision;
            log_likelihood += value;
        }
        Peak { parameters, log_likelihood: log_likelihood + self.of_dominance(logistic(share)) }
    }

    fn best_precision(&self, format: Format, [gamma, share]: [f64; 2], view: &View) -> (f64, f64) {
        let cap = precision_cap(format).ln();
        let stretch = if cap > 14.0 { cap / 2.0 / PRECISIONS[4] } else { 1.0 };
        let even = PRECISIONS.iter().map(|precision| precision * stretch);
        let value = |log: f64| (log, self.of_format(format, [gamma, log.exp(), logistic(share)], view));
        even.map(value).reduce(|best, next| if next.1 > best.1 { next } else { best }).expect("precisions")
    }

    /// Newton's method from `start`, damped where the likelihood is not concave, within bounds.
    pub(super) fn climb(&self, start: Vec<f64>, gamma: Gamma) -> Peak {
        let view = self.view(start[0]);
        self.climb_from(start, view, gamma)
    }

    fn climb_from(&self, mut at: Vec<f64>, mut view: View, gamma: Gamma) -> Peak {
        let (mut value, mut gradient) = self.gradient(&at, &view);
        for _ in 0..STEPS {
            let free = self.free(&at, &gradient, gamma);
            let Some((step, gain)) = self.newton_step(&at, &gradient, &free, &view) else { break };
            let is_polish = gain < POLISHED;
            let mut moved = None;
            for halving in 0..30 {
                let next = self.moved(&at, &step, 0.5_f64.powi(halving));
                let next_view = if next[0] == at[0] { view.clone() } else { self.view(next[0]) };
                let (next_value, next_gradient) = self.gradient(&next, &next_view);
                if next_value > value || is_polish {
                    moved = Some((next, next_view, next_value, next_gradient));
                    break;
                }
            }
            let Some(moved) = moved else { break };
            (at, view, value, gradient) = moved;
            if is_polish {
                break;
            }
        }
        Peak { parameters: at, log_likelihood: value }
    }

    fn moved(&self, at: &[f64], step: &[f64], share: f64) -> Vec<f64> {
        let place = |(parameter, (value, step)): (usize, (&f64, &f64))| {
            let [low, high] = self.layout.bounds(parameter);
            (value + share * step).clamp(low, high)
        };
        at.iter().zip(step).enumerate().map(place).collect()
    }

    /// Parameters that may move: not those at a bound beyond which the likelihood rises.
    fn free(&self, at: &[f64], gradient: &DVector<f64>, gamma: Gamma) -> Vec<usize> {
        let is_free = |parameter: &usize| {
            let [low, high] = self.layout.bounds(*parameter);
            let (value, slope) = (at[*parameter], gradient[*parameter]);
            !((value <= low && slope <= 0.0) || (value >= high && slope >= 0.0))
        };
        let first = usize::from(gamma == Gamma::Fixed);
        (first..at.len()).filter(is_free).collect()
    }

    /// A step for all parameters, zero for those that are not free, and the gain that it promises.
    fn newton_step(&self, at: &[f64], gradient: &DVector<f64>, free: &[usize], view: &View) -> Option<(Vec<f64>, f64)> {
        if free.is_empty() {
            return None;
        }
        let information = -self.hessian(at, free, view);
        let slopes = DVector::from_iterator(free.len(), free.iter().map(|parameter| gradient[*parameter]));
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
        let mut step = vec![0.0; at.len()];
        free.iter().zip(solved.iter()).for_each(|(parameter, moved)| step[*parameter] = *moved);
        (gain.is_finite() && longest > 0.0).then_some((step, if damping == 0.0 { gain } else { gain.max(POLISHED) }))
    }

    /// Second derivatives in the `free` parameters: central differences of the gradient, made symmetric.
    pub(super) fn hessian(&self, at: &[f64], free: &[usize], view: &View) -> DMatrix<f64> {
        let mut hessian = DMatrix::zeros(free.len(), free.len());
        for (column, parameter) in free.iter().enumerate() {
            let side = |distance: f64| {
                let mut moved = at.to_vec();
                moved[*parameter] += distance;
                if *parameter == 0 {
                    self.gradient(&moved, &self.view(moved[0])).1
                } else {
                    self.gradient(&moved, view).1
                }
            };
            let slope = (side(STEP) - side(-STEP)) / (2.0 * STEP);
            for (row, other) in free.iter().enumerate() {
                hessian[(row, column)] = slope[*other];
            }
        }
        (&hessian + hessian.transpose()) * 0.5
    }
}
