//! English to problems and decisions.
//!
//! Invariant: nothing is guessed. A text that fits two different problems, or an answer that could mean two decisions
//! or contradicts itself, is not read.

mod short;

use super::free_text;
pub use super::free_text::Unread;
use super::number;
use super::phrase::{self, Domain, Labels, Terms, Unit, form};
use super::problem::{Choice, Decision, Frame, Problem};
use super::template::{list, normalise};

/// Words of a reply that is read as a whole or not at all.
const LONGEST_REPLY: usize = 4;

/// A question that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What is asked.
    pub problem: Problem,
    /// What the question is about; none for the wordings of the earlier project.
    pub domain: Option<Domain>,
    /// The terms that its answers take over.
    pub terms: Terms,
    /// Whether it is put briefly and answered in one wording.
    pub is_brief: bool,
}

impl Question {
    /// In how many phrasings [`Self::answer`] can word a decision.
    pub fn answers(&self) -> usize {
        if self.is_brief { 1 } else { phrase::answer_phrasings(&self.problem) }
    }

    /// A decision in words that fit the question: its unit of account, and its labels and noun for options.
    ///
    /// # Panics
    /// As [`phrase::answer`].
    pub fn answer(&self, decision: &Decision, phrasing: usize) -> String {
        phrase::answer_in(&self.problem, self.terms, decision, phrasing)
    }
}

/// Reads a question: our own phrasings, and plain questions whose text states wealth, probabilities and payoffs.
pub fn question(text: &str) -> Option<Question> {
    let text = normalise(text);
    if !number::one_currency(&text) {
        return None;
    }
    let own = phrase::all_sentences().filter_map(|sentence| {
        let problem = form::problem(sentence.form, &sentence.read(&text)?)?;
        Some(Question { problem, domain: Some(sentence.domain), terms: sentence.terms, is_brief: sentence.is_brief() })
    });
    let earlier = super::earlier::problems(&text).map(|problem| Question {
        problem,
        domain: None,
        terms: Terms::default(),
        is_brief: false,
    });
    only(own.chain(earlier))
}

/// Reads the problem that a question asks; see [`question`].
pub fn problem(text: &str) -> Option<Problem> {
    Some(question(text)?.problem)
}

/// Reads an answer to `problem`: the answers that [`Question::answer`] writes in any terms, their first sentences, and
/// short replies that can mean only one thing ("B", "Option 2", "$2,500", "3 tickets", "nothing", "accept", "No"); else the
/// decision that a free text comes to, unless the text begins like an answer of ours.
pub fn decision(problem: &Problem, text: &str) -> Option<Decision> {
    let plain = normalise(text);
    let terms = possible_terms(problem, &plain);
    let written = |decision: &Decision| terms.iter().any(|&terms| writes(problem, terms, decision, &plain));
    let begun = |decision: &Decision| terms.iter().any(|&terms| begins(problem, terms, decision, &plain));
    let candidates = candidates(problem, &plain);
    let own = candidates.iter().copied().filter(written);
    let found: Vec<Decision> = own.chain(short::reply(problem, &plain)).collect();
    let is_short = plain.split(' ').nth(LONGEST_REPLY).is_none();
    if found.is_empty() && !is_short && !candidates.iter().any(begun) {
        return free_text::decision(problem, text).ok();
    }
    only(found.into_iter())
}

/// What a question leaves open.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Nothing, or one thing that a convention fills in (a bond in default pays nothing back).
    Stated(Problem),
    /// The wealth: the same problem at each of a range of plausible wealths, ascending. A decision can be judged where it
    /// is optimal at all of them, or at none.
    AnyWealth(Vec<Problem>),
}

/// Reads a question as [`problem`] does, and where that fails by the conventions for what a plain question leaves out:
/// one for each wording in `earlier/wording`, and for the wealth a range. An amount at stake is asked at wealths from 1.05
/// to 1,000 times the largest loss or outlay; a stake of any size and a choice without losses at $1,000 to $1 million.
pub fn asked(text: &str) -> Option<Asked> {
    if let Some(problem) = problem(text) {
        return Some(Asked::Stated(problem));
    }
    let text = normalise(text);
    if !number::one_currency(&text) {
        return None;
    }
    let stated = super::earlier::by_convention(&text).map(Asked::Stated);
    only(stated.chain(super::earlier::at_any_wealth(&text).map(Asked::AnyWealth)))
}

/// Why [`decision`] reads nothing in a text.
pub fn why_unread(problem: &Problem, text: &str) -> Unread {
    free_text::decision(problem, text).err().unwrap_or(Unread::Unclear)
}

/// The one value, or `None` if there are none or they differ.
fn only<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// Whether some answer phrasing, or its first sentence, words this decision in these terms as exactly this text.
fn writes(problem: &Problem, terms: Terms, decision: &Decision, text: &str) -> bool {
    (0..phrase::answer_phrasings(problem)).any(|phrasing| {
        let lead = phrase::lead(problem, terms, decision, phrasing);
        text == lead || (text.starts_with(&lead) && text == phrase::answer_in(problem, terms, decision, phrasing))
    })
}

/// Whether a text begins with a decision in our words: what follows contradicts it, if it was not read as written.
fn begins(problem: &Problem, terms: Terms, decision: &Decision, text: &str) -> bool {
    let leads = (0..phrase::answer_phrasings(problem)).map(|phrasing| phrase::lead(problem, terms, decision, phrasing));
    leads.into_iter().any(|lead| text.starts_with(&lead))
}

/// The terms in which a text could speak: the units, labels and nouns for options that it names. A text that names no
/// unit, or no noun, says the same in any.
fn possible_terms(problem: &Problem, text: &str) -> Vec<Terms> {
    let plain = Terms::default();
    let mut units: Vec<Unit> = Unit::ALL.into_iter().filter(|unit| unit.is_named_in(text)).collect();
    if units.is_empty() {
        units.push(plain.unit);
    }
    if !matches!(problem, Problem::Choice(Choice { frame: Frame::Menu, .. })) {
        return units.into_iter().map(|unit| Terms { unit, ..plain }).collect();
    }
    let lower = text.to_ascii_lowercase();
    let mut nouns: Vec<&'static str> = list::nouns().filter(|noun| lower.contains(noun)).collect();
    if nouns.is_empty() {
        nouns.push(plain.noun);
    }
    let labels: Vec<Labels> = Labels::ALL.into_iter().filter(|labels| labels.occur_in(first_sentence(text))).collect();
    let with_unit = |unit| labels.iter().map(move |&labels| (unit, labels));
    let all = units.into_iter().flat_map(with_unit);
    all.flat_map(|(unit, labels)| nouns.iter().map(move |&noun| Terms { unit, labels, noun })).collect()
}

/// The decisions that a text could state: every option, or every amount in its first sentence that the problem allows.
fn candidates(problem: &Problem, text: &str) -> Vec<Decision> {
    if let Problem::Choice(choice) = problem {
        return (0..choice.options.len()).map(Decision::Option).collect();
    }
    let whole = match problem {
        Problem::Coverage(coverage) => coverage.loss,
        _ => problem.wealth(),
    };
    let stated =
        first_sentence(text).split(' ').filter_map(|word| signed_money(word.trim_end_matches(['.', ',', ':', ';'])));
    let mut amounts: Vec<f64> = stated.chain([0.0, whole]).collect();
    amounts.sort_by(f64::total_cmp);
    amounts.dedup();
    amounts.into_iter().map(Decision::Amount).filter(|decision| problem.allows(decision)).collect()
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or_default()
}

fn signed_money(word: &str) -> Option<f64> {
    match word.strip_prefix('-') {
        Some(size) => number::parse_money(size).map(|size| -size),
        None => number::parse_money(word),
    }
}

#[cfg(test)]
mod tests {
    use super::super::phrase::{answer, question};
    use super::super::problem::{Lottery, Price, Return, Side, Stake};
    use super::super::read;
    use super::*;

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

    #[test]
    fn loans_and_price_floors_that_contradict_the_rest_are_not_read() {
        let returns = vec![Return { probability: 0.5, multiple: 1.0 }, Return { probability: 0.5, multiple: -0.25 }];
        let margin = question(&Problem::Stake(Stake { wealth: 1000.0, cap: 1500.0, returns, unit: None }), 0);
        assert!(margin.contains("borrow up to $500 ") && read::problem(&margin).is_some(), "{margin}");
        assert_eq!(read::problem(&margin.replace("$500", "$400")), None);
        let lottery = Lottery::new(&[(0.5, 30.0), (0.5, -10.0)]);
        let price = question(&Problem::Price(Price { wealth: 1000.0, side: Side::Buy, lottery }), 0);
        assert!(price.contains("down to -$10,") && read::problem(&price).is_some(), "{price}");
        assert_eq!(read::problem(&price.replace("-$10,", "-$20,")), None);
    }

    #[test]
    fn a_question_knows_its_domain_and_its_answers_speak_its_language() {
        let lottery = Lottery::new(&[(0.5, 30.0), (0.5, -10.0)]);
        let options = vec![Lottery::sure(5.0), lottery];
        let menu = Problem::Choice(Choice { wealth: 80.0, frame: Frame::Menu, options });
        let late = |s: &phrase::Sentence| s.domain == Domain::Points && s.labels == Some(Labels::Late);
        let phrasing = phrase::sentences(&menu).iter().position(late).unwrap();
        let asked = read::question(&question(&menu, phrasing)).unwrap();
        assert_eq!((asked.domain, &asked.problem), (Some(Domain::Points), &menu));
        assert_eq!(
            asked.answer(&Decision::Option(1), 0),
            "I choose card Y. It leads to 110 points with a 50% chance or 70 points with a 50% chance. \
             Card X would lead to 85 points for certain."
        );
    }
}
