//! The calls of an evaluation: every model times every question times every run.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use super::super::models::Subject;
use super::super::{Session, inputs};
use crate::api::wire::chat::{ChatRequest, Message};
use crate::batch::{Shape, Task};
use crate::cli::{EvaluateArgs, SamplingArgs};
use crate::decision::forced::Forced;
use crate::record::Question;
use crate::server;
use crate::store::{Faults, Slot};

/// Every model times every question times every run.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    subjects: Arc<[Subject]>,
    /// The constant part of what each subject is asked.
    shapes: Arc<[Shape]>,
    pub(super) questions: Arc<[Question]>,
    runs: u32,
    sampling: SamplingArgs,
    seed: u32,
    pub(super) system_prompt: Option<Arc<str>>,
    forced_choice: bool,
}

impl Plan {
    pub(super) fn of(set: &Path, subjects: &[Subject], (args, session): (&EvaluateArgs, &Session)) -> Result<Self> {
        let mut faults = Faults::new(args.skip_invalid);
        let sample = args.sample_size.map(|size| (size, args.api.seed.into()));
        let system_prompt = args.system_prompt.as_deref().map(system_prompt).transpose()?.map(Arc::from);
        let plan = Self {
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
        Ok(plan)
    }

    pub(super) fn len(&self) -> u64 {
        self.subjects.len() as u64 * self.questions.len() as u64 * u64::from(self.runs)
    }

    /// The tasks, runs varying slowest, so that a sample of every question comes early.
    pub(super) fn tasks(&self) -> impl Iterator<Item = Result<Task>> + Send + use<> {
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
        let task = Task::new(slot, &text, &subject.client, &request)?;
        Ok(task.forced(forced.into()).metered(&subject.meter))
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
        Ok(Shape::new(&subject.client, &with_question(request, ""))?.metered(&subject.meter))
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

fn system_prompt(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    match text.trim() {
        "" => bail!("{} is empty; expected a system prompt", path.display()),
        text => Ok(text.to_owned()),
    }
}
