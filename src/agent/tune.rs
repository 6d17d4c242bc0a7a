//! Fine-tuning the agent: estimates its preference and noise from example answers.
//!
//! Invariant: only examples that were read, question and answer, have any influence; the others are counted.

use thiserror::Error;

use super::Agent;
use crate::decision::{Decision, Problem, read};
use crate::estimate::{Fit, FitError, Step, fit};

/// Fewest examples that must be readable.
pub const LEAST_READABLE: usize = 10;
/// Most characters of an unreadable question that an error shows.
const SHOWN: usize = 80;

/// A tuned agent and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The agent with the estimated parameters.
    pub agent: Agent,
    /// The estimate.
    pub fit: Fit,
    /// Examples whose question or answer could not be read.
    pub unreadable: usize,
}

/// Why an agent could not be tuned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TuneError {
    /// Fewer than [`LEAST_READABLE`] examples could be read.
    #[error("only {readable} of {total} examples could be read as decisions, and {LEAST_READABLE} are needed{}", shown(.first_unreadable.as_deref()))]
    TooFew {
        /// Examples that could be read.
        readable: usize,
        /// All examples.
        total: usize,
        /// Start of the question of the first example that could not be read.
        first_unreadable: Option<String>,
    },
    /// The estimate failed.
    #[error(transparent)]
    Fit(#[from] FitError),
}

fn shown(question: Option<&str>) -> String {
    question.map_or_else(String::new, |question| format!("; the first that could not: \"{question}\""))
}

/// Tunes an agent on (question, answer) pairs, calling `progress` after each step of the estimate.
///
/// # Errors
/// If fewer than [`LEAST_READABLE`] pairs can be read, or they determine no estimate.
pub fn tune(examples: &[(String, String)], progress: &mut dyn FnMut(Step)) -> Result<Tuned, TuneError> {
    let mut decisions = Vec::new();
    let mut first_unreadable = None;
    for (question, answer) in examples {
        match read_example(question, answer) {
            Some(example) => decisions.push(example),
            None => first_unreadable = first_unreadable.or_else(|| Some(truncated(question))),
        }
    }
    let (readable, total) = (decisions.len(), examples.len());
    if readable < LEAST_READABLE {
        return Err(TuneError::TooFew { readable, total, first_unreadable });
    }
    let fit = fit(&decisions, progress)?;
    Ok(Tuned { agent: Agent { parameters: fit.parameters }, fit, unreadable: total - readable })
}

fn read_example(question: &str, answer: &str) -> Option<(Problem, Decision)> {
    let problem = read::problem(question)?;
    let decision = read::decision(&problem, answer)?;
    Some((problem, decision))
}

/// One line of at most [`SHOWN`] characters.
fn truncated(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN {
        return line;
    }
    line.chars().take(SHOWN - 3).chain("...".chars()).collect()
}
