//! Running one job: its files are read, its engine learns, its model is kept.
//!
//! Invariant: a job ends once. Whoever ends it first (its model, its failure, a cancellation) has the say, and a model
//! whose job was cancelled meanwhile is not kept. A job broken off because the server stops does not end at all, and goes
//! on from what its engine kept in its scratch folder when the server starts again.

use std::any::Any;
use std::cell::Cell;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Result;

use crate::api::wire::fine_tuning::{Example, Job, JobError, Level, MethodKind, Pair};

use super::dataset::{self, Line, Unfit};
use super::engine::{EngineError, Progress, Split, Trained, TrainingEvent, TrainingTask};
use super::record::Record;
use super::registry::Served;
use super::settings::Settings;
use super::storage::{ModelName, now};
use super::{State, results, settings};

/// One job being run.
pub(super) struct Run<'a> {
    state: &'a State,
    stopping: &'a AtomicBool,
    job: Job,
    name: ModelName,
    started: Instant,
    /// Steps that an earlier process did.
    resumed: Cell<u64>,
}

/// What a job needs beside its lessons.
struct Prepared {
    served: Arc<Served>,
    settings: Settings,
    scratch: PathBuf,
}

/// Why a job did not reach its end.
enum Stop {
    /// It was cancelled, or the server stops.
    Asked,
    /// It failed.
    Failed(JobError),
}

/// Runs the job with this id, if it is there and has not ended.
pub(super) fn run(state: &State, id: &str, stopping: &AtomicBool) {
    let found = state.ledger.look(id, |record| (record.job.clone(), record.tuned_model.clone()));
    let Ok(Some((job, name))) = found else {
        tracing::error!(id, "a queued job cannot be read");
        return;
    };
    let name = ModelName::read(&name).filter(|_| !job.status.is_final());
    if let Some(name) = name {
        let run = Run { state, stopping, job, name, started: Instant::now(), resumed: Cell::new(0) };
        if let Err(error) = run.to_its_end() {
            tracing::error!(id, "the failure of a job cannot be written down: {error:#}");
        }
    }
    let has_ended = state.ledger.look(id, |record| record.job.status.is_final());
    if let Err(error) =
        has_ended.and_then(|ended| ended.unwrap_or(true).then(|| state.storage.remove_scratch(id)).transpose())
    {
        tracing::error!(id, "what an engine left cannot be removed: {error:#}");
    }
}

impl Run<'_> {
    fn to_its_end(&self) -> Result<()> {
        let outcome = catch_unwind(AssertUnwindSafe(|| match self.job.method_kind() {
            MethodKind::Dpo => self.attempt::<Pair>(),
            _ => self.attempt::<Example>(),
        }));
        let error = match outcome {
            Ok(Ok(())) => return Ok(()),
            // Nothing changes but that the last events are written down.
            Ok(Err(Stop::Asked)) => return self.state.ledger.change(&self.job.id, |_| ()).map(drop),
            Ok(Err(Stop::Failed(error))) => error,
            Err(panic) => failure("server_error", format!("the engine broke off: {}", words(&*panic))),
        };
        self.state.ledger.change(&self.job.id, |record| record.failed(error)).map(drop)
    }

    fn attempt<T: Line>(&self) -> Result<(), Stop> {
        self.change(|record| record.validating())?;
        let training: Vec<T> = self.lines(&self.job.training_file, "training_file")?;
        let validation: Vec<T> = match &self.job.validation_file {
            Some(file) => self.lines(file, "validation_file")?,
            None => Vec::new(),
        };
        let Prepared { served, settings, scratch } = self.prepare(training.len())?;
        self.change(|record| record.running(&settings))?;
        let task = TrainingTask {
            start: served.adapter.as_ref(),
            lessons: T::lessons(Split { training: &training, validation: &validation }),
            settings,
            seed: self.job.seed.unsigned_abs(),
            scratch: &scratch,
        };
        let mut stop = None;
        let trained = served.engine.train(&task, &mut |event| match self.observe(event) {
            Ok(()) => ControlFlow::Continue(()),
            Err(reason) => {
                stop = Some(reason);
                ControlFlow::Break(())
            }
        });
        match stop {
            Some(reason) => Err(reason),
            None => self.keep(trained.map_err(engine_failure)?),
        }
    }

    /// Keeps the model, unless the job was cancelled meanwhile.
    fn keep(&self, trained: Trained) -> Result<(), Stop> {
        let results = self.state.ledger.look(&self.job.id, |record| results::table(&record.events))?;
        let file = results::put(&self.state.storage, &results.unwrap_or_default())?;
        self.state.registry.put(&self.name, &self.job.model, trained.adapter)?;
        let id = file.id.clone();
        let is_kept = self.state.ledger.change(&self.job.id, |record| record.succeeded(trained.tokens, id))?;
        if !is_kept {
            self.state.registry.delete(&self.name)?;
            self.state.storage.delete_file(&file.id)?;
        }
        Ok(())
    }

    fn prepare(&self, examples: usize) -> Result<Prepared, Stop> {
        let served = self.model()?;
        let method = self.job.method_kind();
        let settings = settings::in_force(served.engine.as_ref(), &method, &self.job.hyperparameters, examples);
        let settings = settings.map_err(|refusal| {
            let error = failure("invalid_hyperparameters", refusal.message);
            Stop::Failed(JobError { param: Some(refusal.param), ..error })
        })?;
        Ok(Prepared { served, settings, scratch: self.state.storage.scratch(&self.job.id)? })
    }

    fn lines<T: Line>(&self, file: &str, param: &str) -> Result<Vec<T>, Stop> {
        let path = self.state.storage.content_path(file).filter(|path| path.exists());
        let read = match path {
            Some(path) if param == "training_file" => dataset::training(&path),
            Some(path) => dataset::lines(&path),
            None => Err(Unfit { code: "file_not_found", message: "the file is not there any more".to_owned() }),
        };
        read.map_err(|unfit| {
            let error = failure(unfit.code, format!("{param} {file}: {}", unfit.message));
            Stop::Failed(JobError { param: Some(param.to_owned()), ..error })
        })
    }

    fn model(&self) -> Result<Arc<Served>, Stop> {
        self.state.registry.find(&self.job.model)?.ok_or_else(|| {
            let message = format!("the model '{}' is not there any more", self.job.model);
            Stop::Failed(JobError { param: Some("model".to_owned()), ..failure("model_not_found", message) })
        })
    }

    /// Writes down what the engine reports, and tells whether to go on.
    fn observe(&self, event: TrainingEvent) -> Result<(), Stop> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(Stop::Asked);
        }
        match event {
            TrainingEvent::Note(level, message) => self.append(|record| record.note(level, message)),
            TrainingEvent::Resumed { step, total_steps } => {
                self.resumed.set(step);
                self.change(|record| record.note(Level::Info, format!("Resumed at step {step}/{total_steps}")))
            }
            TrainingEvent::Step(progress) => {
                let finish = self.estimated_finish(&progress);
                self.append(|record| {
                    record.measured(&progress);
                    record.job.estimated_finish = finish;
                })
            }
            TrainingEvent::Checkpoint(progress, adapter) => {
                let name = self.name.at_step(progress.step);
                self.state.registry.put(&name, &self.job.model, adapter)?;
                self.change(|record| record.checkpointed(&progress, name.to_string()))
            }
        }
    }

    fn estimated_finish(&self, progress: &Progress) -> Option<i64> {
        let done = progress.step.saturating_sub(self.resumed.get()).max(1);
        let remaining = progress.total_steps.saturating_sub(progress.step) as f64 / done as f64;
        Some(now() + (self.started.elapsed().as_secs_f64() * remaining).ceil() as i64)
    }

    fn change(&self, change: impl FnOnce(&mut Record)) -> Result<(), Stop> {
        let goes_on = self.state.ledger.change(&self.job.id, change)?;
        if goes_on { Ok(()) } else { Err(Stop::Asked) }
    }

    fn append(&self, append: impl FnOnce(&mut Record)) -> Result<(), Stop> {
        let goes_on = self.state.ledger.append(&self.job.id, append)?;
        if goes_on { Ok(()) } else { Err(Stop::Asked) }
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(failure("server_error", format!("{error:#}")))
    }
}

fn engine_failure(error: EngineError) -> Stop {
    match error {
        EngineError::Cancelled => Stop::Asked,
        EngineError::Data(message) => Stop::Failed(JobError {
            param: Some("training_file".to_owned()),
            ..failure("invalid_training_file", message)
        }),
        other => Stop::Failed(failure("server_error", other.to_string())),
    }
}

fn failure(code: &str, message: String) -> JobError {
    JobError { code: code.to_owned(), message, param: None }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_put_into_words() {
        let panic = |message: String| catch_unwind(move || std::panic::panic_any(message)).unwrap_err();
        assert_eq!(words(&*panic("shape".to_owned())), "shape");
        assert_eq!(words(&3_i32), "no reason given");
    }
}
