//! The question sets and training files of the repository, made again from their seed.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

use super::{carrying, jsonl, measured, measured_count, plain, question};
use crate::cli::QuestionSet;
use crate::command::Session;
use crate::decision::oracle;
use crate::decision::sample::measure::Settings;
use crate::record::{Answer, Example, Preference};
use crate::store::replace;

/// Seed of everything that ships.
const SEED: u64 = 42;

/// The sets without problems, with their sizes.
const PLAIN: [(&str, QuestionSet, usize); 5] = [
    ("question/questions_training_500.jsonl", QuestionSet::Training, 500),
    ("question/questions_training_ev_max.jsonl", QuestionSet::ExpectedValue, 100),
    ("question/questions_finance.jsonl", QuestionSet::Finance, 20),
    ("evals/questions_finance.jsonl", QuestionSet::EvaluationFinance, 100),
    ("evals/questions_quantitative.jsonl", QuestionSet::EvaluationQuantitative, 100),
];

const MEASURED: [(&str, QuestionSet); 11] = [
    ("choices", QuestionSet::Choices),
    ("stakes", QuestionSet::Stakes),
    ("insurance", QuestionSet::Insurance),
    ("prices", QuestionSet::Prices),
    ("portfolios", QuestionSet::Portfolios),
    ("menus", QuestionSet::Menus),
    ("double_or_cut", QuestionSet::DoubleOrCut),
    ("domains", QuestionSet::Domains),
    ("scale", QuestionSet::Scale),
    ("controls", QuestionSet::Controls),
    ("offers", QuestionSet::Offers),
];

/// Writes the question sets below `folder`, and the training files of `preferences`.
pub(super) fn ship(folder: &Path, preferences: &[Preference], session: &Session) -> Result<()> {
    for (name, set, count) in PLAIN {
        let questions = plain(set, SEED, count).iter().map(|text| question(text, false)).collect::<Result<Vec<_>>>()?;
        write(folder, name, (&jsonl(&questions), questions.len()), session)?;
    }
    for (name, set) in MEASURED {
        let count = measured_count(set).context("a measurement set has a size")?;
        let questions: Vec<_> = measured(set, &Settings::new(SEED, count))?.into_iter().map(carrying).collect();
        let name = format!("evals/measurement/questions_{name}.jsonl");
        write(folder, &name, (&jsonl(&questions), questions.len()), session)?;
    }
    let questions = plain(QuestionSet::Training, SEED, 500);
    for preference in preferences {
        let name = format!("sft_data/responses_{}.jsonl", preference.model_name);
        write(folder, &name, (&examples(preference, &questions)?, questions.len()), session)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, (lines, count): (&str, usize), session: &Session) -> Result<()> {
    replace(&folder.join(name), lines)?;
    session.terminal.note(format!("{name}: {count} lines"));
    Ok(())
}

fn examples(preference: &Preference, questions: &[String]) -> Result<String> {
    let mut text = String::new();
    for (question, question_id) in questions.iter().zip(1..) {
        let answer = oracle::answer(question, preference.utility_coefficient);
        let answer = answer.with_context(|| format!("question {question_id} has no exact answer"))?;
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
