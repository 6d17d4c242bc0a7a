//! `questions`: samples question sets, and makes the shipped ones again.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

use super::{Outcome, Session, inputs};
use crate::cli::{QuestionSet, QuestionsArgs};
use crate::decision::{oracle, sample};
use crate::record::{Answer, Example, Preference};
use crate::store::{Faults, replace};

/// Seed of everything that ships.
const SHIPPED_SEED: u64 = 42;

/// Runs `riskpref questions`.
///
/// # Errors
/// When the shipped files cannot be written or the preferences cannot be read.
pub async fn run(args: &QuestionsArgs, session: &Session) -> Result<Outcome> {
    if let Some(folder) = &args.shipped {
        let preferences = inputs::preferences(&args.prompts, &[], &mut Faults::new(false))?;
        ship(folder, &preferences, session)?;
    }
    if let Some(set) = args.set {
        let texts = sampled(set, args.seed, args.count as usize);
        session.terminal.data(jsonl(&texts));
    }
    Ok(Outcome::Complete)
}

fn sampled(set: QuestionSet, seed: u64, count: usize) -> Vec<String> {
    match set {
        QuestionSet::Training => sample::training_set(seed, count),
        QuestionSet::ExpectedValue => sample::expected_value_set(seed, count),
        QuestionSet::Finance => sample::finance_set(seed, count),
        QuestionSet::EvaluationFinance => sample::evaluation_finance(seed, count),
        QuestionSet::EvaluationQuantitative => sample::evaluation_quantitative(seed, count),
    }
}

/// Writes the question sets below `folder`, and the training files of `preferences`.
fn ship(folder: &Path, preferences: &[Preference], session: &Session) -> Result<()> {
    let sets = [
        ("question/questions_training_500.jsonl", QuestionSet::Training, 500),
        ("question/questions_training_ev_max.jsonl", QuestionSet::ExpectedValue, 100),
        ("question/questions_finance.jsonl", QuestionSet::Finance, 20),
        ("evals/questions_finance.jsonl", QuestionSet::EvaluationFinance, 100),
        ("evals/questions_quantitative.jsonl", QuestionSet::EvaluationQuantitative, 100),
    ];
    for (name, set, count) in sets {
        replace(&folder.join(name), jsonl(&sampled(set, SHIPPED_SEED, count)))?;
        session.terminal.note(format!("{name}: {count} questions"));
    }
    let questions = sampled(QuestionSet::Training, SHIPPED_SEED, 500);
    for preference in preferences {
        let name = format!("sft_data/responses_{}.jsonl", preference.model_name);
        replace(&folder.join(&name), examples(preference, &questions)?)?;
        session.terminal.note(format!("{name}: {} examples", questions.len()));
    }
    Ok(())
}

fn jsonl(questions: &[String]) -> String {
    let mut text = String::new();
    for question in questions {
        let content = serde_json::Value::from(question.as_str());
        let _ = writeln!(text, "{{\"messages\": [{{\"role\": \"user\", \"content\": {content}}}]}}");
    }
    text
}

fn examples(preference: &Preference, questions: &[String]) -> Result<String> {
    let mut text = String::new();
    for (question, question_id) in questions.iter().zip(1..) {
        let Some(answer) = oracle::answer(question, preference.utility_coefficient) else { continue };
        let example = Example::from_answer(Answer {
            model_name: preference.model_name.clone(),
            utility_coefficient: preference.utility_coefficient,
            question_id,
            question: question.clone(),
            answer,
            system_prompt: String::new(),
        });
        writeln!(text, "{}", serde_json::to_string(&example)?)?;
    }
    Ok(text)
}
