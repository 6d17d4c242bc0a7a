//! Words, amounts and signs of a line.

use std::sync::LazyLock;

use regex::Regex;

use super::super::number;

/// What a sentence is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'t> {
    /// A word, lower case.
    Word(&'t str),
    /// An amount of money with its sign.
    Money(f64),
    /// A share, and the step of its last digit.
    Share(f64, f64),
    /// A plain number.
    Number(f64),
    /// Any other sign.
    Sign(char),
}

static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    const NUMBER: &str = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?";
    const SCALE: &str = r"(?: ?(?:thousand|million|billion|trillion)\b|[kmbt]\b)?";
    let pattern = format!(
        r"(-? ?[$£€] ?)({NUMBER}{SCALE})(\$?)|({NUMBER}) ?(?:%|percent\b)|({NUMBER})\$?|([a-z]+(?:[-'][a-z]+)*)|([^\s$])"
    );
    Regex::new(&pattern).expect("a valid expression")
});

/// The tokens of a line in lower case. Dollar signs around a formula are no money.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    TOKEN.captures_iter(text).filter_map(|found| token(&found)).collect()
}

fn token<'t>(found: &regex::Captures<'t>) -> Option<Token<'t>> {
    let group = |index: usize| found.get(index).map(|part| part.as_str());
    if let (Some(sign), Some(size)) = (group(1), group(2)) {
        let size = number::parse_money(size)?;
        let size = if sign.starts_with('-') { -size } else { size };
        return Some(if group(3) == Some("$") { Token::Number(size) } else { Token::Money(size) });
    }
    if let Some(percent) = group(4) {
        let decimals = percent.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        return Some(Token::Share(number::parse(percent, -2)?, 0.01 / 10f64.powi(i32::try_from(decimals).ok()?)));
    }
    if let Some(plain) = group(5) {
        return Some(Token::Number(number::parse(plain, 0)?));
    }
    group(6).map(Token::Word).or_else(|| Some(Token::Sign(group(7)?.chars().next()?)))
}

impl<'t> Token<'t> {
    /// The word, if it is one.
    pub(super) fn word(self) -> Option<&'t str> {
        match self {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether it is one of these words or one-character signs.
    pub(super) fn is(self, words: &[&str]) -> bool {
        match self {
            Token::Word(word) => words.contains(&word),
            Token::Sign(sign) => words.iter().any(|word| word.chars().eq([sign])),
            _ => false,
        }
    }
}

/// Sentences of a line: split at full stops, exclamation marks and semicolons, outside numbers.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = |(at, sign): &(usize, char)| {
            let after = rest[at + sign.len_utf8()..].chars().next();
            *sign == ';' || (matches!(sign, '.' | '!' | '?') && after.is_none_or(|c| c.is_whitespace() || c == ')'))
        };
        let end = rest
            .char_indices()
            .filter(ends)
            .find(|(at, sign)| *sign != '.' || !["vs", "e.g", "i.e", "approx"].iter().any(|s| rest[..*at].ends_with(s)))
            .map_or(rest.len(), |(at, sign)| at + sign.len_utf8());
        let (sentence, after) = rest.split_at(end);
        rest = after.trim_start();
        Some(sentence)
    })
}
