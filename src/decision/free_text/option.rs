//! Options that a sentence decides on.

use super::super::problem::{Choice, Frame, Lottery};
use super::token::Token;

/// Words of choosing among several.
const CHOOSING: &[&str] = &[
    "choose",
    "take",
    "pick",
    "select",
    "prefer",
    "go",
    "accept",
    "recommend",
    "answer",
    "decision",
    "choice",
    "choosing",
    "taking",
    "selecting",
    "is",
    "be",
];
/// Most tokens between a word of choosing and what it chooses.
const NEAR: usize = 5;
/// Words of saying yes to one offer.
const ACCEPTING: &[&str] = &["accept", "take", "call", "buy", "purchase", "yes", "bet", "participate", "insure"];
/// Words of saying no to it.
const DECLINING: &[&str] = &["decline", "reject", "refuse", "fold", "no", "skip", "forgo", "abstain"];
/// Their forms as subjects of a sentence.
const TAKING: &[&str] = &["accepting", "taking", "calling", "buying", "purchasing", "betting"];
const LEAVING: &[&str] = &["declining", "rejecting", "folding", "skipping", "forgoing"];
/// What is said of the best.
const PRAISING: &[&str] =
    &["optimal", "best", "better", "preferable", "preferred", "maximizes", "maximises", "superior"];
/// First words of commands.
const COMMANDING: &[&str] =
    &["do", "not", "never", "accept", "take", "call", "buy", "purchase", "decline", "reject", "fold", "skip"];
const NEGATING: &[&str] = &["not", "never", "without", "against", "cannot"];
/// Words that make of a mention a decision.
const DECIDING: &[&str] = &[
    "should",
    "would",
    "will",
    "optimal",
    "best",
    "better",
    "choose",
    "decision",
    "recommend",
    "answer",
    "is",
    "prefer",
    "choice",
    "conclusion",
    "i",
    "recommended",
    "final",
];
/// Words that leave a decision open, or compare.
const HEDGING: &[&str] = &["could", "might", "may", "depends", "whether", "versus", "vs", "compared", "between", "if"];

/// The option that a sentence decides on; none if it decides on none. `announced` is whether a heading announces it.
pub(super) fn stated(choice: &Choice, tokens: &[Token<'_>], announced: bool) -> Option<usize> {
    let by_yes_or_no = || {
        let roles = roles(choice)?;
        yes_or_no(tokens, announced).map(|yes| roles[usize::from(!yes)])
    };
    match choice.frame {
        Frame::Menu => named(choice, tokens).or_else(by_yes_or_no),
        Frame::Offer if stakes_otherwise(choice, tokens) => None,
        Frame::Offer | Frame::Insurance => by_yes_or_no(),
    }
}

/// Whether a sentence stakes another amount than the offer's: neither yes nor no.
fn stakes_otherwise(choice: &Choice, tokens: &[Token<'_>]) -> bool {
    let offered = |amount: f64| {
        amount == 0.0 || choice.options[0].outcomes.iter().any(|o| (o.payoff.abs() - amount).abs() < 1e-9 * amount)
    };
    let other = |token: &Token<'_>| matches!(token, Token::Money(amount) if !offered(amount.abs()));
    tokens.iter().any(|token| token.is(&["bet", "betting", "wager", "stake"])) && tokens.iter().any(other)
}

/// The options that stand for yes and no, if one is an offer and the other is to leave things as they are.
fn roles(choice: &Choice) -> Option<[usize; 2]> {
    if choice.options.len() != 2 {
        return None;
    }
    if choice.frame != Frame::Menu {
        return Some([0, 1]);
    }
    let best = |lottery: &Lottery| lottery.outcomes.iter().map(|o| o.payoff).fold(f64::NEG_INFINITY, f64::max);
    match [best(&choice.options[0]), best(&choice.options[1])] {
        [first, 0.0] if first < 0.0 => Some([0, 1]),
        [0.0, second] if second < 0.0 => Some([1, 0]),
        _ => None,
    }
}

fn yes_or_no(tokens: &[Token<'_>], announced: bool) -> Option<bool> {
    let words = tokens.iter().filter(|token| token.word().is_some()).count();
    if words == 0 {
        // A stake of nothing.
        return (announced && matches!(tokens, [.., Token::Money(0.0)] | [.., Token::Money(0.0), Token::Sign(_)]))
            .then_some(false);
    }
    let commands = tokens.first().is_some_and(|first| first.is(COMMANDING));
    let praises = tokens.iter().any(|token| token.is(PRAISING));
    let decides = announced || commands || words <= 2 || tokens.iter().any(|token| token.is(DECIDING));
    let mut found = None;
    for at in 0..tokens.len() {
        let opens = at <= 1 || (at <= 3 && tokens[at - 1].is(NEGATING));
        let says = verdict(tokens, at).filter(|_| decides).or_else(|| subject(tokens, at).filter(|_| opens && praises));
        match (found, says) {
            (None, says) => found = says,
            (Some(before), Some(says)) if before != says => {
                let instead = tokens[..at].iter().any(|token| token.is(&["over", "than", "instead", "rather"]));
                return found.filter(|_| instead || tokens[at].is(&["bet", "call", "no"]));
            }
            _ => {}
        }
    }
    found
}

/// What a word of accepting or declining says at its place.
fn verdict(tokens: &[Token<'_>], at: usize) -> Option<bool> {
    let yes = tokens[at].is(ACCEPTING);
    let goes_on = tokens.get(at + 1).is_some_and(|next| next.word().is_some() && !next.is(ACCEPTING));
    // "No" also opens other phrases: "no matter".
    if (!yes && !tokens[at].is(DECLINING)) || (tokens[at].is(&["no"]) && goes_on) {
        return None;
    }
    let hedged = tokens[at.saturating_sub(5)..at].iter().any(|before| before.is(HEDGING));
    (!hedged).then_some(yes != is_negated(tokens, at))
}

/// What a sentence praises that begins with "Taking ..." or "Folding ...".
fn subject(tokens: &[Token<'_>], at: usize) -> Option<bool> {
    let yes = tokens[at].is(TAKING);
    (yes || tokens[at].is(LEAVING)).then_some(yes != is_negated(tokens, at))
}

fn is_negated(tokens: &[Token<'_>], at: usize) -> bool {
    tokens[at.saturating_sub(4)..at].iter().any(|before| before.is(NEGATING)) || (at > 0 && tokens[at - 1].is(&["no"]))
}

/// The option that all words of taking are followed by; else the one of which the sentence says that it is best.
fn named(choice: &Choice, tokens: &[Token<'_>]) -> Option<usize> {
    let mentions: Vec<(usize, usize)> =
        (0..tokens.len()).filter_map(|at| Some((at, mention(choice, tokens, at)?))).collect();
    let (first, option) = *mentions.first()?;
    let hedged = |upto: usize| tokens[..upto].iter().any(|token| token.is(HEDGING));
    let mut taken = (0..tokens.len()).filter(|&at| tokens[at].is(CHOOSING)).filter_map(|at| {
        let (place, option) = *mentions.iter().find(|(place, _)| *place > at && *place <= at + NEAR)?;
        Some((option, is_negated(tokens, place) || is_negated(tokens, at) || hedged(at)))
    });
    if let Some((option, doubtful)) = taken.next() {
        return (!doubtful && taken.all(|(other, doubtful)| other == option && !doubtful)).then_some(option);
    }
    if tokens.iter().all(|token| token.word().is_some()) && tokens.len() <= 2 {
        return Some(option);
    }
    let praise = tokens.iter().position(|token| token.is(PRAISING))?;
    let only = mentions.iter().take_while(|(at, _)| *at < praise).all(|(_, other)| *other == option);
    (first < praise && only && !hedged(praise) && !is_negated(tokens, praise)).then_some(option)
}

/// The option that a token names: by label, place in the list, or an amount that only it has.
fn mention(choice: &Choice, tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let count = choice.options.len();
    let after_noun =
        at > 0 && tokens[at - 1].is(&["option", "job", "offer", "investment", "choice", "lottery", "gamble"]);
    match tokens[at] {
        Token::Word(word) => {
            let ordinal = ["first", "second", "third", "fourth"].iter().position(|name| *name == word);
            let letter = word.as_bytes();
            let label = (after_noun && letter.len() == 1).then(|| usize::from(letter[0].wrapping_sub(b'a')));
            ordinal.or(label).filter(|option| *option < count)
        }
        Token::Number(number) if after_noun && number.fract() == 0.0 && number >= 1.0 => {
            Some(number as usize - 1).filter(|option| *option < count)
        }
        Token::Money(amount) => {
            let has =
                |lottery: &Lottery| lottery.outcomes.iter().any(|o| (o.payoff - amount).abs() < 1e-9 * amount.abs());
            let mut having = (0..count).filter(|option| has(&choice.options[*option]));
            let option = having.next()?;
            having.next().is_none().then_some(option)
        }
        _ => None,
    }
}
