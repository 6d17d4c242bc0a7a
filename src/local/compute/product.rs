//! Matrix products on row-major slices, on the calling thread.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::local::weights::Matrix;

/// Rows to read.
pub(in crate::local) type View<'a> = MatRef<'a, f32>;
/// Rows to write.
pub(in crate::local) type ViewMut<'a> = MatMut<'a, f32>;

/// Values as rows of `cols` each.
pub(in crate::local) fn view(values: &[f32], cols: usize) -> View<'_> {
    MatRef::from_row_major_slice(values, values.len() / cols, cols)
}

/// Values to be changed, as rows of `cols` each.
pub(in crate::local) fn view_mut(values: &mut [f32], cols: usize) -> ViewMut<'_> {
    let rows = values.len() / cols;
    MatMut::from_row_major_slice_mut(values, rows, cols)
}

/// A matrix.
pub(in crate::local) fn matrix(matrix: &Matrix) -> View<'_> {
    view(&matrix.values, matrix.cols)
}

/// A matrix to be changed.
pub(in crate::local) fn matrix_mut(matrix: &mut Matrix) -> ViewMut<'_> {
    view_mut(&mut matrix.values, matrix.cols)
}

/// `into = factor * left * right`.
pub(in crate::local) fn set(into: ViewMut<'_>, factor: f32, (left, right): (View<'_>, View<'_>)) {
    matmul(into, Accum::Replace, left, right, factor, Par::Seq);
}

/// `into += factor * left * right`.
pub(in crate::local) fn add(into: ViewMut<'_>, factor: f32, (left, right): (View<'_>, View<'_>)) {
    matmul(into, Accum::Add, left, right, factor, Par::Seq);
}
