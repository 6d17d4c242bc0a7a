//! Starting points: even scans of gamma and of the precisions, each of which is best by itself given gamma.
//!
//! Invariant: deterministic, and the same number of evaluations whatever the answers.

use super::interval::CRITICAL;
use super::layout::precision_cap;
use super::likelihood::{Likelihood, View};
use super::optimise::{Gamma, Peak};
use crate::estimate::observation::Format;
use crate::estimate::response::logistic;

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
        let view = self.values(gamma);
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
}
