//! Products with few rows, such as one token each of some sequences, where reading the weights is what takes the time.
//!
//! Rows lie side by side, one to a lane, so that a weight is read once for all of them and from where it lies. Invariant: a
//! row's products do not depend, in any bit, on the rows beside it.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::pointwise::gate_in_place;
use crate::local::weights::Matrix;

/// Rows side by side.
const LANES: usize = 16;
/// Weight rows at a time. They lie far apart: that many streams are what makes memory answer at its full speed.
const STREAMS: usize = 8;

/// Rows that lie side by side, sixteen to a group.
#[derive(Debug, Clone)]
pub(in crate::local) struct Columns {
    rows: usize,
    width: usize,
    /// [groups, width, 16]; 0 beside the last row.
    values: Vec<f32>,
}

impl Columns {
    /// Of rows one after another, [rows, width].
    pub(in crate::local) fn new(rows: &[f32], width: usize) -> Self {
        let count = rows.len() / width;
        let mut values = vec![0.0; count.div_ceil(LANES) * width * LANES];
        for (group, rows) in values.chunks_exact_mut(width * LANES).zip(rows.chunks(width * LANES)) {
            for (lane, row) in rows.chunks_exact(width).enumerate() {
                group[lane..].iter_mut().step_by(LANES).zip(row).for_each(|(into, value)| *into = *value);
            }
        }
        Self { rows: count, width, values }
    }

    /// The rows one after another, each `stride` long and written from `start` on.
    pub(in crate::local) fn write(&self, into: &mut [f32], (stride, start): (usize, usize)) {
        for (group, rows) in self.values.chunks_exact(self.width * LANES).zip(into.chunks_mut(stride * LANES)) {
            // Some values of every row at a time, so that they are read from memory once.
            for (place, values) in (start..).step_by(LANES).zip(group.chunks(LANES * LANES)) {
                for (lane, row) in rows.chunks_exact_mut(stride).enumerate() {
                    let row = &mut row[place..][..values.len() / LANES];
                    row.iter_mut().zip(values[lane..].iter().step_by(LANES)).for_each(|(into, value)| *into = *value);
                }
            }
        }
    }

    /// The rows one after another, [rows, width].
    pub(in crate::local) fn into_rows(self) -> Vec<f32> {
        let mut rows = vec![0.0; self.rows * self.width];
        self.write(&mut rows, (self.width, 0));
        rows
    }

    /// `silu(gate) * up`, on all threads together.
    pub(in crate::local) fn gated(mut gate: Self, up: &Self) -> Self {
        let parts = gate.values.par_chunks_mut(1 << 12).zip(up.values.par_chunks(1 << 12));
        parts.for_each(|(gate, up)| gate_in_place(gate, up));
        gate
    }

    /// Every value times `factor`.
    pub(in crate::local) fn scaled(mut self, factor: f32) -> Self {
        self.values.iter_mut().for_each(|value| *value *= factor);
        self
    }
}

/// The sum of `W x` over pairs of a matrix and rows. Matrices have as many rows each, and columns as their `x` is wide.
pub(in crate::local) type Sum<'a> = Vec<(&'a Matrix, &'a Columns)>;

/// Each sum, on all threads together.
pub(in crate::local) fn products(sums: &[Sum<'_>]) -> Vec<Columns> {
    let mut all: Vec<Columns> = sums.iter().map(|sum| room(sum)).collect();
    let threads = rayon::current_num_threads().max(1);
    for group in 0..all.iter().map(|columns| columns.rows.div_ceil(LANES)).max().unwrap_or(0) {
        let parts = sums.iter().zip(&mut all).flat_map(|(sum, columns)| {
            let (width, share) = (columns.width, columns.width.div_ceil(threads).next_multiple_of(STREAMS));
            let into = &mut columns.values[group * width * LANES..(group + 1) * width * LANES];
            into.chunks_mut(share * LANES).enumerate().map(move |(part, into)| Part {
                sum,
                group,
                first: part * share,
                into,
            })
        });
        let arch = Arch::new();
        parts.collect::<Vec<_>>().into_par_iter().for_each(|part| arch.dispatch(part));
    }
    all
}

fn room(sum: &Sum<'_>) -> Columns {
    let (matrix, x) = sum[0];
    let (width, rows) = (matrix.rows, x.rows);
    Columns { rows, width, values: vec![0.0; rows.div_ceil(LANES) * width * LANES] }
}

/// Some outputs of one group of rows.
struct Part<'a> {
    sum: &'a Sum<'a>,
    group: usize,
    /// First output.
    first: usize,
    /// [outputs, 16].
    into: &'a mut [f32],
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.into.len() / LANES;
        let apart = width / STREAMS;
        for (matrix, x) in self.sum {
            let weight = &matrix.values[self.first * matrix.cols..][..width * matrix.cols];
            let x = &x.values[self.group * x.width * LANES..][..x.width * LANES];
            for index in 0..apart {
                let rows: [usize; STREAMS] = std::array::from_fn(|stream| stream * apart + index);
                add::<S, STREAMS>(simd, (weight, rows), x, self.into);
            }
            (apart * STREAMS..width).for_each(|row| add::<S, 1>(simd, (weight, [row]), x, self.into));
        }
    }
}

/// Adds these rows' products to their outputs.
#[inline(always)]
fn add<S: Simd, const N: usize>(simd: S, (weight, rows): (&[f32], [usize; N]), x: &[f32], into: &mut [f32]) {
    let depth = x.len() / LANES;
    let vectors = LANES / S::F32_LANES;
    let weights: [&[f32]; N] = std::array::from_fn(|n| &weight[rows[n] * depth..][..depth]);
    let x = &S::as_simd_f32s(x).0[..depth * vectors];
    for vector in 0..vectors {
        let mut sums = [simd.splat_f32s(0.0); N];
        for k in 0..depth {
            let x = x[k * vectors + vector];
            for n in 0..N {
                sums[n] = simd.mul_add_f32s(simd.splat_f32s(weights[n][k]), x, sums[n]);
            }
        }
        for (row, sum) in rows.iter().zip(sums) {
            let into = &mut S::as_mut_simd_f32s(&mut into[row * LANES..(row + 1) * LANES]).0[vector];
            *into = simd.add_f32s(*into, sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| (((i * 7919 + seed * 31) % 1009) as f32 / 1009.0) - 0.5).collect()
    }

    #[test]
    fn product_is_the_sum_of_its_terms_whatever_lies_beside_it() {
        // 61 outputs are no multiple of a tile, 19 rows no multiple of a group.
        let (first, second) = (
            Matrix { rows: 61, cols: 37, values: numbers(61 * 37, 1) },
            Matrix { rows: 61, cols: 3, values: numbers(61 * 3, 2) },
        );
        let (x, z) = (numbers(19 * 37, 3), numbers(19 * 3, 4));
        let both = |x: &[f32], z: &[f32]| {
            let (x, z) = (Columns::new(x, 37), Columns::new(z, 3));
            products(&[vec![(&first, &x), (&second, &z)], vec![(&first, &x)]]).into_iter().map(Columns::into_rows)
        };
        let [sum, alone] = both(&x, &z).collect::<Vec<_>>().try_into().expect("there are two");
        for row in 0..19 {
            for output in 0..61 {
                let dot = |matrix: &Matrix, x: &[f32]| -> f64 {
                    let cols = matrix.cols;
                    let pairs = matrix.values[output * cols..][..cols].iter().zip(&x[row * cols..][..cols]);
                    pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
                };
                let at = row * 61 + output;
                assert!((f64::from(alone[at]) - dot(&first, &x)).abs() < 1e-5);
                assert!((f64::from(sum[at]) - dot(&first, &x) - dot(&second, &z)).abs() < 1e-5);
            }
            let one = both(&x[row * 37..][..37], &z[row * 3..][..3]).next();
            assert_eq!(one.as_deref(), Some(&sum[row * 61..][..61]));
        }
    }
}
