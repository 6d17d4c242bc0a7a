//! Tests that words and structure are the same thing: every phrasing of random problems and decisions reads back
//! exactly.

use proptest::prelude::*;

use super::arbitrary::{any_kind, decision_at};
use super::phrase::{self, Domain, Group, Labels, Unit, form, question, sentences};
use super::problem::{
    Choice, Coverage, Decision, Frame, Lognormal, Lottery, Portfolio, Price, Problem, Return, Side, Stake,
};
use super::read;

const THEORY: [&str; 7] = ["utility", "expected", "crra", "averse", "aversion", "kelly", "certainty equivalent"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn questions_read_back_exactly(problem in any_kind()) {
        for (phrasing, sentence) in sentences(&problem).iter().enumerate() {
            let text = question(&problem, phrasing);
            let (domain, terms) = (Some(sentence.domain), sentence.terms);
            let expected = read::Question { problem: problem.clone(), domain, terms, is_brief: false };
            prop_assert_eq!(read::question(&text), Some(expected), "{}", text);
        }
    }

    #[test]
    fn answers_read_back_exactly_in_the_terms_of_every_question(problem in any_kind(), position in 0.0..1.0f64) {
        let exact = decision_at(&problem, position);
        for (sentence, decision) in sentences(&problem).iter().zip([exact, exact.rounded(&problem)].iter().cycle()) {
            for phrasing in 0..phrase::answer_phrasings(&problem) {
                let text = phrase::answer_in(&problem, sentence.terms, decision, phrasing);
                prop_assert_eq!(read::decision(&problem, &text), Some(*decision), "{}", text);
                let lead = phrase::lead(&problem, sentence.terms, decision, phrasing);
                prop_assert_eq!(read::decision(&problem, &lead), Some(*decision), "{}", lead);
                prop_assert!(THEORY.iter().all(|word| !text.to_lowercase().contains(word)), "{}", text);
                prop_assert!(sentence.unit == Unit::Dollars || !text.contains('$'), "{}", text);
            }
        }
    }

    #[test]
    fn a_label_names_the_same_option_after_a_swap(problem in any_kind(), first in 0..10usize) {
        let Problem::Choice(mut choice @ Choice { frame: Frame::Menu, .. }) = problem.clone() else { return Ok(()) };
        let first = first % choice.options.len();
        choice.options.swap(0, first);
        for (phrasing, sentence) in sentences(&problem).iter().enumerate() {
            let swapped = read::question(&question(&Problem::Choice(choice.clone()), phrasing)).unwrap();
            let Problem::Choice(read) = &swapped.problem else { unreachable!("a menu") };
            let Problem::Choice(original) = &problem else { unreachable!("a menu") };
            prop_assert_eq!(&read.options[first], &original.options[0]);
            let label = sentence.labels.unwrap().label(first);
            let decision = Decision::Option(first);
            let named = format!("{} {label}.", sentence.terms.noun);
            for reply in [label.to_owned(), named, swapped.answer(&decision, 1)] {
                prop_assert_eq!(read::decision(&swapped.problem, &reply), Some(decision), "{}", reply);
            }
        }
    }

    #[test]
    fn rounding_keeps_an_amount_allowed_close_and_positive(problem in any_kind(), position in 0.0..1.0f64) {
        let exact = decision_at(&problem, position);
        prop_assert!(problem.allows(&exact));
        let rounded = exact.rounded(&problem);
        prop_assert!(problem.allows(&rounded));
        if let (Decision::Amount(exact), Decision::Amount(rounded)) = (exact, rounded) {
            prop_assert!((rounded - exact).abs() <= 0.01 * exact.abs());
            prop_assert_eq!(rounded == 0.0, exact == 0.0);
        }
    }
}

/// A problem of each form, in the order of the forms.
fn one_of_each() -> Vec<Problem> {
    let lottery = Lottery::new(&[(0.5, 20.0), (0.5, -10.0)]);
    let options = vec![Lottery::sure(1.0), lottery.clone()];
    let returns = |gain: f64, loss: f64| {
        vec![Return { probability: 0.5, multiple: gain }, Return { probability: 0.5, multiple: -loss }]
    };
    let stake = |cap, loss, unit| Problem::Stake(Stake { wealth: 100.0, cap, returns: returns(2.0, loss), unit });
    let price = |side| Problem::Price(Price { wealth: 100.0, side, lottery: lottery.clone() });
    vec![
        Problem::Choice(Choice { wealth: 100.0, frame: Frame::Menu, options }),
        form::offer(100.0, &[(0.5, 20.0), (0.5, -10.0)]),
        form::insurance(100.0, 6.0, [(0.05, -80.0), (0.95, 0.0)]),
        stake(100.0, 1.0, None),
        stake(100.0, 0.5, None),
        stake(100.0, 0.5, Some(10.0)),
        stake(150.0, 0.5, None),
        Problem::Coverage(Coverage { wealth: 100.0, loss: 80.0, probability: 0.1, rate: 0.12 }),
        Problem::Portfolio(Portfolio { wealth: 100.0, cap: 100.0, safe: -0.01, returns: returns(0.3, 0.2) }),
        Problem::Lognormal(Lognormal { wealth: 100.0, cap: 150.0, drift: 0.08, safe: 0.02, volatility: 0.2 }),
        price(Side::Sell),
        price(Side::Buy),
    ]
}

#[test]
fn every_form_has_enough_phrasings_on_both_sides() {
    for (problem, form) in one_of_each().iter().zip(form::Form::ALL) {
        assert_eq!(form::Form::of(problem), form);
        let count = |group, finance| {
            let fits =
                |s: &&phrase::Sentence| s.group == group && s.domain.is_finance() == finance && s.unit == Unit::Dollars;
            sentences(problem).iter().filter(fits).count()
        };
        let least = if (form as usize) < 5 { [2, 3, 2, 2] } else { [1; 4] };
        let found =
            [(Group::Training, false), (Group::Training, true), (Group::HeldOut, false), (Group::HeldOut, true)]
                .map(|(group, finance)| count(group, finance));
        assert!(found.iter().zip(least).all(|(found, least)| *found >= least), "{form:?}: {found:?}");
        for sentence in sentences(problem).iter().filter(|sentence| sentence.unit != Unit::Dollars) {
            assert!(sentence.group == Group::HeldOut);
        }
    }
}

#[test]
fn menus_offers_and_bets_are_held_out_in_every_domain_and_menus_with_every_label() {
    let problems = one_of_each();
    let has = |problem: &Problem, domain, labels| {
        sentences(problem).iter().any(|s| s.group == Group::HeldOut && s.domain == domain && s.labels == labels)
    };
    for domain in Domain::ALL {
        for labels in Labels::ALL {
            assert!(has(&problems[0], domain, Some(labels)), "{domain} {labels:?}");
        }
        for problem in [&problems[1], &problems[3]] {
            assert!(has(problem, domain, None), "{domain} {problem:?}");
        }
    }
}

#[test]
fn questions_state_wealth_forbid_borrowing_say_how_to_answer_and_set_no_mood() {
    for (unit, is_brief, text) in phrase::all_texts() {
        let lower = text.to_lowercase();
        assert!(THEORY.iter().chain(&["lucky", "worried", "feel"]).all(|word| !lower.contains(word)), "{text}");
        assert!(text.contains("{$wealth}"), "{text}");
        // Brief ones are about a single gain or loss, and their answer is begun for the model.
        if is_brief {
            continue;
        }
        let without_money = ["gives you more", "given more", "no more can be had"];
        let known = if unit == Unit::Dollars { &[][..] } else { &without_money };
        let limits = ["borrow", "loan", "lend", "lent", "credit"].iter().chain(known);
        assert!({ limits }.any(|words| lower.contains(words)), "{text}");
        let instruction = lower.rsplit(['?', '.', '!']).find(|part| !part.trim().is_empty()).unwrap_or_default();
        assert!(["first", "begin", "start", "open", "lead"].iter().any(|word| instruction.contains(word)), "{text}");
    }
}
