//! `evaluate`: model x question x run -> responses.

mod plan;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use serde_json::json;

use super::adoption::Tables;
use super::connect::Connections;
use super::finish::{Provenance, conclude, write_manifest};
use super::models::{self, Subject};
use super::money::DryRun;
use super::work::Work;
use super::{Outcome, Session, finish, inputs};
use crate::batch;
use crate::cli::EvaluateArgs;
use crate::decision::oracle;
use crate::record::{Question, Response};
use crate::store::{self, Call, Faults, Journal, Replacement, Slot};
use crate::terminal::Terminal;
use plan::Plan;

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
    if args.api.money.dry_run {
        let mut dry_run = DryRun::new(&args.api);
        forecast(args, &mut dry_run, session).await?;
        return Ok(dry_run.conclude(&args.api, session));
    }
    let asked = Asked::of(args, session).await?;
    let tariff = asked.connections.tariff();
    let folders: Vec<PathBuf> = asked.sets.iter().map(|set| results_folder(args, set)).collect();
    tariff.count_earlier(folders.iter().map(PathBuf::as_path), models::ROLE)?;
    let mut outcome = Outcome::Complete;
    for set in &asked.sets {
        outcome = outcome.max(evaluate_set(set, &asked, (args, session)).await?);
        if outcome == Outcome::Interrupted {
            break;
        }
    }
    Ok(outcome)
}

/// Adds to a forecast what is missing.
pub(super) async fn forecast(args: &EvaluateArgs, dry_run: &mut DryRun, session: &Session) -> Result<()> {
    let asked = Asked::of(args, session).await?;
    for set in &asked.sets {
        let plan = Plan::of(set, &asked.subjects, (args, session))?;
        let folder = results_folder(args, set);
        let journal = Journal::look(&folder)?;
        if folder.exists() {
            adopt(&journal, &folder, (args, session))?;
        }
        batch::forecast(&journal, plan.tasks(), &mut dry_run.forecast, &mut dry_run.counters)?;
    }
    Ok(())
}

/// Writes the responses of a set into a folder as they are expected: those that are there, and for the others exact answers,
/// or as many words where there are none.
pub(super) async fn expect(args: &EvaluateArgs, (set, folder): (&Path, &Path), session: &Session) -> Result<()> {
    let quiet = Session { terminal: Terminal::new(true), ..session.clone() };
    let asked = Asked::of(args, &quiet).await?;
    let plan = Plan::of(set, &asked.subjects, (args, &quiet))?;
    let journal = Journal::look(&results_folder(args, set))?;
    let mut table = csv::Writer::from_writer(Replacement::new(&folder.join(ALL_RESPONSES))?);
    for task in plan.tasks() {
        let task = task?;
        let expected = || oracle::answer(&task.question, 1.0).unwrap_or_else(|| "word ".repeat(batch::USUAL as usize));
        table.serialize(Response {
            question_id: task.slot.question_id,
            run_id: task.slot.run_id,
            question: task.question.to_string(),
            response: journal.call(task.key)?.map_or_else(expected, |call| call.reply),
            model_name: task.slot.name,
            model_id: task.model_id.to_string(),
            seed: task.seed,
            finish_reason: None,
        })?;
    }
    store::finish(table)
}

/// Who is asked what.
struct Asked {
    connections: Connections,
    subjects: Vec<Subject>,
    sets: Vec<PathBuf>,
}

impl Asked {
    async fn of(args: &EvaluateArgs, session: &Session) -> Result<Self> {
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
        for subject in &mut subjects {
            subject.meter = connections.tariff().meter(&subject.id, models::ROLE, args.batch)?;
        }
        Ok(Self { connections, subjects, sets })
    }
}

fn results_folder(args: &EvaluateArgs, set: &Path) -> PathBuf {
    args.output_dir.join(format!("results_{}", inputs::set_name(set)))
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

async fn evaluate_set(set: &Path, asked: &Asked, (args, session): (&EvaluateArgs, &Session)) -> Result<Outcome> {
    let plan = Plan::of(set, &asked.subjects, (args, session))?;
    let folder = results_folder(args, set);
    keep_problems(&plan.questions, &folder)?;
    let journal = Arc::new(Journal::open(&folder)?);
    adopt(&journal, &folder, (args, session))?;
    let work = Work {
        journal: &journal,
        connections: &asked.connections,
        models: asked.subjects.iter().map(|subject| subject.id.as_str()).collect(),
        role: models::ROLE,
        args: &args.api,
        batch: args.batch,
        total: plan.len(),
    };
    let filled = work.done(&format!("evaluate {}", inputs::set_name(set)), plan.tasks(), session).await?;
    write_tables(&journal, &folder, session)?;
    finish::warn_of_strangers(session, &journal, &filled, plan.len())?;
    let provenance = Provenance {
        command: "evaluate",
        seed: args.api.seed.into(),
        inputs: &[set],
        models: asked.subjects.iter().map(|subject| (subject.name.clone(), subject.id.clone())).collect(),
        parameters: json!({
            "temperature": args.sampling.temperature,
            "max_completion_tokens": args.sampling.max_tokens,
            "num_runs": args.num_runs,
            "system_prompt": plan.system_prompt.as_deref(),
            "forced_choice": args.forced_choice,
            "baselines": args.baselines,
        }),
    };
    let spent = asked.connections.tariff().spent(&folder, models::ROLE)?;
    write_manifest(session, &folder, &provenance, (&filled, &spent))?;
    conclude(session, &format!("responses in {}", folder.display()), &filled, plan.len())
}

/// Keeps the problems that questions carry beside the responses, for `analyze`.
fn keep_problems(questions: &[Question], folder: &Path) -> Result<()> {
    let carrying = questions.iter().filter(|question| question.problem.is_some());
    let lines: String = carrying.map(|question| question.to_json() + "\n").collect();
    if lines.is_empty() { Ok(()) } else { store::replace(&folder.join(inputs::PROBLEMS), lines) }
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
