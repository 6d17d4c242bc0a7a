//! A frozen linear map with an addition of low rank.

use super::product::{View, ViewMut, add, matrix, matrix_mut, set, split_columns, view, view_mut};
use crate::local::adapter::LowRank;
use crate::local::weights::Matrix;
use faer::prelude::ReborrowMut;

/// One map.
#[derive(Clone, Copy)]
pub(in crate::local) struct Linear<'a> {
    pub(in crate::local) weight: &'a Matrix,
    pub(in crate::local) low: Option<&'a LowRank>,
    pub(in crate::local) scale: f32,
    pub(in crate::local) threads: usize,
}

/// What the backward pass knows of a forward pass.
#[derive(Clone, Copy)]
pub(in crate::local) struct Passed<'a> {
    pub(in crate::local) input: View<'a>,
    /// What [`Linear::forward`] returned.
    pub(in crate::local) inner: &'a [f32],
    pub(in crate::local) output_gradient: View<'a>,
}

impl Linear<'_> {
    /// Writes the output, and returns the addition's inner values `A x`, [rows, rank].
    pub(in crate::local) fn forward(&self, input: View<'_>, mut output: ViewMut<'_>) -> Vec<f32> {
        split_columns(self.threads, set, output.rb_mut(), (input, matrix(self.weight).transpose()));
        let Some(low) = self.low else { return Vec::new() };
        let mut inner = vec![0.0; input.nrows() * low.down.rows];
        set(view_mut(&mut inner, low.down.rows), 1.0, (input, matrix(&low.down).transpose()));
        let inner_view = view(&inner, low.down.rows);
        add(output, self.scale, (inner_view, matrix(&low.up).transpose()));
        inner
    }

    /// Adds to the addition's gradient, and to the input's where it is wanted.
    pub(in crate::local) fn backward(
        &self,
        passed: Passed<'_>,
        gradient: &mut Option<LowRank>,
        input: Option<ViewMut<'_>>,
    ) {
        let mut input = input;
        if let Some(into) = input.as_mut() {
            split_columns(self.threads, add, into.rb_mut(), (passed.output_gradient, matrix(self.weight)));
        }
        let Some(low) = self.low else { return };
        let rank = low.down.rows;
        let inner = view(passed.inner, rank);
        let mut inner_gradient = vec![0.0; passed.inner.len()];
        let inner_slope = view_mut(&mut inner_gradient, rank);
        set(inner_slope, self.scale, (passed.output_gradient, matrix(&low.up)));
        let inner_slope = view(&inner_gradient, rank);
        if let Some(gradient) = gradient {
            add(matrix_mut(&mut gradient.up), self.scale, (passed.output_gradient.transpose(), inner));
            add(matrix_mut(&mut gradient.down), 1.0, (inner_slope.transpose(), passed.input));
        }
        if let Some(into) = input {
            add(into, 1.0, (inner_slope, matrix(&low.down)));
        }
    }
}
