//! The oracle: the exact answer to a question, in words.

use sha2::{Digest, Sha256};

use super::optimum::optimum;
use super::{Problem, phrase, read};

/// What someone with CRRA coefficient `gamma` answers to `question`, in one of the answer phrasings (always the same one
/// for the same question); none when the question's wealth, probabilities and payoffs cannot be read.
#[must_use]
pub fn answer(question: &str, gamma: f64) -> Option<String> {
    let asked = read::question(question)?;
    let decision = optimum(&asked.problem, gamma).decision().rounded(&asked.problem);
    Some(asked.answer(&decision, chosen(question, asked.answers())))
}

/// As [`answer`], to a text of which the valid `problem` is known, in dollars and with options A, B ...
#[must_use]
pub fn answer_to(problem: &Problem, question: &str, gamma: f64) -> String {
    let decision = optimum(problem, gamma).decision().rounded(problem);
    phrase::answer(problem, &decision, chosen(question, phrase::answer_phrasings(problem)))
}

/// One of so many phrasings, the same for the same question.
fn chosen(question: &str, phrasings: usize) -> usize {
    usize::from(Sha256::digest(question)[0]) % phrasings
}
