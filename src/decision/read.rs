//! English to problems and decisions.
//!
//! Invariant: nothing is guessed. A text that fits two different problems, or an answer that could mean two decisions
//! or contradicts itself, is not read.

use std::ops::Range;

use super::number;
use super::phrase::{self, answers_labelled};
use super::problem::{Choice, Decision, Frame, Problem};
use super::template::normalise;

/// A question that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What is asked.
    pub problem: Problem,
    /// The phrasings of [`phrase::answer`] that name options as the question labels them.
    pub answers: Range<usize>,
}

/// Reads a question: our own phrasings, and plain questions whose text states wealth, probabilities and payoffs.
pub fn question(text: &str) -> Option<Question> {
    let text = normalise(text);
    if !number::one_currency(&text) {
        return None;
    }
    let own = phrase::phrasings().iter().filter_map(|phrasing| {
        let values = phrasing.reader.read(&text)?;
        let problem = phrase::problem_of(phrasing.form, &values)?;
        let answers = answers_labelled(&problem, values.labels);
        Some(Question { problem, answers })
    });
    let earlier =
        super::earlier::problems(&text).map(|problem| Question { answers: answers_labelled(&problem, None), problem });
    only(own.chain(earlier))
}

/// Reads the problem that a question asks; see [`question`].
pub fn problem(text: &str) -> Option<Problem> {
    Some(question(text)?.problem)
}

/// Reads an answer to `problem`: the answers that [`phrase::answer`] writes, their first sentences, and short replies
/// that can mean only one thing ("B", "Option 2", "$2,500", "nothing", "accept", "No").
pub fn decision(problem: &Problem, text: &str) -> Option<Decision> {
    let text = normalise(text);
    let own = candidates(problem, &text).into_iter().filter(|decision| writes(problem, decision, &text));
    only(own.chain(short_reply(problem, &text)))
}

/// STUB
pub enum Asked {
    /// s
    Stated(Problem),
    /// a
    AnyWealth(Vec<Problem>),
}
/// STUB
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// u
    Unclear,
}
impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unclear")
    }
}
/// STUB
pub fn asked(text: &str) -> Option<Asked> {
    problem(text).map(Asked::Stated)
}
/// STUB
pub fn why_unread(_: &Problem, _: &str) -> Unread {
    Unread::Unclear
}

/// The one value, or `None` if there are none or they differ.
fn only<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// Whether some answer phrasing, or its first sentence, words this decision as exactly this text.
fn writes(problem: &Problem, decision: &Decision, text: &str) -> bool {
    (0..phrase::answer_phrasings(problem)).any(|phrasing| {
        let lead = phrase::lead(problem, decision, phrasing);
        text == lead || (text.starts_with(&lead) && text == phrase::answer(problem, decision, phrasing))
    })
}

/// The decisions that a text could state: every option, or every amount in its first sentence.
fn candidates(problem: &Problem, text: &str) -> Vec<Decision> {
    match problem {
        Problem::Choice(choice) => (0..choice.options.len()).map(Decision::Option).collect(),
        Problem::Stake(stake) => {
            let first = text.split_inclusive(". ").next().unwrap_or_default();
            let amounts =
                first.split(' ').filter_map(|word| number::parse_money(word.trim_end_matches(['.', ',', ':', ';'])));
            let mut amounts: Vec<f64> =
                amounts.chain([0.0, stake.wealth]).filter(|amount| (0.0..=stake.cap).contains(amount)).collect();
            amounts.sort_by(f64::total_cmp);
            amounts.dedup();
            amounts.into_iter().map(Decision::Amount).collect()
        }
        _ => Vec::new(),
    }
}

fn short_reply(problem: &Problem, text: &str) -> Option<Decision> {
    let reply = text.trim_end_matches(['.', '!']).to_ascii_lowercase();
    let decision = match problem {
        Problem::Stake(stake) => Decision::Amount(match reply.as_str() {
            "nothing" => 0.0,
            "all" | "everything" => stake.wealth,
            amount => number::parse_money(amount)?,
        }),
        Problem::Choice(choice) => Decision::Option(short_choice(choice, &reply)?),
        _ => return None,
    };
    phrase::belongs(problem, &decision).then_some(decision)
}

fn short_choice(choice: &Choice, reply: &str) -> Option<usize> {
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
            let label = ["option ", "choice "].iter().find_map(|noun| reply.strip_prefix(noun)).unwrap_or(reply);
            match label.as_bytes() {
                [letter @ b'a'..=b'z'] => Some(usize::from(letter - b'a')),
                _ => label.parse::<usize>().ok()?.checked_sub(1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::phrase::{answer, form, question};
    use super::super::problem::{Lottery, Return, Stake};
    use super::super::read;
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
        ];
        for (problem, text, expected) in cases {
            assert_eq!(read::decision(problem, text), expected, "{text}");
        }
    }

    #[test]
    fn an_answer_whose_numbers_contradict_it_is_not_read() {
        let problem = form::offer(1000.0, &[(0.5, 200.0), (0.5, -100.0)]);
        let text = answer(&problem, &Decision::Option(0), 0);
        assert_eq!(read::decision(&problem, &text), Some(Decision::Option(0)));
        assert_eq!(read::decision(&problem, &text.replace("1,200", "1,300")), None);
        assert_eq!(read::decision(&problem, &format!("{text} No.")), None);
    }

    #[test]
    fn questions_that_do_not_state_everything_are_not_read() {
        let text = question(&form::offer(1000.0, &[(0.5, 200.0), (0.5, -100.0)]), 0);
        assert!(read::problem(&text).is_some());
        assert_eq!(read::problem(&text.replace("$1,000", "plenty")), None);
        assert_eq!(read::problem(&text.replace("$1,000", "$50")), None, "a loss beyond wealth");
        assert_eq!(read::problem(&text.replace("$200", "£200")), None, "two currencies");
        assert_eq!(read::problem(&text.replacen("50%", "60%", 1)), None, "probabilities above 1");
    }
}
