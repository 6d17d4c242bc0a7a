//! Profile-likelihood interval of gamma: all gammas that a likelihood-ratio test does not reject.
//!
//! Invariant: an end is given only if the likelihood has fallen by enough before the range of gamma ends.

use super::likelihood::Likelihood;
use super::optimise::Peak;

/// 95 % quantile of the chi-squared distribution with one degree of freedom.
pub(super) const CRITICAL: f64 = 3.841_458_820_694_124;
/// First distance from the estimate that is tried.
const FIRST: f64 = 0.1;
/// Width to which an end is narrowed.
const TOLERANCE: f64 = 1e-6;
/// An end is found when the root of the likelihood-ratio statistic is this near to its critical value.
const NEAR: f64 = 1e-5;
/// Width to which an end of the range of equally likely gammas is narrowed.
const TOP_TOLERANCE: f64 = 1e-3;
/// Most steps of the narrowing.
const STEPS: usize = 40;
/// A gamma that lowers the log-likelihood by less than this is as likely.
const FLAT: f64 = 1e-4;

/// One side of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Side {
    /// None if it is unbounded.
    pub(super) end: Option<f64>,
    /// Whether the likelihood is the same all the way to the end of the range of gamma.
    pub(super) flat: bool,
}

/// Both sides; `scale` divides the likelihood-ratio statistic.
pub(super) fn profile(likelihood: &Likelihood, peak: &Peak, scale: f64) -> [Side; 2] {
    [0, 1].map(|side| {
        let walk = Walk { likelihood, peak, scale, limit: likelihood.layout.bounds(0)[side] };
        walk.side()
    })
}

/// The middle of the gammas that are as likely as the peak, which lie within its interval. Answers without noise leave
/// such a range, and where in it a search stops means nothing.
pub(super) fn middle(likelihood: &Likelihood, peak: Peak, ends: [Option<f64>; 2]) -> Peak {
    let top = [0, 1].map(|side| {
        let limit = ends[side].unwrap_or(likelihood.layout.bounds(0)[side]);
        Walk { likelihood, peak: &peak, scale: 1.0, limit }.top()
    });
    let middle = likelihood.maximum_at(0.5 * (top[0] + top[1]), &peak.parameters);
    if middle.log_likelihood >= peak.log_likelihood - FLAT { middle } else { peak }
}

struct Walk<'a> {
    likelihood: &'a Likelihood<'a>,
    peak: &'a Peak,
    scale: f64,
    limit: f64,
}

/// A gamma, the root of the likelihood-ratio statistic there less its critical value, and the likeliest parameters.
struct Place {
    gamma: f64,
    excess: f64,
    fall: f64,
    parameters: Vec<f64>,
}

impl Walk<'_> {
    fn side(&self) -> Side {
        let at_limit = self.place(self.limit, &self.peak.parameters);
        let flat = at_limit.fall < FLAT;
        let (mut inside, mut distance) = (self.place(self.peak.parameters[0], &self.peak.parameters), FIRST);
        let mut outside = loop {
            let gamma = self.peak.parameters[0] + distance * (self.limit - self.peak.parameters[0]).signum();
            if distance >= (self.limit - self.peak.parameters[0]).abs() {
                break at_limit;
            }
            let place = self.place(gamma, &inside.parameters);
            if place.excess >= 0.0 {
                break place;
            }
            inside = place;
            distance *= 2.0;
        };
        if outside.excess < 0.0 {
            return Side { end: None, flat };
        }
        for step in 0..STEPS {
            if (outside.gamma - inside.gamma).abs() <= TOLERANCE {
                break;
            }
            // The root of the statistic is nearly linear; every third step bisects, should it jump.
            let share =
                if step % 3 == 2 { 0.5 } else { (inside.excess / (inside.excess - outside.excess)).clamp(0.01, 0.99) };
            let next = self.place(inside.gamma + share * (outside.gamma - inside.gamma), &inside.parameters);
            if next.excess.abs() < NEAR {
                return Side { end: Some(next.gamma), flat };
            }
            if next.excess < 0.0 { inside = next } else { outside = next }
        }
        Side { end: Some(outside.gamma), flat }
    }

    /// The gamma nearest to the limit that is as likely as the peak.
    fn top(&self) -> f64 {
        let (mut inside, mut outside) = (self.peak.parameters[0], self.limit);
        let mut near = self.peak.parameters.clone();
        while (outside - inside).abs() > TOP_TOLERANCE {
            let place = self.place(0.5 * (inside + outside), &near);
            if place.fall < FLAT {
                (inside, near) = (place.gamma, place.parameters);
            } else {
                outside = place.gamma;
            }
        }
        inside
    }

    fn place(&self, gamma: f64, near: &[f64]) -> Place {
        let best = self.likelihood.maximum_at(gamma, near);
        let fall = (self.peak.log_likelihood - best.log_likelihood).max(0.0);
        let excess = (2.0 * fall / self.scale).sqrt() - CRITICAL.sqrt();
        Place { gamma, excess, fall, parameters: best.parameters }
    }
}
