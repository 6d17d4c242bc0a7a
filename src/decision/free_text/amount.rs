//! Amounts that a sentence decides on.
//!
//! Invariant: an amount counts only after a word of staking or deciding, and not as what it is a part of, what may be won
//! or lost, or one end of a range.

use super::super::problem::Problem;
use super::token::Token;

/// An amount of money, and by how much its digits leave it open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stated {
    pub(super) amount: f64,
    pub(super) slack: f64,
}

impl Stated {
    pub(super) fn agrees(self, other: Self) -> bool {
        (self.amount - other.amount).abs() <= self.slack + other.slack + 1e-9 * self.amount.abs()
    }
}

/// Words of staking.
const STAKING: &[&str] = &[
    "bet",
    "bets",
    "betting",
    "stake",
    "staking",
    "wager",
    "wagering",
    "invest",
    "investing",
    "investment",
    "allocate",
    "allocating",
    "put",
    "putting",
    "commit",
    "place",
    "placing",
    "spend",
    "buy",
    "use",
    "insure",
    "cover",
    "pay",
    "allocation",
    "choose",
    "sell",
];
/// Words for what is decided.
const DECIDING: &[&str] =
    &["optimal", "answer", "decision", "recommendation", "amount", "choice", "conclusion", "best", "final"];
/// Words after which an amount is something else: a part's whole, a prize, a result, an end of a range.
const ELSE: &[&str] = &[
    "of", "win", "wins", "winning", "gain", "gains", "lose", "loses", "losing", "loss", "receive", "get", "earn",
    "have", "has", "wealth", "worth", "left", "keep", "keeping", "than", "to", "for", "per", "every", "each",
    "between", "from", "over", "under", "below", "above", "least", "most", "with", "if", "or", "pays", "profit",
    "bankroll", "value", "utility", "return", "even", "payoff",
];
/// Words before an amount that leave it what it is.
const FILLING: &[&str] = &[
    "the",
    "a",
    "an",
    "your",
    "my",
    "about",
    "around",
    "approximately",
    "roughly",
    "exactly",
    "only",
    "just",
    "full",
    "entire",
    "is",
    "total",
    "≈",
];
/// What stands for everything.
const EVERYTHING: &[&str] = &["everything", "all", "entire", "maximum", "full", "whole", "all-in"];
/// What stands for nothing.
const NOTHING: &[&str] = &["nothing", "zero", "none", "no", "anything"];
/// Words that turn a stake into none.
const NEGATING: &[&str] = &["not", "never", "avoid", "refrain"];
/// Words that make a negation no decision against the whole stake.
const COMPARING: &[&str] = &["more", "too", "less", "all", "everything", "entire", "only", "necessarily", "just"];
/// Words that leave open how much.
const HEDGING: &[&str] = &[
    "any",
    "some",
    "small",
    "smaller",
    "larger",
    "higher",
    "more",
    "less",
    "reduces",
    "increases",
    "increasing",
    "could",
    "might",
    "beyond",
    "between",
    "range",
];

/// The amount that a sentence decides on; none if it decides on none or on more than one.
pub(super) fn stated(problem: &Problem, tokens: &[Token<'_>]) -> Option<Stated> {
    let [low, high] = problem.range()?;
    let whole = match problem {
        Problem::Coverage(coverage) => coverage.loss,
        _ => problem.wealth(),
    };
    let decides = |token: &Token<'_>| token.is(STAKING) || token.is(DECIDING);
    let only_amount = tokens.iter().filter(|token| token.word().is_some()).count() == 0;
    let start = if only_amount { 0 } else { tokens.iter().position(decides)? };
    if let Some(stated) = refused(tokens) {
        return (low <= 0.0).then_some(stated).filter(|_| stated.amount == 0.0);
    }
    let amounts: Vec<Stated> = (start..tokens.len())
        .filter(|&at| only_amount || !is_something_else(tokens, at))
        .filter_map(|at| quantity(tokens, at, [whole, high]))
        .collect();
    let hedges = tokens[start..].iter().take_while(|token| !is_amount(token)).any(|token| token.is(HEDGING));
    let first = amounts.first().filter(|_| !hedges)?;
    let sharpest = amounts
        .iter()
        .take_while(|other| other.agrees(*first))
        .fold(*first, |best, other| if other.slack < best.slack { *other } else { best });
    Some(sharpest)
}

fn is_amount(token: &Token<'_>) -> bool {
    matches!(token, Token::Money(_) | Token::Share(..))
}

/// Nothing, where the sentence says not to stake.
fn refused(tokens: &[Token<'_>]) -> Option<Stated> {
    let nothing = Some(Stated { amount: 0.0, slack: 0.0 });
    for (at, token) in tokens.iter().enumerate() {
        let next = |ahead: usize| tokens.get(at + ahead);
        let stakes_soon = (1..=4).filter_map(next).any(|token| token.is(STAKING));
        if token.is(NEGATING) && stakes_soon {
            let after = &tokens[at + 1..(at + 7).min(tokens.len())];
            let compares = |place: usize| after[place].is(COMPARING) && !(place > 0 && after[place - 1].is(&["at"]));
            let leaves_some = (0..after.len()).any(|place| compares(place) || is_amount(&after[place]));
            return if leaves_some { None } else { nothing };
        }
        if token.is(&["no"])
            && next(1).is_some_and(|token| {
                token.is(&["bet", "investment", "stake", "wager", "money", "tickets", "shares", "ticket", "coins"])
            })
        {
            return nothing;
        }
        if token.is(&["nothing"]) && tokens[..at].iter().any(|token| token.is(STAKING)) {
            return nothing;
        }
    }
    None
}

/// Whether the amount at a place is not the one decided on, by the words before and after it.
fn is_something_else(tokens: &[Token<'_>], at: usize) -> bool {
    let before = tokens[..at].iter().rev().find(|token| !token.is(FILLING) && token.word().is_some());
    let adjacent = tokens[..at].last().is_some_and(|token| token.is(&["(", "=", "≈", ":"]));
    let after = tokens.get(at + 1).is_some_and(|token| token.is(&["chance", "probability", "likelihood", "or"]));
    let multiplies = tokens.get(at + 1).is_some_and(|token| token.is(&["*", "/", "+", "×", ":", "→"]));
    let range =
        tokens.get(at + 1).is_some_and(|token| token.is(&["-", "to"])) && tokens.get(at + 2).is_some_and(is_amount);
    after || multiplies || range || (!adjacent && before.is_some_and(|token| token.is(ELSE)))
}

fn quantity(tokens: &[Token<'_>], at: usize, [whole, most]: [f64; 2]) -> Option<Stated> {
    match tokens[at] {
        Token::Money(amount) => Some(Stated { amount, slack: rounding(amount) }),
        Token::Share(share, step) => {
            let near = tokens.get(at + 1).is_none_or(|token| !token.is(&["return", "per", "gain", "profit", "win"]));
            near.then_some(Stated { amount: share * whole, slack: 0.51 * step * whole })
        }
        Token::Number(0.0) => Some(Stated { amount: 0.0, slack: 0.0 }),
        token if token.is(EVERYTHING) => Some(Stated { amount: most, slack: 0.0 }),
        token if token.is(&NOTHING[..3]) => Some(Stated { amount: 0.0, slack: 0.0 }),
        _ => None,
    }
}

/// Half of the last digit that is not zero, at most 2 % of the amount, and at least a cent.
fn rounding(amount: f64) -> f64 {
    let mut step = 0.01;
    while step < 0.04 * amount.abs() && (amount / (step * 10.0)).fract().abs() < 1e-9 {
        step *= 10.0;
    }
    (0.5 * step).min(0.02 * amount.abs()).max(0.01)
}
