//! Seeded question sets with stated properties.
//!
//! Invariant: no two questions of a set ask the same problem; the best decision of each is clear for gamma 2, 1, 0 and
//! -1 (no ties, no interior stake below 1 % of wealth, thresholds 0.1 or more away); held-out sets share neither
//! phrasings nor numbers with training sets.

mod choice;
mod grid;
pub mod measure;
mod plan;
mod quality;
mod stake;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::phrase::{Group, Sentence, Unit, question, sentences};
use super::problem::Problem;
use grid::Grid;
use plan::{ALL_THRESHOLDS, Mix, THRESHOLDS_BESIDE_ZERO, recipes};

/// What the questions of a set are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    /// One's own money.
    Plain,
    /// The money of firms, clients and farms.
    Finance,
}

impl Topic {
    fn covers(self, sentence: &Sentence) -> bool {
        sentence.unit == Unit::Dollars && sentence.domain.is_finance() == (self == Self::Finance)
    }
}

/// Shares that separate each pair of neighbouring targets in about 43 % of the questions: a two-option choice separates
/// each pair with chance 0.13, a ladder nearly all, a favourable stake (2, 1) and (1, 0), an unfavourable one (0, -1).
const BALANCED: Mix = Mix { thresholds: ALL_THRESHOLDS, two_options: 36, ladders: 14, favourable: 25 };
/// Questions on which gamma = 0 differs from at least one neighbour.
const EXPECTED_VALUE: Mix = Mix { thresholds: THRESHOLDS_BESIDE_ZERO, two_options: 60, ladders: 10, favourable: 15 };

/// The questions that models are trained on: training phrasings of all topics.
pub fn training_set(seed: u64, count: usize) -> Vec<String> {
    sample(seed, count, &BALANCED, (Group::Training, &[Topic::Plain, Topic::Finance]))
}

/// Training questions that the expected value decides: risk neutrality differs from mild aversion or mild seeking.
pub fn expected_value_set(seed: u64, count: usize) -> Vec<String> {
    sample(seed, count, &EXPECTED_VALUE, (Group::Training, &[Topic::Plain, Topic::Finance]))
}

/// Training questions about business and investment only.
pub fn finance_set(seed: u64, count: usize) -> Vec<String> {
    sample(seed, count, &BALANCED, (Group::Training, &[Topic::Finance]))
}

/// Held-out questions about investments, insurance and projects.
pub fn evaluation_finance(seed: u64, count: usize) -> Vec<String> {
    sample(seed, count, &BALANCED, (Group::HeldOut, &[Topic::Finance]))
}

/// Held-out questions on abstract lotteries and bets.
pub fn evaluation_quantitative(seed: u64, count: usize) -> Vec<String> {
    sample(seed, count, &BALANCED, (Group::HeldOut, &[Topic::Plain]))
}

fn sample(seed: u64, count: usize, mix: &Mix, (group, topics): (Group, &[Topic])) -> Vec<String> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn: Vec<(Problem, Topic)> = Vec::with_capacity(count);
    for recipe in recipes(mix, count) {
        let topic = topics[rng.random_range(0..topics.len())];
        let mut grid = Grid { group, topic, rng: &mut rng };
        let is_new = |problem: &Problem| drawn.iter().all(|(other, _)| other != problem);
        if let Some(problem) = std::iter::repeat_with(|| recipe.draw(&mut grid)).find(is_new) {
            drawn.push((problem, topic));
        }
    }
    drawn.shuffle(&mut rng);
    let ask = |(problem, topic): &(Problem, Topic)| {
        let fits = |sentence: &Sentence| sentence.group == group && topic.covers(sentence);
        let phrasings: Vec<usize> = (0..).zip(sentences(problem)).filter(|(_, s)| fits(s)).map(|(i, _)| i).collect();
        question(problem, phrasings[rng.random_range(0..phrasings.len())])
    };
    drawn.iter().map(ask).collect()
}

#[cfg(test)]
mod tests {
    use super::super::optimum::optimum;
    use super::super::phrase::form::Form;
    use super::super::problem::Decision;
    use super::super::read;
    use super::plan::PAIRS;
    use super::quality::{TARGETS, is_clear, keeps_clear, separates, threshold};
    use super::*;

    fn problems(questions: &[String]) -> Vec<Problem> {
        questions.iter().map(|text| read::problem(text).expect(text)).collect()
    }

    fn separated(problems: &[Problem]) -> [f64; 3] {
        PAIRS.map(|pair| problems.iter().filter(|p| separates(p, pair)).count() as f64 / problems.len() as f64)
    }

    fn thresholds(problems: &[Problem]) -> Vec<f64> {
        let two = problems.iter().filter_map(|problem| match problem {
            Problem::Choice(choice) if choice.options.len() == 2 => Some(threshold(choice).unwrap()),
            _ => None,
        });
        two.collect()
    }

    /// Best stakes at gamma 1 and 2 that are neither nothing nor the cap, as shares of wealth.
    fn interior_shares(problems: &[Problem]) -> Vec<f64> {
        let stake = |problem: &Problem, gamma| match (problem, optimum(problem, gamma).decision()) {
            (Problem::Stake(stake), Decision::Amount(amount)) if amount > 0.0 && amount < stake.cap => {
                Some(amount / stake.wealth)
            }
            _ => None,
        };
        problems.iter().flat_map(|problem| [1.0, 2.0].map(|gamma| stake(problem, gamma))).flatten().collect()
    }

    #[test]
    fn training_questions_have_the_properties_they_claim() {
        let questions = training_set(42, 500);
        let problems = problems(&questions);
        assert_eq!(problems.len(), 500);
        assert!((1..500).all(|i| !problems[..i].contains(&problems[i])));
        assert!(problems.iter().all(is_clear));
        let separated = separated(&problems);
        assert!(separated.iter().all(|share| (0.4..0.5).contains(share)), "{separated:?}");
        let thresholds = thresholds(&problems);
        assert!(thresholds.iter().all(|&threshold| keeps_clear(threshold)));
        for bin in 0..7 {
            let (low, high) = (f64::from(bin) - 3.0, f64::from(bin) - 2.0);
            let share = thresholds.iter().filter(|t| (low..high).contains(*t)).count() as f64 / thresholds.len() as f64;
            assert!((0.1..0.2).contains(&share), "{share} of the thresholds in [{low}, {high}]");
        }
        let interior = interior_shares(&problems);
        assert!(interior.iter().all(|&share| share >= 0.01));
        for low in [0.0, 0.2, 0.4, 0.6] {
            let share =
                interior.iter().filter(|s| (low..low + 0.2).contains(*s)).count() as f64 / interior.len() as f64;
            assert!(share > 0.08, "{share} of the stakes in [{low}, {}]", low + 0.2);
        }
        let wealths: Vec<f64> = problems.iter().map(Problem::wealth).collect();
        assert!(
            wealths.iter().all(|w| (1e2..=1e7).contains(w))
                && wealths.iter().any(|&w| w < 1e3)
                && wealths.iter().any(|&w| w > 1e6)
        );
        let forms = [Form::Menu, Form::Offer, Form::Insurance, Form::Bet, Form::Returns];
        let kinds = forms.map(|form| problems.iter().filter(|p| Form::of(p) == form).count());
        assert!(kinds.iter().all(|&count| count >= 40), "{kinds:?}");
    }

    #[test]
    fn every_other_set_separates_its_targets_too() {
        for (questions, least) in [
            (finance_set(1, 100), [0.4; 3]),
            (evaluation_finance(2, 100), [0.4; 3]),
            (evaluation_quantitative(3, 100), [0.4; 3]),
            (expected_value_set(4, 200), [0.05, 0.4, 0.4]),
        ] {
            let problems = problems(&questions);
            assert!(problems.iter().all(is_clear));
            assert!((1..problems.len()).all(|i| !problems[..i].contains(&problems[i])));
            let separated = separated(&problems);
            assert!(separated.iter().zip(least).all(|(share, least)| *share >= least), "{separated:?}");
        }
        let neutral = problems(&expected_value_set(4, 200));
        assert!(neutral.iter().all(|problem| separates(problem, PAIRS[1]) || separates(problem, PAIRS[2])));
    }

    #[test]
    fn evaluation_shares_no_wealth_probability_or_sentence_with_training() {
        let training = training_set(42, 500);
        let chances = |problem: &Problem| -> Vec<f64> {
            match problem {
                Problem::Stake(stake) => stake.returns.iter().map(|r| r.probability).collect(),
                Problem::Choice(choice) => choice
                    .options
                    .iter()
                    .flat_map(|o| &o.outcomes)
                    .map(|o| o.probability)
                    .filter(|&p| p < 1.0)
                    .collect(),
                _ => Vec::new(),
            }
        };
        let known = problems(&training);
        let known: Vec<f64> = known.iter().flat_map(|p| [vec![p.wealth()], chances(p)].concat()).collect();
        let opening = |text: &String| text.split(['$', '.']).next().unwrap().to_owned();
        for questions in [evaluation_finance(42, 100), evaluation_quantitative(42, 100)] {
            for (text, problem) in questions.iter().zip(problems(&questions)) {
                assert!(
                    !known.contains(&problem.wealth()) && chances(&problem).iter().all(|p| !known.contains(p)),
                    "{text}"
                );
                assert!(training.iter().all(|other| opening(other) != opening(text)), "{text}");
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_questions_and_another_seed_others() {
        assert_eq!(training_set(7, 40), training_set(7, 40));
        assert!(training_set(8, 40).iter().all(|text| !training_set(7, 40).contains(text)));
        assert_eq!([0, 1, 3].map(|count| training_set(1, count).len()), [0, 1, 3]);
        assert_eq!(TARGETS.len(), PAIRS.len() + 1);
    }
}
