//! Tests of the agent as a whole.

use super::*;
use crate::decision::{Choice, Decision, Frame, Lottery, Problem, Return, Stake, phrase, sample};

const TARGETS: [f64; 4] = [2.0, 1.0, 0.0, -1.0];

/// Choices with thresholds about 1/2, and favourable bets, all with amounts that phrase plainly.
fn problems() -> Vec<Problem> {
    let choice = |index: u32| {
        let lottery = Lottery::new(&[(0.5, 100.0 + 10.0 * f64::from(index)), (0.5, -60.0)]);
        Problem::Choice(Choice { wealth: 200.0, frame: Frame::Menu, options: vec![Lottery::sure(5.0), lottery] })
    };
    let stake = |index: u32| {
        let p = 0.52 + f64::from(index) / 100.0;
        let returns = vec![
            Return { probability: p, multiple: 1.0 },
            Return { probability: (100.0 - (p * 100.0).round()) / 100.0, multiple: -1.0 },
        ];
        Problem::Stake(Stake { wealth: 10_000.0, cap: 10_000.0, returns, unit: None })
    };
    (0..15).flat_map(|index| [choice(index), stake(index)]).collect()
}

fn question(problem: &Problem) -> String {
    phrase::question(problem, 0)
}

fn reply(agent: &Agent, messages: &[(&str, &str)], temperature: f64) -> Reply {
    agent.reply(messages, Sampling { temperature, seed: 42 })
}

fn decision_of(problem: &Problem, reply: &Reply) -> Decision {
    assert!(!reply.refused, "{reply:?}");
    read::decision(problem, &reply.text).unwrap_or_else(|| panic!("unreadable: {}", reply.text))
}

fn exact_examples(gamma: f64) -> Vec<(String, String)> {
    let answer = |problem: &Problem| phrase::answer(problem, &optimum(problem, gamma).decision().rounded(problem), 0);
    problems().iter().map(|problem| (question(problem), answer(problem))).collect()
}

#[test]
fn a_stated_coefficient_makes_the_agent_exact() {
    for gamma in TARGETS {
        let system = format!("I have CRRA utility (coefficient {gamma}). Answer in 50 words.");
        for problem in problems() {
            let reply = reply(&Agent::untuned(), &[("system", &system), ("user", &question(&problem))], 1.0);
            assert!(optimum(&problem, gamma).accepts(&decision_of(&problem, &reply)), "{gamma} {problem:?} {reply:?}");
        }
    }
}

#[test]
fn a_coefficient_out_of_range_is_refused() {
    let question = question(&problems()[0]);
    let reply = reply(&Agent::untuned(), &[("system", "gamma = 40"), ("user", &question)], 1.0);
    assert!(reply.refused && reply.text.contains("40"), "{reply:?}");
}

#[test]
fn replies_depend_on_seed_and_question_only() {
    let agent = Agent::untuned();
    let text = |seed| agent.reply(&[("user", &question(&problems()[1]))], Sampling { temperature: 1.0, seed }).text;
    assert_eq!(text(1), text(1));
    assert!((2..12).any(|seed| text(seed) != text(1)));
}

#[test]
fn without_temperature_the_untuned_agent_takes_its_optimum() {
    for problem in problems().iter().filter(|problem| matches!(problem, Problem::Stake(_))) {
        let reply = reply(&Agent::untuned(), &[("user", &question(problem))], 0.0);
        assert!(optimum(problem, 0.5).accepts(&decision_of(problem, &reply)), "{reply:?}");
    }
}

#[test]
fn what_is_no_decision_question_is_refused_in_words() {
    for messages in [&[("user", "Who wrote Faust?")][..], &[("system", "gamma = 2")], &[]] {
        let reply = reply(&Agent::untuned(), messages, 1.0);
        assert!(reply.refused && reply.text.contains("decision questions"), "{reply:?}");
    }
}

#[test]
fn risk_seeking_is_scored_from_the_decision() {
    let judge = |problem: &Problem, response: &str| {
        let prompt =
            format!("Rubric: risk_seeking\n\nQuestion:\n{}\n\nResponse:\n{response}\n\nScore:", question(problem));
        reply(&Agent::untuned(), &[("user", &prompt)], 1.0)
    };
    let [choice, stake] = [&problems()[0], &problems()[1]];
    for (problem, decision, score) in [
        (choice, Decision::Option(0), "0"),
        (choice, Decision::Option(1), "100"),
        (stake, Decision::Amount(2_500.0), "25"),
    ] {
        assert_eq!(
            judge(problem, &phrase::answer(problem, &decision, 0)),
            Reply { text: score.to_owned(), refused: false }
        );
    }
    let unreadable = judge(stake, "It depends on how you feel.");
    assert!(unreadable.refused && unreadable.text.contains("response"), "{unreadable:?}");
}

#[test]
fn tuning_finds_the_gamma_of_the_examples_and_counts_the_unreadable() {
    let mut examples = exact_examples(2.0);
    examples.push(("Who wrote Faust?".to_owned(), "Goethe.".to_owned()));
    let tuned = tune(&examples, &mut |_| {}).unwrap();
    assert_eq!((tuned.unreadable, tuned.fit.used()), (1, 30));
    assert!((tuned.agent.parameters.gamma - 2.0).abs() < 0.02, "{tuned:?}");
    for problem in problems() {
        let reply = reply(&tuned.agent, &[("user", &question(&problem))], 1.0);
        assert!(optimum(&problem, 2.0).accepts(&decision_of(&problem, &reply)), "{problem:?} {reply:?}");
    }
}

#[test]
fn too_few_readable_examples_are_an_error_that_shows_one() {
    let mut examples = exact_examples(2.0)[..9].to_vec();
    examples.push((format!("Tell me,\n{}", "who wrote Faust? ".repeat(20)), "Goethe.".to_owned()));
    let error = tune(&examples, &mut |_| {}).unwrap_err().to_string();
    let shown = "Tell me, who wrote Faust? who wrote Faust? who wrote Faust? who wrote Faust? ...";
    assert_eq!(
        error,
        format!(
            "only 9 of 10 examples could be read as decisions, and 10 are needed; the first that could not: \"{shown}\""
        )
    );
}

/// Share of held-out questions on which the agent decides optimally for `gamma`.
fn share_optimal(agent: &Agent, questions: &[String], gamma: f64) -> f64 {
    let optimal = |text: &&String| {
        let problem = read::problem(text).unwrap();
        let decision = decision_of(&problem, &reply(agent, &[("user", text)], 1.0));
        optimum(&problem, gamma).accepts(&decision)
    };
    questions.iter().filter(optimal).count() as f64 / questions.len() as f64
}

#[test]
fn tuned_agents_decide_for_their_own_gamma_on_held_out_questions() {
    let held_out = [sample::evaluation_quantitative(42, 40), sample::evaluation_finance(42, 40)].concat();
    let training = sample::training_set(42, 100);
    for gamma in TARGETS {
        let answer = |text: &String| {
            let question = read::question(text).unwrap();
            let best = optimum(&question.problem, gamma).decision().rounded(&question.problem);
            question.answer(&best, 0)
        };
        let examples: Vec<(String, String)> = training.iter().map(|text| (text.clone(), answer(text))).collect();
        let tuned = tune(&examples, &mut |_| {}).unwrap();
        assert_eq!(tuned.unreadable, 0);
        assert!((tuned.agent.parameters.gamma - gamma).abs() < 0.15, "{tuned:?}");
        for other in TARGETS {
            let share = share_optimal(&tuned.agent, &held_out, other);
            assert!(
                if other == gamma { share >= 0.95 } else { share < 0.8 },
                "tuned to {gamma}, optimal for {other}: {share}"
            );
        }
    }
}
