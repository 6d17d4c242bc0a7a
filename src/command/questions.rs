//! `questions`: samples question sets, turns fine-tuning files back into questions, and makes the shipped sets again.

mod ship;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{Outcome, Session, inputs};
use crate::cli::{QuestionSet, QuestionsArgs};
use crate::decision::sample::measure::{self, Item, SampleError, Settings, Shares, Taken};
use crate::decision::{read, sample};
use crate::record::Question;
use crate::store::{self, Faults, replace};

/// Runs `riskpref questions`.
///
/// # Errors
/// When a set cannot be drawn as it is wanted, an input is bad, or an output cannot be written.
pub async fn run(args: &QuestionsArgs, session: &Session) -> Result<Outcome> {
    let mut faults = Faults::new(args.skip_invalid);
    if let Some(folder) = &args.shipped {
        let preferences = inputs::preferences(&args.prompts, &[], &mut faults)?;
        ship::ship(folder, &preferences, session)?;
        return Ok(Outcome::Complete);
    }
    let questions = match args.set {
        Some(set) => sampled(set, args, &mut faults)?,
        None => from_training(&args.from_training, &mut faults, session)?,
    };
    inputs::report_skipped(session, &faults);
    let lines = jsonl(&questions);
    match &args.output {
        None => session.terminal.data(lines),
        Some(path) => {
            replace(path, lines)?;
            session.terminal.note(format!("{}: {} questions", path.display(), questions.len()));
        }
    }
    Ok(Outcome::Complete)
}

fn jsonl(questions: &[Question]) -> String {
    questions.iter().map(|question| question.to_json() + "\n").collect()
}

fn sampled(set: QuestionSet, args: &QuestionsArgs, faults: &mut Faults) -> Result<Vec<Question>> {
    check_flags(set, args)?;
    let Some(count) = measured_count(set) else {
        let texts = plain(set, args.seed, args.count.unwrap_or(100) as usize);
        return texts.iter().map(|text| question(text, args.with_problem)).collect();
    };
    let mut settings = Settings::new(args.seed, args.count.map_or(count, |count| count as usize));
    settings.targets.clone_from(&args.targets);
    if let Some(thresholds) = args.thresholds {
        settings.thresholds = thresholds;
    }
    if !args.domains.is_empty() {
        settings.domains.clone_from(&args.domains);
    }
    settings.optimum = args.optimum.zip(args.gamma).map(|(range, gamma)| Shares { gamma, range });
    settings.taken = taken(&args.held_out_from, faults)?;
    Ok(measured(set, &settings)?.into_iter().map(carrying).collect())
}

/// Flags that the kind of set does not know are refused rather than left out.
fn check_flags(set: QuestionSet, args: &QuestionsArgs) -> Result<()> {
    let is_measured = measured_count(set).is_some();
    let has_thresholds = matches!(
        set,
        QuestionSet::Choices
            | QuestionSet::Domains
            | QuestionSet::Scale
            | QuestionSet::Offers
            | QuestionSet::TrainingOffers
    );
    let has_domains = is_measured && !is_brief(set);
    for (given, fits, flag, sets) in [
        (args.thresholds.is_some(), has_thresholds, "--thresholds", "choices, offers, domains and scale"),
        (args.optimum.is_some(), set == QuestionSet::Stakes, "--optimum", "stakes"),
        (!args.domains.is_empty(), has_domains, "--domains", "the measurement sets but offers"),
        (!args.held_out_from.is_empty(), has_domains, "--held-out-from", "the measurement sets but offers"),
    ] {
        if given && !fits {
            bail!("{flag} is for {sets} only");
        }
    }
    Ok(())
}

/// Whether a set has one wealth and few wordings, so that nothing of it can be left out.
fn is_brief(set: QuestionSet) -> bool {
    matches!(set, QuestionSet::Offers | QuestionSet::TrainingOffers)
}

fn question(text: &str, with_problem: bool) -> Result<Question> {
    let question = Question::from_text(0, text).map_err(|fault| anyhow::anyhow!(fault.expected))?;
    let read = if with_problem { read::question(text) } else { None };
    let domain = read.as_ref().and_then(|read| read.domain).map(|domain| domain.to_string());
    Ok(Question { problem: read.map(|read| read.problem), domain, ..question })
}

/// A question that carries its problem.
pub(super) fn carrying(item: Item) -> Question {
    let domain = item.domain.map(|domain| domain.to_string());
    Question { id: 0, text: item.text, problem: Some(item.problem), domain }
}

/// The sets that carry no problem.
fn plain(set: QuestionSet, seed: u64, count: usize) -> Vec<String> {
    match set {
        QuestionSet::ExpectedValue => sample::expected_value_set(seed, count),
        QuestionSet::Finance => sample::finance_set(seed, count),
        QuestionSet::EvaluationFinance => sample::evaluation_finance(seed, count),
        QuestionSet::EvaluationQuantitative => sample::evaluation_quantitative(seed, count),
        _ => sample::training_set(seed, count),
    }
}

/// Items of the shipped measurement set; none for sets of other kinds.
fn measured_count(set: QuestionSet) -> Option<usize> {
    match set {
        QuestionSet::Choices => Some(400),
        QuestionSet::Stakes | QuestionSet::Offers => Some(120),
        QuestionSet::TrainingOffers => Some(1600),
        QuestionSet::Insurance => Some(60),
        QuestionSet::Prices
        | QuestionSet::Portfolios
        | QuestionSet::Menus
        | QuestionSet::Domains
        | QuestionSet::Scale
        | QuestionSet::Controls => Some(40),
        QuestionSet::DoubleOrCut => Some(20),
        _ => None,
    }
}

fn measured(set: QuestionSet, settings: &Settings) -> Result<Vec<Item>, SampleError> {
    match set {
        QuestionSet::Stakes => measure::stakes(settings),
        QuestionSet::Insurance => measure::insurance(settings),
        QuestionSet::Prices => measure::prices(settings),
        QuestionSet::Portfolios => measure::portfolios(settings),
        QuestionSet::Menus => measure::menus(settings),
        QuestionSet::DoubleOrCut => measure::double_or_cut(settings),
        QuestionSet::Domains => measure::domains(settings),
        QuestionSet::Scale => measure::scale(settings),
        QuestionSet::Controls => measure::controls(settings),
        QuestionSet::Offers => measure::offers(settings),
        QuestionSet::TrainingOffers => measure::training_offers(settings),
        _ => measure::choices(settings),
    }
}

/// Numbers and wordings that a set may not share.
fn taken(files: &[PathBuf], faults: &mut Faults) -> Result<Taken> {
    let mut texts = Vec::new();
    for file in files {
        texts.extend(inputs::questions(file, None, faults)?.into_iter().map(|question| question.text));
    }
    Ok(Taken::from_questions(texts.iter().map(String::as_str)))
}

/// The questions of fine-tuning files, each once, in order.
fn from_training(inputs: &[PathBuf], faults: &mut Faults, session: &Session) -> Result<Vec<Question>> {
    let mut seen = HashSet::new();
    let mut questions = Vec::new();
    for file in training_files(inputs)? {
        let (mut lines, before) = (0, questions.len());
        for question in store::read_questions(&file, faults)? {
            lines += 1;
            if seen.insert(question.text.clone()) {
                questions.push(question);
            }
        }
        let new = questions.len() - before;
        session.terminal.note(format!("{}: {lines} examples, {new} questions not seen before", file.display()));
    }
    Ok(questions)
}

fn training_files(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in given {
        match path.is_dir() {
            true => files.extend(jsonl_files(path)?),
            false => files.push(path.clone()),
        }
    }
    Ok(files)
}

fn jsonl_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let found = inputs::files(folder, |name| name.ends_with(".jsonl"))?;
    if found.is_empty() {
        bail!("{} has no .jsonl files", folder.display());
    }
    Ok(found)
}
