//! Problems and decisions in plain English.
//!
//! Questions and answers are templates (one line of data for each phrasing), so that the reader knows exactly what the
//! writer can say. Phrasings are split once and for all: [`Group::HeldOut`] ones never occur in training questions.

mod answer;
mod choice;
pub(super) mod form;
mod sentence;
mod stake;

use std::ops::Range;
use std::sync::LazyLock;

use super::problem::{Decision, Problem};
use super::template::list::Labels;
use super::template::{Reader, Template, Values};
pub(super) use answer::lead;
pub use answer::{answer, answer_phrasings};
use form::Form;
pub use sentence::{Group, Sentence, Topic};

/// A question sentence, parsed.
pub(super) struct Phrasing {
    pub(super) form: Form,
    pub(super) reader: Reader,
    template: Template,
}

static PHRASINGS: LazyLock<Vec<Phrasing>> = LazyLock::new(|| {
    let phrasing = |form, sentence: &Sentence| {
        let template = Template::new(sentence.text);
        Phrasing { form, reader: Reader::new(&template), template }
    };
    Form::ALL.into_iter().flat_map(|form| sentences_of(form).iter().map(move |s| phrasing(form, s))).collect()
});

/// All question phrasings, by form.
pub(super) fn phrasings() -> &'static [Phrasing] {
    &PHRASINGS
}

fn sentences_of(form: Form) -> &'static [Sentence] {
    match form {
        Form::Menu => choice::MENU,
        Form::Offer => choice::OFFER,
        Form::Insurance => choice::INSURANCE,
        Form::Bet => stake::BET,
        Form::Returns => stake::RETURNS,
    }
}

/// The sentences in which this problem can be put; their indices are the phrasings of [`question`].
pub fn sentences(problem: &Problem) -> &'static [Sentence] {
    sentences_of(Form::of(problem))
}

/// In how many phrasings [`question`] can put this problem.
pub fn question_phrasings(problem: &Problem) -> usize {
    sentences(problem).len()
}

fn phrasing(problem: &Problem, phrasing: usize) -> &'static Phrasing {
    let form = Form::of(problem);
    let of_form: Vec<&Phrasing> = PHRASINGS.iter().filter(|p| p.form == form).collect();
    of_form[phrasing % of_form.len()]
}

/// A valid problem as a question. `phrasing` counts from 0 and is taken modulo [`question_phrasings`].
pub fn question(problem: &Problem, phrasing: usize) -> String {
    let template = &self::phrasing(problem, phrasing).template;
    template.render(&form::values(problem)).expect("a phrasing uses the slots of its form only")
}

/// The answer phrasings that name options as this question phrasing labels them.
pub fn fitting_answers(problem: &Problem, phrasing: usize) -> Range<usize> {
    answers_labelled(problem, self::phrasing(problem, phrasing).template.labels())
}

pub(super) fn answers_labelled(problem: &Problem, labels: Option<Labels>) -> Range<usize> {
    let all = answer_phrasings(problem);
    match labels {
        None => 0..all,
        Some(Labels::Letters) => 0..all / 2,
        Some(Labels::Numbers) => all / 2..all,
    }
}

#[cfg(test)]
pub(super) fn all_texts() -> Vec<&'static str> {
    Form::ALL.into_iter().flat_map(sentences_of).map(|sentence| sentence.text).collect()
}

/// A question's problem again, from the slots that were read.
pub(super) fn problem_of(form: Form, values: &Values) -> Option<Problem> {
    form::problem(form, values)
}

/// Whether a decision belongs to this problem: an option that exists, or a stake from nothing to the cap.
pub(super) fn belongs(problem: &Problem, decision: &Decision) -> bool {
    match (problem, decision) {
        (Problem::Choice(choice), Decision::Option(index)) => *index < choice.options.len(),
        (Problem::Stake(stake), Decision::Amount(amount)) => (0.0..=stake.cap).contains(amount),
        _ => false,
    }
}
