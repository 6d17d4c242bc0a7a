//! Matrix products on row-major slices, on the calling thread, or their columns on several.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::local::weights::Matrix;

/// Columns are taken apart at multiples of this, which kernels work on together.
const STEP: usize = 32;
/// Products of fewer multiplications are not worth another thread.
const LEAST: usize = 1 << 21;

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

/// `left * right` by [`set`] or [`add`], its columns on this many threads: on as many, the product is the same bit for bit
/// however often it is repeated.
pub(in crate::local) fn split_columns(
    threads: usize,
    product: fn(ViewMut<'_>, f32, (View<'_>, View<'_>)),
    into: ViewMut<'_>,
    (left, right): (View<'_>, View<'_>),
) {
    let columns = right.ncols() * (threads / 2) / threads.max(1) / STEP * STEP;
    if columns == 0 || left.nrows() * left.ncols() * right.ncols() < LEAST {
        return product(into, 1.0, (left, right));
    }
    let (first, second) = into.split_at_col_mut(columns);
    let (before, after) = right.split_at_col(columns);
    rayon::join(
        || split_columns(threads / 2, product, first, (left, before)),
        || split_columns(threads - threads / 2, product, second, (left, after)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_several_threads_are_those_of_the_whole_product() {
        let (rows, depth, columns) = (71, 190, 201);
        let numbers =
            |count: usize| (0..count).map(|i| ((i * 7919 % 1009) as f32 / 1009.0) - 0.5).collect::<Vec<f32>>();
        let (left, right) = (numbers(rows * depth), numbers(depth * columns));
        let (left, right) = (view(&left, depth), view(&right, columns));
        assert!(rows * depth * columns > LEAST);
        let mut whole = vec![1.0; rows * columns];
        add(view_mut(&mut whole, columns), 1.0, (left, right));
        for threads in [0, 1, 2, 3, 7] {
            let product = || {
                let mut into = vec![1.0; rows * columns];
                split_columns(threads, add, view_mut(&mut into, columns), (left, right));
                into
            };
            let found = product();
            assert!(found.iter().zip(&whole).all(|(one, other)| (one - other).abs() < 1e-5), "{threads} threads");
            assert_eq!(found, product());
        }
    }
}
