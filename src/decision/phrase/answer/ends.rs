//! Where decisions lead: final amounts with their chances, rounded.

use super::super::super::number;
use super::super::super::problem::{Affine, Choice, Decision, Lottery, Price, Problem, Side};
use super::super::super::template::{Unit, Values};
use super::super::Terms;
use super::capitalised;

/// Adds the slots here, other and others to those of a decision that the problem allows.
pub(super) fn add(problem: &Problem, terms: Terms, decision: &Decision, values: Values) -> Values {
    match (problem, decision) {
        (Problem::Choice(choice), Decision::Option(option)) => of_choice(choice, terms, *option, values),
        (Problem::Price(price), Decision::Amount(amount)) => of_price(price, terms.unit, *amount, values),
        (_, Decision::Amount(amount)) => match Affine::of(problem) {
            Some(affine) => values.text("here", ends(terms.unit, affine.outcomes(*amount))),
            None => values,
        },
        _ => values,
    }
}

/// Where the chosen option leads and where the others would have led.
fn of_choice(choice: &Choice, terms: Terms, option: usize, values: Values) -> Values {
    let end = |i: usize| lottery(terms.unit, choice.wealth, &choice.options[i]);
    let others = (0..choice.options.len()).filter(|&i| i != option);
    let noun = capitalised(terms.noun);
    let sentences: Vec<String> =
        others.map(|i| format!("{noun} {} would lead to {}.", terms.labels.label(i), end(i))).collect();
    let other = if option == 0 { 1 } else { 0 };
    values.text("here", end(option)).text("other", end(other)).text("others", sentences.join(" "))
}

/// A seller who keeps the lottery has it beside the wealth, and a buyer after paying for it.
fn of_price(price: &Price, unit: Unit, amount: f64, values: Values) -> Values {
    let (with, without) = match price.side {
        Side::Sell => (price.wealth, price.wealth + amount),
        Side::Buy => (price.wealth - amount, price.wealth),
    };
    values.text("here", lottery(unit, with, &price.lottery)).text("other", unit.rounded(without))
}

fn lottery(unit: Unit, wealth: f64, lottery: &Lottery) -> String {
    ends(unit, lottery.outcomes.iter().map(|o| (o.probability, wealth + o.payoff)))
}

fn ends(unit: Unit, outcomes: impl Iterator<Item = (f64, f64)>) -> String {
    let outcomes: Vec<(f64, f64)> = outcomes.collect();
    if let Some(&(_, end)) = outcomes.first()
        && outcomes.iter().all(|outcome| outcome.1 == end)
    {
        return format!("{} for certain", unit.rounded(end));
    }
    let texts: Vec<String> = outcomes
        .iter()
        .map(|&(p, end)| format!("{} with {} chance", unit.rounded(end), number::percent_with_article(p)))
        .collect();
    match texts.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => texts.concat(),
    }
}
