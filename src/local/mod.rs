//! The `lm` engine: an open-weight language model of the Llama family, run and fine-tuned on the CPU.
//!
//! Invariant: weights and activations are flat f32 slices, row-major, one row per token or per output; query and key
//! weights are in the layout of `transformers` (rotation by halves), whatever file they came from.

pub mod config;
pub mod weights;
