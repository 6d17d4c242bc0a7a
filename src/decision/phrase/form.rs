//! The forms of questions, and the problems that the slots of each form stand for.
//!
//! Invariant: `problem(form, values(p))` is `p` for every valid problem p of the form.

mod slots;

use super::super::number::complement;
use super::super::problem::{
    Choice, Coverage, Frame, Lognormal, Lottery, Portfolio, Price, Problem, Return, Side, Stake,
};
use super::super::template::Values;
pub(in crate::decision) use slots::values;

/// Problems that are asked in the same sentences. All have the slot wealth. What one may spend has the slots cap (if it
/// is below the wealth), or loan and limit (how much can be borrowed, and what can be spent with it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decision) enum Form {
    /// Slot options.
    Menu,
    /// Slot lottery.
    Offer,
    /// Slots premium, loss, p and q (probabilities of loss and none), rest (q unless it is the complement of p).
    Insurance,
    /// A bet with one gain that loses the stake otherwise. Slots cap, b (net odds), p, q, rest.
    Bet,
    /// Any other stake without units or loans. Slots cap, returns.
    Returns,
    /// A stake in whole units. Slots unit, cap or loan and limit, returns.
    Units,
    /// A stake that can be borrowed for. Slots loan, limit, returns.
    Margin,
    /// Slots loss, p, rate (premium for each dollar covered).
    Coverage,
    /// Slots safe, returns, cap or loan and limit.
    Portfolio,
    /// Slots drift, safe, volatility, cap or loan and limit.
    Lognormal,
    /// Slots lottery, low (the lowest price if it is below zero).
    Sell,
    /// Slots as for Sell.
    Buy,
    /// An offer of a gain or a loss with even chances that the sentence states, so that the list has amounts only. No
    /// problem is put in these sentences unless they are asked for. Slot even.
    Even,
}

impl Form {
    pub(in crate::decision) const ALL: [Self; 13] = [
        Self::Menu,
        Self::Offer,
        Self::Insurance,
        Self::Bet,
        Self::Returns,
        Self::Units,
        Self::Margin,
        Self::Coverage,
        Self::Portfolio,
        Self::Lognormal,
        Self::Sell,
        Self::Buy,
        Self::Even,
    ];

    pub(in crate::decision) fn of(problem: &Problem) -> Self {
        match problem {
            Problem::Choice(Choice { frame: Frame::Menu, .. }) => Self::Menu,
            Problem::Choice(Choice { frame: Frame::Offer, .. }) => Self::Offer,
            Problem::Choice(Choice { frame: Frame::Insurance, .. }) => Self::Insurance,
            Problem::Stake(Stake { unit: Some(_), .. }) => Self::Units,
            Problem::Stake(stake) if stake.cap > stake.wealth => Self::Margin,
            Problem::Stake(stake) => match stake.returns[..] {
                [win, lose] if win.multiple > 0.0 && lose.multiple == -1.0 => Self::Bet,
                _ => Self::Returns,
            },
            Problem::Coverage(_) => Self::Coverage,
            Problem::Portfolio(_) => Self::Portfolio,
            Problem::Lognormal(_) => Self::Lognormal,
            Problem::Price(Price { side: Side::Sell, .. }) => Self::Sell,
            Problem::Price(Price { side: Side::Buy, .. }) => Self::Buy,
        }
    }
}

/// The valid problem of this form that the slots describe; none if a slot contradicts what follows from the others.
pub(in crate::decision) fn problem(form: Form, slots: &Values) -> Option<Problem> {
    let problem = described(form, slots)?;
    let follows = |name: &&str| slots.get(name).is_none_or(|slot| values(&problem).get(name) == Some(slot));
    (problem.validate().is_ok() && ["loan", "low"].iter().all(follows)).then_some(problem)
}

fn described(form: Form, slots: &Values) -> Option<Problem> {
    let wealth = slots.get_number("wealth")?;
    Some(match form {
        Form::Menu => {
            let options = slots.get_options("options")?.iter().map(|pairs| Lottery::new(pairs)).collect();
            Problem::Choice(Choice { wealth, frame: Frame::Menu, options })
        }
        Form::Offer => offer(wealth, slots.get_pairs("lottery")?),
        Form::Even => offer(wealth, slots.get_pairs("even")?),
        Form::Insurance => {
            let (p, q) = read_chances(slots)?;
            insurance(wealth, slots.get_number("premium")?, [(p, -slots.get_number("loss")?), (q, 0.0)])
        }
        Form::Bet => {
            let (p, q) = read_chances(slots)?;
            stake(slots, &[(p, slots.get_number("b")?), (q, -1.0)])?
        }
        Form::Returns | Form::Units | Form::Margin => stake(slots, slots.get_pairs("returns")?)?,
        Form::Coverage => {
            let [loss, probability, rate] = ["loss", "p", "rate"].map(|name| slots.get_number(name));
            Problem::Coverage(Coverage { wealth, loss: loss?, probability: probability?, rate: rate? })
        }
        Form::Portfolio | Form::Lognormal => asset(form, slots)?,
        Form::Sell | Form::Buy => {
            let side = if form == Form::Sell { Side::Sell } else { Side::Buy };
            Problem::Price(Price { wealth, side, lottery: Lottery::new(slots.get_pairs("lottery")?) })
        }
    })
}

fn asset(form: Form, slots: &Values) -> Option<Problem> {
    let (wealth, cap, safe) = (slots.get_number("wealth")?, cap(slots)?, slots.get_number("safe")?);
    Some(if form == Form::Portfolio {
        Problem::Portfolio(Portfolio { wealth, cap, safe, returns: returns(slots.get_pairs("returns")?) })
    } else {
        let (drift, volatility) = (slots.get_number("drift")?, slots.get_number("volatility")?);
        Problem::Lognormal(Lognormal { wealth, cap, drift, safe, volatility })
    })
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

/// A stake with the wealth, and the cap, loan and unit if any, of these slots.
pub(in crate::decision) fn stake(slots: &Values, pairs: &[(f64, f64)]) -> Option<Problem> {
    let (wealth, cap) = (slots.get_number("wealth")?, cap(slots)?);
    Some(Problem::Stake(Stake { wealth, cap, returns: returns(pairs), unit: slots.get_number("unit") }))
}

fn cap(slots: &Values) -> Option<f64> {
    slots.get_number("limit").or_else(|| slots.get_number("cap")).or_else(|| slots.get_number("wealth"))
}

fn returns(pairs: &[(f64, f64)]) -> Vec<Return> {
    pairs.iter().map(|&(probability, multiple)| Return { probability, multiple }).collect()
}

fn read_chances(slots: &Values) -> Option<(f64, f64)> {
    let p = slots.get_number("p")?;
    let stated = slots.get_number("q").or_else(|| slots.get_number("rest"));
    Some((p, stated.or_else(|| complement(p))?))
}
