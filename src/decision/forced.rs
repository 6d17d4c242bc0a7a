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

    /// Probability of each option, of the log probabilities of the tokens of every ending, in the order of the endings: of the
    /// tokens up to the one that no other ending has at its place, behind which nothing is left to be decided. None if these are
    /// not the endings' or hold no number.
    pub fn shares_of_endings(&self, scored: &[Vec<Next<'_>>]) -> Option<Vec<f64>> {
        if scored.len() != self.endings.len() || scored.iter().any(Vec::is_empty) {
            return None;
        }
        let decisive = |place: usize| scored[place].iter().take(deciding(scored, place)).map(|(_, logprob)| logprob);
        let logs: Vec<f64> = (0..scored.len()).map(|place| decisive(place).sum()).collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = logs.iter().map(|log| (log - most).exp()).sum();
        total.is_finite().then(|| logs.iter().map(|log| (log - most).exp() / total).collect())
    }

    /// The answer that states an option.
    pub fn answer(&self, option: usize) -> String {
        format!("{}{}", self.lead, self.endings[option])
    }
}

/// Tokens of an ending up to the one at which it is no other ending's beginning any more; all, if it is one.
fn deciding(scored: &[Vec<Next<'_>>], place: usize) -> usize {
    let shared =
        |other: &Vec<Next<'_>>| scored[place].iter().zip(other).take_while(|(one, other)| one.0 == other.0).count();
    let others = scored.iter().enumerate().filter(|(other, _)| *other != place);
    1 + others.map(|(_, other)| shared(other)).max().unwrap_or(0)
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
    fn endings_are_weighed_up_to_where_they_differ() {
        let endings = vec![" take it.".into(), " take nothing.".into(), " go.".into()];
        let forced = Forced { lead: "I".into(), endings };
        let log = f64::ln;
        let scored = [
            vec![(" take", log(0.5)), (" it", log(0.2)), (".", log(0.01))],
            vec![(" take", log(0.5)), (" nothing", log(0.6)), (".", log(0.9))],
            vec![(" go", log(0.1)), (".", log(0.3))],
        ];
        let shares = forced.shares_of_endings(&scored).unwrap();
        for (found, expected) in shares.iter().zip([0.1 / 0.5, 0.3 / 0.5, 0.1 / 0.5]) {
            assert!((found - expected).abs() < 1e-12, "{shares:?}");
        }
        // However unlikely all of them are, one is likelier.
        let unlikely: Vec<Vec<Next<'_>>> = [-2000.0, -2001.0, -2000.0].map(|log| vec![(" x", log)]).to_vec();
        assert!((forced.shares_of_endings(&unlikely).unwrap()[1] - 1.0 / (1.0 + 2.0 * 1f64.exp())).abs() < 1e-12);
        assert_eq!(forced.shares_of_endings(&scored[..2]), None);
        assert_eq!(forced.shares_of_endings(&vec![vec![(" a", f64::NAN)]; 3]), None);
    }

    #[test]
    fn amounts_are_not_forced() {
        assert_eq!(Forced::of("How are you?"), None);
        let returns = vec![Return { probability: 0.5, multiple: 1.5 }, Return { probability: 0.5, multiple: -1.0 }];
        let stake = Problem::Stake(Stake { wealth: 100.0, cap: 100.0, returns, unit: None });
        assert_eq!(Forced::of(&phrase::question(&stake, 0)), None);
    }
}
