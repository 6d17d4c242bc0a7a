//! The computation of a Llama-family model on packed rows, forward and back.

pub(in crate::local) mod attention;
pub(in crate::local) mod block;
pub(in crate::local) mod columns;
pub(in crate::local) mod head;
pub(in crate::local) mod layout;
pub(in crate::local) mod linear;
pub(in crate::local) mod pass;
pub(in crate::local) mod pointwise;
pub(in crate::local) mod product;

pub use layout::Sequence;
