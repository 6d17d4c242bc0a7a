//! Problems and decisions in plain English.
//!
//! Questions and answers are templates (one line of data for each phrasing), so that the reader knows exactly what the
//! writer can say. Phrasings are split once and for all: [`Group::HeldOut`] ones never occur in training questions.

mod answer;
mod asset;
mod brief;
mod choice;
mod coverage;
mod domain;
pub(super) mod form;
mod menu;
mod price;
mod sentence;
mod stake;
mod units;

use std::sync::LazyLock;

use super::problem::Problem;
pub use super::template::Unit;
pub use super::template::list::Labels;
pub(super) use answer::lead;
pub use answer::{answer, answer_in, answer_phrasings};
pub use domain::Domain;
use form::Form;
use sentence::Row;
pub use sentence::{Group, Sentence, Terms};

static SENTENCES: LazyLock<Vec<Vec<Sentence>>> = LazyLock::new(|| {
    let of_form = |form| rows(form).map(|row| Sentence::new(form, row)).collect();
    Form::ALL.into_iter().map(of_form).collect()
});

fn rows(form: Form) -> impl Iterator<Item = &'static Row> {
    let rows = match form {
        Form::Menu => menu::MENU,
        Form::Offer => choice::OFFER,
        Form::Insurance => choice::INSURANCE,
        Form::Bet => stake::BET,
        Form::Returns => stake::RETURNS,
        Form::Units => units::UNITS,
        Form::Margin => units::MARGIN,
        Form::Coverage => coverage::COVERAGE,
        Form::Portfolio => asset::PORTFOLIO,
        Form::Lognormal => asset::LOGNORMAL,
        Form::Sell => price::SELL,
        Form::Buy => price::BUY,
        Form::Even => brief::EVEN,
    };
    rows.iter()
}

/// All question phrasings, by form.
pub(super) fn all_sentences() -> impl Iterator<Item = &'static Sentence> {
    SENTENCES.iter().flatten()
}

/// The sentences in which this problem can be put; their indices are the phrasings of [`question`].
pub fn sentences(problem: &Problem) -> &'static [Sentence] {
    &SENTENCES[Form::of(problem) as usize]
}

/// In how many phrasings [`question`] can put this problem.
pub fn question_phrasings(problem: &Problem) -> usize {
    sentences(problem).len()
}

/// A valid problem as a question. `phrasing` counts from 0 and is taken modulo [`question_phrasings`].
pub fn question(problem: &Problem, phrasing: usize) -> String {
    let sentences = sentences(problem);
    let sentence = &sentences[phrasing % sentences.len()];
    sentence.render(&form::values(problem)).expect("a phrasing uses the slots of its form only")
}

#[cfg(test)]
pub(super) fn all_texts() -> impl Iterator<Item = (Unit, bool, &'static str)> {
    Form::ALL.into_iter().flat_map(|form| rows(form).map(move |row| (row.unit, form == Form::Even, row.text)))
}
