//! `run`: the chain from generate to analyze in one folder; nothing but the other commands, called in order.

mod dry;
mod lesson;
mod scoring;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use self::lesson::Lesson;
use super::connect::Connections;
use super::evaluate::question_sets;
use super::{Outcome, Session, analyze, convert, evaluate, generate, inputs, judge, models, train};
use crate::api::Error;
use crate::cli::{
    AnalyzeArgs, ConvertArgs, Engine, EvaluateArgs, FileFormat, GenerateArgs, JudgeCommandArgs, RunArgs, Stage,
    Teacher, TrainArgs, TrainingMethod,
};
use crate::decision::read;
use crate::store::Faults;

/// Runs `riskpref run`.
///
/// # Errors
/// When a stage on which the later ones depend fails, no request can succeed any more, or the later stages fail for every
/// question set.
pub async fn run(args: &RunArgs, session: &Session) -> Result<Outcome> {
    if args.from > args.to {
        bail!("--from {:?} comes after --to {:?}", args.from, args.to);
    }
    if args.api.money.dry_run {
        return dry::run(args, session).await;
    }
    count_earlier(args, session)?;
    let chain = Chain { args, session, folder: &args.output_dir, lesson: Lesson::of(args)? };
    chain.tell_of_options();
    let mut outcome = Outcome::Complete;
    for stage in [Stage::Generate, Stage::Convert, Stage::Train] {
        if chain.has(stage) {
            outcome = outcome.max(chain.prepare(stage).await?);
            if outcome == Outcome::Interrupted {
                return Ok(outcome);
            }
        }
    }
    if args.to < Stage::Evaluate {
        return Ok(outcome);
    }
    let mut failed = 0;
    let sets = chain.sets()?;
    for set in &sets {
        match chain.test(set).await {
            Ok(done) => outcome = outcome.max(done),
            Err(error) if stops(&error) => return Err(error),
            Err(error) => {
                failed += 1;
                session.terminal.warn(format!("{}: {error:#}", set.display()));
            }
        }
        if session.interrupt.requested() {
            return Ok(Outcome::Interrupted);
        }
    }
    if failed == sets.len() {
        bail!("no question set got through");
    }
    if chain.has(Stage::Analyze) {
        outcome = outcome.max(chain.analyze().await?);
    }
    let elapsed = session.started.elapsed().unwrap_or_default().as_secs();
    session.terminal.note(format!("everything is in {} ({elapsed} s)", args.output_dir.display()));
    Ok(if failed > 0 { outcome.max(Outcome::Missing) } else { outcome })
}

/// Whether asking for anything else would fail too.
fn stops(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Error>().is_some_and(Error::stops_run)
}

/// Counts what earlier runs into this folder spent, that of later stages too, before anything is sent.
fn count_earlier(args: &RunArgs, session: &Session) -> Result<()> {
    if args.api.money.budget_usd.is_none() || !args.output_dir.exists() {
        return Ok(());
    }
    let tariff = Connections::new(&args.api, session)?.tariff().clone();
    for (start, role) in [("results_", models::ROLE), ("analysis_", judge::ROLE)] {
        let folders = inputs::files(&args.output_dir, |name| name.starts_with(start))?;
        tariff.count_earlier(folders.iter().map(PathBuf::as_path), role)?;
    }
    // The stage itself counts the jobs that it finds.
    if args.from > Stage::Train { train::count_earlier(&tariff, &args.output_dir) } else { Ok(()) }
}

struct Chain<'a> {
    args: &'a RunArgs,
    session: &'a Session,
    folder: &'a Path,
    /// What the language model learns and is asked; none with other models.
    lesson: Option<Lesson>,
}

impl Chain<'_> {
    fn has(&self, stage: Stage) -> bool {
        self.args.from <= stage && stage <= self.args.to
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn api(&self) -> crate::cli::ApiArgs {
        let data_dir = self.args.api.data_dir.clone().or_else(|| Some(self.path("engine")));
        crate::cli::ApiArgs { data_dir, ..self.args.api.clone() }
    }

    /// The question sets to ask: without a judge model only those that hold decisions, since nobody could score the others.
    fn sets(&self) -> Result<Vec<PathBuf>> {
        let mut sets = Vec::new();
        for set in question_sets(&self.evals_dir())? {
            let questions = inputs::questions(&set, None, &mut Faults::new(false))?;
            let decisions = questions.iter().any(|question| read::problem(&question.text).is_some());
            match decisions || self.args.judge.judge_model.is_some() {
                true => sets.push(set),
                false => self
                    .session
                    .terminal
                    .note(format!("{} is free-form and is asked only with --judge-model", set.display())),
            }
        }
        if sets.is_empty() {
            bail!("{} has no decisions to ask for; name a judge with --judge-model", self.evals_dir().display());
        }
        Ok(sets)
    }

    fn announce(&self, stage: &str) {
        self.session.terminal.note(format!("-- {stage}"));
    }

    /// Runs one of the stages that make the models.
    async fn prepare(&self, stage: Stage) -> Result<Outcome> {
        self.announce(&format!("{stage:?}").to_lowercase());
        match stage {
            Stage::Generate => {
                let args = GenerateArgs {
                    questions: self.questions(),
                    prompts: self.args.prompts.clone(),
                    output_dir: self.path("train_dataset"),
                    teacher: Teacher::Oracle,
                    model: None,
                    models: Vec::new(),
                    skip_invalid: false,
                    batch: false,
                    sampling: self.args.sampling,
                    api: self.api(),
                };
                generate::run(&args, self.session).await
            }
            Stage::Convert => {
                let args = ConvertArgs {
                    input_dir: self.path("train_dataset"),
                    output_dir: self.lessons(),
                    format: match self.args.training.method {
                        TrainingMethod::Supervised => FileFormat::Openai,
                        TrainingMethod::Dpo => FileFormat::Dpo,
                    },
                    prompts: self.args.prompts.clone(),
                    combine_all: false,
                    validate: false,
                    validate_only: false,
                    show_samples: false,
                    samples: 0,
                    skip_invalid: false,
                };
                convert::run(&args, self.session).await
            }
            _ => train::run(&self.training(), self.session).await,
        }
    }

    fn training(&self) -> TrainArgs {
        let usual = || self.args.training.clone();
        TrainArgs {
            sft_dir: self.lessons(),
            validation_dir: None,
            model: self.model(),
            models: Vec::new(),
            model_mapping: self.mapping(),
            env_file: self.path(".env"),
            no_wait: false,
            list_jobs: false,
            training: self.lesson.as_ref().map_or_else(usual, |lesson| lesson.training(self.args)),
            api: self.api(),
        }
    }

    fn mapping(&self) -> PathBuf {
        self.path("model_mappings.csv")
    }

    fn questions(&self) -> PathBuf {
        let usual = || self.args.questions.clone().unwrap_or_else(|| "question/questions_training_500.jsonl".into());
        self.lesson.as_ref().map_or_else(usual, Lesson::questions)
    }

    fn evals_dir(&self) -> PathBuf {
        let usual = || self.args.evals_dir.clone().unwrap_or_else(|| "evals".into());
        self.lesson.as_ref().map_or_else(usual, Lesson::evals_dir)
    }

    /// The folder of the fine-tuning files.
    fn lessons(&self) -> PathBuf {
        self.path(match self.args.training.method {
            TrainingMethod::Supervised => "sft_data",
            TrainingMethod::Dpo => "dpo_data",
        })
    }

    fn model(&self) -> String {
        match (&self.args.model, self.args.engine) {
            (Some(model), _) => model.clone(),
            (None, Engine::Agent) => "agent".to_owned(),
            (None, Engine::Lm) => "smollm2-135m".to_owned(),
        }
    }

    /// Asks and scores the models on one question set.
    async fn test(&self, set: &Path) -> Result<Outcome> {
        let name = inputs::set_name(set);
        let results = self.path(&format!("results_{name}"));
        let mut outcome = Outcome::Complete;
        if self.has(Stage::Evaluate) {
            self.announce(&format!("evaluate {name}"));
            outcome = evaluate::run(&self.evaluation(set), self.session).await?;
        }
        if self.has(Stage::Judge) && !self.args.skip_evaluation && outcome != Outcome::Interrupted {
            self.announce(&format!("judge {name}"));
            let args = JudgeCommandArgs { scoring: self.scoring(results.clone()) };
            outcome = outcome.max(match judge::run(&args, self.session).await {
                Err(error) if !stops(&error) => {
                    self.session.terminal.warn(format!("{name} is not scored: {error:#}"));
                    Outcome::Missing
                }
                other => other?,
            });
        }
        Ok(outcome)
    }

    /// Reports on all sets, each and together.
    async fn analyze(&self) -> Result<Outcome> {
        self.announce("analyze");
        let (scoring, prompts) = (self.scoring(self.folder.to_owned()), Some(self.args.prompts.clone()));
        analyze::run(&AnalyzeArgs { skip_evaluation: true, prompts, json: false, scoring }, self.session).await
    }

    fn evaluation(&self, set: &Path) -> EvaluateArgs {
        EvaluateArgs {
            questions: Some(set.to_owned()),
            evals_dir: self.evals_dir(),
            output_dir: self.folder.to_owned(),
            models: Vec::new(),
            model_mapping: self.mapping(),
            num_runs: self.args.num_runs,
            sample_size: self.args.sample_size,
            list_models: false,
            system_prompt: None,
            forced_choice: self.lesson.is_some(),
            baselines: self.lesson.is_some(),
            prompts: self.args.prompts.clone(),
            skip_invalid: false,
            batch: self.args.batch,
            sampling: self.args.sampling,
            api: self.api(),
        }
    }
}
