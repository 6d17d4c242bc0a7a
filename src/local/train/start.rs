//! The adapter that a training begins with.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Recipe, TrainError};
use crate::local::adapter::{Adapter, BlockAdapter, LowRank, Target};
use crate::local::weights::{Matrix, Weights};

/// Goes on from `start`, or from nothing: `A` uniform as PEFT begins (Kaiming with a = sqrt 5, which is within
/// `1 / sqrt(inputs)`), `B` zero. Additions that the start has keep their rank and are trained on.
///
/// # Errors
/// [`TrainError::Recipe`] when the start is of another model or multiplies its additions otherwise.
pub(super) fn begin(weights: &Weights, recipe: &Recipe, start: Option<&Adapter>) -> Result<Adapter, TrainError> {
    let scale = recipe.alpha / recipe.rank as f32;
    let mut adapter = match start {
        None => Adapter { scale, blocks: vec![BlockAdapter::default(); weights.blocks.len()] },
        Some(start) => start.clone(),
    };
    if adapter.blocks.len() != weights.blocks.len() {
        return Err(TrainError::Recipe("the adapter to go on from is of another model"));
    }
    if (adapter.scale - scale).abs() > 1e-6 * scale {
        return Err(TrainError::Recipe("the adapter to go on from has another alpha / rank"));
    }
    let mut random = ChaCha8Rng::seed_from_u64(recipe.seed);
    for (index, block) in weights.blocks.iter().enumerate() {
        for (target, slot) in Target::ALL.into_iter().zip(adapter.blocks[index].slots_mut()) {
            let map = target.map(block);
            if let Some(low) = slot {
                if !low.fits(map) {
                    return Err(TrainError::Recipe("the adapter to go on from is of another model"));
                }
            } else if index >= recipe.first_block && recipe.targets.contains(&target) {
                *slot = Some(fresh(map, recipe.rank, &mut random));
            }
        }
    }
    Ok(adapter)
}

fn fresh(map: &Matrix, rank: usize, random: &mut ChaCha8Rng) -> LowRank {
    let bound = 1.0 / (map.cols as f32).sqrt();
    let down = (0..rank * map.cols).map(|_| random.random_range(-bound..=bound)).collect();
    LowRank {
        down: Matrix { rows: rank, cols: map.cols, values: down },
        up: Matrix { rows: map.rows, cols: rank, values: vec![0.0; map.rows * rank] },
    }
}

/// The trained part of an adapter, with every value zero.
pub(super) fn zeros(adapter: &Adapter, first_block: usize) -> Adapter {
    let mut zeros = trained(adapter, first_block);
    zeros.matrices_mut().for_each(|matrix| matrix.values.fill(0.0));
    zeros
}

/// The adapter without what is in frozen blocks.
fn trained(adapter: &Adapter, first_block: usize) -> Adapter {
    let keep = |(index, block): (usize, &BlockAdapter)| {
        if index < first_block { BlockAdapter::default() } else { block.clone() }
    };
    Adapter { scale: adapter.scale, blocks: adapter.blocks.iter().enumerate().map(keep).collect() }
}
