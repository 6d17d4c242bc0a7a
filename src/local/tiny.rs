//! A random model of a few thousand values, for tests.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::adapter::{Adapter, BlockAdapter, LowRank, Target};
use super::config::Config;
use super::weights::{Block, Matrix, Weights};

/// Three blocks, four query heads and two key heads.
pub(super) fn weights() -> Weights {
    let config = Config {
        hidden: 16,
        intermediate: 24,
        layers: 3,
        heads: 4,
        kv_heads: 2,
        head_dim: 4,
        vocabulary: 40,
        context: 64,
        norm_epsilon: 1e-5,
        rope_theta: 10_000.0,
    };
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut matrix = |rows: usize, cols: usize| {
        let bound = 1.5 / (cols as f32).sqrt();
        Matrix { rows, cols, values: (0..rows * cols).map(|_| random.random_range(-bound..bound)).collect() }
    };
    let mut block = || Block {
        attention_norm: vec![1.0; 16],
        query: matrix(16, 16),
        key: matrix(8, 16),
        value: matrix(8, 16),
        bias: None,
        output: matrix(16, 16),
        feed_norm: vec![1.0; 16],
        gate: matrix(24, 16),
        up: matrix(24, 16),
        down: matrix(16, 24),
    };
    let blocks = (0..3).map(|_| block()).collect();
    let embedding = matrix(40, 16);
    Weights { config, embedding, blocks, norm: vec![1.0; 16], head: None }
}

/// Additions of rank 2 to every map of every block; with `Bs` zero, or random.
pub(super) fn adapter(weights: &Weights, is_zero: bool) -> Adapter {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let mut blocks = vec![BlockAdapter::default(); weights.blocks.len()];
    for (adapter, block) in blocks.iter_mut().zip(&weights.blocks) {
        let maps = [&block.query, &block.key, &block.value, &block.output, &block.gate, &block.up, &block.down];
        for ((_, slot), map) in Target::ALL.into_iter().zip(adapter.slots_mut()).zip(maps) {
            let mut values = |count: usize, size: f32| (0..count).map(|_| random.random_range(-size..size)).collect();
            let down = Matrix { rows: 2, cols: map.cols, values: values(2 * map.cols, 0.5) };
            let up = if is_zero { vec![0.0; 2 * map.rows] } else { values(2 * map.rows, 0.5) };
            *slot = Some(LowRank { down, up: Matrix { rows: map.rows, cols: 2, values: up } });
        }
    }
    Adapter { scale: 2.0, blocks }
}
