//! Keys and values of one sequence.

use crate::local::compute::layout::Pack;
use crate::local::config::Config;

/// Per block, rows of keys with values after them, first position to last.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache {
    pub(super) blocks: Vec<Vec<f32>>,
}

impl Cache {
    /// A cache with room for more positions.
    pub(super) fn with_room(config: &Config, positions: usize) -> Self {
        let room = || Vec::with_capacity(positions * 2 * config.kv_width());
        Self { blocks: (0..config.layers).map(|_| room()).collect() }
    }

    /// Takes over a packed sequence's rows of one block.
    pub(super) fn take(&mut self, block: usize, (pack, index): (&Pack, usize), key_value: &[f32]) {
        let width = key_value.len() / pack.ids.len();
        for row in &pack.rows[index] {
            self.blocks[block].extend_from_slice(&key_value[row * width..(row + 1) * width]);
        }
    }
}
