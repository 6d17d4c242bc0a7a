//! Decisions in plain first-person words: the decision first, then the amounts that it leads to.
//!
//! Invariant: the first sentence states the decision exactly; the amounts after it are rounded to two decimals.

mod ends;
mod wording;

use std::sync::LazyLock;

use super::super::problem::{Choice, Coverage, Decision, Frame, Problem, Side, Stake};
use super::super::template::{Template, Unit, Values};
use super::Terms;
use wording::{Answer, COVERAGE, INSURANCE, LOGNORMAL, MENU, OFFER, PORTFOLIO, PRICE, STAKE, UNITS};

type Parsed = Vec<(Template, Template)>;

/// All answers in one unit of account.
struct Wordings {
    menu: Parsed,
    offer: [Parsed; 2],
    insurance: [Parsed; 2],
    stake: [Parsed; 4],
    units: [Parsed; 2],
    coverage: [Parsed; 3],
    portfolio: [Parsed; 4],
    lognormal: [Parsed; 4],
    price: [Parsed; 2],
}

static WORDINGS: LazyLock<[Wordings; 4]> = LazyLock::new(|| Unit::ALL.map(Wordings::new));

impl Wordings {
    fn new(unit: Unit) -> Self {
        let template = |text: &str| Template::counted(text, unit);
        let parsed = |answers: &[Answer]| {
            answers.iter().map(|(lead, rest)| (template(lead), template(rest))).collect::<Vec<_>>()
        };
        Self {
            menu: parsed(MENU),
            offer: OFFER.map(parsed),
            insurance: INSURANCE.map(parsed),
            stake: STAKE.map(parsed),
            units: UNITS.map(parsed),
            coverage: COVERAGE.map(parsed),
            portfolio: PORTFOLIO.map(parsed),
            lognormal: LOGNORMAL.map(parsed),
            price: PRICE.map(parsed),
        }
    }

    /// The wordings of one decision.
    fn of(&self, problem: &Problem, decision: &Decision) -> &Parsed {
        match (problem, decision) {
            (Problem::Choice(choice), Decision::Option(option)) => match choice.frame {
                Frame::Menu => &self.menu,
                Frame::Offer => &self.offer[*option],
                Frame::Insurance => &self.insurance[*option],
            },
            (Problem::Stake(Stake { unit: Some(_), .. }), Decision::Amount(amount)) => {
                &self.units[usize::from(*amount != 0.0)]
            }
            (Problem::Stake(stake), Decision::Amount(amount)) => &self.stake[size(*amount, stake.wealth)],
            (Problem::Coverage(cover), Decision::Amount(amount)) => &self.coverage[size(*amount, cover.loss)],
            (Problem::Portfolio(asset), Decision::Amount(amount)) => &self.portfolio[size(*amount, asset.wealth)],
            (Problem::Lognormal(asset), Decision::Amount(amount)) => &self.lognormal[size(*amount, asset.wealth)],
            (Problem::Price(price), Decision::Amount(_)) => &self.price[usize::from(price.side == Side::Buy)],
            _ => unreachable!("a decision that a problem allows has its kind"),
        }
    }
}

/// Nothing, the whole, less than it or more.
fn size(amount: f64, whole: f64) -> usize {
    match amount {
        0.0 => 0,
        _ if amount == whole => 1,
        _ if amount < whole => 2,
        _ => 3,
    }
}

/// In how many phrasings [`answer`] can word a decision on this problem.
pub fn answer_phrasings(problem: &Problem) -> usize {
    match problem {
        Problem::Choice(choice) => match choice.frame {
            Frame::Menu => MENU.len(),
            Frame::Offer => OFFER[0].len(),
            Frame::Insurance => INSURANCE[0].len(),
        },
        Problem::Stake(Stake { unit: Some(_), .. }) => UNITS[0].len(),
        Problem::Stake(_) => STAKE[0].len(),
        Problem::Coverage(_) => COVERAGE[0].len(),
        Problem::Portfolio(_) => PORTFOLIO[0].len(),
        Problem::Lognormal(_) => LOGNORMAL[0].len(),
        Problem::Price(_) => PRICE[0].len(),
    }
}

/// A decision on a valid problem in words, in dollars and with options called A, B ... `phrasing` counts from 0 and is
/// taken modulo [`answer_phrasings`].
///
/// # Panics
/// If the decision is not one that the problem [allows](Problem::allows).
pub fn answer(problem: &Problem, decision: &Decision, phrasing: usize) -> String {
    answer_in(problem, Terms::default(), decision, phrasing)
}

/// [`answer`] in the terms of a question.
///
/// # Panics
/// As [`answer`].
pub fn answer_in(problem: &Problem, terms: Terms, decision: &Decision, phrasing: usize) -> String {
    let ((lead, rest), values) = wording(problem, terms, decision, phrasing);
    let values = ends::add(problem, terms, decision, values);
    format!("{} {}", render(lead, &values), render(rest, &values))
}

/// The first sentence of [`answer_in`], which states the decision.
pub(in crate::decision) fn lead(problem: &Problem, terms: Terms, decision: &Decision, phrasing: usize) -> String {
    let ((lead, _), values) = wording(problem, terms, decision, phrasing);
    render(lead, &values)
}

fn render(template: &Template, values: &Values) -> String {
    template.render(values).expect("answers use the slots of their kind only")
}

/// The two sentences of an answer, and the slots of the first.
fn wording(
    problem: &Problem,
    terms: Terms,
    decision: &Decision,
    phrasing: usize,
) -> (&'static (Template, Template), Values) {
    assert!(problem.allows(decision), "the decision is not one of the problem's");
    let templates = WORDINGS[terms.unit as usize].of(problem, decision);
    (&templates[phrasing % templates.len()], slots(problem, terms, decision))
}

fn slots(problem: &Problem, terms: Terms, decision: &Decision) -> Values {
    let wealth = problem.wealth();
    let values = Values::default().number("wealth", wealth);
    match (problem, decision) {
        (Problem::Choice(Choice { frame: Frame::Insurance, options, .. }), _) => {
            values.number("premium", -options[0].outcomes[0].payoff)
        }
        (_, Decision::Option(option)) => values
            .text("noun", terms.noun)
            .text("Noun", capitalised(terms.noun))
            .text("label", terms.labels.label(*option)),
        (_, Decision::Amount(amount)) => {
            let share = format!("{:.1}%", 100.0 * amount / wealth).replace(".0%", "%");
            let values = values.number("amount", *amount).text("share", share);
            let values = values.text("borrowed", terms.unit.rounded(amount - wealth));
            let values = values.text("left", terms.unit.rounded(wealth - amount));
            match problem {
                Problem::Stake(Stake { unit: Some(unit), .. }) => values.text("count", format!("{:.0}", amount / unit)),
                Problem::Coverage(Coverage { loss, rate, .. }) => {
                    values.number("loss", *loss).text("premium", terms.unit.rounded(rate * amount))
                }
                _ => values,
            }
        }
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_uppercase() + rest
}
