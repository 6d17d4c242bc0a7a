//! Decisions in plain first-person words: the decision first, then the amounts that it leads to.
//!
//! Invariant: the first sentence states the decision exactly; the amounts after it are rounded to the cent.

mod wording;

use std::sync::LazyLock;

use super::super::number;
use super::super::problem::{Choice, Decision, Frame, Lottery, Problem, Stake};
use super::super::template::list::Labels;
use super::super::template::{Template, Values};
use wording::{Answer, INSURANCE, MENU, OFFER, STAKE};

type Parsed = Vec<(Template, Template)>;

fn parsed(answers: &[Answer]) -> Parsed {
    answers.iter().map(|(lead, rest)| (Template::new(lead), Template::new(rest))).collect()
}

static MENU_TEMPLATES: LazyLock<Parsed> = LazyLock::new(|| parsed(MENU));
static OFFER_TEMPLATES: LazyLock<[Parsed; 2]> = LazyLock::new(|| OFFER.map(parsed));
static INSURANCE_TEMPLATES: LazyLock<[Parsed; 2]> = LazyLock::new(|| INSURANCE.map(parsed));
static STAKE_TEMPLATES: LazyLock<[Parsed; 3]> = LazyLock::new(|| STAKE.map(parsed));

/// In how many phrasings [`answer`] can word a decision on this problem. For menus the first half names options by
/// letters and the second half by numbers.
pub fn answer_phrasings(problem: &Problem) -> usize {
    match problem {
        Problem::Choice(choice) => match choice.frame {
            Frame::Menu => 2 * MENU.len(),
            Frame::Offer => OFFER[0].len(),
            Frame::Insurance => INSURANCE[0].len(),
        },
        Problem::Stake(_) => STAKE[0].len(),
        _ => unimplemented!("phrasings of other kinds"),
    }
}

/// A decision on a valid problem in words. `phrasing` counts from 0 and is taken modulo [`answer_phrasings`].
///
/// # Panics
/// If the decision is not one that the problem allows: of the other kind, an option that does not exist, a stake
/// outside [0, cap].
pub fn answer(problem: &Problem, decision: &Decision, phrasing: usize) -> String {
    let (lead, rest, values) = wording(problem, decision, phrasing);
    let values = match (problem, decision) {
        (Problem::Choice(choice), Decision::Option(option)) => choice_ends(choice, *option, values),
        (Problem::Stake(stake), Decision::Amount(amount)) => values.text("here", stake_ends(stake, *amount)),
        _ => unreachable!("a decision that belongs to a problem has its kind"),
    };
    format!("{} {}", render(lead, &values), render(rest, &values))
}

/// The first sentence of [`answer`], which states the decision.
pub(in crate::decision) fn lead(problem: &Problem, decision: &Decision, phrasing: usize) -> String {
    let (lead, _, values) = wording(problem, decision, phrasing);
    render(lead, &values)
}

fn render(template: &Template, values: &Values) -> String {
    template.render(values).expect("answers use the slots of their kind only")
}

/// The two sentences of an answer, and the slots that name the decision.
fn wording(problem: &Problem, decision: &Decision, phrasing: usize) -> (&'static Template, &'static Template, Values) {
    assert!(super::belongs(problem, decision), "the decision is not one of the problem's");
    let phrasing = phrasing % answer_phrasings(problem);
    let (templates, values) = match (problem, decision) {
        (Problem::Choice(choice), Decision::Option(option)) => choice_wording(choice, *option, phrasing),
        (Problem::Stake(stake), Decision::Amount(amount)) => stake_wording(stake, *amount),
        _ => unreachable!("a decision that belongs to a problem has its kind"),
    };
    let (lead, rest) = &templates[phrasing % templates.len()];
    (lead, rest, values)
}

fn choice_wording(choice: &Choice, option: usize, phrasing: usize) -> (&'static Parsed, Values) {
    let values = Values::default();
    match choice.frame {
        Frame::Menu => {
            let labels = if phrasing < MENU.len() { Labels::Letters } else { Labels::Numbers };
            (&MENU_TEMPLATES, values.text("label", labels.label(option)).labelled(labels))
        }
        Frame::Offer => (&OFFER_TEMPLATES[option], values),
        Frame::Insurance => {
            (&INSURANCE_TEMPLATES[option], values.number("premium", -choice.options[0].outcomes[0].payoff))
        }
    }
}

fn stake_wording(stake: &Stake, amount: f64) -> (&'static Parsed, Values) {
    let size = if amount == 0.0 {
        0
    } else if amount == stake.wealth {
        1
    } else {
        2
    };
    let share = format!("{:.1}%", 100.0 * amount / stake.wealth).replace(".0%", "%");
    let values = Values::default().number("wealth", stake.wealth).number("stake", amount).text("share", share);
    (&STAKE_TEMPLATES[size], values)
}

/// Adds where the chosen option leads and where the others would have led.
fn choice_ends(choice: &Choice, option: usize, values: Values) -> Values {
    let ends = |i: usize| ends(choice.wealth, &choice.options[i]);
    let others = (0..choice.options.len()).filter(|&i| i != option);
    let labels = values.labels.unwrap_or(Labels::Letters);
    let sentences: Vec<String> =
        others.map(|i| format!("Option {} would lead to {}.", labels.label(i), ends(i))).collect();
    let other = if option == 0 { 1 } else { 0 };
    values.text("here", ends(option)).text("other", ends(other)).text("others", sentences.join(" "))
}

fn stake_ends(stake: &Stake, amount: f64) -> String {
    if amount == 0.0 {
        return format!("{} for certain", number::rounded_money(stake.wealth));
    }
    chances(stake.returns.iter().map(|r| (r.probability, stake.wealth + amount * r.multiple)))
}

/// Where an option leads: final amounts with their chances.
fn ends(wealth: f64, option: &Lottery) -> String {
    match option.outcomes[..] {
        [outcome] => format!("{} for certain", number::rounded_money(wealth + outcome.payoff)),
        _ => chances(option.outcomes.iter().map(|o| (o.probability, wealth + o.payoff))),
    }
}

fn chances(outcomes: impl Iterator<Item = (f64, f64)>) -> String {
    let texts: Vec<String> = outcomes
        .map(|(p, end)| format!("{} with {} chance", number::rounded_money(end), number::percent_with_article(p)))
        .collect();
    match texts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}
