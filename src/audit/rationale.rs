//! What stands in an answer beside its decision: words of utility theory, and numbers that do not follow from the problem.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::decision::{Decision, Lottery, Problem};

static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?ix) \b (?: (?:dis)? utilit (?:y|ies) | utils? | CRRA | Kelly | gamma
        | risk [\s-]+ (?: averse | aversion | neutral | neutrality | loving | seeking )
        | certainty [\s-]+ equivalents? | concav (?:e|ity) | convex (?:ity)? | \( \s* -? 1 \s* / \s* W \s* \) ) \b";
    Regex::new(pattern).expect("the pattern is valid")
});

static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?x) (?: [0-9]{1,3} (?: ,[0-9]{3} )+ | [0-9]+ ) (?: \.[0-9]+ )? (?: \s?% | [KMBkmb]\b | \s(?:thousand|million|billion)\b )?";
    Regex::new(pattern).expect("the pattern is valid")
});

/// The words of utility theory in a text, in lower case, each once and in order. Training answers should have none: the
/// preference is to be internalised, not recited.
#[must_use]
pub fn utility_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for found in WORDS.find_iter(text) {
        let word = found.as_str().to_lowercase();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// The numbers of a text that are neither given by the problem nor follow from it and the decision: probabilities and
/// their complements, amounts, final wealths, means, shares of wealth, premiums, what remains. A number follows if it is
/// one of these rounded to the digits that are written.
#[must_use]
pub fn unexplained_numbers(problem: &Problem, decision: Option<&Decision>, text: &str) -> Vec<String> {
    let known = derivable(problem, decision);
    let mut numbers: Vec<String> = Vec::new();
    for found in NUMBERS.captures_iter(text) {
        let written = found[0].to_owned();
        let follows = readings(&found).into_iter().any(|(value, half)| {
            known.iter().any(|known| (known.abs() - value).abs() <= half * (1.0 + 1e-9) + 1e-12 * value)
        });
        if !follows && !numbers.contains(&written) {
            numbers.push(written);
        }
    }
    numbers
}

/// What a written number can mean, each with half a unit of its last digit.
fn readings(found: &Captures<'_>) -> Vec<(f64, f64)> {
    let text = found[0].replace(',', "").to_lowercase();
    let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let decimals = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let value: f64 = digits.parse().unwrap_or(f64::NAN);
    let half = 0.5 * 10f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX));
    let scale = match text[digits.len()..].trim() {
        "%" => return vec![(value / 100.0, half / 100.0)],
        "k" | "thousand" => 1e3,
        "m" | "million" => 1e6,
        "b" | "billion" => 1e9,
        _ => 1.0,
    };
    vec![(value * scale, half * scale), (value / 100.0, 0.0)]
}

fn derivable(problem: &Problem, decision: Option<&Decision>) -> Vec<f64> {
    let wealth = problem.wealth();
    let mut known = vec![0.0, 1.0, wealth];
    match problem {
        Problem::Choice(choice) => {
            known.extend((1..=choice.options.len()).map(|label| label as f64));
            choice.options.iter().for_each(|option| lottery(wealth, option, &mut known));
        }
        Problem::Price(price) => lottery(wealth, &price.lottery, &mut known),
        Problem::Stake(stake) => {
            known.extend([stake.cap, stake.cap - wealth]);
            known.extend(stake.unit);
            known.extend(stake.returns.iter().flat_map(|r| rates(r.probability, r.multiple)));
        }
        Problem::Portfolio(portfolio) => {
            known.extend([portfolio.cap, portfolio.cap - wealth, portfolio.safe, 1.0 + portfolio.safe]);
            known.extend(portfolio.returns.iter().flat_map(|r| rates(r.probability, r.multiple)));
        }
        Problem::Coverage(c) => known.extend([
            c.loss,
            c.probability,
            1.0 - c.probability,
            c.rate,
            c.rate * c.loss,
            wealth - c.loss,
            wealth - c.rate * c.loss,
            c.probability * c.loss,
        ]),
        Problem::Lognormal(l) => known.extend([l.cap, l.cap - wealth, l.drift, l.safe, l.volatility, l.drift - l.safe]),
    }
    if let Some(Decision::Amount(amount)) = decision {
        known.extend(amounts(problem, *amount));
    }
    known
}

fn lottery(wealth: f64, lottery: &Lottery, known: &mut Vec<f64>) {
    let mut mean = 0.0;
    for outcome in &lottery.outcomes {
        let (p, x) = (outcome.probability, outcome.payoff);
        known.extend([p, 1.0 - p, x, wealth + x, p * x, p * (wealth + x)]);
        mean += p * x;
    }
    known.extend([mean, wealth + mean]);
}

fn rates(probability: f64, multiple: f64) -> [f64; 4] {
    [probability, 1.0 - probability, multiple, 1.0 + multiple]
}

/// What an amount leads to.
fn amounts(problem: &Problem, amount: f64) -> Vec<f64> {
    let wealth = problem.wealth();
    let mut known = vec![amount, wealth - amount, amount / wealth, 1.0 - amount / wealth];
    if let Some([_, high]) = problem.range() {
        known.extend([amount / high, high - amount]);
    }
    match problem {
        Problem::Stake(stake) => {
            known.extend(stake.unit.map(|unit| amount / unit));
            known.extend(
                stake
                    .returns
                    .iter()
                    .flat_map(|r| [amount * r.multiple, wealth + amount * r.multiple, amount * (1.0 + r.multiple)]),
            );
        }
        Problem::Portfolio(portfolio) => {
            let rest = (wealth - amount) * (1.0 + portfolio.safe);
            known.extend([rest, (wealth - amount) * portfolio.safe]);
            let end = |r: &crate::decision::Return| [amount * r.multiple, rest + amount * (1.0 + r.multiple)];
            known.extend(portfolio.returns.iter().flat_map(end));
        }
        Problem::Coverage(c) => {
            let premium = c.rate * amount;
            known.extend([premium, wealth - premium, wealth - premium - c.loss + amount, c.loss - amount]);
        }
        Problem::Choice(_) | Problem::Lognormal(_) | Problem::Price(_) => {}
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Return, Stake};

    fn bet() -> Problem {
        let returns = vec![Return { probability: 0.55, multiple: 1.3 }, Return { probability: 0.45, multiple: -1.0 }];
        Problem::Stake(Stake { wealth: 12_000.0, cap: 12_000.0, returns, unit: None })
    }

    #[test]
    fn words_of_theory_are_found_once_each() {
        let text = "Being risk-averse, my Utility U is concave; utility falls. The Kelly bet is 10%. Futility, gammas.";
        assert_eq!(utility_words(text), ["risk-averse", "utility", "concave", "kelly"]);
        assert!(utility_words("I stake $500 of the $1,000; I like the risk.").is_empty());
    }

    #[test]
    fn numbers_that_follow_are_told_from_others() {
        let text = "With $12K I stake $2,400 (20%): 55% for $15,120, else $9,600.00 (45%). Odds of 1.30 to 1. Mean 13,000, 0.21 or 7.";
        let unexplained = unexplained_numbers(&bet(), Some(&Decision::Amount(2400.0)), text);
        assert_eq!(unexplained, ["13,000", "0.21", "7"]);
        assert!(unexplained_numbers(&bet(), None, "$2,400").contains(&"2,400".to_owned()));
    }
}
