//! The slots of a problem.

use super::super::super::number::complement;
use super::super::super::problem::{Choice, Frame, Lottery, Price, Problem, Return, Stake};
use super::super::super::template::list::EVEN;
use super::super::super::template::{Pairs, Value, Values};

/// The slots of a valid problem.
pub(in crate::decision) fn values(problem: &Problem) -> Values {
    let wealth = problem.wealth();
    let values = Values::default().number("wealth", wealth);
    match problem {
        Problem::Choice(choice) => choice_values(choice, values),
        Problem::Stake(stake) => stake_values(stake, spending(values, wealth, stake.cap)),
        Problem::Coverage(cover) => {
            values.number("loss", cover.loss).number("p", cover.probability).number("rate", cover.rate)
        }
        Problem::Portfolio(portfolio) => spending(values, wealth, portfolio.cap)
            .number("safe", portfolio.safe)
            .with("returns", returns(&portfolio.returns)),
        Problem::Lognormal(lognormal) => spending(values, wealth, lognormal.cap)
            .number("drift", lognormal.drift)
            .number("safe", lognormal.safe)
            .number("volatility", lognormal.volatility),
        Problem::Price(price) => price_values(price, values),
    }
}

/// What one may spend, unless it is exactly the wealth. The limit is exact; the loan is its distance from the wealth,
/// without the noise of the subtraction.
fn spending(values: Values, wealth: f64, cap: f64) -> Values {
    if cap > wealth {
        let loan = format!("{:.11e}", cap - wealth).parse().unwrap_or(cap - wealth);
        values.number("loan", loan).number("limit", cap)
    } else if cap < wealth {
        values.number("cap", cap)
    } else {
        values
    }
}

fn choice_values(choice: &Choice, values: Values) -> Values {
    let options: Vec<Pairs> = choice.options.iter().map(pairs).collect();
    match choice.frame {
        Frame::Menu => values.with("options", Value::Options(options)),
        Frame::Offer => {
            let lottery = Value::Pairs(options[0].clone());
            let values = if is_even(&options[0]) { values.with("even", lottery.clone()) } else { values };
            values.with("lottery", lottery)
        }
        Frame::Insurance => {
            let (loss, nothing) = (options[1][0], options[1][1]);
            let values = values.number("premium", -options[0][0].1).number("loss", -loss.1);
            two_chances(values, loss.0, nothing.0)
        }
    }
}

/// Whether a list of amounts without probabilities says it all.
fn is_even(pairs: &Pairs) -> bool {
    matches!(pairs[..], [(EVEN, one), (EVEN, other)] if one * other < 0.0)
}

fn stake_values(stake: &Stake, values: Values) -> Values {
    let values = stake.unit.into_iter().fold(values, |values, unit| values.number("unit", unit));
    match stake.returns[..] {
        [win, lose] if win.multiple > 0.0 && lose.multiple == -1.0 => {
            two_chances(values.number("b", win.multiple), win.probability, lose.probability)
        }
        _ => values,
    }
    .with("returns", returns(&stake.returns))
}

fn price_values(price: &Price, values: Values) -> Values {
    let values = values.with("lottery", Value::Pairs(pairs(&price.lottery)));
    let [low, _] = price.range();
    if low < 0.0 { values.number("low", low) } else { values }
}

fn two_chances(values: Values, p: f64, q: f64) -> Values {
    let values = values.number("p", p).number("q", q);
    if complement(p) == Some(q) { values } else { values.number("rest", q) }
}

fn pairs(lottery: &Lottery) -> Pairs {
    lottery.outcomes.iter().map(|outcome| (outcome.probability, outcome.payoff)).collect()
}

fn returns(returns: &[Return]) -> Value {
    Value::Pairs(returns.iter().map(|r| (r.probability, r.multiple)).collect())
}
