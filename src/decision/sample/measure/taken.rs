//! Numbers and phrasings that a measurement set keeps away from.

use std::collections::BTreeSet;

use super::super::super::phrase::form::{Form, problem};
use super::super::super::phrase::{Sentence, sentences};
use super::super::super::problem::{Lottery, Problem, Return};
use super::super::super::read;
use super::super::super::template::normalise;

/// What other questions use already: wealths, probabilities and phrasings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Wealths and probabilities as keys: a letter and nine digits.
    numbers: BTreeSet<String>,
    /// Forms and places in their lists of sentences.
    phrasings: BTreeSet<(usize, usize)>,
}

impl Taken {
    /// What these questions use. Texts that cannot be read take nothing; see [`read::question`].
    pub fn from_questions<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut taken = Self::default();
        for text in texts {
            let Some(question) = read::question(text) else {
                continue;
            };
            let text = normalise(text);
            let asks = |sentence: &Sentence| {
                let slots = sentence.read(&text);
                slots.and_then(|slots| problem(sentence.form, &slots)).as_ref() == Some(&question.problem)
            };
            let form = Form::of(&question.problem);
            let known = (0..).zip(sentences(&question.problem)).filter(|(_, sentence)| asks(sentence));
            taken.phrasings.extend(known.map(|(index, _)| (form as usize, index)));
            taken.numbers.insert(key('w', question.problem.wealth()));
            taken.numbers.extend(probabilities(&question.problem).into_iter().map(|p| key('p', p)));
        }
        taken
    }

    /// Whether a sentence, by its form and its place among the sentences of the form, is taken.
    pub(super) fn has_phrasing(&self, form: Form, index: usize) -> bool {
        self.phrasings.contains(&(form as usize, index))
    }

    /// Whether the wealth of a problem is taken.
    pub(super) fn has_wealth(&self, problem: &Problem) -> bool {
        self.numbers.contains(&key('w', problem.wealth()))
    }

    /// Whether a probability below 1 of a problem is taken.
    pub(super) fn has_probability(&self, problem: &Problem) -> bool {
        probabilities(problem).into_iter().any(|p| self.numbers.contains(&key('p', p)))
    }
}

/// A number to nine digits, with what it is.
fn key(kind: char, number: f64) -> String {
    format!("{kind}{number:.8e}")
}

/// Every probability below 1 that a problem states.
pub(super) fn probabilities(problem: &Problem) -> Vec<f64> {
    let of_lottery = |lottery: &Lottery| lottery.outcomes.iter().map(|o| o.probability).collect::<Vec<_>>();
    let of_returns = |returns: &[Return]| returns.iter().map(|r| r.probability).collect::<Vec<_>>();
    let all = match problem {
        Problem::Choice(choice) => choice.options.iter().flat_map(of_lottery).collect(),
        Problem::Stake(stake) => of_returns(&stake.returns),
        Problem::Portfolio(portfolio) => of_returns(&portfolio.returns),
        Problem::Coverage(coverage) => vec![coverage.probability],
        Problem::Price(price) => of_lottery(&price.lottery),
        Problem::Lognormal(_) => Vec::new(),
    };
    all.into_iter().filter(|&p| p < 1.0).collect()
}
