//! `generate`: preference x question -> training answers, from the exact oracle or from a teacher model.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::adoption::Tables;
use super::connect::Connections;
use super::finish::{Provenance, conclude, write_manifest};
use super::money::{DryRun, Tariff};
use super::work::Work;
use super::{Outcome, Session, finish, inputs};
use crate::api::Client;
use crate::api::wire::chat::{ChatRequest, Message};
use crate::batch::{self, Filled, Meter, Shape, Task};
use crate::cli::{GenerateArgs, Teacher};
use crate::decision::oracle;
use crate::record::{Answer, Preference, Question};
use crate::store::{self, Call, Faults, Journal, Replacement, Slot};

/// Runs `riskpref generate`.
///
/// # Errors
/// When an input is bad, the output folder cannot be written, or the teacher cannot be asked at all.
pub async fn run(args: &GenerateArgs, session: &Session) -> Result<Outcome> {
    let plan = Plan::of(args, session)?;
    if args.api.money.dry_run {
        return dry_run(&plan, args, session).await;
    }
    let journal = Arc::new(Journal::open(&args.output_dir)?);
    adopt(&journal, args, session)?;
    let filled = match args.teacher {
        Teacher::Oracle => ask_oracle(&plan, &journal, session)?,
        Teacher::Llm => ask_model(&plan, &journal, (args, session)).await?,
    };
    write_tables(&journal, &args.output_dir)?;
    finish::warn_of_strangers(session, &journal, &filled, plan.len())?;
    let provenance = Provenance {
        command: "generate",
        seed: args.api.seed.into(),
        inputs: &[&args.questions, &args.prompts],
        models: BTreeMap::from([("teacher".to_owned(), args.model.clone().unwrap_or_else(|| ORACLE.to_owned()))]),
        parameters: json!({ "temperature": args.sampling.temperature, "max_completion_tokens": args.sampling.max_tokens }),
    };
    let tariff = Tariff::new(&args.api, session, args.api.base_url.as_deref())?;
    write_manifest(session, &args.output_dir, &provenance, (&filled, &tariff.spent(&args.output_dir, ROLE)?))?;
    conclude(session, "answers", &filled, plan.len())
}

/// The model id of exact answers.
const ORACLE: &str = "oracle";

/// Every preference times every question.
#[derive(Debug, Clone)]
struct Plan {
    preferences: Arc<[Preference]>,
    questions: Arc<[Question]>,
}

impl Plan {
    fn of(args: &GenerateArgs, session: &Session) -> Result<Self> {
        let mut faults = Faults::new(args.skip_invalid);
        let plan = Self {
            preferences: inputs::preferences(&args.prompts, &args.models, &mut faults)?.into(),
            questions: inputs::questions(&args.questions, None, &mut faults)?.into(),
        };
        inputs::report_skipped(session, &faults);
        Ok(plan)
    }

    fn len(&self) -> u64 {
        (self.preferences.len() * self.questions.len()) as u64
    }

    fn pairs(&self) -> impl Iterator<Item = (Preference, Question)> + Send + use<> {
        let plan = self.clone();
        (0..self.preferences.len() * self.questions.len()).map(move |index| {
            let (preference, question) = (index / plan.questions.len(), index % plan.questions.len());
            (plan.preferences[preference].clone(), plan.questions[question].clone())
        })
    }
}

fn slot(preference: &Preference, question: &Question) -> Slot {
    Slot { name: preference.model_name.clone(), question_id: question.id, run_id: 1, metric: String::new() }
}

/// What an answers table needs of a call beside its question and reply.
fn preference_details(preference: &Preference) -> Value {
    json!({ "utility_coefficient": preference.utility_coefficient, "system_prompt": preference.system_prompt })
}

fn ask_oracle(plan: &Plan, journal: &Journal, session: &Session) -> Result<Filled> {
    let key = |preference: &Preference, question: &Question| {
        let problem = question.problem.as_ref().map(|_| question.to_json()).unwrap_or_default();
        let body = format!("{ORACLE} {} {}{problem}", preference.utility_coefficient, question.text);
        batch::key(&slot(preference, question), body.as_bytes())
    };
    let mut filled = Filled::default();
    for (preference, question) in plan.pairs() {
        if session.interrupt.requested() {
            filled.interrupted = true;
            break;
        }
        let (slot, key) = (slot(&preference, &question), key(&preference, &question));
        if journal.claim(key) || journal.claim(batch::adopted_key(&slot, &question.text, "")) {
            filled.present += 1;
            continue;
        }
        let Some(reply) = exact_answer(&question, preference.utility_coefficient) else {
            filled.hopeless = true;
            let reason = "the question's wealth, probabilities and payoffs could not be read, so there is no exact answer; use --teacher llm";
            filled.failures.entry(reason.to_owned()).or_insert((0, slot)).0 += 1;
            continue;
        };
        let details = preference_details(&preference);
        let (question, model_id) = (question.text, ORACLE.to_owned());
        let call = Call { slot, key, question, reply, model_id, seed: None, finish_reason: None, details };
        let line = store::line(&call)?;
        journal.append(&[(call.slot, key, line)])?;
        filled.answered += 1;
    }
    journal.sync()?;
    Ok(filled)
}

fn exact_answer(question: &Question, gamma: f64) -> Option<String> {
    let carried = || Some(oracle::answer_to(question.problem.as_ref()?, &question.text, gamma));
    oracle::answer(&question.text, gamma).or_else(carried)
}

async fn dry_run(plan: &Plan, args: &GenerateArgs, session: &Session) -> Result<Outcome> {
    let mut dry_run = DryRun::new(&args.api);
    if args.teacher == Teacher::Llm {
        let journal = Journal::look(&args.output_dir)?;
        if args.output_dir.exists() {
            adopt(&journal, args, session)?;
        }
        let teacher = Teaching::of(args, session).await?;
        batch::forecast(&journal, teacher.tasks(plan, args)?, &mut dry_run.forecast, &mut dry_run.counters)?;
    }
    Ok(dry_run.conclude(&args.api, session))
}

async fn ask_model(plan: &Plan, journal: &Arc<Journal>, (args, session): (&GenerateArgs, &Session)) -> Result<Filled> {
    let teacher = Teaching::of(args, session).await?;
    teacher.connections.tariff().count_earlier([args.output_dir.as_path()], ROLE)?;
    let work = Work {
        journal,
        connections: &teacher.connections,
        models: vec![&teacher.model],
        role: ROLE,
        args: &args.api,
        batch: args.batch,
        total: plan.len(),
    };
    work.done("generate", teacher.tasks(plan, args)?, session).await
}

/// What a teacher model is asked for.
const ROLE: &str = "teacher";

/// A model that is told the preference.
struct Teaching {
    model: String,
    client: Arc<Client>,
    meter: Meter,
    connections: Connections,
}

impl Teaching {
    async fn of(args: &GenerateArgs, session: &Session) -> Result<Self> {
        let connections = Connections::new(&args.api, session)?;
        let model = args.model.clone().context("--teacher llm needs --model")?;
        let client = connections.announced(&model, ROLE).await?;
        let meter = connections.tariff().meter(&model, ROLE, args.batch)?;
        Ok(Self { model, client, meter, connections })
    }

    fn tasks(&self, plan: &Plan, args: &GenerateArgs) -> Result<impl Iterator<Item = Result<Task>> + Send + use<>> {
        let shapes = plan
            .preferences
            .iter()
            .map(|preference| Ok((preference.model_name.clone(), self.shape(preference, args)?)));
        let (shapes, seed) = (shapes.collect::<Result<BTreeMap<String, Shape>>>()?, args.api.seed.into());
        Ok(plan.pairs().map(move |(preference, question)| {
            let text = question.text.as_str();
            let shape = &shapes[&preference.model_name];
            let task = shape.task(slot(&preference, &question), (&text.into(), text), Some(seed))?;
            Ok(Task { adopted_as: "".into(), ..task })
        }))
    }

    /// What the teacher is asked for one preference, but for the question.
    fn shape(&self, preference: &Preference, args: &GenerateArgs) -> Result<Shape> {
        let messages = vec![Message::system(preference.system_prompt.as_str()), Message::user("")];
        let request = ChatRequest {
            temperature: args.sampling.temperature,
            max_completion_tokens: Some(args.sampling.max_tokens),
            seed: Some(args.api.seed.into()),
            ..ChatRequest::new(self.model.as_str(), messages)
        };
        let shape = Shape::new(&self.client, &request)?.with_details(preference_details(preference));
        let mut shape = shape.metered(&self.meter);
        shape.keep_refusals = false;
        Ok(shape)
    }
}

fn adopt(journal: &Journal, args: &GenerateArgs, session: &Session) -> Result<()> {
    let tables = Tables {
        folder: &args.output_dir,
        files: inputs::files(&args.output_dir, |name| name.starts_with("responses_") && name.ends_with(".csv"))?,
        skip_invalid: args.skip_invalid,
    };
    tables.adopt(journal, session, |row: Answer| (!row.is_error()).then(|| adopted(row)))
}

fn adopted(row: Answer) -> Call {
    let slot = Slot { name: row.model_name, question_id: row.question_id, run_id: 1, metric: String::new() };
    let key = batch::adopted_key(&slot, &row.question, "");
    let details = json!({ "utility_coefficient": row.utility_coefficient, "system_prompt": row.system_prompt });
    let (question, reply, model_id) = (row.question, row.answer, String::new());
    Call { slot, key, question, reply, model_id, seed: None, finish_reason: None, details }
}

/// Writes `responses_<preference>.csv` for every preference in the journal.
fn write_tables(journal: &Journal, folder: &Path) -> Result<()> {
    let mut open: Option<(String, csv::Writer<Replacement>)> = None;
    for call in journal.calls()? {
        let call = call?;
        if open.as_ref().is_none_or(|(name, _)| *name != call.slot.name) {
            close(open.take())?;
            let path = folder.join(format!("responses_{}.csv", call.slot.name));
            open = Some((call.slot.name.clone(), csv::Writer::from_writer(Replacement::new(&path)?)));
        }
        if let Some((_, table)) = &mut open {
            table.serialize(Answer {
                model_name: call.slot.name,
                utility_coefficient: call.details["utility_coefficient"]
                    .as_f64()
                    .context("a call without its coefficient")?,
                question_id: call.slot.question_id,
                question: call.question,
                answer: call.reply,
                system_prompt: call.details["system_prompt"].as_str().unwrap_or_default().to_owned(),
            })?;
        }
    }
    close(open)
}

fn close(table: Option<(String, csv::Writer<Replacement>)>) -> Result<()> {
    table.map_or(Ok(()), |(_, table)| store::finish(table))
}
