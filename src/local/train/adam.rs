//! AdamW (Loshchilov and Hutter 2019), as PyTorch computes it, with the gradient's length limited.

use rayon::prelude::*;

use crate::local::adapter::Adapter;
use crate::local::compute::pointwise::{sum, widest};

const FIRST: f64 = 0.9;
/// A training has a few hundred steps, and the first gradients, from which the form of answers is learned, are far longer
/// than those that follow: with the usual 0.999 they would keep the later steps short to the end.
const SECOND: f64 = 0.98;
const EPSILON: f32 = 1e-8;

/// Moving averages of the gradient and of its square, value by value in the order of [`Adapter::matrices`].
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Moments {
    pub(super) first: Vec<f32>,
    pub(super) second: Vec<f32>,
}

/// One update.
pub(super) struct Update {
    pub(super) learning_rate: f64,
    pub(super) weight_decay: f64,
    /// Steps done before.
    pub(super) step: u64,
    /// Factor on the gradient.
    pub(super) factor: f64,
}

/// Length of a gradient, in double precision.
pub(super) fn length(gradient: &Adapter) -> f64 {
    let squares = gradient.matrices().map(|matrix| {
        let square = |row: &[f32]| widest!(|row: &'a [f32]| -> f32 { sum([row, row], |[a, b]| a * b) });
        matrix.values.chunks(4096).map(|row| f64::from(square(row))).sum::<f64>()
    });
    squares.sum::<f64>().sqrt()
}

impl Moments {
    pub(super) fn new(values: usize) -> Self {
        Self { first: vec![0.0; values], second: vec![0.0; values] }
    }

    /// Moves the matrices of an adapter's blocks from one on.
    pub(super) fn update(&mut self, moved: (&mut Adapter, usize), gradient: &Adapter, update: &Update) {
        let count = i32::try_from(update.step + 1).unwrap_or(i32::MAX);
        let rate = (update.learning_rate / (1.0 - FIRST.powi(count))) as f32;
        let correction = (1.0 / (1.0 - SECOND.powi(count)).sqrt()) as f32;
        let keep = (1.0 - update.learning_rate * update.weight_decay) as f32;
        let (factor, first, second) = (update.factor as f32, FIRST as f32, SECOND as f32);
        let (adapter, first_block) = moved;
        let (mut averages, mut squares) = (&mut self.first[..], &mut self.second[..]);
        let parts = adapter.matrices_mut_from(first_block).zip(gradient.matrices()).map(|(matrix, gradient)| {
            let average = averages.split_off_mut(..matrix.values.len()).expect("there is an average for every value");
            let square = squares.split_off_mut(..matrix.values.len()).expect("there is a square for every value");
            (&mut matrix.values[..], &gradient.values[..], average, square)
        });
        let parts: Vec<_> = parts.collect();
        parts.into_par_iter().for_each(|(values, slopes, averages, squares)| {
            widest!(|values: &'a mut [f32],
                     slopes: &'a [f32],
                     averages: &'a mut [f32],
                     squares: &'a mut [f32],
                     factor: f32,
                     keep: f32,
                     rate: f32,
                     correction: f32,
                     first: f32,
                     second: f32| {
                let moments = averages.iter_mut().zip(squares);
                for ((value, slope), (average, square)) in values.iter_mut().zip(slopes).zip(moments) {
                    let slope = slope * factor;
                    *average = first * *average + (1.0 - first) * slope;
                    *square = second * *square + (1.0 - second) * slope * slope;
                    *value = keep * *value - rate * *average / (square.sqrt() * correction + EPSILON);
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::adapter::{BlockAdapter, LowRank};
    use crate::local::weights::Matrix;

    fn single(value: f32) -> Adapter {
        let matrix = |value| Matrix { rows: 1, cols: 1, values: vec![value] };
        let low = LowRank { down: matrix(value), up: matrix(0.0) };
        Adapter { scale: 1.0, blocks: vec![BlockAdapter { query: Some(low), ..BlockAdapter::default() }] }
    }

    #[test]
    fn agrees_with_pytorch() {
        // torch.optim.AdamW([1.0], lr=0.1, weight_decay=0.01, betas=(0.9, 0.98)) with gradients 0.5, -0.2 and 3.0 (torch 2.15.0, float32).
        let mut adapter = single(1.0);
        let mut moments = Moments::new(2);
        let mut seen = Vec::new();
        for (step, slope) in [0.5, -0.2, 3.0].into_iter().enumerate() {
            let update = Update { learning_rate: 0.1, weight_decay: 0.01, step: step as u64, factor: 1.0 };
            moments.update((&mut adapter, 0), &single(slope), &update);
            seen.push(adapter.matrices().next().expect("there is one").values[0]);
        }
        let expected = [0.899, 0.8634196, 0.7955668];
        for (seen, expected) in seen.iter().zip(expected) {
            assert!((seen - expected).abs() < 3e-6, "{seen} for {expected}");
        }
    }

    #[test]
    fn length_is_euclidean() {
        assert!((length(&single(-3.0)) - 3.0).abs() < 1e-12);
    }
}
