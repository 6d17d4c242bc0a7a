//! `evaluate`: model x question x run -> responses.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::adoption::Tables;
use super::connect::Connections;
use super::finish::{Provenance, conclude, write_manifest};
use super::models::{self, Subject};
use super::{Outcome, Session, finish, inputs};
use crate::api::wire::chat::{ChatRequest, Message};
use crate::batch::{self, Shape, Task};
use crate::cli::{EvaluateArgs, SamplingArgs};
use crate::decision::forced::Forced;
use crate::record::{Question, Response};
use crate::server;
use crate::store::{self, Call, Faults, Journal, Replacement, Slot};

/// Every model's responses in one table.
pub(super) const ALL_RESPONSES: &str = "all_model_responses.csv";

/// Runs `riskpref evaluate`.
///
/// # Errors
/// When an input is bad, a model is not trained, the output folder cannot be written, or a model cannot be asked at all.
pub async fn run(args: &EvaluateArgs, session: &Session) -> Result<Outcome> {
    if args.list_models {
        return models::list(&args.model_mapping, session);
    }
    let connections = Connections::new(&args.api, session)?;
    if args.sample_size == Some(0) {
        bail!("--sample-size 0 asks for nothing");
    }
    let mut subjects = models::subjects(&args.models, &args.model_mapping, (&connections, session)).await?;
    if args.baselines {
        let preferences = inputs::preferences(&args.prompts, &[], &mut Faults::new(args.skip_invalid))?;
        subjects.extend(models::baselines(&subjects, &preferences, (&connections, session)).await?);
    }
    let sets = match &args.questions {
        Some(file) => vec![file.clone()],
        None => question_sets(&args.evals_dir)?,
    };
    let mut outcome = Outcome::Complete;
    for set in sets {
        outcome = outcome.max(evaluate_set(&set, &subjects, (args, session)).await?);
        if outcome == Outcome::Interrupted {
            break;
        }
    }
    Ok(outcome)
}

/// Every question set of a folder.
///
/// # Errors
/// When the folder cannot be read or has none.
pub(super) fn question_sets(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_set =
        |name: &str| (name.starts_with("questions_") || name.starts_with("question_")) && name.ends_with(".jsonl");
    let sets = inputs::files(folder, is_set)?;
    if sets.is_empty() {
        bail!("{} has no questions_*.jsonl; name a file with --questions", folder.display());
    }
    let names: Vec<String> = sets.iter().map(|set| inputs::set_name(set)).collect();
    if let Some(place) = (1..names.len()).find(|place| names[..*place].contains(&names[*place])) {
        bail!("{}: two files are the set {}; rename one", folder.display(), names[place]);
    }
    Ok(sets)
}

async fn evaluate_set(set: &Path, subjects: &[Subject], (args, session): (&EvaluateArgs, &Session)) -> Result<Outcome> {
    let mut faults = Faults::new(args.skip_invalid);
    let sample = args.sample_size.map(|size| (size, args.api.seed.into()));
    let system_prompt = args.system_prompt.as_deref().map(system_prompt).transpose()?.map(Arc::from);
    let plan = Plan {
        shapes: shapes(subjects, args, system_prompt.as_deref())?,
        subjects: subjects.into(),
        questions: inputs::questions(set, sample, &mut faults)?.into(),
        runs: args.num_runs,
        sampling: args.sampling,
        seed: args.api.seed,
        system_prompt,
        forced_choice: args.forced_choice,
    };
    inputs::report_skipped(session, &faults);
    let folder = args.output_dir.join(format!("results_{}", inputs::set_name(set)));
    keep_problems(&plan.questions, &folder)?;
    let journal = Arc::new(Journal::open(&folder)?);
    adopt(&journal, &folder, (args, session))?;
    let bar = session.terminal.bar(format!("evaluate {}", inputs::set_name(set)), plan.len());
    let workers = usize::from(args.api.batch_size);
    let filled = batch::fill(&journal, plan.tasks(), workers, (bar.clone(), session.interrupt.clone())).await;
    bar.finish();
    let filled = filled?;
    write_tables(&journal, &folder, session)?;
    finish::warn_of_strangers(session, &journal, &filled, plan.len())?;
    let provenance = Provenance {
        command: "evaluate",
        seed: args.api.seed.into(),
        inputs: &[set],
        models: subjects.iter().map(|subject| (subject.name.clone(), subject.id.clone())).collect(),
        parameters: json!({
            "temperature": args.sampling.temperature,
            "max_completion_tokens": args.sampling.max_tokens,
            "num_runs": args.num_runs,
            "system_prompt": plan.system_prompt.as_deref(),
            "forced_choice": args.forced_choice,
            "baselines": args.baselines,
        }),
    };
    write_manifest(session, &folder, &provenance, &filled)?;
    conclude(session, &format!("responses in {}", folder.display()), &filled, plan.len())
}

/// Keeps the problems that questions carry beside the responses, for `analyze`.
fn keep_problems(questions: &[Question], folder: &Path) -> Result<()> {
    let carrying = questions.iter().filter(|question| question.problem.is_some());
    let lines: String = carrying.map(|question| question.to_json() + "\n").collect();
    if lines.is_empty() { Ok(()) } else { store::replace(&folder.join(inputs::PROBLEMS), lines) }
}

fn system_prompt(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    match text.trim() {
        "" => bail!("{} is empty; expected a system prompt", path.display()),
        text => Ok(text.to_owned()),
    }
}

/// Every model times every question times every run.
#[derive(Debug, Clone)]
struct Plan {
    subjects: Arc<[Subject]>,
    /// The constant part of what each subject is asked.
    shapes: Arc<[Shape]>,
    questions: Arc<[Question]>,
    runs: u32,
    sampling: SamplingArgs,
    seed: u32,
    system_prompt: Option<Arc<str>>,
    forced_choice: bool,
}

impl Plan {
    fn len(&self) -> u64 {
        self.subjects.len() as u64 * self.questions.len() as u64 * u64::from(self.runs)
    }

    /// The tasks, runs varying slowest, so that a sample of every question comes early.
    fn tasks(&self) -> impl Iterator<Item = Result<Task>> + Send + use<> {
        let plan = self.clone();
        (0..self.len()).map(move |index| {
            let index = usize::try_from(index)?;
            let (rest, subject) = (index / plan.subjects.len(), index % plan.subjects.len());
            let (run, question) = (rest / plan.questions.len(), rest % plan.questions.len());
            plan.task(subject, &plan.questions[question], u32::try_from(run)? + 1)
        })
    }

    fn task(&self, subject: usize, question: &Question, run_id: u32) -> Result<Task> {
        let (subject, shape) = (&self.subjects[subject], &self.shapes[subject]);
        let seed = i64::from(self.seed) + i64::from(run_id) - 1;
        let slot = Slot { name: subject.name.clone(), question_id: question.id, run_id, metric: String::new() };
        let text: Arc<str> = question.text.as_str().into();
        let forced = if self.forced_choice { Forced::of(&question.text) } else { None };
        let Some(forced) = forced else { return shape.task(slot, (&text, &text), Some(seed)) };
        let request = request(subject, (self.sampling, seed), self.system_prompt.as_deref());
        let request = begun(with_question(request, &text), &forced);
        Ok(Task::new(slot, &text, &subject.client, &request)?.forced(forced.into()))
    }
}

/// What a subject is asked, but for the question.
fn request(subject: &Subject, (sampling, seed): (SamplingArgs, i64), system_prompt: Option<&str>) -> ChatRequest {
    let system = subject.system_prompt.as_deref().or(system_prompt).map(Message::system);
    ChatRequest {
        temperature: sampling.temperature,
        max_completion_tokens: Some(sampling.max_tokens),
        seed: Some(seed),
        ..ChatRequest::new(subject.id.as_str(), system.into_iter().collect())
    }
}

fn with_question(mut request: ChatRequest, text: &str) -> ChatRequest {
    request.messages.push(Message::user(text));
    request
}

fn shapes(subjects: &[Subject], args: &EvaluateArgs, system_prompt: Option<&str>) -> Result<Arc<[Shape]>> {
    let shape = |subject: &Subject| {
        let request = request(subject, (args.sampling, args.api.seed.into()), system_prompt);
        Shape::new(&subject.client, &with_question(request, ""))
    };
    subjects.iter().map(shape).collect()
}

/// The request with the answer begun, for the probabilities of the token that decides; the embedded engine is asked for each
/// option's, others for the likeliest.
fn begun(mut request: ChatRequest, forced: &Forced) -> ChatRequest {
    request.messages.push(Message::assistant(forced.lead.as_str()));
    ChatRequest {
        temperature: Some(0.0),
        max_completion_tokens: Some(1),
        logprobs: Some(true),
        top_logprobs: Some(20),
        continue_final_message: Some(true),
        add_generation_prompt: Some(false),
        score_endings: server::is_embedded(&request.model).then(|| forced.endings.clone()),
        ..request
    }
}

fn adopt(journal: &Journal, folder: &Path, (args, session): (&EvaluateArgs, &Session)) -> Result<()> {
    let tables = Tables {
        folder,
        files: inputs::files(folder, |name| name.ends_with("_responses.csv"))?,
        skip_invalid: args.skip_invalid,
    };
    tables.adopt(journal, session, |row: Response| (!row.is_error()).then(|| adopted(row)))
}

fn adopted(row: Response) -> Call {
    let slot = Slot { name: row.model_name, question_id: row.question_id, run_id: row.run_id, metric: String::new() };
    let key = batch::adopted_key(&slot, &row.question, &row.model_id);
    let (question, reply, model_id) = (row.question, row.response, row.model_id);
    Call {
        slot,
        key,
        question,
        reply,
        model_id,
        seed: row.seed,
        finish_reason: row.finish_reason,
        details: json!(null),
    }
}

/// Writes `<model>_responses.csv` for every model in the journal, and all of them together.
fn write_tables(journal: &Journal, folder: &Path, session: &Session) -> Result<()> {
    let mut all = csv::Writer::from_writer(Replacement::new(&folder.join(ALL_RESPONSES))?);
    let mut open: Option<(String, csv::Writer<Replacement>)> = None;
    let (mut rows, mut cut) = (0u64, 0u64);
    for call in journal.calls()? {
        let call = call?;
        if open.as_ref().is_none_or(|(name, _)| *name != call.slot.name) {
            if let Some((_, table)) = open.take() {
                store::finish(table)?;
            }
            let path = folder.join(format!("{}_responses.csv", call.slot.name));
            open = Some((call.slot.name.clone(), csv::Writer::from_writer(Replacement::new(&path)?)));
        }
        rows += 1;
        cut += u64::from(call.finish_reason.as_deref() == Some("length"));
        let row = Response {
            question_id: call.slot.question_id,
            run_id: call.slot.run_id,
            question: call.question,
            response: call.reply,
            model_name: call.slot.name,
            model_id: call.model_id,
            seed: call.seed,
            finish_reason: call.finish_reason,
        };
        if let Some((_, table)) = &mut open {
            table.serialize(&row)?;
        }
        all.serialize(&row)?;
    }
    if let Some((_, table)) = open {
        store::finish(table)?;
    }
    if cut > 0 {
        session.terminal.warn(format!("{cut} of {rows} responses were cut off by the token limit; raise --max-tokens"));
    }
    if rows > 0 { store::finish(all) } else { Ok(()) }
}
