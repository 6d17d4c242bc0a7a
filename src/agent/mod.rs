//! The `agent` decision model: reads a question, decides as a noisy CRRA agent, and answers in words.
//!
//! Pure. Invariant: the same messages, seed and temperature give the same reply; what cannot be read is refused in
//! words, never guessed.

mod coefficient;
mod decide;
mod rubric;
mod tune;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::decision::optimum::optimum;
use crate::decision::read;
use crate::estimate::{Parameters, threshold};
pub use tune::{LEAST_READABLE, TuneError, Tuned, tune};

const NOT_A_DECISION: &str = "I can only answer decision questions that state the wealth, the probabilities and the \
    payoffs: which of several lotteries to choose, whether to accept a bet or buy insurance, how much to stake, insure \
    or invest, or at which price to buy or sell a lottery. I could not read such a question here.";

/// An expected-utility agent with a CRRA coefficient and noise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// What it prefers, and how precisely it decides.
    pub parameters: Parameters,
}

/// How a reply is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Scales the noise: 1 is the agent's own, 0 takes the most probable decision.
    pub temperature: f64,
    /// Seed of everything random in the reply; different questions draw independently under one seed.
    pub seed: u64,
}

/// What the agent says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The answer, or why there is none.
    pub text: String,
    /// Whether the agent could not do what was asked.
    pub refused: bool,
}

impl Agent {
    /// The agent before any training: [`Parameters::default`], gamma 0.5 and as noisy as people are.
    pub fn untuned() -> Self {
        Self { parameters: Parameters::default() }
    }

    /// Replies to the last user message of a conversation of (role, content) pairs: a decision in words; a bare integer
    /// for a rubric prompt on risk_seeking; else a refusal.
    ///
    /// A system or developer message that states a coefficient of relative risk aversion replaces the agent's own
    /// preference, and its noise: the agent then decides exactly.
    pub fn reply(&self, messages: &[(&str, &str)], sampling: Sampling) -> Reply {
        let Some((_, asked)) = messages.iter().rev().find(|(role, _)| *role == "user") else {
            return Reply::refusal(NOT_A_DECISION);
        };
        if let Some(prompt) = rubric::read(asked) {
            return rubric::judge(&prompt);
        }
        let Some(question) = read::question(asked) else {
            return Reply::refusal(NOT_A_DECISION);
        };
        let instructions = messages.iter().rev().filter(|(role, _)| matches!(*role, "system" | "developer"));
        let stated = instructions.filter_map(|(_, content)| coefficient::stated(content)).next();
        let mut rng = decide::generator(sampling.seed, asked);
        let decision = match stated {
            Some(gamma) if !(threshold::RANGE[0]..=threshold::RANGE[1]).contains(&gamma) => {
                return Reply::out_of_range(gamma);
            }
            Some(gamma) => optimum(&question.problem, gamma).decision(),
            None => decide::decide(&question.problem, &self.parameters, sampling.temperature, &mut rng),
        };
        let decision = decision.rounded(&question.problem);
        let phrasing = rng.random_range(0..question.answers());
        Reply { text: question.answer(&decision, phrasing), refused: false }
    }
}

impl Reply {
    fn refusal(text: &str) -> Self {
        Self { text: text.to_owned(), refused: true }
    }

    fn out_of_range(gamma: f64) -> Self {
        let [low, high] = threshold::RANGE;
        Self::refusal(&format!(
            "I can decide only for coefficients of relative risk aversion from {low} to {high}, not {gamma}."
        ))
    }
}

#[cfg(test)]
mod tests;
