//! The oracle: the exact answer to a question, in words.

use sha2::{Digest, Sha256};

use super::optimum::optimum;
use super::read;

/// What someone with CRRA coefficient `gamma` answers to `question`, in one of the answer phrasings (always the same one
/// for the same question); none when the question's wealth, probabilities and payoffs cannot be read.
#[must_use]
pub fn answer(question: &str, gamma: f64) -> Option<String> {
    let asked = read::question(question)?;
    let decision = optimum(&asked.problem, gamma).decision().rounded(&asked.problem);
    Some(asked.answer(&decision, usize::from(Sha256::digest(question)[0]) % asked.answers()))
}
