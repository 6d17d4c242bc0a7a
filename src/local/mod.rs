//! The `lm` engine: an open-weight language model of the Llama or Qwen2 family, run and fine-tuned on the CPU.
//!
//! Invariant: weights and activations are flat f32 slices, row-major, one row per token or per output; query and key
//! weights are in the layout of `transformers` (rotation by halves), whatever file they came from.
//!
//! ```text
//! fetch -> file: gguf or folder         where the model is, and what kind of file it is in
//! weights, config, tokens               what it holds: numbers, their sizes, a tokenizer with its chat template
//! compute                               products, norms, attention, blocks: forward and back
//! train                                 low-rank additions learned with them;  peft: their files
//! generate -> service -> engine         batches of conversations, answered for the server
//! ```

pub mod adapter;
mod compute;
pub mod config;
pub mod engine;
pub mod fetch;
pub mod file;
pub mod folder;
pub mod generate;
pub mod gguf;
pub mod peft;
mod service;
mod shards;
#[cfg(test)]
mod tiny;
pub mod tokens;
pub mod train;
pub mod weights;

pub use compute::Sequence;
