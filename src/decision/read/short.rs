//! Short replies: a label, a number, yes or no.

use super::super::number;
use super::super::phrase::{Labels, Unit};
use super::super::problem::{Choice, Coverage, Decision, Frame, Lognormal, Portfolio, Problem, Stake};
use super::super::template::list;

/// What people call a unit that is bought whole.
const UNITS: [&str; 10] =
    ["ticket", "tickets", "share", "shares", "number", "numbers", "container", "containers", "unit", "units"];

/// The decision that a normalised short reply states, if it can mean only one that the problem allows.
pub(super) fn reply(problem: &Problem, text: &str) -> Option<Decision> {
    let reply = text.trim_end_matches(['.', '!']).to_ascii_lowercase();
    let decision = match problem {
        Problem::Choice(choice) => Decision::Option(option(choice, &reply)?),
        _ => Decision::Amount(amount(problem, &reply)?),
    };
    problem.allows(&decision).then_some(decision)
}

fn option(choice: &Choice, reply: &str) -> Option<usize> {
    let among = |words: [&[&str]; 2]| words.iter().position(|words| words.contains(&reply));
    match choice.frame {
        Frame::Offer => among([
            &["accept", "yes", "i accept", "i accept it"],
            &["decline", "reject", "no", "i decline", "i reject", "i decline it"],
        ]),
        Frame::Insurance => among([
            &["buy", "yes", "i buy", "i buy it"],
            &["do not buy", "don't buy", "not buy", "no", "i do not buy", "i do not buy it"],
        ]),
        Frame::Menu => {
            let after = |noun: &str| reply.strip_prefix(noun)?.strip_prefix(' ');
            Labels::index(list::nouns().chain(["choice"]).find_map(after).unwrap_or(reply))
        }
    }
}

fn amount(problem: &Problem, reply: &str) -> Option<f64> {
    match reply {
        "nothing" | "none" => Some(0.0),
        "all" | "everything" => everything(problem),
        _ => match reply.strip_prefix('-') {
            Some(size) => Some(-counted(problem, size)?),
            None => counted(problem, reply),
        },
    }
}

/// What "all" means; none where it could be the wealth or what can be borrowed beside it.
fn everything(problem: &Problem) -> Option<f64> {
    match problem {
        Problem::Stake(Stake { wealth, cap, .. })
        | Problem::Portfolio(Portfolio { wealth, cap, .. })
        | Problem::Lognormal(Lognormal { wealth, cap, .. }) => (cap == wealth).then_some(*cap),
        Problem::Coverage(Coverage { loss, .. }) => Some(*loss),
        Problem::Choice(_) | Problem::Price(_) => None,
    }
}

/// An amount in any unit of account, or a number of whole units. A bare number can be either where there are units.
fn counted(problem: &Problem, reply: &str) -> Option<f64> {
    let Problem::Stake(Stake { unit: Some(unit), cap, .. }) = problem else {
        return Unit::ALL.into_iter().find_map(|unit| unit.parse(reply));
    };
    if let Some((count, noun)) = reply.split_once(' ')
        && UNITS.contains(&noun)
    {
        let count = number::parse(count, 0).filter(|count| count.fract() == 0.0)?;
        // The largest amount is the cap itself where rounding would put whole units a little above it.
        let amount = count * unit;
        return Some(if amount > *cap && amount <= cap * (1.0 + 1e-12) { *cap } else { amount });
    }
    let amount = number::parse_money(reply)?;
    (amount == 0.0 || reply.starts_with(['$', '£', '€'])).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::super::super::phrase::form;
    use super::super::super::problem::{Lottery, Price, Return, Side};
    use super::super::super::read;
    use super::*;

    #[test]
    fn short_replies_are_read_and_unclear_ones_are_not() {
        let offer = form::offer(1000.0, &[(0.5, 200.0), (0.5, -100.0)]);
        let insurance = form::insurance(1000.0, 60.0, [(0.05, -800.0), (0.95, 0.0)]);
        let menu = Problem::Choice(Choice {
            wealth: 1000.0,
            frame: Frame::Menu,
            options: vec![Lottery::sure(1.0), Lottery::sure(2.0)],
        });
        let returns = vec![Return { probability: 0.5, multiple: 2.0 }, Return { probability: 0.5, multiple: -1.0 }];
        let stake = Problem::Stake(Stake { wealth: 10_000.0, cap: 5000.0, returns, unit: None });
        let option = |index| Some(Decision::Option(index));
        let amount = |amount| Some(Decision::Amount(amount));
        let cases = [
            (&offer, "accept", option(0)),
            (&offer, "No", option(1)),
            (&offer, "Yes.", option(0)),
            (&offer, "A", None),
            (&offer, "Yes and no", None),
            (&offer, "I accept. I decline.", None),
            (&insurance, "Buy", option(0)),
            (&insurance, "Don’t buy.", option(1)),
            (&insurance, "accept", None),
            (&menu, "A", option(0)),
            (&menu, "Option B", option(1)),
            (&menu, "2", option(1)),
            (&menu, "C", None),
            (&menu, "0", None),
            (&menu, "A or B", None),
            (&stake, "$2,500", amount(2500.0)),
            (&stake, "0", amount(0.0)),
            (&stake, "2.5K", amount(2500.0)),
            (&stake, "$6,000", None),
            (&stake, "nothing", amount(0.0)),
            (&stake, "all", None),
            (&stake, "$2,500 or $3,000", None),
            (&stake, "-5", None),
            (&stake, "25%", None),
            (&stake, "", None),
            (&stake, "$2,500 or nothing", None),
            (&stake, "40 points", amount(40.0)),
            (&stake, "1,200 machine-hours", amount(1200.0)),
            (&stake, "350 tonnes.", amount(350.0)),
            (&stake, "3 tickets", None),
            (&menu, "X", option(0)),
            (&menu, "Option Y", option(1)),
            (&menu, "project b", option(1)),
            (&menu, "Z", None),
            (&menu, "Option A or Y", None),
        ];
        for (problem, text, expected) in cases {
            assert_eq!(read::decision(problem, text), expected, "{text}");
        }
    }

    #[test]
    fn short_amounts_are_read_in_every_kind_and_unclear_ones_are_not() {
        let returns = || vec![Return { probability: 0.5, multiple: 2.0 }, Return { probability: 0.5, multiple: -0.5 }];
        let stake = |cap, unit| Problem::Stake(Stake { wealth: 1000.0, cap, returns: returns(), unit });
        let (tickets, margin) = (stake(1000.0, Some(40.0)), stake(1500.0, None));
        let cover = Problem::Coverage(Coverage { wealth: 1000.0, loss: 800.0, probability: 0.1, rate: 0.12 });
        let portfolio = Problem::Portfolio(Portfolio { wealth: 1000.0, cap: 1000.0, safe: 0.02, returns: returns() });
        let lottery = Lottery::new(&[(0.5, -10.0), (0.5, 30.0)]);
        let price = Problem::Price(Price { wealth: 1000.0, side: Side::Sell, lottery });
        let amount = |amount| Some(Decision::Amount(amount));
        let cases = [
            (&tickets, "3 tickets", amount(120.0)),
            (&tickets, "1 share", amount(40.0)),
            (&tickets, "$120", amount(120.0)),
            (&tickets, "$130", None),
            (&tickets, "3", None),
            (&tickets, "0", amount(0.0)),
            (&tickets, "80", None),
            (&tickets, "2.5 tickets", None),
            (&tickets, "26 tickets", None),
            (&tickets, "none", amount(0.0)),
            (&tickets, "all", amount(1000.0)),
            (&margin, "all", None),
            (&margin, "$1,400", amount(1400.0)),
            (&cover, "everything", amount(800.0)),
            (&cover, "$900", None),
            (&cover, "all or nothing", None),
            (&portfolio, "all", amount(1000.0)),
            (&price, "-$5", amount(-5.0)),
            (&price, "12 points", amount(12.0)),
            (&price, "-$15", None),
            (&price, "all", None),
            (&price, "A", None),
        ];
        for (problem, text, expected) in cases {
            assert_eq!(read::decision(problem, text), expected, "{text}");
        }
    }
}
