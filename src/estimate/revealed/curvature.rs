//! Second derivatives of the log-likelihood.
//!
//! Invariant: symmetric. An answer adds only to the rows of gamma, of its format's precision and of its share of random
//! answers, so the cost does not grow with the number of parameters.

use nalgebra::DMatrix;

use super::likelihood::{Likelihood, View};

/// Distance over which slopes are differenced.
const STEP: f64 = 1e-5;

impl Likelihood<'_> {
    /// Second derivatives in the `free` parameters at `at`, to which `view` belongs: central differences of the slopes.
    pub(super) fn hessian(&self, at: &[f64], free: &[usize], view: &View) -> DMatrix<f64> {
        let mut places = vec![None; at.len()];
        free.iter().enumerate().for_each(|(place, parameter)| places[*parameter] = Some(place));
        let beside = places[0].map(|_| [STEP, -STEP].map(|distance| self.view(at[0] + distance)));
        let [above, below] = [STEP, -STEP].map(|distance| self.natural(at.iter().map(|value| value + distance)));
        let here = self.natural(at.iter().copied());
        let mut hessian = DMatrix::zeros(free.len(), free.len());
        for answer in &self.evidence.answers {
            let own = self.layout.own(answer.format);
            let value = |from: &[f64], axis: usize| own[axis].map_or(0.0, |parameter| from[parameter]);
            let place = |axis: usize| own[axis].and_then(|parameter| places[parameter]);
            let slopes = |axis: usize, side: usize| {
                let mut moved = [0, 1, 2].map(|axis| value(&here, axis));
                moved[axis] = value([&above, &below][side], axis);
                let view = beside.as_ref().filter(|_| axis == 0).map_or(view, |beside| &beside[side]);
                self.slopes(answer, moved, view)
            };
            for (axis, column) in (0..own.len()).filter_map(|axis| Some((axis, place(axis)?))) {
                let (above, below) = (slopes(axis, 0), slopes(axis, 1));
                for (other, row) in (0..own.len()).filter_map(|other| Some((other, place(other)?))) {
                    hessian[(row, column)] += answer.weight * (above[other] - below[other]) / (2.0 * STEP);
                }
            }
        }
        (&hessian + hessian.transpose()) * 0.5
    }
}
