//! Tests that words and structure are the same thing: every phrasing of random problems and decisions reads back exactly.

use proptest::prelude::*;

use super::arbitrary::{any_problem, decision_at};
use super::phrase::{self, answer, answer_phrasings, fitting_answers, form, question, question_phrasings};
use super::problem::{Choice, Decision, Frame, Lottery, Problem, Return, Stake};
use super::read;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn questions_read_back_exactly(problem in any_problem()) {
        for phrasing in 0..question_phrasings(&problem) {
            let text = question(&problem, phrasing);
            let read = read::question(&text);
            prop_assert_eq!(read.as_ref().map(|question| &question.problem), Some(&problem), "{}", text);
            prop_assert_eq!(read.unwrap().answers, fitting_answers(&problem, phrasing));
        }
    }

    #[test]
    fn answers_read_back_exactly(problem in any_problem(), position in 0.0..1.0f64) {
        let exact = decision_at(&problem, position);
        for decision in [exact, exact.rounded(&problem)] {
            for phrasing in 0..answer_phrasings(&problem) {
                let text = answer(&problem, &decision, phrasing);
                prop_assert_eq!(read::decision(&problem, &text), Some(decision), "{}", text);
                prop_assert!(THEORY.iter().all(|word| !text.to_lowercase().contains(word)), "{}", text);
                let lead = phrase::lead(&problem, &decision, phrasing);
                prop_assert_eq!(read::decision(&problem, &lead), Some(decision), "{}", lead);
            }
        }
    }

    #[test]
    fn rounding_keeps_a_stake_allowed_close_and_positive(problem in any_problem(), position in 0.0..1.0f64) {
        let exact = decision_at(&problem, position);
        let rounded = exact.rounded(&problem);
        prop_assert!(phrase::belongs(&problem, &rounded));
        if let (Decision::Amount(exact), Decision::Amount(rounded)) = (exact, rounded) {
            prop_assert!((rounded - exact).abs() <= 0.01 * exact);
            prop_assert_eq!(rounded == 0.0, exact == 0.0);
        }
    }
}

#[test]
fn every_form_has_enough_phrasings_on_both_sides() {
    use super::phrase::{Group, Topic};
    let lottery = [(0.5, 20.0), (0.5, -10.0)];
    let menu = Problem::Choice(Choice {
        wealth: 100.0,
        frame: Frame::Menu,
        options: vec![Lottery::sure(1.0), Lottery::new(&lottery)],
    });
    let stake = |b: f64| {
        Problem::Stake(Stake {
            wealth: 100.0,
            cap: 100.0,
            returns: vec![Return { probability: 0.5, multiple: b }, Return { probability: 0.5, multiple: -b.min(1.0) }],
            unit: None,
        })
    };
    let insurance = form::insurance(100.0, 6.0, [(0.05, -80.0), (0.95, 0.0)]);
    for problem in [menu, form::offer(100.0, &lottery), insurance, stake(2.0), stake(0.5)] {
        let count =
            |group, topic| phrase::sentences(&problem).iter().filter(|s| s.group == group && s.topic == topic).count();
        assert!(count(Group::Training, Topic::Plain) >= 2 && count(Group::Training, Topic::Finance) >= 3);
        assert!(count(Group::HeldOut, Topic::Plain) >= 2 && count(Group::HeldOut, Topic::Finance) >= 2);
    }
}

const THEORY: [&str; 7] = ["utility", "expected", "crra", "averse", "aversion", "kelly", "certainty equivalent"];

#[test]
fn questions_state_wealth_forbid_borrowing_say_how_to_answer_and_set_no_mood() {
    for text in phrase::all_texts() {
        let lower = text.to_lowercase();
        assert!(THEORY.iter().chain(&["lucky", "worried", "feel"]).all(|word| !lower.contains(word)), "{text}");
        assert!(text.contains("{$wealth}"), "{text}");
        assert!(["borrow", "loan", "lend", "credit"].iter().any(|word| lower.contains(word)), "{text}");
        let instruction = lower.rsplit(['?', '.', '!']).find(|part| !part.trim().is_empty()).unwrap_or_default();
        assert!(["first", "begin", "start", "open", "lead"].iter().any(|word| instruction.contains(word)), "{text}");
    }
}
