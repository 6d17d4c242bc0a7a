//! Forced choice: the words with which an answer begins whichever option is chosen, and how it goes on for each.
//!
//! Invariant: the words are those of the first answer phrasing, so that a forced answer reads back as its option.

use super::problem::{Decision, Problem};
use super::read;

/// A choice whose answer is begun, so that the next token decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forced {
    /// The beginning that all options share: whole words, without a space at the end.
    pub lead: String,
    /// How it goes on for each option, up to the end of the first sentence.
    pub endings: Vec<String>,
}

/// A token that may come next, and the natural logarithm of its probability.
pub type Next<'a> = (&'a str, f64);

impl Forced {
    /// The forced choice of a question; none if it cannot be read or does not ask for one of several options.
    pub fn of(question: &str) -> Option<Self> {
        let asked = read::question(question)?;
        let Problem::Choice(choice) = &asked.problem else { return None };
        let answer = |option| asked.answer(&Decision::Option(option), 0);
        let sentences: Vec<String> = (0..choice.options.len()).map(|option| first_sentence(&answer(option))).collect();
        let shared = shared_words(&sentences)?;
        let endings = sentences.iter().map(|sentence| sentence[shared..].to_owned()).collect();
        Some(Self { lead: sentences[0][..shared].to_owned(), endings })
    }

    /// Probability of each option, of those tokens among `next` that begin the ending of exactly one; none if no token
    /// does.
    pub fn shares(&self, next: &[Next<'_>]) -> Option<Vec<f64>> {
        let mut shares = vec![0.0; self.endings.len()];
        for (token, logprob) in next.iter().filter(|(token, _)| !token.trim().is_empty()) {
            let begins = |ending: &&String| ending.starts_with(token) || ending.trim_start().starts_with(token);
            let mut options = (0..).zip(&self.endings).filter(|(_, ending)| begins(ending));
            if let (Some((option, _)), None) = (options.next(), options.next()) {
                let share: &mut f64 = &mut shares[option];
                *share += logprob.exp();
            }
        }
        let total: f64 = shares.iter().sum();
        (total > 0.0).then(|| shares.iter().map(|share| share / total).collect())
    }

    /// The answer that states an option.
    pub fn answer(&self, option: usize) -> String {
        format!("{}{}", self.lead, self.endings[option])
    }
}

fn first_sentence(answer: &str) -> String {
    answer.find(". ").map_or(answer, |end| &answer[..=end]).to_owned()
}

/// Bytes of the whole words that all sentences begin with; none if one sentence is no more than that.
fn shared_words(sentences: &[String]) -> Option<usize> {
    let first = sentences.first()?;
    let same = |at: usize| sentences.iter().all(|other| other.as_bytes().get(at) == first.as_bytes().get(at));
    let end = (0..first.len()).find(|&at| !same(at))?;
    first[..end].rfind(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{phrase, problem::*};

    fn menu() -> String {
        let options = vec![Lottery::sure(5.0), Lottery::new(&[(0.5, 30.0), (0.5, -10.0)])];
        phrase::question(&Problem::Choice(Choice { wealth: 80.0, frame: Frame::Menu, options }), 0)
    }

    #[test]
    fn every_option_has_an_ending_that_reads_back() {
        let offer = form_offer();
        for question in [menu(), offer] {
            let forced = Forced::of(&question).unwrap();
            assert!(!forced.lead.is_empty() && !forced.lead.ends_with(' '), "{forced:?}");
            let problem = read::problem(&question).unwrap();
            for option in 0..2 {
                let read = read::decision(&problem, &forced.answer(option));
                assert_eq!(read, Some(Decision::Option(option)), "{forced:?}");
            }
        }
    }

    fn form_offer() -> String {
        phrase::question(&phrase::form::offer(1000.0, &[(0.5, 200.0), (0.5, -100.0)]), 0)
    }

    #[test]
    fn tokens_that_begin_one_ending_share_the_probability() {
        let forced = Forced { lead: "I choose option".into(), endings: vec![" A.".into(), " B.".into()] };
        let shares = forced.shares(&[(" A", 0.3_f64.ln()), (" B", 0.1_f64.ln()), (" the", 0.5_f64.ln())]).unwrap();
        assert!((shares[0] - 0.75).abs() < 1e-12 && (shares[1] - 0.25).abs() < 1e-12);
        assert_eq!(forced.shares(&[(" ", -0.1), (" the", -1.0)]), None);
    }

    #[test]
    fn amounts_are_not_forced() {
        assert_eq!(Forced::of("How are you?"), None);
        let returns = vec![Return { probability: 0.5, multiple: 1.5 }, Return { probability: 0.5, multiple: -1.0 }];
        let stake = Problem::Stake(Stake { wealth: 100.0, cap: 100.0, returns, unit: None });
        assert_eq!(Forced::of(&phrase::question(&stake, 0)), None);
    }
}
