//! Which parameter stands where, and between which bounds.

use super::evidence::{Evidence, Kind};
use crate::estimate::observation::Format;

/// Logit of a share of random answers that counts as none (less than one in a million).
pub(super) const LEAST_SHARE: f64 = -14.0;
/// Logit of a share of random answers that counts as all.
const MOST_SHARE: f64 = 7.0;

/// Which parameter stands where.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) formats: Vec<Format>,
    pub(super) tremble: Option<usize>,
    pub(super) lapse: Option<usize>,
    bounds: Vec<[f64; 2]>,
}

impl Layout {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let formats = evidence.formats();
        let mut bounds = vec![range_of_gamma(evidence)];
        bounds.extend(formats.iter().map(|format| [LEAST_PRECISION.ln(), precision_cap(*format).ln()]));
        let mut share = |present: bool| {
            present.then(|| {
                bounds.push([LEAST_SHARE, MOST_SHARE]);
                bounds.len() - 1
            })
        };
        let tremble = share(evidence.answers.iter().any(|answer| !is_amount(answer.format)));
        let lapse = share(evidence.answers.iter().any(|answer| is_amount(answer.format)));
        Self { formats, tremble, lapse, bounds }
    }

    pub(super) fn parameters(&self) -> usize {
        self.bounds.len()
    }

    pub(super) fn bounds(&self, parameter: usize) -> [f64; 2] {
        self.bounds[parameter]
    }

    /// Where the share of random answers of a format stands.
    pub(super) fn share(&self, format: Format) -> usize {
        let share = if is_amount(format) { self.lapse } else { self.tremble };
        share.expect("every format that is present has a share")
    }

    /// Where the precision of a format stands; nowhere if it has only dominance checks.
    pub(super) fn precision(&self, format: Format) -> Option<usize> {
        self.formats.iter().position(|other| *other == format).map(|position| position + 1)
    }

    /// Where the parameters stand that an answer of a format depends on: gamma, precision and share of random answers.
    pub(super) fn own(&self, format: Format) -> [Option<usize>; 3] {
        [Some(0), self.precision(format), Some(self.share(format))]
    }

    /// Whether a parameter lies at its lower or upper bound.
    pub(super) fn at_bound(&self, parameter: usize, value: f64) -> bool {
        let [low, high] = self.bounds[parameter];
        value <= low + AT_BOUND || value >= high - AT_BOUND
    }
}

/// How near to a bound a parameter counts as being there.
const AT_BOUND: f64 = 1e-6;
/// A precision at which decisions have nothing to do with gamma.
const LEAST_PRECISION: f64 = 0.01;

/// The precision from which noise is negligible.
pub(super) fn precision_cap(format: Format) -> f64 {
    match format {
        Format::Choice | Format::Offer | Format::Insurance | Format::Menu => super::super::CHOICE_PRECISION_CAP,
        Format::Stake | Format::Coverage | Format::Portfolio => super::super::STAKE_PRECISION_CAP,
        Format::Price => 1e4,
    }
}

pub(super) fn is_amount(format: Format) -> bool {
    matches!(format, Format::Stake | Format::Coverage | Format::Portfolio | Format::Price)
}

/// The range in which thresholds are computed, or five beyond the outermost one that was given.
fn range_of_gamma(evidence: &Evidence) -> [f64; 2] {
    let given = evidence.answers.iter().filter_map(|answer| match answer.kind {
        Kind::Threshold { threshold, .. } => Some(threshold),
        _ => None,
    });
    given.fold(super::super::threshold::RANGE, |[low, high], threshold| {
        [low.min(threshold - 5.0), high.max(threshold + 5.0)]
    })
}
