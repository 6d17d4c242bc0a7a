//! Products with few rows, such as one token each of some sequences, where reading the weights is what takes the time.
//!
//! Rows lie side by side, one to a lane, so that a weight is read once for all of them and from where it lies. Invariant: a
//! row's products do not depend, in any bit, on the rows beside it.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::pointwise::{Norm, gate_in_place, widest};
use crate::local::weights::Matrix;

/// Rows side by side.
const LANES: usize = 16;
/// Terms that are added up one after another; the sums of such runs are added up after that, which rounds less.
const RUN: usize = 64;
/// Values of a row that one thread moves.
const BAND: usize = 4096;

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
            let rows = rows.chunks_exact_mut(stride).map(|row| &mut row[start..][..self.width]);
            separate(group, &mut rows.collect::<Vec<_>>());
        }
    }

    /// The rows one after another, [rows, width], on all threads together where they are long.
    pub(in crate::local) fn into_rows(self) -> Vec<f32> {
        let mut all = vec![0.0; self.rows * self.width];
        let mut bands: Vec<Vec<&mut [f32]>> = Vec::new();
        bands.resize_with(self.width.div_ceil(BAND), Vec::new);
        for row in all.chunks_exact_mut(self.width) {
            bands.iter_mut().zip(row.chunks_mut(BAND)).for_each(|(band, part)| band.push(part));
        }
        bands.par_iter_mut().enumerate().for_each(|(place, rows)| {
            for (group, rows) in self.values.chunks_exact(self.width * LANES).zip(rows.chunks_mut(LANES)) {
                separate(&group[place * BAND * LANES..][..rows[0].len() * LANES], rows);
            }
        });
        all
    }

    /// `silu(gate) * up`, on all threads together.
    pub(in crate::local) fn gated(mut gate: Self, up: &Self) -> Self {
        let parts = gate.values.par_chunks_mut(1 << 12).zip(up.values.par_chunks(1 << 12));
        parts.for_each(|(gate, up)| gate_in_place(gate, up));
        gate
    }

    /// Each row divided by its root mean square and scaled.
    pub(in crate::local) fn normed(&self, norm: &Norm<'_>) -> Self {
        let mut normed = self.clone();
        let (norm, values) = (*norm, &mut normed.values[..]);
        widest!(|norm: Norm<'a>, values: &'a mut [f32]| {
            let width = norm.scale.len();
            for group in values.as_chunks_mut::<LANES>().0.chunks_exact_mut(width) {
                let mut lanes = [0.0f32; LANES];
                for values in &*group {
                    (0..LANES).for_each(|lane| lanes[lane] += values[lane] * values[lane]);
                }
                let inverse = lanes.map(|sum| norm.inverse(sum));
                for (values, scale) in group.iter_mut().zip(norm.scale) {
                    (0..LANES).for_each(|lane| values[lane] = scale * (values[lane] * inverse[lane]));
                }
            }
        });
        normed
    }

    /// Adds other rows to these.
    pub(in crate::local) fn add(&mut self, other: &Self) {
        self.values.iter_mut().zip(&other.values).for_each(|(into, value)| *into += value);
    }

    /// Every value times `factor`.
    pub(in crate::local) fn scaled(mut self, factor: f32) -> Self {
        self.values.iter_mut().for_each(|value| *value *= factor);
        self
    }
}

/// Writes rows that lie side by side, [width, 16], to where each of them is to be.
fn separate(values: &[f32], rows: &mut [&mut [f32]]) {
    // Some values of every row at a time, so that they are read from memory once.
    for (part, values) in values.chunks(LANES * LANES).enumerate() {
        for (lane, row) in rows.iter_mut().enumerate() {
            let row = &mut row[part * LANES..][..values.len() / LANES];
            row.iter_mut().zip(values[lane..].iter().step_by(LANES)).for_each(|(into, value)| *into = *value);
        }
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
            let (width, share) = (columns.width, columns.width.div_ceil(threads));
            let into = &mut columns.values[group * width * LANES..(group + 1) * width * LANES];
            into.chunks_mut(share * LANES).enumerate().map(move |(place, into)| Part {
                sum,
                group,
                place,
                first: place * share,
                into,
            })
        });
        let mut parts: Vec<Part<'_>> = parts.collect();
        // A thread's share of every sum together, so that sharing the list out shares the work out.
        parts.sort_by_key(|part| part.place);
        let arch = Arch::new();
        parts.into_par_iter().for_each(|part| arch.dispatch(part));
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
    /// Which one of its sum's parts.
    place: usize,
    /// First output.
    first: usize,
    /// [outputs, 16].
    into: &'a mut [f32],
}

impl WithSimd for Part<'_> {
    type Output = ();

    /// As many sums at a time as the processor has registers for.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            // 12 sums, 2 vectors of rows and a weight, of 16 registers.
            8 => self.run::<S, 6, 2>(simd),
            _ => self.run::<S, 8, 1>(simd),
        }
    }
}

impl Part<'_> {
    /// Takes weight rows `N` at a time, which lie far apart: that many streams are what makes memory answer at its full
    /// speed.
    #[inline(always)]
    fn run<S: Simd, const N: usize, const V: usize>(self, simd: S) {
        let width = self.into.len() / LANES;
        let apart = width / N;
        for (matrix, x) in self.sum {
            let weight = &matrix.values[self.first * matrix.cols..][..width * matrix.cols];
            let x = &x.values[self.group * x.width * LANES..][..x.width * LANES];
            for index in 0..apart {
                let rows: [usize; N] = std::array::from_fn(|stream| stream * apart + index);
                accumulate::<S, N, V>(simd, (weight, rows), x, self.into);
            }
            (apart * N..width).for_each(|row| accumulate::<S, 1, V>(simd, (weight, [row]), x, self.into));
        }
    }
}

/// Adds these rows' products to their outputs, `V` vectors at a time.
#[inline(always)]
fn accumulate<S: Simd, const N: usize, const V: usize>(
    simd: S,
    (weight, rows): (&[f32], [usize; N]),
    x: &[f32],
    into: &mut [f32],
) {
    let depth = x.len() / LANES;
    let vectors = LANES / S::F32_LANES;
    let weights: [&[f32]; N] = std::array::from_fn(|n| &weight[rows[n] * depth..][..depth]);
    let x = S::as_simd_f32s(x).0;
    for first in (0..vectors).step_by(V) {
        let sums = weighted_sums::<S, N, V>(simd, weights, (&x[first..], vectors));
        for (row, sums) in rows.iter().zip(sums) {
            let into = &mut S::as_mut_simd_f32s(&mut into[row * LANES..(row + 1) * LANES]).0[first..first + V];
            for (into, sum) in into.iter_mut().zip(sums) {
                *into = simd.add_f32s(*into, sum);
            }
        }
    }
}

/// For each of `N` rows of weights, the sum of weight times the first `V` vectors of its row of `x`; the rows of `x` are
/// `stride` vectors apart.
#[inline(always)]
pub(in crate::local) fn weighted_sums<S: Simd, const N: usize, const V: usize>(
    simd: S,
    weights: [&[f32]; N],
    (x, stride): (&[S::f32s], usize),
) -> [[S::f32s; V]; N] {
    let mut totals = [[simd.splat_f32s(0.0); V]; N];
    let depth = weights[0].len();
    for start in (0..depth).step_by(RUN) {
        let mut sums = [[simd.splat_f32s(0.0); V]; N];
        for k in start..depth.min(start + RUN) {
            let x: [S::f32s; V] = std::array::from_fn(|v| x[k * stride + v]);
            for n in 0..N {
                let weight = simd.splat_f32s(weights[n][k]);
                for v in 0..V {
                    sums[n][v] = simd.mul_add_f32s(weight, x[v], sums[n][v]);
                }
            }
        }
        for (totals, sums) in totals.iter_mut().zip(sums) {
            totals.iter_mut().zip(sums).for_each(|(total, sum)| *total = simd.add_f32s(*total, sum));
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| (((i * 7919 + seed * 31) % 1009) as f32 / 1009.0) - 0.5).collect()
    }

    #[test]
    fn rows_come_back_as_they_went_in_however_wide() {
        for (rows, width) in [(1, 1), (16, 17), (19, 2 * BAND + 3)] {
            let values = numbers(rows * width, 5);
            assert!(Columns::new(&values, width).into_rows() == values, "{rows} rows of {width}");
        }
    }

    #[test]
    fn norm_is_that_of_each_row() {
        let (scale, values) = (numbers(37, 6), numbers(19 * 37, 7));
        let norm = Norm { scale: &scale, epsilon: 1e-5 };
        let normed = Columns::new(&values, 37).normed(&norm).into_rows();
        let gaps = normed.iter().zip(norm.forward(&values)).map(|(one, other)| (one - other).abs());
        assert!(gaps.fold(0.0, f32::max) < 1e-6);
        let alone = Columns::new(&values[18 * 37..], 37).normed(&norm).into_rows();
        assert_eq!(alone, normed[18 * 37..]);
    }

    #[test]
    fn product_is_the_sum_of_its_terms_whatever_lies_beside_it() {
        // 61 outputs are no multiple of a tile, 19 rows no multiple of a group.
        let (first, second) = (
            Matrix { rows: 61, cols: 137, values: numbers(61 * 137, 1) },
            Matrix { rows: 61, cols: 3, values: numbers(61 * 3, 2) },
        );
        let (x, z) = (numbers(19 * 137, 3), numbers(19 * 3, 4));
        let both = |x: &[f32], z: &[f32]| {
            let (x, z) = (Columns::new(x, 137), Columns::new(z, 3));
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
            let one = both(&x[row * 137..][..137], &z[row * 3..][..3]).next();
            assert_eq!(one.as_deref(), Some(&sum[row * 61..][..61]));
        }
    }
}
