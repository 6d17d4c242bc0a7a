//! Files: rows read with the place of every fault, whole files replaced atomically, and the journal of completed calls.
//!
//! Invariant: a file that this module writes is complete or absent, and an answer in the journal outlives the process.

mod call;
mod charges;
mod env_file;
mod index;
mod journal;
mod manifest;
mod questions;
mod replace;
mod rows;
mod scan;

pub use call::{Call, Slot, line};
pub use charges::each_charge;
pub use env_file::set_variables;
pub use journal::Journal;
pub use manifest::{Manifest, recorded_spending, sha256_file};
pub use questions::read_questions;
pub use replace::{Replacement, finish, replace};
pub use rows::{Faults, ReadError, read_lines, read_rows, read_spaced_rows};
