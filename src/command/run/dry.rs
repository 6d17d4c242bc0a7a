//! What a run would take. The stages that send nothing are done in a temporary folder, so that the others have files to count.

use std::path::Path;

use anyhow::Result;

use super::super::money::DryRun;
use super::super::{Outcome, Session, evaluate, inputs, judge, scored, train};
use super::{Chain, Lesson};
use crate::cli::{MoneyArgs, RunArgs, ScoringArgs, Stage, TrainArgs};
use crate::record::Mapping;
use crate::store::{self, Replacement};
use crate::terminal::Terminal;

/// Runs `riskpref run --dry-run`.
pub(super) async fn run(args: &RunArgs, session: &Session) -> Result<Outcome> {
    let scratch = tempfile::tempdir()?;
    let mut local = RunArgs { output_dir: scratch.path().to_owned(), ..args.clone() };
    local.api.money = MoneyArgs::default();
    let quiet = Session { terminal: Terminal::new(true), ..session.clone() };
    let here = Chain { args: &local, session: &quiet, folder: scratch.path(), lesson: Lesson::of(&local)? };
    let there = Chain { args, session, folder: &args.output_dir, lesson: Lesson::of(&local)? };
    for stage in [Stage::Generate, Stage::Convert] {
        if there.has(stage) {
            here.prepare(stage).await?;
        }
    }
    let lessons = if there.has(Stage::Convert) { here.lessons() } else { there.lessons() };
    let training = TrainArgs { sft_dir: lessons, ..there.training() };
    let mut dry_run = DryRun::new(&args.api);
    if there.has(Stage::Train) {
        train::forecast(&training, &mut dry_run, session)?;
    }
    if args.to >= Stage::Evaluate {
        let mapping = if there.has(Stage::Train) { planned(&training, &here)? } else { there.mapping() };
        for set in there.sets()? {
            asked(&there, (&set, &mapping, scratch.path()), &mut dry_run).await?;
        }
    }
    Ok(dry_run.conclude(&args.api, session))
}

/// The mapping as it will be: models that are trained keep their ids, and the others get one that names their base.
fn planned(training: &TrainArgs, here: &Chain<'_>) -> Result<std::path::PathBuf> {
    let known = inputs::mappings(&training.model_mapping)?;
    let mut table = csv::Writer::from_writer(Replacement::new(&here.mapping())?);
    for (name, _) in train::training_files(training)? {
        let trained = known.iter().find(|row| row.model_name == name && !row.openai_model_id.is_empty());
        let id = || format!("ft:{}:planned:{name}:0", training.model);
        let openai_model_id = trained.map_or_else(id, |row| row.openai_model_id.clone());
        table.serialize(Mapping { model_name: name, openai_model_id })?;
    }
    store::finish(table)?;
    Ok(here.mapping())
}

/// Adds what asking and judging a set takes.
async fn asked(chain: &Chain<'_>, (set, mapping, scratch): (&Path, &Path, &Path), dry_run: &mut DryRun) -> Result<()> {
    let mut args = chain.evaluation(set);
    args.model_mapping = mapping.to_owned();
    if chain.has(Stage::Evaluate) {
        evaluate::forecast(&args, dry_run, chain.session).await?;
    }
    if !chain.has(Stage::Judge) || chain.args.skip_evaluation {
        return Ok(());
    }
    let results = chain.path(&format!("results_{}", inputs::set_name(set)));
    let output = scored::output_folder(&results, None);
    let mut results_dir = results;
    if chain.has(Stage::Evaluate) {
        results_dir = scratch.join(format!("results_{}", inputs::set_name(set)));
        evaluate::expect(&args, (set, &results_dir), chain.session).await?;
    }
    let scoring = ScoringArgs { results_dir, ..chain.scoring(output.clone()) };
    judge::forecast((&scoring, &output), dry_run, chain.session).await
}
