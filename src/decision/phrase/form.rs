//! The forms of questions, and the values that the slots of each form stand for.
//!
//! Invariant: `problem(values(p))` is `p` for every valid problem p.

use super::super::number::complement;
use super::super::problem::{Choice, Frame, Lottery, Outcome, Problem, Return, Stake};
use super::super::template::{Pairs, Value, Values};

/// Problems that are asked in the same sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decision) enum Form {
    /// Slots wealth, options.
    Menu,
    /// Slots wealth, lottery.
    Offer,
    /// Slots wealth, premium, loss, p and q (probabilities of loss and none), rest (q unless it is the complement of p).
    Insurance,
    /// A bet with one gain that loses the stake otherwise. Slots wealth, cap (if below wealth), b (net odds), p, q, rest.
    Bet,
    /// Any other stake. Slots wealth, cap (if below wealth), returns.
    Returns,
}

impl Form {
    pub(in crate::decision) const ALL: [Self; 5] = [Self::Menu, Self::Offer, Self::Insurance, Self::Bet, Self::Returns];

    pub(in crate::decision) fn of(problem: &Problem) -> Self {
        match problem {
            Problem::Choice(Choice { frame: Frame::Menu, .. }) => Self::Menu,
            Problem::Choice(Choice { frame: Frame::Offer, .. }) => Self::Offer,
            Problem::Choice(Choice { frame: Frame::Insurance, .. }) => Self::Insurance,
            Problem::Stake(stake) => match stake.returns[..] {
                [win, lose] if win.multiple > 0.0 && lose.multiple == -1.0 => Self::Bet,
                _ => Self::Returns,
            },
            _ => unimplemented!("phrasings of other kinds"),
        }
    }
}

/// The slots of a valid problem.
pub(super) fn values(problem: &Problem) -> Values {
    let values = Values::default().number("wealth", problem.wealth());
    match problem {
        Problem::Choice(choice) => choice_values(choice, values),
        Problem::Stake(stake) => stake_values(stake, values),
        _ => unimplemented!("phrasings of other kinds"),
    }
}

fn choice_values(choice: &Choice, values: Values) -> Values {
    let options: Vec<Pairs> = choice.options.iter().map(pairs).collect();
    match choice.frame {
        Frame::Menu => values.with("options", Value::Options(options)),
        Frame::Offer => values.with("lottery", Value::Pairs(options[0].clone())),
        Frame::Insurance => {
            let (loss, nothing) = (options[1][0], options[1][1]);
            let values = values.number("premium", -options[0][0].1).number("loss", -loss.1);
            two_chances(values, loss.0, nothing.0)
        }
    }
}

fn stake_values(stake: &Stake, values: Values) -> Values {
    let values = if stake.cap == stake.wealth { values } else { values.number("cap", stake.cap) };
    match stake.returns[..] {
        [win, lose] if win.multiple > 0.0 && lose.multiple == -1.0 => {
            two_chances(values.number("b", win.multiple), win.probability, lose.probability)
        }
        _ => values.with("returns", Value::Pairs(stake.returns.iter().map(|r| (r.probability, r.multiple)).collect())),
    }
}

fn two_chances(values: Values, p: f64, q: f64) -> Values {
    let values = values.number("p", p).number("q", q);
    if complement(p) == Some(q) { values } else { values.number("rest", q) }
}

/// The valid problem of this form that the slots describe.
pub(in crate::decision) fn problem(form: Form, values: &Values) -> Option<Problem> {
    let wealth = values.get_number("wealth")?;
    let problem = match form {
        Form::Menu => {
            let options = values.get_options("options")?.iter().map(lottery).collect();
            Problem::Choice(Choice { wealth, frame: Frame::Menu, options })
        }
        Form::Offer => offer(wealth, values.get_pairs("lottery")?),
        Form::Insurance => {
            let (p, q) = read_chances(values)?;
            insurance(wealth, values.get_number("premium")?, [(p, -values.get_number("loss")?), (q, 0.0)])
        }
        Form::Bet => {
            let (p, q) = read_chances(values)?;
            stake(values, &[(p, values.get_number("b")?), (q, -1.0)])?
        }
        Form::Returns => stake(values, values.get_pairs("returns")?)?,
    };
    problem.validate().is_ok().then_some(problem)
}

/// Accept the lottery or decline it.
pub(in crate::decision) fn offer(wealth: f64, outcomes: &[(f64, f64)]) -> Problem {
    let options = vec![Lottery::new(outcomes), Lottery::sure(0.0)];
    Problem::Choice(Choice { wealth, frame: Frame::Offer, options })
}

/// Buy insurance or bear the risk.
pub(in crate::decision) fn insurance(wealth: f64, premium: f64, risk: [(f64, f64); 2]) -> Problem {
    let options = vec![Lottery::sure(-premium), Lottery::new(&risk)];
    Problem::Choice(Choice { wealth, frame: Frame::Insurance, options })
}

/// A stake with the wealth, and the cap if any, of these slots.
pub(in crate::decision) fn stake(values: &Values, returns: &[(f64, f64)]) -> Option<Problem> {
    let wealth = values.get_number("wealth")?;
    let returns = returns.iter().map(|&(probability, multiple)| Return { probability, multiple }).collect();
    Some(Problem::Stake(Stake { wealth, cap: values.get_number("cap").unwrap_or(wealth), returns, unit: None }))
}

fn read_chances(values: &Values) -> Option<(f64, f64)> {
    let p = values.get_number("p")?;
    let stated = values.get_number("q").or_else(|| values.get_number("rest"));
    Some((p, stated.or_else(|| complement(p))?))
}

fn pairs(lottery: &Lottery) -> Pairs {
    lottery.outcomes.iter().map(|outcome| (outcome.probability, outcome.payoff)).collect()
}

fn lottery(pairs: &Pairs) -> Lottery {
    Lottery { outcomes: pairs.iter().map(|&(probability, payoff)| Outcome { probability, payoff }).collect() }
}
